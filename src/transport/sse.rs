//! Server-Sent Events, for networks that block WebSockets: one operation on one connection, as graphql-sse's "distinct
//! connections mode" has it (<https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>).
//!
//! Each event of a subscription carries its cursor as `id`, so that a browser which comes back says in `Last-Event-ID`
//! where to go on. A stream ends without `complete` when its access token expires, or the session of that is ended: the
//! client comes back, with another token.

use super::{Transport, response::Written};
use crate::{
    accounts::{Grant, Presence},
    graphql::{resume::Resume, service as graphql},
};
use axum::{
    http::{HeaderMap, HeaderName, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{
    Stream, StreamExt,
    future::ready,
    stream::{self, BoxStream},
};
use std::{mem, sync::Arc, time::Duration};
use tokio::select;

/// How often a silent connection is told that it lives: proxies give up on those that say nothing.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Tells nginx and its kind to pass each event on at once.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");
/// Events are of the moment, and of one user.
const NOT_KEPT: (HeaderName, &str) = (header::CACHE_CONTROL, "no-store");
/// Where a client that comes back has been.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Where the client has been, and is after each event.
pub fn resume(headers: &HeaderMap) -> Resume {
    let after = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok());
    Resume::after(after.filter(|text| !text.is_empty()))
}

/// The events of a subscription, as they come.
pub fn stream(
    transport: &Arc<Transport>,
    grant: Option<Grant>,
    events: BoxStream<'static, graphql::Event>,
) -> Response {
    let events = events.map(|event| match event {
        graphql::Event::Next(response, cursor) => {
            let event = next(&response);
            event.map(|event| if let Some(cursor) = cursor { event.id(cursor) } else { event })
        }
        graphql::Event::Refused(response) => next(&response),
    });
    // It ends without `complete` when the server leaves, or the session is over: the client comes back.
    let (transport, presence) = (transport.clone(), Presence::new(grant));
    let left = async move {
        select! {
            () = transport.leaving.cancelled() => {}
            _ = transport.accounts.over(&presence) => {}
        }
    };
    respond(events.chain(stream::once(ready(complete()))).take_until(Box::pin(left)))
}

/// One response, and the end. The cookies that it sets are headers.
pub fn once(mut response: async_graphql::Response) -> Response {
    let cookies = mem::take(&mut response.http_headers);
    let mut responded = respond(stream::iter([next(&response), complete()]));
    responded.headers_mut().extend(cookies);
    responded
}

fn respond(events: impl Stream<Item = Result<Event, axum::Error>> + Send + 'static) -> Response {
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    ([UNBUFFERED, NOT_KEPT], events).into_response()
}

fn next(response: &async_graphql::Response) -> Result<Event, axum::Error> {
    Event::default().event("next").json_data(Written::new(response))
}

fn complete() -> Result<Event, axum::Error> {
    Ok(Event::default().event("complete").data(""))
}
