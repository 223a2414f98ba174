//! A client that follows a reply over a WebSocket, by the rules of `graphql-transport-ws`.

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
    /// What each subscription has been told so far.
    pub texts: Vec<String>,
    /// How many subscriptions are not complete.
    open: usize,
    /// How many events have come.
    pub events: u64,
    /// How many of them were whole texts.
    pub snapshots: u64,
}

/// A part of a text that has come.
pub struct Heard<'a> {
    pub text: &'a str,
    /// Where the subscription is after it.
    pub cursor: &'a str,
    pub at: Instant,
}

impl Follower {
    /// Connects, subscribes, and waits until each subscription has told the text so far.
    pub async fn begin(api: &Api, reply: &Node, subscriptions: usize) -> Result<Self> {
        let mut follower = Self::subscribe(api, reply, vec![String::new(); subscriptions], None).await?;
        while follower.events < subscriptions as u64 {
            follower.hear(&mut |_| ()).await?;
        }
        Ok(follower)
    }

    /// Connects and subscribes once, as a client that comes back with the text up to a cursor. It does not wait for
    /// what follows.
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

    /// Reads on until the first subscription's text has this many bytes or more, and tells of each new part.
    pub async fn until(&mut self, length: usize, mut heard: impl FnMut(Heard<'_>)) -> Result<()> {
        while self.texts[0].len() < length {
            ensure!(self.open > 0, "the reply has ended");
            self.hear(&mut heard).await?;
        }
        Ok(())
    }

    /// Reads on until all subscriptions are complete, and tells of each new part of a text.
    pub async fn finish(&mut self, mut heard: impl FnMut(Heard<'_>)) -> Result<()> {
        while self.open > 0 {
            self.hear(&mut heard).await?;
        }
        Ok(())
    }

    /// Takes the next message. Pings are answered on the way.
    async fn hear(&mut self, heard: &mut impl FnMut(Heard<'_>)) -> Result<()> {
        let frame = hear(&mut self.socket).await?;
        let at = Instant::now();
        let frame: Frame = serde_json::from_str(&frame)?;
        match (&*frame.kind, frame.payload) {
            ("next", Some(payload)) => {
                let id: usize = frame.id.context("no id")?.parse()?;
                let text = self.texts.get_mut(id).context("another's event")?;
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
                        heard(Heard { text, cursor, at });
                    }
                    ("ReplyDelta", Some(delta)) => {
                        text.push_str(&delta);
                        heard(Heard { text: &delta, cursor, at });
                    }
                    ("ReplyFinished", None) => {}
                    (kind, _) => bail!("an event that is unknown, or lacks its text: {kind}"),
                }
            }
            ("complete", _) => self.open -= 1,
            (kind, payload) => bail!("the server said {kind} {}", payload.map_or("", RawValue::get)),
        }
        Ok(())
    }
}

async fn connect(api: &Api) -> Result<WebSocketStream<TcpStream>> {
    let mut request = format!("ws://{}/graphql", api.address).into_client_request()?;
    request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    let stream = TcpStream::connect(api.address).await?;
    stream.set_nodelay(true)?;
    // A small buffer for reading: there are thousands of sockets, and it is cleared before each read.
    let config = WebSocketConfig::default().read_buffer_size(4096);
    let (mut socket, _) = client_async_with_config(request, stream, Some(config)).await?;
    let init = json!({ "type": "connection_init", "payload": { "authorization": api.authorization } });
    socket.send(Message::text(init.to_string())).await?;
    let answer = hear(&mut socket).await?;
    let frame: Frame = serde_json::from_str(&answer)?;
    ensure!(frame.kind == "connection_ack", "the server said {answer}");
    Ok(socket)
}

async fn hear(socket: &mut WebSocketStream<TcpStream>) -> Result<Utf8Bytes> {
    loop {
        match socket.next().await.context("the server has gone")?? {
            Message::Text(text) => return Ok(text),
            Message::Ping(_) | Message::Pong(_) => {}
            other => bail!("the server said {other:?}"),
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
