//! A client of `graphql-transport-ws`.

use super::{PATIENCE, soon};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest, protocol::CloseFrame},
};

/// The subscription of these tests.
pub const REPLY: &str = "subscription($id: ID!, $after: String) { reply(messageId: $id, after: $after) {
    __typename cursor
    ... on ReplySnapshot { text attempt }
    ... on ReplyDelta { text }
    ... on ReplyFinished { message { id status content error { code } } } } }";

/// How a socket was closed.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed(pub u16);

/// An open socket.
pub struct Socket(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// A socket on which nothing has been said.
    pub async fn connect(address: SocketAddr) -> Self {
        Self::connect_as(address, Some("graphql-transport-ws")).await
    }

    /// A socket for some subprotocol.
    pub async fn connect_as(address: SocketAddr, protocol: Option<&str>) -> Self {
        let mut request = format!("ws://{address}/graphql")
            .into_client_request()
            .expect("a good address");
        if let Some(protocol) = protocol {
            let protocol = protocol.parse().expect("a good header");
            request.headers_mut().insert("sec-websocket-protocol", protocol);
        }
        let (socket, _) = connect_async(request).await.expect("the server takes sockets");
        Self(socket)
    }

    pub async fn say(&mut self, message: Value) {
        self.say_text(&message.to_string()).await;
    }

    pub async fn say_text(&mut self, text: &str) {
        self.0
            .send(Message::text(text))
            .await
            .expect("the socket is open");
    }

    /// What the server says next, or how it closes.
    pub async fn hear(&mut self) -> Result<Value, Closed> {
        loop {
            match soon("the server to say something", self.0.next()).await {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).expect("it is JSON")),
                Some(Ok(Message::Close(Some(CloseFrame { code, .. })))) => return Err(Closed(code.into())),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("the socket broke: {other:?}"),
            }
        }
    }

    /// Says `connection_init`, and is acknowledged.
    pub async fn init(&mut self, token: Option<&str>) {
        let authorization = token.map(|token| format!("Bearer {token}"));
        self.say(json!({ "type": "connection_init", "payload": { "authorization": authorization } }))
            .await;
        assert_eq!(self.hear().await, Ok(json!({ "type": "connection_ack" })));
    }

    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(json!({ "id": id, "type": "subscribe", "payload": payload }))
            .await;
    }

    /// Follows a reply under the reply's own id.
    pub async fn follow(&mut self, reply: &str, after: Option<&str>) {
        self.subscribe(reply, REPLY, json!({ "id": reply, "after": after }))
            .await;
    }

    /// The next event of the reply that is followed.
    pub async fn event(&mut self) -> Value {
        let mut message = self.hear().await.expect("the socket stays open");
        assert_eq!(message["type"], "next", "{message}");
        assert_eq!(message["payload"].get("errors"), None, "{message}");
        message["payload"]["data"]["reply"].take()
    }

    /// Follows a reply to its end: the text that was told, and the finished message.
    pub async fn to_the_end(&mut self, reply: &str) -> (String, Value) {
        self.follow(reply, None).await;
        let mut text = String::new();
        loop {
            let mut event = self.event().await;
            match event["__typename"].as_str().expect("it was asked for") {
                "ReplySnapshot" => text = event["text"].as_str().expect("a text").to_owned(),
                "ReplyDelta" => text += event["text"].as_str().expect("a text"),
                "ReplyFinished" => {
                    assert_eq!(self.hear().await, Ok(json!({ "id": reply, "type": "complete" })));
                    return (text, event["message"].take());
                }
                other => panic!("an event of type {other}"),
            }
        }
    }

    /// Waits for text from the reply that is followed; gives all of it with the last cursor.
    pub async fn until(&mut self, wanted: &str) -> (String, String) {
        let mut text = String::new();
        loop {
            let event = self.event().await;
            match event["__typename"].as_str().expect("it was asked for") {
                "ReplySnapshot" => text = event["text"].as_str().expect("a text").to_owned(),
                "ReplyDelta" => text += event["text"].as_str().expect("a text"),
                other => panic!("{other} before {wanted:?}, after {text:?}"),
            }
            if text.contains(wanted) {
                return (text, event["cursor"].as_str().expect("a cursor").to_owned());
            }
        }
    }

    /// How the server closes the socket.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Err(Closed(code)) = self.hear().await {
                return code;
            }
        }
    }

    /// Whether the server says nothing for a moment.
    pub async fn is_silent(&mut self) -> bool {
        timeout(PATIENCE / 100, self.0.next()).await.is_err()
    }
}
