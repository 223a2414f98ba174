//! Serializes the event stream (HTML Living Standard, "Server-sent events").

use crate::transport::{open_streams::OpenStream, response::ResponseBody};
use axum::{
    body::{Body, Bytes},
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt};
use std::{pin::pin, time::Duration};
use tokio::time::timeout;

/// The interval between comments on a silent connection. Proxies close connections that are silent for long.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const COMMENT: Bytes = Bytes::from_static(b":\n\n");
/// Makes nginx and similar proxies forward each event at once.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// The last event. A browser's `EventSource` drops events without a `data:` line. The data is empty, because some
/// clients parse the data of every event as a response.
pub const COMPLETE: Bytes = Bytes::from_static(b"event: complete\ndata:\n\n");

/// Serializes a response, with the ID from which a client can resume.
pub fn next(response: &ResponseBody, id: Option<&str>) -> serde_json::Result<Bytes> {
    let mut event = b"event: next\n".to_vec();
    // Cursors never contain line breaks, which would end the field.
    if let Some(id) = id.filter(|id| !id.contains(['\n', '\r', '\0'])) {
        event.extend([b"id: ", id.as_bytes(), b"\n"].concat());
    }
    event.extend(b"data: ");
    // `to_writer` writes JSON in one line.
    serde_json::to_writer(&mut event, response)?;
    event.extend(b"\n\n");
    Ok(event.into())
}

/// Creates a response that streams these events. It holds the permit until the stream ends or the client disconnects.
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
    // Events must not be cached, because they belong to one user.
    let headers =
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store"), UNBUFFERED];
    (headers, Body::from_stream(bytes)).into_response()
}
