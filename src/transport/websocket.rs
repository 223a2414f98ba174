//! `graphql-transport-ws`: <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.
//!
//! One task drives a socket and all its operations. It takes turns between what the client says and what the
//! operations have, writes everything that is ready in one go, and keeps no queue: an operation is asked for its next
//! event when the last one has been written. Whatever a client can hold has a bound: the number of its operations and of
//! its sockets, the length of an operation's id (200 bytes, which the protocol leaves to us) and of a ping's payload
//! (1 KiB), how much the requests in progress hold together ([`places`]), and how many answers wait to be written
//! ([`unwritten`]). So has how quickly it may talk ([`pace`]).
//!
//! A socket ends with the access token it was opened by, unless the client shows another in time (the mutation
//! `reauthenticate`); shortly before, it is told by a `ping` with the payload `{ "expiresAt": … }`. When the session is
//! ended the socket is closed at once, whatever is being written.

pub(crate) mod messages;
mod operations;
mod pace;
mod places;
mod unwritten;

use super::{Transport, open_streams::OpenStream};
use crate::{
    accounts::{Caller, Grant, Over, Presence},
    error::Error,
    graphql::{document::prices, response},
};
use axum::{
    extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{SinkExt, StreamExt};
use messages::{FromClient, ToClient};
use operations::{Event, Operations, Outgoing};
use pace::Pace;
use std::{borrow::Cow, convert::Infallible, pin::pin, sync::Arc, time::Duration};
use tokio::{
    select,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tracing::{Instrument, field, info_span};

/// The subprotocol's name.
const PROTOCOL: &str = "graphql-transport-ws";
/// How much is read at once: clients say little. Tungstenite keeps a buffer of this size for each socket, and clears
/// it at each read.
const READ_BUFFER: usize = 1024;
/// The most events written in one go.
const BATCH: usize = 64;
/// Sockets are told that we leave spread over this time, so that their clients do not all come back at once.
const LEAVE_WITHIN: Duration = Duration::from_millis(500);

/// How long the client may take to answer our Close frame.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a socket may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long until `connection_init`.
    pub init: Duration,
    /// How often the client is pinged.
    pub ping: Duration,
    /// How long a write may take.
    pub write: Duration,
    /// The most operations at once.
    pub operations: usize,
}

/// Why a socket ends.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Hangup {
    /// The server closes it.
    Server(Close),
    /// The client has sent a Close frame, which is to be answered (RFC 6455, section 5.5.1).
    Client,
    /// The connection is broken, or the client does not read.
    Gone,
}

impl From<Close> for Hangup {
    fn from(close: Close) -> Self {
        Self::Server(close)
    }
}

/// How much of an operation's id a close reason has, in bytes.
const LONGEST_ID_IN_REASON: usize = 90;

/// A close code and its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Close(u16, Cow<'static, str>);

impl Close {
    const LEAVING: Self = Self(1012, Cow::Borrowed("Service restart"));
    /// Tells clients to come back.
    const UNAVAILABLE: Self = Self(1013, Cow::Borrowed("Try again later"));
    const INVALID: Self = Self(4400, Cow::Borrowed("Invalid message"));
    const UNAUTHORIZED: Self = Self(4401, Cow::Borrowed("Unauthorized"));
    const FORBIDDEN: Self = Self(4403, Cow::Borrowed("Forbidden"));
    const EXPIRED: Self = Self(4403, Cow::Borrowed("Access token expired"));
    const ENDED: Self = Self(4403, Cow::Borrowed("Session ended"));
    const SUBPROTOCOL: Self = Self(4406, Cow::Borrowed("Subprotocol not acceptable"));
    const INIT_TIMEOUT: Self = Self(4408, Cow::Borrowed("Connection initialisation timeout"));
    const SILENT: Self = Self(4408, Cow::Borrowed("No answer to pings"));
    const SECOND_INIT: Self = Self(4429, Cow::Borrowed("Too many initialisation requests"));
    const TOO_MANY: Self = Self(4429, Cow::Borrowed("Too many operations"));
    const TOO_QUICK: Self = Self(4429, Cow::Borrowed("Too many messages"));
    const CROWDED: Self = Self(4429, Cow::Borrowed("Too many sockets of this user"));

    /// The protocol has the id in the reason; a reason has at most 123 bytes (RFC 6455, section 5.5.1).
    fn duplicate(id: &str) -> Self {
        let id = &id[..id.floor_char_boundary(LONGEST_ID_IN_REASON)];
        Self(4409, format!("Subscriber for {id} already exists").into())
    }

    /// Why the caller could not be authenticated.
    fn of(error: &Error) -> Self {
        if let Error::Internal(cause) | Error::Unavailable(cause) = error {
            tracing::error!(error = %cause, "an access token could not be looked up");
        }
        match error.code().close_code() {
            1013 => Self::UNAVAILABLE,
            _ => Self::FORBIDDEN,
        }
    }
}

/// Answers a request to speak over a socket.
pub fn upgrade(
    transport: Arc<Transport>,
    upgrade: WebSocketUpgrade,
    id: Arc<str>,
    caller: Caller,
) -> Response {
    let Some(place) = transport.open_streams.open_anonymous(caller.address) else {
        let later = [(header::RETRY_AFTER, "5")];
        return (StatusCode::TOO_MANY_REQUESTS, later, "too many sockets of this address\n").into_response();
    };
    let span = info_span!(parent: None, "socket", request_id = &*id, user_id = field::Empty);
    let tasks = transport.tasks.clone();
    upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .max_message_size(transport.max_body)
        .max_frame_size(transport.max_body)
        .on_upgrade(move |socket| {
            tasks.track_future(serve(transport, socket, id, caller, place).instrument(span))
        })
}

/// Its place is kept until the client is gone.
async fn serve(
    transport: Arc<Transport>,
    mut socket: WebSocket,
    id: Arc<str>,
    caller: Caller,
    mut place: OpenStream,
) {
    let write = transport.sockets.write;
    let hangup = if socket.protocol().is_some() {
        let operations = Operations::new(transport.clone(), id.clone(), caller);
        let pace = Pace::new(Instant::now());
        Talk { request_id: id, operations, place: &mut place, pace, socket: &mut socket, transport }
            .converse()
            .await
    } else {
        Close::SUBPROTOCOL.into()
    };
    close(&mut socket, hangup, write).await;
}

/// Completes the closing handshake, so that the client sees a close code and a connection closed in order.
async fn close(socket: &mut WebSocket, hangup: Hangup, write: Duration) {
    let limit = match hangup {
        Hangup::Server(Close(code, reason)) => {
            tracing::debug!(code, reason = &*reason, "socket closed");
            let frame = Message::Close(Some(CloseFrame { code, reason: reason.into_owned().into() }));
            // If the client is gone, nothing is left to do.
            let _ = timeout(write, socket.send(frame)).await;
            FAREWELL
        }
        Hangup::Client => write,
        Hangup::Gone => return,
    };
    // Reading writes the answer to the client's Close frame, which Tungstenite has queued, and then ends. After our own
    // it waits for the client's: were the connection closed with something unread, the client's system would drop the
    // frame unseen.
    let _ = timeout(limit, async { while let Some(Ok(_)) = socket.recv().await {} }).await;
}

/// A conversation with one client.
struct Talk<'a> {
    transport: Arc<Transport>,
    /// By which the log names it.
    request_id: Arc<str>,
    socket: &'a mut WebSocket,
    operations: Operations,
    /// Its place among the user's sockets; among those of its address, until somebody has signed in.
    place: &'a mut OpenStream,
    pace: Pace,
}

impl Talk<'_> {
    /// Goes on until one side hangs up.
    async fn converse(&mut self) -> Hangup {
        if let Err(hangup) = self.open().await {
            return hangup;
        }
        let (transport, presence) = (self.transport.clone(), self.operations.presence.clone());
        // Not among what takes turns: a write may take long.
        select! {
            biased;
            over = transport.accounts.over(&presence) => match over {
                Over::Expired => Close::EXPIRED.into(),
                Over::Ended => Close::ENDED.into(),
            },
            Err(hangup) = self.talk() => hangup,
        }
    }

    /// Comes to know who is there.
    async fn open(&mut self) -> Result<(), Hangup> {
        let limits = self.transport.sockets;
        let leaving = self.transport.leaving.clone();
        let grant = select! {
            grant = timeout(limits.init, Box::pin(self.init())) => grant.map_err(|_| Close::INIT_TIMEOUT)??,
            () = leaving.cancelled() => return Err(Close::LEAVING.into()),
        };
        if let Some(grant) = grant {
            let place = self.transport.open_streams.open(grant.viewer.user_id);
            *self.place = place.ok_or(Close::CROWDED)?;
        }
        self.operations.presence = Presence::new(grant);
        self.say([ToClient::ConnectionAck.write()]).await
    }

    /// Takes turns, until one side hangs up.
    async fn talk(&mut self) -> Result<Infallible, Hangup> {
        let limits = self.transport.sockets;
        let leaving = self.transport.leaving.clone();
        let mut heartbeat = interval(limits.ping);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay); // after a write that took long
        heartbeat.reset();
        let mut silent = 0;
        let mut events = Vec::new();
        let mut leave = pin!(leave(&leaving));
        let mut notices = pin!(self.transport.accounts.notices(&self.operations.presence));
        loop {
            select! {
                heard = self.socket.recv() => {
                    silent = 0;
                    if let Some(message) = self.understand(heard)? {
                        self.answer(message).await?;
                    }
                }
                _ = self.operations.next_many(&mut events, BATCH) => self.tell(&mut events).await?,
                _ = heartbeat.tick() => {
                    if silent == 2 {
                        return Err(Close::SILENT.into());
                    }
                    // A session is used for as long as somebody is there.
                    if silent == 0
                        && let Some(viewer) = self.operations.presence.viewer()
                        && self.transport.accounts.sessions.see(viewer.session_id).is_err()
                    {
                        return Err(Close::ENDED.into());
                    }
                    silent += 1;
                    self.say([Message::Ping(Default::default())]).await?;
                }
                Some(expires_at) = notices.next() => self.say([ToClient::notice(expires_at).write()]).await?,
                () = &mut leave => return Err(Close::LEAVING.into()),
            }
        }
    }

    /// Hears `connection_init`, and who is there.
    async fn init(&mut self) -> Result<Option<Grant>, Hangup> {
        loop {
            let heard = self.socket.recv().await;
            let payload = match self.understand(heard)? {
                Some(FromClient::ConnectionInit { payload }) => payload.unwrap_or_default(),
                Some(FromClient::Ping { payload }) => {
                    self.say([ToClient::Pong { payload }.write()]).await?;
                    continue;
                }
                // Only to execute something needs a connection that has been acknowledged.
                Some(FromClient::Pong | FromClient::Complete { .. }) | None => continue,
                Some(FromClient::Subscribe { .. } | FromClient::Undecodable { .. }) => {
                    return Err(Close::UNAUTHORIZED.into());
                }
            };
            let Some(authorization) = payload.authorization else {
                return Ok(None);
            };
            let grant = self.transport.authenticate(&authorization, self.operations.address()).await;
            let grant = grant.map_err(|error| Close::of(&error))?;
            tracing::Span::current().record("user_id", field::display(grant.viewer.user_id));
            return Ok(Some(grant));
        }
    }

    /// What was heard; `None` if it is nothing of the protocol's.
    fn understand(
        &mut self,
        heard: Option<Result<Message, axum::Error>>,
    ) -> Result<Option<FromClient>, Hangup> {
        if let Some(Ok(Message::Close(_))) = heard {
            return Err(Hangup::Client);
        }
        let bytes = match &heard {
            Some(Ok(Message::Text(text))) => text.len(),
            Some(Ok(Message::Ping(bytes) | Message::Pong(bytes) | Message::Binary(bytes))) => bytes.len(),
            _ => 0,
        };
        if !self.pace.keep(Instant::now(), bytes) {
            return Err(Close::TOO_QUICK.into());
        }
        match heard {
            Some(Ok(Message::Text(text))) => Ok(Some(FromClient::read(&text).ok_or(Close::INVALID)?)),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
            // Too long, or not UTF-8. If the connection itself is broken, the frame goes nowhere.
            Some(Ok(Message::Binary(_)) | Err(_)) => Err(Close::INVALID.into()),
            Some(Ok(Message::Close(_))) | None => Err(Hangup::Gone),
        }
    }

    async fn answer(&mut self, message: FromClient) -> Result<(), Hangup> {
        match message {
            FromClient::ConnectionInit { .. } => Err(Close::SECOND_INIT.into()),
            FromClient::Subscribe { id, .. } | FromClient::Undecodable { id, .. }
                if self.operations.has(&id) =>
            {
                Err(Close::duplicate(&id).into())
            }
            FromClient::Subscribe { id, payload } => match self.operations.start(id, payload) {
                true => Ok(()),
                false => Err(Close::TOO_MANY.into()),
            },
            FromClient::Undecodable { id, reason, bytes } => self.refuse(&id, reason, bytes).await,
            FromClient::Complete { id } => {
                self.operations.end(&id);
                Ok(())
            }
            FromClient::Ping { payload } => self.say([ToClient::Pong { payload }.write()]).await,
            FromClient::Pong => Ok(()),
        }
    }

    /// Answers a request that cannot be decoded. It costs as much as any other of its size that is refused.
    async fn refuse(&mut self, id: &str, reason: String, bytes: usize) -> Result<(), Hangup> {
        let user = self.operations.presence.viewer().map(|viewer| viewer.user_id);
        let cost = 1 + prices::of_size(bytes);
        let error = match self.transport.throttle.cost(user, self.operations.address(), cost).await {
            Ok(_) => Error::input("payload", format!("cannot be decoded: {reason}")),
            Err(limited) => limited,
        };
        let refused = Event::Refused(response::refuse(&error, &self.request_id));
        self.say([ToClient::event(id, &refused).write()]).await
    }

    /// Writes what the operations have, in one go.
    async fn tell(&mut self, events: &mut Vec<(Arc<str>, Outgoing)>) -> Result<(), Hangup> {
        self.say(events.drain(..).map(|(_, outgoing)| outgoing.message)).await?;
        self.operations.written();
        Ok(())
    }

    async fn say(&mut self, messages: impl IntoIterator<Item = Message>) -> Result<(), Hangup> {
        let written = async {
            for message in messages {
                self.socket.feed(message).await?;
            }
            self.socket.flush().await
        };
        // A client that does not read is as good as gone, and would not read a reason either.
        match timeout(self.transport.sockets.write, written).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Hangup::Gone),
        }
    }
}

/// Ends a moment after the server is told to, at another one for each socket.
async fn leave(leaving: &tokio_util::sync::CancellationToken) {
    leaving.cancelled().await;
    sleep(LEAVE_WITHIN.mul_f64(rand::random())).await;
}
