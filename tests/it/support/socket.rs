//! A client of `graphql-transport-ws`.

use super::wait_for;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        handshake::client::generate_key,
        protocol::{CloseFrame, Role},
    },
};

/// The subscription to a reply.
pub const REPLY: &str = "subscription($id: ID!, $after: String) { reply(messageId: $id, after: $after) {
    __typename cursor
    ... on ReplySnapshot { text attempt }
    ... on ReplyDelta { text }
    ... on ReplyFinished { message { id status content error { code } } } } }";

/// The close code of a socket.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed(pub u16);

/// An open socket.
pub struct Socket(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens a socket, without `connection_init`.
    pub async fn connect(address: SocketAddr) -> Self {
        Self::connect_with_protocol(address, Some("graphql-transport-ws")).await
    }

    /// Opens a socket for a subprotocol.
    pub async fn connect_with_protocol(address: SocketAddr, protocol: Option<&str>) -> Self {
        let mut request = format!("ws://{address}/graphql").into_client_request().expect("a valid address");
        if let Some(protocol) = protocol {
            let protocol = protocol.parse().expect("a valid header");
            request.headers_mut().insert("sec-websocket-protocol", protocol);
        }
        let (socket, _) = connect_async(request).await.expect("the server accepts sockets");
        Self(socket)
    }

    /// Opens a socket with these headers and no others, or returns the status of the refusal. A `host` among them
    /// replaces the usual one. The library behind [`Self::connect`] would refuse an answer without its subprotocol.
    pub async fn connect_with_headers(address: SocketAddr, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let mut stream = TcpStream::connect(address).await.expect("the server listens");
        let own_host = format!("host: {address}\r\n");
        let host = if headers.iter().any(|(name, _)| *name == "host") { "" } else { &own_host };
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "GET /graphql HTTP/1.1\r\n{host}connection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: {}\r\n{headers}\r\n",
            generate_key()
        );
        stream.write_all(request.as_bytes()).await.expect("the server listens");
        let mut head = Vec::new();
        // Byte by byte: the bytes after the head belong to the socket.
        while !head.ends_with(b"\r\n\r\n") {
            head.push(wait_for("the handshake", stream.read_u8()).await.expect("the server answers"));
        }
        let head = String::from_utf8(head).expect("headers are text");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        match status.expect("a status") {
            101 => {
                let stream = MaybeTlsStream::Plain(stream);
                Ok(Self(WebSocketStream::from_raw_socket(stream, Role::Client, None).await))
            }
            status => Err(status),
        }
    }

    pub async fn send(&mut self, message: Value) {
        self.send_text(&message.to_string()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.expect("the socket is open");
    }

    /// Receives the next message, or the close code.
    pub async fn receive(&mut self) -> Result<Value, Closed> {
        loop {
            match wait_for("a message of the server", self.0.next()).await {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).expect("it is JSON")),
                Some(Ok(Message::Close(Some(CloseFrame { code, .. })))) => return Err(Closed(code.into())),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("the socket broke: {other:?}"),
            }
        }
    }

    /// Sends `connection_init` and expects its acknowledgement.
    pub async fn init(&mut self, token: Option<&str>) {
        let authorization = token.map(|token| format!("Bearer {token}"));
        self.send(json!({ "type": "connection_init", "payload": { "authorization": authorization } })).await;
        assert_eq!(self.receive().await, Ok(json!({ "type": "connection_ack" })));
    }

    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.send(json!({ "id": id, "type": "subscribe", "payload": payload })).await;
    }

    /// Subscribes to a reply. The operation's ID is the reply's.
    pub async fn follow(&mut self, reply: &str, after: Option<&str>) {
        self.subscribe(reply, REPLY, json!({ "id": reply, "after": after })).await;
    }

    /// Receives the next event of the followed reply.
    pub async fn event(&mut self) -> Value {
        let mut message = self.receive().await.expect("the socket stays open");
        assert_eq!(message["type"], "next", "{message}");
        assert_eq!(message["payload"].get("errors"), None, "{message}");
        message["payload"]["data"]["reply"].take()
    }

    /// Follows a reply to its end. Returns the received text and the finished message.
    pub async fn follow_to_end(&mut self, reply: &str) -> (String, Value) {
        self.follow(reply, None).await;
        let mut text = String::new();
        loop {
            let mut event = self.event().await;
            match event["__typename"].as_str().expect("the type is selected") {
                "ReplySnapshot" => text = event["text"].as_str().expect("a text").to_owned(),
                "ReplyDelta" => text += event["text"].as_str().expect("a text"),
                "ReplyFinished" => {
                    assert_eq!(self.receive().await, Ok(json!({ "id": reply, "type": "complete" })));
                    return (text, event["message"].take());
                }
                other => panic!("an event of type {other}"),
            }
        }
    }

    /// Receives events of the followed reply until its text contains `wanted`. Returns the text and the last cursor.
    pub async fn until(&mut self, wanted: &str) -> (String, String) {
        let mut text = String::new();
        loop {
            let event = self.event().await;
            match event["__typename"].as_str().expect("the type is selected") {
                "ReplySnapshot" => text = event["text"].as_str().expect("a text").to_owned(),
                "ReplyDelta" => text += event["text"].as_str().expect("a text"),
                other => panic!("{other} before {wanted:?}, after {text:?}"),
            }
            if text.contains(wanted) {
                return (text, event["cursor"].as_str().expect("a cursor").to_owned());
            }
        }
    }

    /// Follows a reply until its text contains `wanted`.
    pub async fn until_text(&mut self, reply: &str, wanted: &str) {
        self.follow(reply, None).await;
        self.until(wanted).await;
    }

    /// Receives messages until the server closes the socket. Returns the close code.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Err(Closed(code)) = self.receive().await {
                return code;
            }
        }
    }

    /// Waits until the connection is closed, with or without a close frame.
    pub async fn gone(&mut self) {
        while let Some(Ok(_)) = wait_for("the server to close the connection", self.0.next()).await {}
    }

    /// Sends a ping and waits for the pong. Returns the messages before it.
    pub async fn ping(&mut self) -> Vec<Value> {
        let pong = json!({ "type": "pong", "payload": { "nonce": rand::random::<u32>() } });
        self.send(json!({ "type": "ping", "payload": pong["payload"] })).await;
        let mut before = Vec::new();
        loop {
            match self.receive().await.expect("the socket stays open") {
                message if message == pong => return before,
                message => before.push(message),
            }
        }
    }
}
