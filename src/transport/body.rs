//! A request's body: whole, as it is, and in time.

use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    http::{HeaderMap, StatusCode, header},
};
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How long the rest of a body may take when the server leaves.
const LAST_CALL: Duration = Duration::from_secs(3);

/// Why a body is not taken, to be read after "the request".
pub type Refused = (StatusCode, &'static str);

/// Reads a body of at most so many bytes, which must all arrive within this time.
///
/// A body whose declared length is too large is refused before any of it is read, so that a client that sent
/// `Expect: 100-continue` gets no `100 Continue`.
pub async fn read(
    body: Body,
    most: usize,
    time: Duration,
    leaving: &CancellationToken,
) -> Result<Bytes, Refused> {
    if body.size_hint().lower() > most as u64 {
        return Err((StatusCode::PAYLOAD_TOO_LARGE, "is too large"));
    }
    let too_slow = (StatusCode::REQUEST_TIMEOUT, "took too long to arrive");
    let last_call = async {
        leaving.cancelled().await;
        sleep(LAST_CALL).await;
    };
    tokio::select! {
        read = timeout(time, to_bytes(body, most)) => match read {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(_)) => Err((StatusCode::PAYLOAD_TOO_LARGE, "is too large, or broke off")),
            Err(_) => Err(too_slow),
        },
        () = last_call => Err(too_slow),
    }
}

/// Whether a body comes as it is. Nothing is inflated here, so that a small one stays small.
pub fn is_plain(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONTENT_ENCODING).iter().all(|line| {
        let mut codings = line.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        codings.all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity"))
    })
}
