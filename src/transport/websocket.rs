//! `graphql-transport-ws`: <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.
//!
//! One task drives a socket and all its operations. It alternates between messages from the client and events of the
//! operations, and writes all events that are ready in one batch. There is no queue: an operation produces its next
//! event after the last one was written.
//!
//! Everything that a client can make the server hold or do is limited:
//!
//! - the number of its sockets ([`super::open_streams`]) and of the operations on a socket
//! - the memory of the requests in progress ([`limiter`])
//! - the responses that wait to be written ([`write_limits`])
//! - the rate of messages ([`message_rate`])
//! - the length of an operation's ID (200 bytes; the protocol sets no limit) and of a ping's payload (1 KiB)
//!
//! The server closes a socket when its access token expires, unless the client sends another in time (mutation
//! `reauthenticate`). Shortly before, the server sends a `ping` with the payload `{ "expiresAt": … }`. When the session
//! ends, the server closes the socket at once, even in the middle of a write.

mod limiter;
mod message_rate;
pub(crate) mod messages;
mod operations;
mod write_limits;

use super::{Transport, open_streams::OpenStream};
use crate::{
    accounts::{AuthEnded, Caller, ConnectionAuth, Grant},
    error::Error,
    graphql::{document::prices, execution::response},
    random,
};
use axum::{
    extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{SinkExt, StreamExt};
use message_rate::MessageRate;
use messages::{FromClient, ToClient};
use operations::{Event, Operations, Outgoing};
use std::{borrow::Cow, convert::Infallible, pin::pin, sync::Arc, time::Duration};
use tokio::{
    select,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tracing::{Instrument, field, info_span};

/// The name of the subprotocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// The size of the read buffer. It is small because client messages are short. Tungstenite keeps one per socket and
/// clears it at each read.
const READ_BUFFER: usize = 1024;
/// The maximum number of events written in one batch.
const BATCH: usize = 64;
/// On shutdown the server closes the sockets spread over this time, so that not all clients reconnect at once.
const SHUTDOWN_SPREAD: Duration = Duration::from_millis(500);

/// How long the server waits for the client's Close frame after its own.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Limits of one socket.
#[derive(Clone, Copy, Debug)]
pub struct SocketLimits {
    /// The timeout for `connection_init`.
    pub init: Duration,
    /// The interval between pings.
    pub ping: Duration,
    /// The timeout for a write.
    pub write: Duration,
    /// The maximum number of operations in progress.
    pub operations: usize,
}

/// The reason why a connection ends.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Disconnect {
    /// The server closes the connection.
    Server(Close),
    /// The client has sent a Close frame, which the server must answer (RFC 6455, section 5.5.1).
    Client,
    /// The connection is broken, or the client does not read.
    Broken,
}

impl From<Close> for Disconnect {
    fn from(close: Close) -> Self {
        Self::Server(close)
    }
}

/// The maximum length of an operation's ID within a close reason, in bytes.
const LONGEST_ID_IN_REASON: usize = 90;

/// A close code and its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Close(u16, Cow<'static, str>);

impl Close {
    const SHUTDOWN: Self = Self(1012, Cow::Borrowed("Service restart"));
    /// Clients reconnect after this code.
    const UNAVAILABLE: Self = Self(1013, Cow::Borrowed("Try again later"));
    const INVALID: Self = Self(4400, Cow::Borrowed("Invalid message"));
    const UNAUTHORIZED: Self = Self(4401, Cow::Borrowed("Unauthorized"));
    const FORBIDDEN: Self = Self(4403, Cow::Borrowed("Forbidden"));
    const EXPIRED: Self = Self(4403, Cow::Borrowed("Access token expired"));
    const ENDED: Self = Self(4403, Cow::Borrowed("Session ended"));
    const SUBPROTOCOL: Self = Self(4406, Cow::Borrowed("Subprotocol not acceptable"));
    const INIT_TIMEOUT: Self = Self(4408, Cow::Borrowed("Connection initialisation timeout"));
    const PING_TIMEOUT: Self = Self(4408, Cow::Borrowed("No response to pings"));
    const SECOND_INIT: Self = Self(4429, Cow::Borrowed("Too many initialisation requests"));
    const TOO_MANY_OPERATIONS: Self = Self(4429, Cow::Borrowed("Too many operations"));
    const TOO_MANY_MESSAGES: Self = Self(4429, Cow::Borrowed("Too many messages"));
    const TOO_MANY_SOCKETS: Self = Self(4429, Cow::Borrowed("Too many sockets of this user"));

    /// The protocol puts the ID into the reason. It is truncated, because a reason has at most 123 bytes (RFC 6455,
    /// section 5.5.1).
    fn duplicate_id(id: &str) -> Self {
        let id = &id[..id.floor_char_boundary(LONGEST_ID_IN_REASON)];
        Self(4409, format!("Subscriber for {id} already exists").into())
    }

    /// The close code for a failed authentication.
    fn of(error: &Error) -> Self {
        if let Error::Internal(cause) | Error::Unavailable(cause) = error {
            tracing::error!(error = %cause, "an access token could not be verified");
        }
        match error.code().close_code() {
            1013 => Self::UNAVAILABLE,
            _ => Self::FORBIDDEN,
        }
    }
}

/// Upgrades a request to a WebSocket.
pub fn upgrade(
    transport: Arc<Transport>,
    upgrade: WebSocketUpgrade,
    id: Arc<str>,
    caller: Caller,
) -> Response {
    let Some(permit) = transport.open_streams.open_anonymous(caller.address) else {
        let headers = [(header::RETRY_AFTER, "5")];
        let message = "There are too many WebSockets from this address.\n";
        return (StatusCode::TOO_MANY_REQUESTS, headers, message).into_response();
    };
    let span = info_span!(parent: None, "socket", request_id = &*id, user_id = field::Empty);
    let tasks = transport.tasks.clone();
    upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .max_message_size(transport.settings.max_body)
        .max_frame_size(transport.settings.max_body)
        .on_upgrade(move |socket| {
            tasks.track_future(serve(transport, socket, id, caller, permit).instrument(span))
        })
}

/// Serves a socket until it is closed. It holds the permit until then.
async fn serve(
    transport: Arc<Transport>,
    mut socket: WebSocket,
    id: Arc<str>,
    caller: Caller,
    mut permit: OpenStream,
) {
    let write_timeout = transport.settings.sockets.write;
    let disconnect = if socket.protocol().is_some() {
        let operations = Operations::new(transport.clone(), id.clone(), caller);
        let message_rate = MessageRate::new(Instant::now());
        let permit = &mut permit;
        Connection { request_id: id, operations, permit, message_rate, socket: &mut socket, transport }
            .run()
            .await
    } else {
        Close::SUBPROTOCOL.into()
    };
    close(&mut socket, disconnect, write_timeout).await;
}

/// Completes the closing handshake, so that the client receives the close code.
async fn close(socket: &mut WebSocket, disconnect: Disconnect, write_timeout: Duration) {
    let limit = match disconnect {
        Disconnect::Server(Close(code, reason)) => {
            tracing::debug!(code, reason = &*reason, "socket closed");
            let frame = Message::Close(Some(CloseFrame { code, reason: reason.into_owned().into() }));
            // A failure does not matter: the client has already disconnected.
            let _ = timeout(write_timeout, socket.send(frame)).await;
            CLOSE_TIMEOUT
        }
        Disconnect::Client => write_timeout,
        Disconnect::Broken => return,
    };
    // If the client closed first, reading sends the response to its Close frame, which Tungstenite has queued. If the
    // server closed first, reading waits for the client's Close frame: closing a connection with unread input would
    // reset it, and the client could lose the server's Close frame.
    let _ = timeout(limit, async { while let Some(Ok(_)) = socket.recv().await {} }).await;
}

/// The connection to one client.
struct Connection<'a> {
    transport: Arc<Transport>,
    /// The ID of the socket in the log.
    request_id: Arc<str>,
    socket: &'a mut WebSocket,
    operations: Operations,
    /// The permit of the user, or, until the client has signed in, of its address.
    permit: &'a mut OpenStream,
    message_rate: MessageRate,
}

impl Connection<'_> {
    /// Serves the client until one side disconnects.
    async fn run(&mut self) -> Disconnect {
        if let Err(disconnect) = self.initialize().await {
            return disconnect;
        }
        let (transport, connection_auth) = (self.transport.clone(), self.operations.connection_auth.clone());
        // Outside of the event loop, so that a long write cannot delay it.
        select! {
            biased;
            over = transport.accounts.auth_ended(&connection_auth) => match over {
                AuthEnded::Expired => Close::EXPIRED.into(),
                AuthEnded::Revoked => Close::ENDED.into(),
            },
            Err(disconnect) = self.run_events() => disconnect,
        }
    }

    /// Authenticates the client and acknowledges the connection.
    async fn initialize(&mut self) -> Result<(), Disconnect> {
        let limits = self.transport.settings.sockets;
        let shutdown = self.transport.shutdown.clone();
        let grant = select! {
            grant = timeout(limits.init, Box::pin(self.authenticate())) => {
                grant.map_err(|_| Close::INIT_TIMEOUT)??
            }
            () = shutdown.cancelled() => return Err(Close::SHUTDOWN.into()),
        };
        if let Some(grant) = grant {
            let permit = self.transport.open_streams.open(grant.viewer.user_id);
            *self.permit = permit.ok_or(Close::TOO_MANY_SOCKETS)?;
        }
        self.operations.connection_auth = ConnectionAuth::new(grant);
        self.write([ToClient::ConnectionAck.to_message()]).await
    }

    /// The event loop, which runs until one side disconnects.
    async fn run_events(&mut self) -> Result<Infallible, Disconnect> {
        let limits = self.transport.settings.sockets;
        let shutdown = self.transport.shutdown.clone();
        let mut heartbeat = interval(limits.ping);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay); // a write may delay a tick
        heartbeat.reset();
        // The number of pings since the last message from the client.
        let mut unanswered_pings = 0;
        let mut events = Vec::new();
        let mut shutdown = pin!(shutdown_spread(&shutdown));
        let mut expiry_notices =
            pin!(self.transport.accounts.expiry_warnings(&self.operations.connection_auth));
        loop {
            select! {
                received = self.socket.recv() => {
                    unanswered_pings = 0;
                    if let Some(message) = self.decode(received)? {
                        self.handle(message).await?;
                    }
                }
                _ = self.operations.next_many(&mut events, BATCH) => self.write_events(&mut events).await?,
                _ = heartbeat.tick() => {
                    if unanswered_pings == 2 {
                        return Err(Close::PING_TIMEOUT.into());
                    }
                    // A session counts as used while a client is connected.
                    if unanswered_pings == 0
                        && let Some(viewer) = self.operations.connection_auth.viewer()
                        && self.transport.accounts.sessions.check(viewer.revocation_key()).is_err()
                    {
                        return Err(Close::ENDED.into());
                    }
                    unanswered_pings += 1;
                    self.write([Message::Ping(Default::default())]).await?;
                }
                Some(expires_at) = expiry_notices.next() => {
                    self.write([ToClient::expiry_notice(expires_at).to_message()]).await?;
                }
                () = &mut shutdown => return Err(Close::SHUTDOWN.into()),
            }
        }
    }

    /// Waits for `connection_init` and authenticates the client. `None` if it sends no access token.
    async fn authenticate(&mut self) -> Result<Option<Grant>, Disconnect> {
        loop {
            let received = self.socket.recv().await;
            let payload = match self.decode(received)? {
                Some(FromClient::ConnectionInit { payload }) => payload.unwrap_or_default(),
                Some(FromClient::Ping { payload }) => {
                    self.write([ToClient::Pong { payload }.to_message()]).await?;
                    continue;
                }
                // Only `subscribe` requires an acknowledged connection.
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

    /// Decodes a message. `None` for a ping or pong frame of the WebSocket protocol.
    fn decode(
        &mut self,
        received: Option<Result<Message, axum::Error>>,
    ) -> Result<Option<FromClient>, Disconnect> {
        if let Some(Ok(Message::Close(_))) = received {
            return Err(Disconnect::Client);
        }
        let bytes = match &received {
            Some(Ok(Message::Text(text))) => text.len(),
            Some(Ok(Message::Ping(bytes) | Message::Pong(bytes) | Message::Binary(bytes))) => bytes.len(),
            _ => 0,
        };
        if !self.message_rate.allows(Instant::now(), bytes) {
            return Err(Close::TOO_MANY_MESSAGES.into());
        }
        match received {
            Some(Ok(Message::Text(text))) => Ok(Some(FromClient::read(&text).ok_or(Close::INVALID)?)),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
            // The message is too long or not UTF-8. If the connection is broken, the Close frame is lost.
            Some(Ok(Message::Binary(_)) | Err(_)) => Err(Close::INVALID.into()),
            Some(Ok(Message::Close(_))) | None => Err(Disconnect::Broken),
        }
    }

    async fn handle(&mut self, message: FromClient) -> Result<(), Disconnect> {
        match message {
            FromClient::ConnectionInit { .. } => Err(Close::SECOND_INIT.into()),
            FromClient::Subscribe { id, .. } | FromClient::Undecodable { id, .. }
                if self.operations.contains(&id) =>
            {
                Err(Close::duplicate_id(&id).into())
            }
            FromClient::Subscribe { id, payload } => match self.operations.start(id, payload) {
                true => Ok(()),
                false => Err(Close::TOO_MANY_OPERATIONS.into()),
            },
            FromClient::Undecodable { id, reason, bytes } => self.refuse(&id, reason, bytes).await,
            FromClient::Complete { id } => {
                self.operations.cancel(&id);
                Ok(())
            }
            FromClient::Ping { payload } => self.write([ToClient::Pong { payload }.to_message()]).await,
            FromClient::Pong => Ok(()),
        }
    }

    /// Rejects a request that cannot be decoded. It costs as much as any rejected request of its size.
    async fn refuse(&mut self, id: &str, reason: String, bytes: usize) -> Result<(), Disconnect> {
        let user = self.operations.connection_auth.viewer().map(|viewer| viewer.user_id);
        let cost = 1 + prices::size_cost(bytes);
        let error = match self.transport.throttle.charge(user, self.operations.address(), cost).await {
            Ok(_) => Error::input("payload", format!("cannot be decoded: {reason}.")),
            Err(limited) => limited,
        };
        let refused = Event::Refused(response::refuse(&error, &self.request_id));
        self.write([ToClient::event(id, &refused).to_message()]).await
    }

    /// Writes events of operations in one batch.
    async fn write_events(&mut self, events: &mut Vec<(Arc<str>, Outgoing)>) -> Result<(), Disconnect> {
        self.write(events.drain(..).map(|(_, outgoing)| outgoing.message)).await?;
        self.operations.all_written();
        Ok(())
    }

    async fn write(&mut self, messages: impl IntoIterator<Item = Message>) -> Result<(), Disconnect> {
        let written = async {
            for message in messages {
                self.socket.feed(message).await?;
            }
            self.socket.flush().await
        };
        // A client that does not read would not read a close reason either.
        match timeout(self.transport.settings.sockets.write, written).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Disconnect::Broken),
        }
    }
}

/// Completes at a random time within [`SHUTDOWN_SPREAD`] after the shutdown has begun.
async fn shutdown_spread(shutdown: &tokio_util::sync::CancellationToken) {
    shutdown.cancelled().await;
    sleep(SHUTDOWN_SPREAD.mul_f64(random::fraction())).await;
}
