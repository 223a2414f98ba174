//! A subscriber who comes back after every break, and takes note of all that they are told.

use super::{Client, Nodes, socket::REPLY, soon};
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

/// Longer than a lease, a takeover and the reply anew: who follows for so long hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Follows one reply.
pub struct Follower {
    token: Option<String>,
    pub reply: String,
    /// The whole text that is to come, if it is known.
    expected: Option<String>,
    /// What they have been told: the last snapshot, and every delta after it.
    pub text: String,
    /// Which attempt it is of; 0 before the first snapshot.
    pub attempt: i64,
    cursor: Option<String>,
    socket: Option<WebSocketStream<MaybeTlsStream<TcpStream>>>,
    /// How often they had to come back.
    pub breaks: usize,
}

/// What they hear.
#[derive(Debug)]
pub enum Heard {
    Text,
    /// The message as it ended.
    Finished(Value),
    /// An error with this code, which ends the subscription.
    Error(String),
    /// The socket is gone.
    Cut,
}

impl Follower {
    pub fn new(client: &Client, reply: &str) -> Self {
        Self {
            token: client.token.clone(),
            reply: reply.to_owned(),
            expected: None,
            text: String::new(),
            attempt: 0,
            cursor: None,
            socket: None,
            breaks: 0,
        }
    }

    /// One of a reply whose text is known: whatever they are told must be the beginning of it.
    pub fn expecting(client: &Client, reply: &str, text: &str) -> Self {
        Self { expected: Some(text.to_owned()), ..Self::new(client, reply) }
    }

    /// Subscribes at an instance, from where they are; false if it does not answer.
    pub async fn connect(&mut self, address: SocketAddr) -> bool {
        self.socket = soon("the server to answer or not", self.subscribed(address)).await;
        self.socket.is_some()
    }

    async fn subscribed(&self, address: SocketAddr) -> Option<WebSocketStream<MaybeTlsStream<TcpStream>>> {
        let mut request = format!("ws://{address}/graphql").into_client_request().expect("a good address");
        let protocol = "graphql-transport-ws".parse().expect("a good header");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let (mut socket, _) = connect_async(request).await.ok()?;
        let authorization = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let init = json!({ "type": "connection_init", "payload": { "authorization": authorization } });
        let variables = json!({ "id": self.reply, "after": self.cursor });
        let payload = json!({ "query": REPLY, "variables": variables });
        let subscribe = json!({ "id": "1", "type": "subscribe", "payload": payload });
        for message in [init, subscribe] {
            socket.feed(Message::text(message.to_string())).await.ok()?;
        }
        socket.flush().await.ok()?;
        Some(socket)
    }

    /// Hangs up.
    pub fn cut(&mut self) {
        self.socket = None;
        self.breaks += 1;
    }

    /// What comes next.
    pub async fn hear(&mut self) -> Heard {
        loop {
            let Some(mut message) = self.message().await else { return Heard::Cut };
            let mut payload = message["payload"].take();
            match message["type"].as_str() {
                Some("connection_ack") => {}
                Some("next") if payload.get("errors").is_none() => {
                    let heard = self.take(payload["data"]["reply"].take());
                    if let Heard::Finished(_) = heard
                        && let Some(last) = self.message().await
                    {
                        assert_eq!(last["type"], "complete", "{last} after the end");
                        self.socket = None;
                    }
                    return heard;
                }
                Some("next" | "error") => {
                    self.socket = None;
                    let error = payload.get("errors").unwrap_or(&payload);
                    return Heard::Error(error[0]["extensions"]["code"].as_str().expect("a code").to_owned());
                }
                _ => panic!("{message}"),
            }
        }
    }

    /// The server's next message; `None` if the socket is gone.
    async fn message(&mut self) -> Option<Value> {
        loop {
            match timeout(PATIENCE, self.socket.as_mut()?.next()).await {
                Err(_) => panic!("{} hangs after {:?}", self.reply, self.text),
                Ok(Some(Ok(Message::Text(text)))) => {
                    return Some(serde_json::from_str(&text).expect("it is JSON"));
                }
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
                Ok(_) => {
                    self.cut();
                    return None;
                }
            }
        }
    }

    fn take(&mut self, mut event: Value) -> Heard {
        let cursor = event["cursor"].as_str().expect("every event has a cursor").to_owned();
        let text = event["text"].as_str().unwrap_or_default();
        match event["__typename"].as_str() {
            Some("ReplySnapshot") => {
                let attempt = event["attempt"].as_i64().expect("a number");
                // The same one again only if some of it was lost with an instance.
                let taken_back = attempt == self.attempt && text.len() < self.text.len();
                assert!(attempt > self.attempt || taken_back, "{event} after {:?}", self.text);
                (self.attempt, self.text) = (attempt, text.to_owned());
            }
            Some("ReplyDelta") => {
                assert!(self.attempt > 0 && !text.is_empty(), "{event} after {:?}", self.text);
                self.text += text;
            }
            _ => {
                assert_eq!(event["message"]["content"], self.text, "what is stored is what was told");
                assert_eq!(event["message"]["id"], self.reply);
                return Heard::Finished(event["message"].take());
            }
        }
        if let Some(expected) = &self.expected {
            assert!(expected.starts_with(&self.text), "{:?} is not how {expected:?} begins", self.text);
        }
        self.cursor = Some(cursor);
        Heard::Text
    }

    /// Follows until there is no more text to come, at the instance they are at: what comes instead.
    pub async fn until_something_but_text(&mut self) -> Heard {
        loop {
            match self.hear().await {
                Heard::Text => {}
                other => return other,
            }
        }
    }

    /// Follows until there is some text, at the instance they are at.
    pub async fn until(&mut self, wanted: &str) {
        while !self.text.contains(wanted) {
            let heard = self.hear().await;
            assert!(matches!(heard, Heard::Text), "{heard:?} before {wanted:?}, after {:?}", self.text);
        }
    }

    /// Follows to the end, coming back, to whichever instance answers, as often as it takes; the message as it ended.
    #[expect(clippy::wrong_self_convention, reason = "it goes to the end, and converts nothing")]
    pub async fn to_the_end(&mut self, nodes: &Nodes) -> Value {
        let end = async {
            loop {
                match self.until_something_but_text().await {
                    Heard::Finished(message) => return message,
                    // The database is away: that passes.
                    Heard::Error(code) if code == "UNAVAILABLE" => self.breaks += 1,
                    Heard::Error(code) => panic!("{code} after {:?}", self.text),
                    Heard::Text | Heard::Cut => {
                        while !self.connect(nodes.any()).await {
                            sleep(Duration::from_millis(50)).await;
                        }
                    }
                }
            }
        };
        timeout(PATIENCE, end).await.expect("every reply ends")
    }
}
