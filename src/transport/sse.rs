//! Server-Sent Events, for networks that block WebSockets: one operation on one connection, as graphql-sse's "distinct
//! connections mode" has it (<https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>).
//!
//! Each event of a subscription carries its cursor as `id`, so that a browser which comes back says in `Last-Event-ID`
//! where to go on. A stream ends without `complete` when its access token expires, or the session of that is ended: the
//! client comes back, with another token.

use super::{Transport, http::Written};
use crate::{
    accounts::{Grant, Presence, Viewer},
    address::ClientAddress,
    graphql::{answer, prepare::Prepared, resume::Resume},
    throttle::Cost,
};
use async_graphql::{self as graphql, parser::types::OperationType};
use axum::{
    http::{HeaderMap, HeaderName, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use std::{sync::Arc, time::Duration};
use tokio::select;
use tracing::Instrument;

/// How often a silent connection is told that it lives: proxies give up on those that say nothing.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Tells nginx and its kind to pass each event on at once.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");
/// Events are of the moment, and of one user.
const NOT_KEPT: (HeaderName, &str) = (header::CACHE_CONTROL, "no-store");
/// Where a client that comes back has been.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Executes an operation, and answers with its events as they come; the first one tells the cost, if there is one to
/// tell.
pub fn respond(
    transport: &Arc<Transport>,
    grant: Option<Grant>,
    from: ClientAddress,
    prepared: Prepared,
    mut cost: Option<Cost>,
    headers: &HeaderMap,
    id: Arc<str>,
) -> Response {
    let after =
        headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty());
    let resume = Resume::after(after);
    let request = prepared.request.data(resume.clone());
    let schema = transport.schema.clone();
    let subscription = prepared.operation == Some(OperationType::Subscription);
    let results = if prepared.costs_each_time {
        let viewer = grant.as_ref().map(|grant| grant.viewer);
        charged(transport.clone(), schema.execute_stream(request), prepared.cost, viewer, from)
    } else if subscription {
        schema.execute_stream(request)
    } else {
        // In a task of its own: what has been begun is done, even when the client hangs up.
        let executed = transport.tasks.spawn(async move { schema.execute(request).await }.in_current_span());
        stream::once(executed).filter_map(|response| async { response.ok() }).boxed()
    };
    let results = results.map(move |response| {
        let mut response = answer::finish(response, &id);
        answer::tell_cost(&mut response, cost.take());
        let event = Event::default().event("next").json_data(Written::new(&response));
        event.map(|event| match resume.told() {
            Some(cursor) => event.id(cursor),
            None => event,
        })
    });
    let complete = stream::once(async { Ok(Event::default().event("complete").data("")) });
    // When the server leaves it ends without `complete`: the client comes back.
    let transport = transport.clone();
    // What was begun with a good token is answered: it may be what ends the session.
    let presence = Presence::new(grant.filter(|_| subscription));
    let left = async move {
        select! {
            () = transport.leaving.cancelled() => {}
            _ = transport.accounts.over(&presence) => {}
        }
    };
    let events = results.chain(complete).take_until(Box::pin(left));
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    ([UNBUFFERED, NOT_KEPT], events).into_response()
}

/// Events of which each is paid for before there is another.
fn charged(
    transport: Arc<Transport>,
    mut events: BoxStream<'static, graphql::Response>,
    cost: u64,
    viewer: Option<Viewer>,
    from: ClientAddress,
) -> BoxStream<'static, graphql::Response> {
    Box::pin(async_stream::stream! {
        while let Some(event) = events.next().await {
            yield event;
            transport.charge_event(cost, viewer, from).await;
        }
    })
}
