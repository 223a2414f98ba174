//! Serves one connection, from its first request to its last response.

use super::{
    phase::{RequestPhase, ResponseGuard},
    request_body::TrackedRequestBody,
    stream::{Stream, drain},
};
use crate::transport::{headers, keyed_limiter::LimitExceeded};
use axum::{
    Router,
    extract::ConnectInfo,
    http::{HeaderValue, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use std::{convert::Infallible, fmt::Write, future::pending, net::SocketAddr, time::Duration};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    select,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// The maximum size of a request's headers, in bytes. For comparison: Node allows 16 KiB, nginx 32 KiB, Apache 8 KiB
/// per line. hyper allows 100 header lines, as Apache does.
const MAX_HEADERS: usize = 16 * 1024;
/// The maximum size of the read and write buffers, in bytes.
const BUFFER: usize = 64 * 1024;
/// The time for sending a refusal, and for the rest of a first request when the server shuts down.
const GRACE_PERIOD: Duration = Duration::from_secs(3);

/// Serves a connection until one side closes it.
///
/// On shutdown, the server responds to the requests that it has received, then closes the connection.
pub async fn serve(
    stream: Stream,
    phase: RequestPhase,
    peer: SocketAddr,
    router: Router,
    shutdown: CancellationToken,
) {
    let router = TowerToHyperService::new(router);
    let phase_of_service = phase.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        phase_of_service.advance();
        let (parts, body) = request.into_parts();
        let (body, read_state) = TrackedRequestBody::new(body);
        let mut request = Request::from_parts(parts, body);
        request.extensions_mut().insert(ConnectInfo(peer));
        let (response, phase) = (router.call(request), phase_of_service.clone());
        async move {
            let mut response = response.await?;
            if !read_state.is_complete() {
                // The client must not reuse a connection that the server will close (RFC 9112, section 9.6).
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            let upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
            // No phase follows an upgrade.
            let guard = (!upgraded).then(|| ResponseGuard(phase));
            Ok::<_, Infallible>(response.map(|body| {
                body.map_err(move |error| {
                    let _held_by_the_body = &guard;
                    error
                })
            }))
        }
    });
    let connection = http1::Builder::new()
        // `Stream` has the timeout instead.
        .header_read_timeout(None)
        .max_header_size(MAX_HEADERS)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = connection.with_upgrades();
    let mut shutting_down = false;
    let result = loop {
        let next_step = async {
            match shutting_down {
                false => shutdown.cancelled().await,
                // hyper waits for the first request. It closes connections with later incomplete requests itself.
                true if phase.number() == 0 => sleep(GRACE_PERIOD).await,
                true => pending().await,
            }
        };
        select! {
            result = &mut connection => break result,
            () = next_step => {
                if shutting_down && phase.number() == 0 {
                    return tracing::debug!(%peer, "the first request was incomplete at shutdown");
                }
                shutting_down = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    if let Err(error) = result {
        tracing::debug!(%peer, %error, "connection interrupted");
    }
    // `None` if the connection was upgraded.
    if let Some(parts) = connection.into_parts()
        && shutdown.is_cancelled()
    {
        parts.io.into_inner().abort();
    }
}

/// Sends an error response to a client whose connection exceeds a limit.
pub async fn refuse(mut tcp: TcpStream, exceeded: LimitExceeded) {
    let (status, text) = match exceeded {
        LimitExceeded::Total => ("503 Service Unavailable", "The server has too many connections.\n"),
        LimitExceeded::PerKey => {
            ("429 Too Many Requests", "There are too many connections from this address.\n")
        }
    };
    let mut response = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\nretry-after: 5\r\ncontent-type: text/plain; charset=utf-8\r\n\
         content-length: {}\r\n",
        text.len()
    );
    for (name, value) in headers::ALWAYS.iter().chain(&headers::DEFAULTS) {
        let _ = write!(response, "{name}: {value}\r\n"); // writing to a string cannot fail
    }
    response = response + "\r\n" + text;
    // The response fits into the kernel's buffer. It does not matter if the client has disconnected.
    if let Ok(Ok(())) = timeout(GRACE_PERIOD, tcp.write_all(response.as_bytes())).await {
        drain(&mut tcp).await;
    }
}
