//! Server-Sent Events, for networks that block WebSockets: one operation on one connection, as graphql-sse's "distinct
//! connections mode" has it (<https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>).
//!
//! Each event of a subscription carries its cursor as `id`, so that a browser which comes back says in `Last-Event-ID`
//! where to go on. A stream ends without `complete` when its access token expires, or the session of that is ended: the
//! client comes back, with another token.

mod events;

use super::{Transport, response::Written};
use crate::{
    accounts::{Grant, Presence},
    address::ClientAddress,
    error::Error,
    graphql::{resume::Resume, service as graphql},
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

/// Where a client that comes back has been.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// There is room again when the client closes another socket or stream.
const TOO_MANY: Error = Error::RateLimited {
    message: "too many WebSockets and event streams of this user or address",
    retry_after: 5,
};

/// Where the client has been, and is after each event.
pub fn resume(headers: &HeaderMap) -> Resume {
    let after = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok());
    Resume::after(after.filter(|text| !text.is_empty()))
}

/// The events of a subscription, as they come. RATE_LIMITED if the user, or the address of a caller who is not signed in,
/// has too many streams.
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
    // It ends without `complete` when the server leaves, or the session is over: the client comes back.
    let (transport, presence) = (transport.clone(), Presence::new(grant));
    let left = async move {
        select! {
            () = transport.leaving.cancelled() => {}
            _ = transport.accounts.over(&presence) => {}
        }
    };
    let complete = stream::once(ready(Ok(events::COMPLETE)));
    Ok(events::respond(events.chain(complete).take_until(Box::pin(left)), Some(permit)))
}

/// One response, and the end. The cookies that it sets are headers.
pub fn once(mut response: async_graphql::Response) -> Response {
    let cookies = mem::take(&mut response.http_headers);
    let mut responded = events::respond(stream::iter([next(&response, None), Ok(events::COMPLETE)]), None);
    responded.headers_mut().extend(cookies);
    responded
}

fn next(response: &async_graphql::Response, cursor: Option<&str>) -> serde_json::Result<Bytes> {
    events::next(&Written::new(response), cursor)
}
