//! A request's body: whole, and in time.

use axum::{
    body::{Body, Bytes, to_bytes},
    http::StatusCode,
};
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How long the rest of a body may take when the server leaves.
const LAST_CALL: Duration = Duration::from_secs(3);

/// Why a body is not taken, to be read after "the request".
pub type Refused = (StatusCode, &'static str);

/// Reads a body of so many bytes at most, which must all come within this time.
pub async fn read(
    body: Body,
    most: usize,
    time: Duration,
    leaving: &CancellationToken,
) -> Result<Bytes, Refused> {
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
