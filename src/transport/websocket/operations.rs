//! The operations in progress on one socket.

use super::{
    limiter::{LimitExceeded, OperationLimiter, OperationPermit},
    messages::ToClient,
    write_limits::{ResponsePermit, WriteLimits},
};
use crate::{
    accounts::{Caller, ConnectionAuth},
    address::ClientAddress,
    error::Error,
    graphql::execution::{
        request::Request,
        response,
        service::{self, Call, Identity, Outcome, TransportCapabilities},
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

/// The error for a request that exceeds the memory limit. A retry may succeed after another operation has ended.
const TOO_LARGE: Error = Error::RateLimited {
    message: "The requests in progress on this socket are too large in total.",
    retry_after: 1,
};

/// An event of an operation.
pub enum Event {
    /// A response.
    Next(Response),
    /// A request error. It is the last event.
    Refused(Response),
    /// The end of the operation.
    Complete,
}

/// A serialized event.
pub struct Outgoing {
    /// The message, which contains the operation's ID.
    pub message: Message,
    /// Whether it is the operation's last message.
    is_last: bool,
}

/// The operations in progress, by the IDs that the client chose.
pub struct Operations {
    transport: Arc<Transport>,
    request_id: Arc<str>,
    /// The client's address and user agent.
    caller: Arc<Caller>,
    /// The authentication of the socket.
    pub connection_auth: ConnectionAuth,
    running: StreamMap<Arc<str>, BoxStream<'static, Outgoing>>,
    /// An operation holds its permit until it has ended, even if the client cancelled it before.
    limiter: OperationLimiter,
    write_limits: WriteLimits,
}

impl Operations {
    /// Creates the empty set of a new socket.
    pub fn new(transport: Arc<Transport>, request_id: Arc<str>, caller: Caller) -> Self {
        let limiter = OperationLimiter::new(transport.settings.sockets, transport.settings.max_body);
        let connection_auth = ConnectionAuth::default();
        let caller = Arc::new(caller);
        let (running, write_limits) = (StreamMap::new(), WriteLimits::new());
        Self { transport, request_id, caller, connection_auth, running, limiter, write_limits }
    }

    /// The client's address.
    pub fn address(&self) -> ClientAddress {
        self.caller.address
    }

    /// Whether an operation of this id is in progress.
    pub fn contains(&self, id: &str) -> bool {
        self.running.contains_key(id)
    }

    /// Cancels an operation.
    pub fn cancel(&mut self, id: &str) {
        self.running.remove(id);
    }

    /// Starts an operation. Returns false if the socket already has the maximum number of operations.
    ///
    /// Clients cannot know the memory of their requests. If it exceeds the limit, only the new operation fails.
    pub fn start(&mut self, id: String, request: Request) -> bool {
        let id: Arc<str> = id.into();
        let events = match self.limiter.acquire(&request) {
            Ok(permit) => self.outgoing(&id, self.execute(request, permit)),
            Err(LimitExceeded::Bytes) => {
                let refused = Event::Refused(response::refuse(&TOO_LARGE, &self.request_id));
                self.outgoing(&id, stream::iter([refused]))
            }
            Err(LimitExceeded::Operations) => return false,
        };
        self.running.insert(id, events);
        true
    }

    /// Reports that all serialized messages were written.
    pub fn all_written(&self) {
        self.write_limits.unwritten().reset();
    }

    /// The messages of an operation. Each is serialized when it is polled, and only while there is room.
    ///
    /// Without room, no wake-up is needed: the socket's task polls again after it has written its messages.
    fn outgoing(
        &self,
        id: &Arc<str>,
        mut events: impl Stream<Item = Event> + Send + Unpin + 'static,
    ) -> BoxStream<'static, Outgoing> {
        let (id, unwritten) = (id.clone(), self.write_limits.unwritten().clone());
        let outgoing = stream::poll_fn(move |context| {
            if !unwritten.has_room() {
                return Poll::Pending;
            }
            let event = ready_or_pending!(events.poll_next_unpin(context));
            Poll::Ready(event.map(|event| {
                let text = ToClient::event(&id, &event).to_text();
                unwritten.add(text.len());
                Outgoing { message: Message::Text(text.into()), is_last: event.is_last() }
            }))
        });
        outgoing.boxed()
    }

    /// Waits for the next events, and appends at most `limit` of them to `events`.
    ///
    /// Operations are served in turn. While there are none, the future never completes.
    pub async fn next_many(&mut self, events: &mut Vec<(Arc<str>, Outgoing)>, limit: usize) {
        if self.running.next_many(events, limit).await == 0 {
            pending::<()>().await;
        }
        // Remove an ended operation at once, because the client may reuse its ID. Drop events after the last one.
        let mut ended = Vec::new();
        events.retain(|(id, outgoing)| {
            let has_ended = ended.contains(id);
            if outgoing.is_last {
                self.running.remove(id);
                ended.push(id.clone());
            }
            !has_ended
        });
    }

    /// Executes a request as soon as a response permit is free.
    fn execute(
        &self,
        request: Request,
        permit: OperationPermit,
    ) -> impl Stream<Item = Event> + Send + Unpin + use<> {
        let call = Call {
            request_id: self.request_id.clone(),
            caller: self.caller.clone(),
            identity: Identity::Socket(self.connection_auth.clone()),
            capabilities: TransportCapabilities { mutations: true, subscriptions: true },
            cookie: None,
            resume: None,
            permit: Some(Box::new(permit)),
        };
        let (responses, service) = (self.write_limits.responses(), self.transport.service.clone());
        // Boxed, so that the memory is freed when a subscription's stream exists.
        let answer = match responses.clone().try_acquire_owned() {
            Ok(permit) => {
                let answer = service.execute(request, call);
                Either::Left(async move { (answer.await, permit) })
            }
            Err(_) => Either::Right(async move {
                let permit = responses.acquire_owned().await.expect("the semaphore is never closed");
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

/// The events of an answer.
///
/// A single response holds its permit until it is serialized. A subscription releases the permit at once, because its
/// events are produced one by one.
fn events(answer: Outcome, permit: ResponsePermit) -> BoxStream<'static, Event> {
    match answer {
        Outcome::Refused(refused) => with_permit([Event::Refused(refused.response)], permit),
        Outcome::Executed(executed) => with_permit([Event::Next(executed.response), Event::Complete], permit),
        // `Complete` after `Refused` is dropped with the operation.
        Outcome::Stream(events) => events
            .map(|event| match event {
                service::Event::Next(response, _) => Event::Next(response),
                service::Event::Refused(response) => Event::Refused(response),
            })
            .chain(stream::once(ready(Event::Complete)))
            .boxed(),
    }
}

/// A stream of these events that holds the permit until it is dropped.
fn with_permit<const N: usize>(events: [Event; N], permit: ResponsePermit) -> BoxStream<'static, Event> {
    let hold_permit = move |event| {
        let _held = &permit;
        event
    };
    stream::iter(events).map(hold_permit).boxed()
}
