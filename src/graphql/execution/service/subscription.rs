//! Subscriptions in progress. On a socket, a silent subscription is parked.
//!
//! To handle the next event, the executor keeps the document, its variables, the dataloaders and pending futures of a
//! subscription, more than 15 KB in all. When a subscription has had no event for some time, it is parked: all of
//! this is dropped. Only the original request, a resume point and a future that waits for the next event remain. When
//! there is an event, the request is executed again and resumes from the resume point.

use super::{Call, Event, GraphqlService, Identity, Refused, viewer};
use crate::{
    accounts::Viewer,
    graphql::{
        document::Prepared,
        execution::{
            request::Request,
            response,
            resume::{Resume, ResumePoints},
        },
    },
    throttle::Cost,
};
use async_graphql::{Response, Value};
use futures_util::{
    StreamExt,
    future::{Either, ready},
    stream::{self, BoxStream},
};
use std::{mem, panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Duration};
use tokio::{
    select,
    time::{Instant, sleep},
};

/// The upper limit of the time without an event before parking, as a multiple of the initial time. Resuming costs
/// about as much CPU as subscribing, so the time doubles with each parking. Otherwise a slow reply would be resumed
/// at each word.
const MAX_PARK_BACKOFF: u32 = 16;
/// The interval between attempts to charge an event that exceeded the rate limit.
const CHARGE_RETRY: Duration = Duration::from_secs(1);
/// The subscription that is charged once: a reply is one response in pieces. Other subscriptions never complete, so
/// each of their events is charged.
const CHARGED_ONCE: &str = "reply";

/// A subscription and everything that is needed to execute it again.
pub struct Subscription {
    service: Arc<GraphqlService>,
    /// The original request.
    request: Request,
    call: Call,
    /// The position of the client.
    resume_points: ResumePoints,
}

/// The responses of the executor. A panic ends the stream with an error.
type Responses = BoxStream<'static, std::thread::Result<Response>>;

impl Subscription {
    /// Creates a subscription that is not executed yet.
    pub fn new(service: Arc<GraphqlService>, request: Request, call: Call) -> Self {
        Self { service, request, call, resume_points: ResumePoints::default() }
    }

    /// Executes the subscription and returns its events. The first event states the cost, if it was requested.
    pub fn events(self, prepared: Prepared, mut cost: Option<Cost>) -> BoxStream<'static, Event> {
        Box::pin(async_stream::stream! {
            let cost_per_event = (prepared.roots.first().is_some_and(|root| root != CHARGED_ONCE)).then_some(prepared.cost);
            let mut responses = self.execute(prepared);
            let mut park_after = self.service.park_after;
            let max_park_after = park_after * MAX_PARK_BACKOFF;
            let mut last = Instant::now();
            // Checked when it fires, instead of being reset at each event.
            let mut timer = pin!(sleep(park_after));
            let mut first = true;
            loop {
                let response = select! {
                    biased;
                    response = responses.next() => response,
                    () = &mut timer => {
                        if last.elapsed() >= park_after {
                            if let Some(more) = self.more() {
                                drop(responses);
                                more.await;
                                responses = self.execute_again();
                                park_after = max_park_after.min(park_after * 2);
                            }
                            last = Instant::now();
                        }
                        timer.as_mut().reset(last + park_after);
                        continue;
                    }
                };
                let response = match response {
                    None => break,
                    Some(Ok(response)) => response,
                    Some(Err(_)) => {
                        yield Event::Refused(Refused::panicked(&self.call.request_id).response);
                        return;
                    }
                };
                last = Instant::now();
                let mut response = response::finish(response, &self.call.request_id);
                response::add_cost(&mut response, cost.take());
                // If the source stream cannot be created, the subscription is rejected. Later errors are in results.
                if mem::take(&mut first) && response.data == Value::Null && response.is_err() {
                    yield Event::Refused(response);
                    return;
                }
                yield Event::Next(response, self.call.resume.as_ref().and_then(Resume::latest));
                if let Some(cost) = cost_per_event {
                    self.charge_event(cost).await;
                }
            }
        })
    }

    /// Waits for an event after the resume points. `None` if the subscription must not be parked.
    fn more(&self) -> Option<impl Future<Output = ()> + Send + use<>> {
        let Identity::Socket(_) = self.call.identity else { return None };
        let reply = self.service.replies.more_after(&self.resume_points.reply).map(Either::Left);
        reply.or_else(|| self.service.changes.more_after(&self.resume_points.changes).map(Either::Right))
    }

    fn execute(&self, mut prepared: Prepared) -> Responses {
        let Some(request) = prepared.take_request() else { return stream::empty().boxed() };
        let request = self.service.with_data(request, self.viewer(), self.call.caller.clone());
        let request =
            request.data(self.resume_points.clone()).data(self.call.resume.clone().unwrap_or_default());
        let service = self.service.clone();
        let responses = self.service.schema.execute_stream(request).map(move |mut response| {
            prepared.complete(&service.documents, &mut response);
            response
        });
        AssertUnwindSafe(responses).catch_unwind().boxed()
    }

    fn execute_again(&self) -> Responses {
        match self.service.prepare(&self.request) {
            Ok(prepared) => self.execute(prepared),
            Err(rejection) => stream::once(ready(Ok(rejection.into_response()))).boxed(),
        }
    }

    fn viewer(&self) -> Option<Viewer> {
        viewer(&self.call.identity, None).ok().flatten()
    }

    /// Charges an event that was sent. Waits while the user is over the rate limit; events are delayed, not dropped.
    async fn charge_event(&self, cost: u64) {
        let entry = self.viewer().map(|viewer| self.service.charge_queues.join(viewer.user_id));
        let _turn = match &entry {
            Some(entry) => entry.turn().await,
            None => None,
        };
        while self.service.charge(cost, self.viewer(), &self.call.caller).await.is_err() {
            sleep(CHARGE_RETRY).await;
        }
    }
}
