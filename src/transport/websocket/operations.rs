//! The operations in progress on one socket.

use super::{
    places::{Full, Place, Places},
    subscription::Subscription,
};
use crate::{
    accounts::{Caller, Presence},
    address::ClientAddress,
    error::Error,
    graphql::{
        answer,
        prepare::{Incoming, prepare},
        resume::Bookmarks,
    },
    transport::{Transport, http::nothing_executed},
};
use async_graphql::{Response, parser::types::OperationType};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use std::{future::pending, sync::Arc};
use tokio_stream::StreamMap;
use tracing::Instrument;

/// Another try is worth it when an operation has ended.
const TOO_LARGE: Error = Error::RateLimited {
    message: "the requests in progress on this socket are too large together",
    retry_after: 1,
};

/// What an operation has for the client.
pub enum Event {
    /// A result.
    Next(Response),
    /// Nothing was executed; nothing follows.
    Refused(Response),
    /// Nothing follows.
    Complete,
}

/// The operations by the ids that the client gave them.
pub struct Operations {
    transport: Arc<Transport>,
    request_id: Arc<str>,
    /// From where, and by what program, it is asked.
    caller: Arc<Caller>,
    /// Who asks.
    pub presence: Presence,
    running: StreamMap<Arc<str>, BoxStream<'static, Event>>,
    /// A place for each operation, kept until what it began is done: that may be after the client has given it up.
    places: Places,
}

impl Operations {
    /// None yet, on a new socket.
    pub fn new(transport: Arc<Transport>, request_id: Arc<str>, caller: Caller) -> Self {
        let places = Places::new(transport.sockets, transport.max_body);
        let presence = Presence::default();
        let caller = Arc::new(caller);
        Self { transport, request_id, caller, presence, running: StreamMap::new(), places }
    }

    /// From where it is asked.
    pub fn address(&self) -> ClientAddress {
        self.caller.address
    }

    /// Whether an operation of this id is in progress.
    pub fn has(&self, id: &str) -> bool {
        self.running.contains_key(id)
    }

    /// Ends an operation, for the client wants no more of it.
    pub fn end(&mut self, id: &str) {
        self.running.remove(id);
    }

    /// Starts an operation; false if there are as many as one socket may have. How much their requests hold no client
    /// counts, so one that is too much is refused, and the others go on.
    pub fn start(&mut self, id: String, incoming: Incoming) -> bool {
        let events = match self.places.take(&incoming) {
            Ok(place) => self.execute(incoming, place),
            Err(Full::Bytes) => {
                let refused = Event::Refused(answer::refuse(&TOO_LARGE, &self.request_id));
                stream::iter([refused]).boxed()
            }
            Err(Full::Operations) => return false,
        };
        self.running.insert(id.into(), events);
        true
    }

    /// The next events, at most `limit`, no operation's twice before every other that is ready has had its turn.
    /// While nothing runs, it waits for ever.
    pub async fn next_many(&mut self, events: &mut Vec<(Arc<str>, Event)>, limit: usize) {
        if self.running.next_many(events, limit).await == 0 {
            pending::<()>().await;
        }
        // What has ended is forgotten at once: its id is the client's to use again.
        for (id, event) in events {
            if let Event::Refused(_) | Event::Complete = event {
                self.running.remove(id);
            }
        }
    }

    fn execute(&self, incoming: Incoming, place: Place) -> BoxStream<'static, Event> {
        let Transport { store, guard, tasks, .. } = &*self.transport;
        let viewer = self.presence.viewer();
        let prepared = match prepare(&incoming, viewer, store, guard) {
            Ok(prepared) => prepared.with(self.caller.clone()),
            Err(unfit) => {
                let (transport, id, from) =
                    (self.transport.clone(), self.request_id.clone(), self.caller.address);
                let refused = async move {
                    let response = match transport.charge_refused(viewer, from).await {
                        Ok(()) => unfit.into_response(),
                        Err(error) => answer::refuse(&error, &id),
                    };
                    drop(place);
                    Event::Refused(response)
                };
                return stream::once(refused).boxed();
            }
        };
        let (id, from) = (self.request_id.clone(), self.caller.address);
        if prepared.operation == Some(OperationType::Subscription) {
            let subscription = Subscription {
                transport: self.transport.clone(),
                request_id: id,
                caller: self.caller.clone(),
                presence: self.presence.clone(),
                incoming,
                bookmarks: Bookmarks::default(),
                _place: place,
            };
            return subscription.events(prepared);
        }
        // In a task of its own: what has been begun is done, even when the client hangs up.
        let (transport, request_id, presence) = (self.transport.clone(), id.clone(), self.presence.clone());
        let execute = async move {
            let response = match transport.charge(&prepared, viewer, from).await {
                Ok(cost) => {
                    let response = transport.schema.execute(prepared.request.data(presence)).await;
                    let mut response = answer::finish(response, &request_id);
                    answer::tell_cost(&mut response, cost);
                    response
                }
                Err(error) => answer::refuse(&error, &request_id),
            };
            drop(place);
            response
        };
        let executed = tasks.spawn(execute.in_current_span());
        stream::once(async move {
            match executed.await {
                Ok(response) if nothing_executed(&response) => vec![Event::Refused(response)],
                Ok(response) => vec![Event::Next(response), Event::Complete],
                Err(_) => {
                    let error = Error::internal("an operation panicked");
                    vec![Event::Refused(answer::refuse(&error, &id))]
                }
            }
        })
        .flat_map(stream::iter)
        .boxed()
    }
}
