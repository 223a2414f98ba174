//! The event stream as it is written (HTML Living Standard, "Server-sent events").

use crate::transport::{open_streams::OpenStream, response::Written};
use axum::{
    body::{Body, Bytes},
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt};
use std::{pin::pin, time::Duration};
use tokio::time::timeout;

/// How often a silent connection gets a comment: proxies close connections that are silent for long.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const COMMENT: Bytes = Bytes::from_static(b":\n\n");
/// Tells nginx and similar proxies to forward each event at once.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// The last event. Without a `data:` line a browser's `EventSource` would drop it; with data, clients that take each
/// event's data for a result would read it as one.
pub const COMPLETE: Bytes = Bytes::from_static(b"event: complete\ndata:\n\n");

/// A result, with the id from which a client can resume.
pub fn next(response: &Written, id: Option<&str>) -> serde_json::Result<Bytes> {
    let mut event = b"event: next\n".to_vec();
    // No cursor has a line break; if one had, it would end the field.
    if let Some(id) = id.filter(|id| !id.contains(['\n', '\r', '\0'])) {
        event.extend([b"id: ", id.as_bytes(), b"\n"].concat());
    }
    event.extend(b"data: ");
    // JSON as it is written here is one line.
    serde_json::to_writer(&mut event, response)?;
    event.extend(b"\n\n");
    Ok(event.into())
}

/// The response that streams these events. The permit, if it needs one, is held until the stream ends or the client is
/// gone.
///
/// The stream begins with a comment: some browsers report a connection as open only when its first bytes arrive.
pub fn respond(
    events: impl Stream<Item = serde_json::Result<Bytes>> + Send + 'static,
    permit: Option<OpenStream>,
) -> Response {
    let bytes = async_stream::stream! {
        let _permit = permit;
        let mut events = pin!(events);
        yield Ok(COMMENT);
        loop {
            match timeout(KEEP_ALIVE, events.next()).await {
                Ok(Some(event)) => yield event,
                Ok(None) => break,
                Err(_) => yield Ok(COMMENT),
            }
        }
    };
    // Events belong to one moment and one user.
    let headers =
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store"), UNBUFFERED];
    (headers, Body::from_stream(bytes)).into_response()
}
