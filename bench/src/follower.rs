//! A client that follows a reply over a WebSocket, with the protocol `graphql-transport-ws`.

use crate::api::{Api, Node};
use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use std::{borrow::Cow, time::Instant};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message, Utf8Bytes,
        client::IntoClientRequest,
        http::{HeaderValue, header},
        protocol::WebSocketConfig,
    },
};

const PROTOCOL: &str = "graphql-transport-ws";
const REPLY: &str = "subscription ($id: ID!, $after: String) {
  reply(messageId: $id, after: $after) {
    __typename
    cursor
    ... on ReplySnapshot { text }
    ... on ReplyDelta { text }
    ... on ReplyFinished { message { id status } }
  }
}";

/// A socket with some subscriptions to one reply.
pub struct Follower {
    socket: WebSocketStream<TcpStream>,
    /// The text that each subscription has received.
    pub texts: Vec<String>,
    /// The number of subscriptions that are not complete.
    open: usize,
    /// The number of received events.
    pub events: u64,
    /// The number of snapshots among them.
    pub snapshots: u64,
}

/// A received part of a text.
pub struct Received<'a> {
    pub text: &'a str,
    /// The cursor after this part.
    pub cursor: &'a str,
    pub at: Instant,
}

impl Follower {
    /// Connects, subscribes, and waits for the first event of each subscription.
    pub async fn begin(api: &Api, reply: &Node, subscriptions: usize) -> Result<Self> {
        let mut follower = Self::subscribe(api, reply, vec![String::new(); subscriptions], None).await?;
        while follower.events < subscriptions as u64 {
            follower.receive(&mut |_| ()).await?;
        }
        Ok(follower)
    }

    /// Connects and subscribes once, like a client that reconnects with the text up to a cursor. Does not wait for
    /// events.
    pub async fn resume(api: &Api, reply: &Node, text: &str, cursor: &str) -> Result<Self> {
        Self::subscribe(api, reply, vec![text.into()], Some(cursor)).await
    }

    async fn subscribe(api: &Api, reply: &Node, texts: Vec<String>, after: Option<&str>) -> Result<Self> {
        let mut socket = connect(api).await?;
        for id in 0..texts.len() {
            let payload = json!({ "query": REPLY, "variables": { "id": reply.id, "after": after } });
            let message = json!({ "id": id.to_string(), "type": "subscribe", "payload": payload });
            socket.feed(Message::text(message.to_string())).await?;
        }
        socket.flush().await?;
        Ok(Self { socket, open: texts.len(), texts, events: 0, snapshots: 0 })
    }

    /// Reads until the first subscription's text has at least `length` bytes. Calls `received` with each new part.
    pub async fn until(&mut self, length: usize, mut received: impl FnMut(Received<'_>)) -> Result<()> {
        while self.texts[0].len() < length {
            ensure!(self.open > 0, "the reply has ended");
            self.receive(&mut received).await?;
        }
        Ok(())
    }

    /// Reads until all subscriptions are complete. Calls `received` with each new part of a text.
    pub async fn finish(&mut self, mut received: impl FnMut(Received<'_>)) -> Result<()> {
        while self.open > 0 {
            self.receive(&mut received).await?;
        }
        Ok(())
    }

    /// Receives the next message. Pings are answered meanwhile.
    async fn receive(&mut self, received: &mut impl FnMut(Received<'_>)) -> Result<()> {
        let frame = receive(&mut self.socket).await?;
        let at = Instant::now();
        let frame: Frame = serde_json::from_str(&frame)?;
        match (&*frame.kind, frame.payload) {
            ("next", Some(payload)) => {
                let id: usize = frame.id.context("no id")?.parse()?;
                let text = self.texts.get_mut(id).context("an event of an unknown subscription")?;
                let payload: Payload = serde_json::from_str(payload.get())?;
                let Some(Data { reply }) = payload.data else {
                    bail!("an event without data");
                };
                self.events += 1;
                let cursor = &*reply.cursor;
                match (&*reply.kind, reply.text) {
                    ("ReplySnapshot", Some(snapshot)) => {
                        self.snapshots += 1;
                        *text = snapshot.into_owned();
                        received(Received { text, cursor, at });
                    }
                    ("ReplyDelta", Some(delta)) => {
                        text.push_str(&delta);
                        received(Received { text: &delta, cursor, at });
                    }
                    ("ReplyFinished", None) => {}
                    (kind, _) => bail!("an unknown event, or one without its text: {kind}"),
                }
            }
            ("complete", _) => self.open -= 1,
            (kind, payload) => bail!("the server sent {kind} {}", payload.map_or("", RawValue::get)),
        }
        Ok(())
    }
}

async fn connect(api: &Api) -> Result<WebSocketStream<TcpStream>> {
    let mut request = format!("ws://{}/graphql", api.address).into_client_request()?;
    request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    let stream = TcpStream::connect(api.address).await?;
    stream.set_nodelay(true)?;
    // A small read buffer: there are thousands of sockets, and the buffer is zeroed before each read.
    let config = WebSocketConfig::default().read_buffer_size(4096);
    let (mut socket, _) = client_async_with_config(request, stream, Some(config)).await?;
    let init = json!({ "type": "connection_init", "payload": { "authorization": api.authorization } });
    socket.send(Message::text(init.to_string())).await?;
    let answer = receive(&mut socket).await?;
    let frame: Frame = serde_json::from_str(&answer)?;
    ensure!(frame.kind == "connection_ack", "the server sent {answer}");
    Ok(socket)
}

async fn receive(socket: &mut WebSocketStream<TcpStream>) -> Result<Utf8Bytes> {
    loop {
        match socket.next().await.context("the server has closed the connection")?? {
            Message::Text(text) => return Ok(text),
            Message::Ping(_) | Message::Pong(_) => {}
            other => bail!("the server sent {other:?}"),
        }
    }
}

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    data: Option<Data<'a>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    reply: Reply<'a>,
}

#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(rename = "__typename", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    cursor: Cow<'a, str>,
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
}
