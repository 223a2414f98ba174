//! A subscription in progress. On a socket it is parked while it is silent.
//!
//! Most of what a silent subscription costs is what the executor keeps to answer the next event: the document, its
//! variables, the dataloaders and the futures that wait, more than 15 KB in all. After a moment without an event all
//! of it is dropped. The request as it came stays, with a bookmark and a wait for more. Then the request is executed
//! again, and goes on from the bookmark.

use super::{Call, Event, GraphqlService, Identity, Refused, viewer};
use crate::{
    accounts::Viewer,
    graphql::{
        document::Prepared,
        request::Request,
        response,
        resume::{Bookmarks, Resume},
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

/// To go on costs about as much CPU as to subscribe. So that a slow reply does not cost it at each word, a subscription
/// is parked the next time only after twice the silence, up to so many times the first one.
const MOST_PATIENCE: u32 = 16;
/// How soon an event that could not be paid for is charged again.
const PAID_WITHIN: Duration = Duration::from_secs(1);
/// A reply is one answer in pieces, and paid for once. Any other subscription goes on for ever, so each event is charged.
const PAID_ONCE: &str = "reply";

/// All that it takes to execute a subscription, and to go on with it.
pub struct Subscription {
    service: Arc<GraphqlService>,
    /// The request as it came.
    request: Request,
    call: Call,
    /// How far the client has come.
    bookmarks: Bookmarks,
}

/// A panic ends the stream with an error.
type Responses = BoxStream<'static, std::thread::Result<Response>>;

impl Subscription {
    /// Not yet executed.
    pub fn new(service: Arc<GraphqlService>, request: Request, call: Call) -> Self {
        Self { service, request, call, bookmarks: Bookmarks::default() }
    }

    /// What it has for the client, from the first event to the end. The first event shows the cost, if that is wanted.
    pub fn events(self, prepared: Prepared, mut cost: Option<Cost>) -> BoxStream<'static, Event> {
        Box::pin(async_stream::stream! {
            let each_time = (prepared.roots.first().is_some_and(|root| root != PAID_ONCE)).then_some(prepared.cost);
            let mut responses = self.execute(prepared);
            let mut patience = self.service.park_after;
            let longest = patience * MOST_PATIENCE;
            let mut last = Instant::now();
            // Looked at when it is over, not set anew for each event.
            let mut silence = pin!(sleep(patience));
            let mut first = true;
            loop {
                let response = select! {
                    biased;
                    response = responses.next() => response,
                    () = &mut silence => {
                        if last.elapsed() >= patience {
                            if let Some(more) = self.more() {
                                drop(responses);
                                more.await;
                                responses = self.execute_again();
                                patience = longest.min(patience * 2);
                            }
                            last = Instant::now();
                        }
                        silence.as_mut().reset(last + patience);
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
                response::tell_cost(&mut response, cost.take());
                // A source that could not be opened is a refusal; what goes wrong later is a result.
                if mem::take(&mut first) && response.data == Value::Null && response.is_err() {
                    yield Event::Refused(response);
                    return;
                }
                yield Event::Next(response, self.call.resume.as_ref().and_then(Resume::told));
                if let Some(cost) = each_time {
                    self.charge_event(cost).await;
                }
            }
        })
    }

    /// Waits until there is more than the bookmarks say. `None` if the subscription is not to be parked.
    fn more(&self) -> Option<impl Future<Output = ()> + Send + use<>> {
        let Identity::Socket(_) = self.call.identity else { return None };
        let reply = self.service.replies.more_after(&self.bookmarks.reply).map(Either::Left);
        reply.or_else(|| self.service.changes.more_after(&self.bookmarks.changes).map(Either::Right))
    }

    fn execute(&self, mut prepared: Prepared) -> Responses {
        let Some(request) = prepared.take_request() else { return stream::empty().boxed() };
        let request = self.service.with_data(request, self.viewer(), self.call.caller.clone());
        let request = request.data(self.bookmarks.clone()).data(self.call.resume.clone().unwrap_or_default());
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

    /// Charges an event that was sent, and waits until it is paid. The subscription keeps its place meanwhile: a client
    /// over its limit gets everything, only later.
    async fn charge_event(&self, cost: u64) {
        let place = self.viewer().map(|viewer| self.service.dues.place(viewer.user_id));
        let _turn = match &place {
            Some(place) => place.turn().await,
            None => None,
        };
        while self.service.charge(cost, self.viewer(), &self.call.caller).await.is_err() {
            sleep(PAID_WITHIN).await;
        }
    }
}
