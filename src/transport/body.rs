//! Reads request bodies, with limits on size and time.

use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    http::{HeaderMap, StatusCode, header},
};
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// The time for the rest of a body when the server shuts down.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(3);

/// The status and the reason why a body was rejected. The reason continues a sentence that begins with "The request".
pub type BodyError = (StatusCode, &'static str);

/// Reads a body of at most `limit` bytes, which must arrive within `time`.
///
/// A body whose declared length exceeds the limit is rejected before any of it is read. A client that sent
/// `Expect: 100-continue` then gets no `100 Continue`.
pub async fn read(
    body: Body,
    limit: usize,
    time: Duration,
    shutdown: &CancellationToken,
) -> Result<Bytes, BodyError> {
    if body.size_hint().lower() > limit as u64 {
        return Err((StatusCode::PAYLOAD_TOO_LARGE, "is too large."));
    }
    let timed_out = (StatusCode::REQUEST_TIMEOUT, "took too long to arrive.");
    let grace_period = async {
        shutdown.cancelled().await;
        sleep(SHUTDOWN_GRACE).await;
    };
    tokio::select! {
        read = timeout(time, to_bytes(body, limit)) => match read {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(_)) => Err((StatusCode::PAYLOAD_TOO_LARGE, "is too large, or its connection was interrupted.")),
            Err(_) => Err(timed_out),
        },
        () = grace_period => Err(timed_out),
    }
}

/// Whether the body is not compressed. The server never decompresses bodies, because a small one could become huge.
pub fn is_uncompressed(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONTENT_ENCODING).iter().all(|line| {
        let mut codings = line.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        codings.all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity"))
    })
}
