//! One connection, from its first request to its last answer.

use super::{
    asked::Asked,
    places::Full,
    stream::{Stream, hear_out},
    turn::{Answer, Turns},
};
use crate::transport::headers;
use axum::{
    Router,
    extract::ConnectInfo,
    http::{HeaderValue, Request, StatusCode, header},
};
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

/// The longest header, in bytes, as Node has it: nginx takes 32 KiB, Apache 8 for each line. Of header lines hyper takes
/// a hundred, as Apache.
const HEADER: usize = 16 * 1024;
/// How much is read ahead, and gathered to be written.
const BUFFER: usize = 64 * 1024;
/// How long a client that has begun with its first header may take when the server leaves.
const LAST_CALL: Duration = Duration::from_secs(3);

/// Serves a connection until one side ends it, or the server leaves: then it answers what has been asked, and ends.
pub async fn converse(
    stream: Stream,
    turns: Turns,
    peer: SocketAddr,
    router: Router,
    leaving: CancellationToken,
) {
    let router = TowerToHyperService::new(router);
    let answers = turns.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        answers.pass();
        let (parts, body) = request.into_parts();
        let (body, reading) = Asked::new(body);
        let mut request = Request::from_parts(parts, body);
        request.extensions_mut().insert(ConnectInfo(peer));
        let (response, turns) = (router.call(request), answers.clone());
        async move {
            let mut response = response.await?;
            if !reading.is_done() {
                // Else a client might ask on where nobody listens any more (RFC 9112, section 9.6).
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            let upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
            Ok::<_, Infallible>(response.map(|body| match upgraded {
                true => Answer::without_end(body),
                false => Answer::ending(turns, body),
            }))
        }
    });
    let connection = http1::Builder::new()
        // The stream has its own.
        .header_read_timeout(None)
        .max_header_size(HEADER)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = connection.with_upgrades();
    let mut left = false;
    let ended = loop {
        let last_call = async {
            match left {
                false => leaving.cancelled().await,
                // Later on hyper ends a connection whose header is not all there.
                true if turns.now() == 0 => sleep(LAST_CALL).await,
                true => pending().await,
            }
        };
        select! {
            ended = &mut connection => break ended,
            () = last_call => {
                if left && turns.now() == 0 {
                    return tracing::debug!(%peer, "half a request when the server left");
                }
                left = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "connection broken off");
    }
    // What was upgraded is no longer here.
    if let Some(parts) = connection.into_parts()
        && leaving.is_cancelled()
    {
        parts.io.into_inner().abort();
    }
}

/// Tells a client that there is no place for it.
pub async fn refuse(mut tcp: TcpStream, full: Full) {
    let (status, text) = match full {
        Full::All => ("503 Service Unavailable", "too many connections\n"),
        Full::Host => ("429 Too Many Requests", "too many connections from this address\n"),
    };
    let mut answer = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\nretry-after: 5\r\ncontent-type: text/plain; charset=utf-8\r\n\
         content-length: {}\r\n",
        text.len()
    );
    for (name, value) in headers::ALWAYS.iter().chain(&headers::NO_PAGE) {
        let _ = write!(answer, "{name}: {value}\r\n"); // a string takes all
    }
    answer = answer + "\r\n" + text;
    // It fits into the kernel's buffer; if the client is gone, that is no matter.
    if let Ok(Ok(())) = timeout(LAST_CALL, tcp.write_all(answer.as_bytes())).await {
        hear_out(&mut tcp).await;
    }
}
