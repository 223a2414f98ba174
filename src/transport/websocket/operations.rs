//! The operations in progress on one socket.

use super::places::{Full, Place, Places};
use crate::{
    accounts::{Caller, Presence},
    address::ClientAddress,
    error::Error,
    graphql::{
        request::Request,
        response,
        service::{self, Answer, Call, Carries, Identity},
    },
    transport::Transport,
};
use async_graphql::Response;
use futures_util::{
    StreamExt,
    future::ready,
    stream::{self, BoxStream},
};
use std::{future::pending, sync::Arc};
use tokio_stream::StreamMap;

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
    pub fn start(&mut self, id: String, request: Request) -> bool {
        let events = match self.places.take(&request) {
            Ok(place) => self.execute(request, place),
            Err(Full::Bytes) => {
                let refused = Event::Refused(response::refuse(&TOO_LARGE, &self.request_id));
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
        // An operation that has ended is removed at once: the client may use its id again. Nothing follows its end.
        let mut refused = Vec::new();
        events.retain(|(id, event)| {
            let is_over = refused.contains(id);
            if let Event::Refused(_) | Event::Complete = event {
                self.running.remove(id);
                refused.push(id.clone());
            }
            !is_over
        });
    }

    fn execute(&self, request: Request, place: Place) -> BoxStream<'static, Event> {
        let call = Call {
            request_id: self.request_id.clone(),
            caller: self.caller.clone(),
            identity: Identity::Socket(self.presence.clone()),
            carries: Carries { mutations: true, subscriptions: true },
            cookie: None,
            resume: None,
            permit: Some(Box::new(place)),
        };
        // In a box: only the stream is kept of a subscription.
        let answer = Box::pin(self.transport.service.execute(request, call));
        stream::once(answer).flat_map(events).boxed()
    }
}

fn events(answer: Answer) -> BoxStream<'static, Event> {
    match answer {
        Answer::Refused(refused) => stream::iter([Event::Refused(refused.response)]).boxed(),
        Answer::Executed(executed) => stream::iter([Event::Next(executed.response), Event::Complete]).boxed(),
        // `complete` after an `error` is dropped with the operation.
        Answer::Stream(events) => events
            .map(|event| match event {
                service::Event::Next(response, _) => Event::Next(response),
                service::Event::Refused(response) => Event::Refused(response),
            })
            .chain(stream::once(ready(Event::Complete)))
            .boxed(),
    }
}
