//! A subscriber to a reply that reconnects after every interruption and checks everything that it receives.

use super::{Client, Nodes, ReplyParts, socket::REPLY, wait_for};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

/// Longer than a lease, a takeover and a new attempt take together.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A subscriber to one reply.
pub struct Follower {
    token: Option<String>,
    pub reply: String,
    /// The complete text of the reply, if it is known.
    expected: Option<String>,
    /// The text received so far: the last snapshot and every delta after it.
    pub text: String,
    /// The attempt that the text belongs to; 0 before the first snapshot.
    pub attempt: i64,
    /// The parts received so far, if the follower subscribes to parts.
    pub parts: Option<ReplyParts>,
    cursor: Option<String>,
    socket: Option<WebSocketStream<MaybeTlsStream<TcpStream>>>,
    /// The number of interruptions.
    pub breaks: usize,
}

/// An event of the subscription.
#[derive(Debug)]
pub enum FollowerEvent {
    /// A snapshot or a delta.
    Text,
    /// The finished message.
    Finished(Value),
    /// An error with this code, which ended the subscription.
    Error(String),
    /// The socket was closed.
    Disconnected,
}

impl Follower {
    pub fn new(client: &Client, reply: &str) -> Self {
        Self {
            token: client.token.clone(),
            reply: reply.to_owned(),
            expected: None,
            text: String::new(),
            attempt: 0,
            parts: None,
            cursor: None,
            socket: None,
            breaks: 0,
        }
    }

    /// Returns a follower that subscribes to the parts of these kinds.
    pub fn of_parts(client: &Client, reply: &str, kinds: &[&'static str]) -> Self {
        Self { parts: Some(ReplyParts::new(kinds)), ..Self::new(client, reply) }
    }

    /// Returns a follower of a reply whose text is known. The text received must always be the beginning of it.
    pub fn expecting(client: &Client, reply: &str, text: &str) -> Self {
        Self { expected: Some(text.to_owned()), ..Self::new(client, reply) }
    }

    /// Subscribes at an instance, with the last cursor. Returns false if the instance does not answer.
    pub async fn connect(&mut self, address: SocketAddr) -> bool {
        self.socket = wait_for("the server to accept or refuse", self.subscribed(address)).await;
        self.socket.is_some()
    }

    async fn subscribed(&self, address: SocketAddr) -> Option<WebSocketStream<MaybeTlsStream<TcpStream>>> {
        let mut request = format!("ws://{address}/graphql").into_client_request().expect("a valid address");
        let protocol = "graphql-transport-ws".parse().expect("a valid header");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let (mut socket, _) = connect_async(request).await.ok()?;
        let authorization = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let init = json!({ "type": "connection_init", "payload": { "authorization": authorization } });
        let mut variables = json!({ "id": self.reply, "after": self.cursor });
        let mut query = REPLY;
        if let Some(parts) = &self.parts {
            (query, variables["parts"]) = (ReplyParts::QUERY, json!(parts.kinds));
        }
        let payload = json!({ "query": query, "variables": variables });
        let subscribe = json!({ "id": "1", "type": "subscribe", "payload": payload });
        for message in [init, subscribe] {
            socket.feed(Message::text(message.to_string())).await.ok()?;
        }
        socket.flush().await.ok()?;
        Some(socket)
    }

    /// Closes the socket.
    pub fn disconnect(&mut self) {
        self.socket = None;
        self.breaks += 1;
    }

    /// Receives the next event.
    pub async fn next_event(&mut self) -> FollowerEvent {
        loop {
            let Some(mut message) = self.message().await else { return FollowerEvent::Disconnected };
            let mut payload = message["payload"].take();
            match message["type"].as_str() {
                Some("connection_ack") => {}
                Some("next") if payload.get("errors").is_none() => {
                    let event = self.take(payload["data"]["reply"].take());
                    if let FollowerEvent::Finished(_) = event
                        && let Some(last) = self.message().await
                    {
                        assert_eq!(last["type"], "complete", "{last} after the end");
                        self.socket = None;
                    }
                    return event;
                }
                Some("next" | "error") => {
                    self.socket = None;
                    let error = payload.get("errors").unwrap_or(&payload);
                    return FollowerEvent::Error(
                        error[0]["extensions"]["code"].as_str().expect("a code").to_owned(),
                    );
                }
                _ => panic!("{message}"),
            }
        }
    }

    /// Receives the server's next message; `None` if the socket is closed.
    async fn message(&mut self) -> Option<Value> {
        loop {
            match timeout(TIMEOUT, self.socket.as_mut()?.next()).await {
                Err(_) => panic!("{} hangs after {:?}", self.reply, self.text),
                Ok(Some(Ok(Message::Text(text)))) => {
                    return Some(serde_json::from_str(&text).expect("it is JSON"));
                }
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
                Ok(_) => {
                    self.disconnect();
                    return None;
                }
            }
        }
    }

    fn take(&mut self, mut event: Value) -> FollowerEvent {
        let cursor = event["cursor"].as_str().expect("every event has a cursor").to_owned();
        if let Some(parts) = &mut self.parts {
            parts.take(&event);
        }
        let text = event["text"].as_str().unwrap_or_default();
        match event["__typename"].as_str() {
            Some("ReplySnapshot") => {
                let attempt = event["attempt"].as_i64().expect("a number");
                // An attempt is repeated only if some of its text was lost with an instance.
                let text_lost =
                    attempt == self.attempt && text.len() < self.text.len() || self.parts.is_some();
                assert!(attempt > self.attempt || text_lost, "{event} after {:?}", self.text);
                (self.attempt, self.text) = (attempt, text.to_owned());
            }
            Some("ReplyDelta") => {
                let is_empty = text.is_empty() && self.parts.is_none();
                assert!(self.attempt > 0 && !is_empty, "{event} after {:?}", self.text);
                self.text += text;
            }
            _ => {
                if self.parts.as_ref().is_none_or(|parts| parts.kinds.contains(&"TEXT")) {
                    let stored = &event["message"]["content"];
                    assert_eq!(*stored, self.text, "the stored text equals the received text");
                }
                assert_eq!(event["message"]["id"], self.reply);
                return FollowerEvent::Finished(event["message"].take());
            }
        }
        if let Some(expected) = &self.expected {
            assert!(expected.starts_with(&self.text), "{:?} is not how {expected:?} begins", self.text);
        }
        self.cursor = Some(cursor);
        FollowerEvent::Text
    }

    /// Receives events from the current instance until one is not text, and returns that one.
    pub async fn next_non_text(&mut self) -> FollowerEvent {
        loop {
            match self.next_event().await {
                FollowerEvent::Text => {}
                other => return other,
            }
        }
    }

    /// Receives events from the current instance until the text contains `wanted`.
    pub async fn until(&mut self, wanted: &str) {
        while !self.text.contains(wanted) {
            let event = self.next_event().await;
            assert!(
                matches!(event, FollowerEvent::Text),
                "{event:?} before {wanted:?}, after {:?}",
                self.text
            );
        }
    }

    /// Follows the reply to its end, and reconnects to any instance as often as necessary. Returns the finished
    /// message.
    pub async fn follow_to_end(&mut self, nodes: &Nodes) -> Value {
        let end = async {
            loop {
                match self.next_non_text().await {
                    FollowerEvent::Finished(message) => return message,
                    // The database is down for a while.
                    FollowerEvent::Error(code) if code == "UNAVAILABLE" => self.breaks += 1,
                    FollowerEvent::Error(code) => panic!("{code} after {:?}", self.text),
                    FollowerEvent::Text | FollowerEvent::Disconnected => {
                        while !self.connect(nodes.any()).await {
                            sleep(Duration::from_millis(50)).await;
                        }
                    }
                }
            }
        };
        timeout(TIMEOUT, end).await.expect("every reply ends")
    }
}
