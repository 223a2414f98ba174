//! The operations in progress on one socket.

use super::{
    messages::ToClient,
    places::{Full, Place, Places},
    unwritten::{Permit, Unwritten},
};
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
use axum::extract::ws::Message;
use futures_util::{
    Stream, StreamExt,
    future::{Either, ready},
    stream::{self, BoxStream},
};
use std::{
    future::pending,
    sync::Arc,
    task::{Poll, ready as ready_or_pending},
};
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

/// An event as it goes out.
pub struct Outgoing {
    /// It has the operation's id.
    pub message: Message,
    /// Whether the operation has ended.
    is_last: bool,
}

/// The operations by the ids that the client gave them.
pub struct Operations {
    transport: Arc<Transport>,
    request_id: Arc<str>,
    /// From where, and by what program, it is asked.
    caller: Arc<Caller>,
    /// Who asks.
    pub presence: Presence,
    running: StreamMap<Arc<str>, BoxStream<'static, Outgoing>>,
    /// A place for each operation, kept until what it began is done: that may be after the client has given it up.
    places: Places,
    unwritten: Unwritten,
}

impl Operations {
    /// None yet, on a new socket.
    pub fn new(transport: Arc<Transport>, request_id: Arc<str>, caller: Caller) -> Self {
        let places = Places::new(transport.sockets, transport.max_body);
        let presence = Presence::default();
        let caller = Arc::new(caller);
        let (running, unwritten) = (StreamMap::new(), Unwritten::new());
        Self { transport, request_id, caller, presence, running, places, unwritten }
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
        let id: Arc<str> = id.into();
        let events = match self.places.take(&request) {
            Ok(place) => self.outgoing(&id, self.execute(request, place)),
            Err(Full::Bytes) => {
                let refused = Event::Refused(response::refuse(&TOO_LARGE, &self.request_id));
                self.outgoing(&id, stream::iter([refused]))
            }
            Err(Full::Operations) => return false,
        };
        self.running.insert(id, events);
        true
    }

    /// All that was taken has been written.
    pub fn written(&self) {
        self.unwritten.taken().written();
    }

    /// The messages of an operation. Each is made when it is asked for, and only if there is room for it. Where there is
    /// none, nothing need wake the socket's task: it asks again when it has written what it has.
    fn outgoing(
        &self,
        id: &Arc<str>,
        mut events: impl Stream<Item = Event> + Send + Unpin + 'static,
    ) -> BoxStream<'static, Outgoing> {
        let (id, taken) = (id.clone(), self.unwritten.taken().clone());
        let outgoing = stream::poll_fn(move |context| {
            if !taken.has_room() {
                return Poll::Pending;
            }
            let event = ready_or_pending!(events.poll_next_unpin(context));
            Poll::Ready(event.map(|event| {
                let text = ToClient::event(&id, &event).to_text();
                taken.add(text.len());
                Outgoing { message: Message::Text(text.into()), is_last: event.is_last() }
            }))
        });
        outgoing.boxed()
    }

    /// The next events, at most `limit`, no operation's twice before every other that is ready has had its turn.
    /// While nothing runs, it waits for ever.
    pub async fn next_many(&mut self, events: &mut Vec<(Arc<str>, Outgoing)>, limit: usize) {
        if self.running.next_many(events, limit).await == 0 {
            pending::<()>().await;
        }
        // An operation that has ended is removed at once: the client may use its id again. Nothing follows its end.
        let mut ended = Vec::new();
        events.retain(|(id, outgoing)| {
            let is_over = ended.contains(id);
            if outgoing.is_last {
                self.running.remove(id);
                ended.push(id.clone());
            }
            !is_over
        });
    }

    /// Executes a request as soon as there is a place for its answer: at once, unless many others have none yet.
    fn execute(&self, request: Request, place: Place) -> impl Stream<Item = Event> + Send + Unpin + use<> {
        let call = Call {
            request_id: self.request_id.clone(),
            caller: self.caller.clone(),
            identity: Identity::Socket(self.presence.clone()),
            carries: Carries { mutations: true, subscriptions: true },
            cookie: None,
            resume: None,
            permit: Some(Box::new(place)),
        };
        let (answers, service) = (self.unwritten.answers(), self.transport.service.clone());
        // In a box: only the stream is kept of a subscription.
        let answer = match answers.clone().try_acquire_owned() {
            Ok(permit) => {
                let answer = service.execute(request, call);
                Either::Left(async move { (answer.await, permit) })
            }
            Err(_) => Either::Right(async move {
                let permit = answers.acquire_owned().await.expect("it is never closed");
                (service.execute(request, call).await, permit)
            }),
        };
        stream::once(Box::pin(answer)).flat_map(|(answer, permit)| events(answer, permit)).boxed()
    }
}

impl Event {
    fn is_last(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Complete)
    }
}

/// What comes of an answer. One that has been made keeps its place until all of it has been taken for writing; what a
/// subscription has is made when it is asked for.
fn events(answer: Answer, permit: Permit) -> BoxStream<'static, Event> {
    match answer {
        Answer::Refused(refused) => made([Event::Refused(refused.response)], permit),
        Answer::Executed(executed) => made([Event::Next(executed.response), Event::Complete], permit),
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

fn made<const N: usize>(events: [Event; N], permit: Permit) -> BoxStream<'static, Event> {
    let keeping = move |event| {
        let _kept = &permit;
        event
    };
    stream::iter(events).map(keeping).boxed()
}
