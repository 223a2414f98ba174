//! Server-Sent Events, for networks that block WebSockets: one operation on one connection, as graphql-sse's "distinct
//! connections mode" has it (<https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>).
//!
//! Each event of a subscription carries its cursor as `id`, so that a browser which comes back says in `Last-Event-ID`
//! where to go on. A stream ends without `complete` when its access token expires, or the session of that is ended: the
//! client comes back, with another token.

mod events;

use super::{
    Transport,
    http::{Written, refusal},
    negotiation::{self, Form},
};
use crate::{
    accounts::{Grant, Presence, Viewer},
    address::ClientAddress,
    error::Error,
    graphql::{answer, prepare::Prepared, resume::Resume},
    throttle::Cost,
};
use async_graphql::{self as graphql, parser::types::OperationType};
use axum::{
    http::{HeaderMap, HeaderName, StatusCode},
    response::Response,
};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use std::sync::Arc;
use tokio::select;
use tracing::Instrument;

/// Where a client that comes back has been.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// A place is free again when the client closes another socket or stream.
const TOO_MANY: Error = Error::RateLimited {
    message: "too many WebSockets and event streams of this user or address",
    retry_after: 5,
};

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
    let subscription = prepared.operation == Some(OperationType::Subscription);
    // What is answered once counts as little as any other request.
    let permit = match (subscription, &grant) {
        (false, _) => Some(None),
        (true, Some(grant)) => transport.open_streams.open(grant.viewer.user_id).map(Some),
        (true, None) => transport.open_streams.open_anonymous(from).map(Some),
    };
    let Some(permit) = permit else {
        let form = negotiation::form(headers).unwrap_or(Form::GraphQlResponse);
        return refusal(form, StatusCode::TOO_MANY_REQUESTS, &TOO_MANY, &id);
    };
    let resume = Resume::after(after);
    let request = prepared.request.data(resume.clone());
    let schema = transport.schema.clone();
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
        events::next(&Written::new(&response), resume.told().as_deref())
    });
    let complete = stream::once(async { Ok(events::COMPLETE) });
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
    events::respond(results.chain(complete).take_until(Box::pin(left)), permit)
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
