//! A subscription on a socket, parked while it is silent.
//!
//! Most of what a silent subscription costs is what the executor keeps to answer the next event: the document, its
//! variables, the dataloaders and the futures that wait, more than 15 KB in all. After a moment without an event all
//! of it is dropped. What stays is the request as it came, a bookmark, and a wait for more; then the request is
//! executed again, and goes on from the bookmark as if nothing had been.

use super::{operations::Event, places::Place};
use crate::{
    accounts::{Caller, Presence},
    graphql::{
        answer,
        prepare::{Incoming, Prepared, prepare},
        resume::Bookmarks,
    },
    transport::Transport,
};
use async_graphql::{Response, Value};
use futures_util::{
    StreamExt,
    future::ready,
    stream::{self, BoxStream},
};
use std::{mem, pin::pin, sync::Arc};
use tokio::{
    select,
    time::{Instant, sleep},
};

/// To go on costs about as much CPU as to subscribe. So that a slow reply does not cost it at each word, a subscription
/// is parked the next time only after twice the silence, up to so many times the first one.
const MOST_PATIENCE: u32 = 16;

/// All that it takes to execute a subscription, and to go on with it.
pub struct Subscription {
    /// What it is executed with.
    pub transport: Arc<Transport>,
    /// By which the log tells of it.
    pub request_id: Arc<str>,
    /// Where they subscribe from, and by what program.
    pub caller: Arc<Caller>,
    /// Who subscribes, by whatever token they are here when it is executed.
    pub presence: Presence,
    /// The request as it came.
    pub incoming: Incoming,
    /// How far the client has come.
    pub bookmarks: Bookmarks,
    /// Its place among the socket's operations.
    pub _place: Place,
}

impl Subscription {
    /// What it has for the client, from the first event to the end.
    pub fn events(self, prepared: Prepared) -> BoxStream<'static, Event> {
        Box::pin(async_stream::stream! {
            // That it is parked is not the client's doing, and costs nothing. In a box, for it is seldom there.
            let charged = Box::pin(self.transport.charge(&prepared, self.presence.viewer(), self.caller.address)).await;
            let mut cost = match charged {
                Ok(cost) => cost,
                Err(error) => {
                    yield Event::Refused(answer::refuse(&error, &self.request_id));
                    return;
                }
            };
            let each_time = prepared.costs_each_time.then_some(prepared.cost);
            let mut responses = self.execute(prepared);
            let mut patience = self.transport.sockets.park_after;
            let longest = patience * MOST_PATIENCE;
            let mut told = Instant::now();
            // Looked at when it is over, not set anew for each event.
            let mut silence = pin!(sleep(patience));
            let mut first = true;
            loop {
                let response = select! {
                    biased;
                    response = responses.next() => response,
                    () = &mut silence => {
                        if told.elapsed() >= patience {
                            if let Some(more) = self.transport.more_after(&self.bookmarks) {
                                drop(responses);
                                more.await;
                                responses = self.execute_again();
                                patience = longest.min(patience * 2);
                            }
                            told = Instant::now();
                        }
                        silence.as_mut().reset(told + patience);
                        continue;
                    }
                };
                let Some(response) = response else { break };
                told = Instant::now();
                let mut response = answer::finish(response, &self.request_id);
                answer::tell_cost(&mut response, cost.take());
                // A source that could not be opened is a refusal; what goes wrong later is a result.
                if mem::take(&mut first) && response.data == Value::Null && response.is_err() {
                    yield Event::Refused(response);
                    return;
                }
                yield Event::Next(response);
                if let Some(cost) = each_time {
                    self.transport.charge_event(cost, self.presence.viewer(), self.caller.address).await;
                }
            }
            yield Event::Complete;
        })
    }

    fn execute(&self, prepared: Prepared) -> BoxStream<'static, Response> {
        self.transport.schema.execute_stream(prepared.request.data(self.bookmarks.clone()))
    }

    fn execute_again(&self) -> BoxStream<'static, Response> {
        let Transport { store, guard, .. } = &*self.transport;
        match prepare(&self.incoming, self.presence.viewer(), store, guard) {
            Ok(prepared) => self.execute(prepared.with(self.caller.clone())),
            Err(unfit) => stream::once(ready(unfit.into_response())).boxed(),
        }
    }
}
