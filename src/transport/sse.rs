//! Server-Sent Events, for networks that block WebSockets. Each connection carries one operation: the "distinct
//! connections mode" of graphql-sse (<https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>).
//!
//! Each event of a subscription has its cursor as `id`. A browser that reconnects sends the last one in
//! `Last-Event-ID`, and the subscription resumes there. The stream ends without `complete` when the access token
//! expires, the session ends or the server shuts down, so that the client reconnects.

mod events;

use super::{Transport, response::ResponseBody};
use crate::{
    accounts::{ConnectionAuth, Grant},
    address::ClientAddress,
    error::Error,
    graphql::execution::{resume::Resume, service as graphql},
};
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName},
    response::Response,
};
use futures_util::{
    StreamExt,
    future::ready,
    stream::{self, BoxStream},
};
use std::{mem, sync::Arc};
use tokio::select;

/// The header with the cursor of the last event that a reconnecting client received.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// The error for a stream over the limit. A retry may succeed after another socket or stream was closed.
const TOO_MANY: Error = Error::RateLimited {
    message: "There are too many WebSockets and event streams of this user or address.",
    retry_after: 5,
};

/// Reads the position from which the client resumes.
pub fn resume(headers: &HeaderMap) -> Resume {
    let after = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok());
    Resume::after(after.filter(|text| !text.is_empty()))
}

/// Streams the events of a subscription.
///
/// Fails with `RATE_LIMITED` if the user, or the address of a caller who is not signed in, has too many streams.
pub fn stream(
    transport: &Arc<Transport>,
    grant: Option<Grant>,
    from: ClientAddress,
    events: BoxStream<'static, graphql::Event>,
) -> Result<Response, Error> {
    let permit = match &grant {
        Some(grant) => transport.open_streams.open(grant.viewer.user_id),
        None => transport.open_streams.open_anonymous(from),
    };
    let permit = permit.ok_or(TOO_MANY)?;
    let events = events.map(|event| match event {
        graphql::Event::Next(response, cursor) => next(&response, cursor.as_deref()),
        graphql::Event::Refused(response) => next(&response, None),
    });
    let (transport, connection_auth) = (transport.clone(), ConnectionAuth::new(grant));
    let interrupted = async move {
        select! {
            () = transport.shutdown.cancelled() => {}
            _ = transport.accounts.auth_ended(&connection_auth) => {}
        }
    };
    let complete = stream::once(ready(Ok(events::COMPLETE)));
    Ok(events::respond(events.chain(complete).take_until(Box::pin(interrupted)), Some(permit)))
}

/// Streams a single response and `complete`. Cookies are sent as headers.
pub fn once(mut response: async_graphql::Response) -> Response {
    let cookies = mem::take(&mut response.http_headers);
    let mut http = events::respond(stream::iter([next(&response, None), Ok(events::COMPLETE)]), None);
    http.headers_mut().extend(cookies);
    http
}

fn next(response: &async_graphql::Response, cursor: Option<&str>) -> serde_json::Result<Bytes> {
    events::next(&ResponseBody::new(response), cursor)
}
