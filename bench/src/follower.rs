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
const REPLY: &str = "subscription ($id: ID!) {
  reply(messageId: $id) {
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
}

impl Follower {
    /// Connects, subscribes, and waits until each subscription has told the text so far.
    pub async fn begin(api: &Api, reply: &Node, subscriptions: usize) -> Result<Self> {
        let mut follower = Self {
            socket: connect(api).await?,
            texts: vec![String::new(); subscriptions],
            open: subscriptions,
            events: 0,
        };
        for id in 0..subscriptions {
            let payload = json!({ "query": REPLY, "variables": { "id": reply.id } });
            let message = json!({ "id": id.to_string(), "type": "subscribe", "payload": payload });
            follower.socket.feed(Message::text(message.to_string())).await?;
        }
        follower.socket.flush().await?;
        while follower.events < subscriptions as u64 {
            let frame = follower.hear().await?;
            follower.take(&frame, &mut |_| ())?;
        }
        Ok(follower)
    }

    /// Reads on until all subscriptions are complete, and tells of each new part of a text when it came.
    pub async fn finish(&mut self, mut heard: impl FnMut(&str, Instant)) -> Result<()> {
        while self.open > 0 {
            let frame = self.hear().await?;
            let at = Instant::now();
            self.take(&frame, &mut |text| heard(text, at))?;
        }
        Ok(())
    }

    /// The next message. Pings are answered on the way.
    async fn hear(&mut self) -> Result<Utf8Bytes> {
        hear(&mut self.socket).await
    }

    fn take(&mut self, frame: &str, heard: &mut impl FnMut(&str)) -> Result<()> {
        let frame: Frame = serde_json::from_str(frame)?;
        match (&*frame.kind, frame.payload) {
            ("next", Some(payload)) => {
                let id: usize = frame.id.context("no id")?.parse()?;
                let text = self.texts.get_mut(id).context("another's event")?;
                let payload: Payload = serde_json::from_str(payload.get())?;
                let Some(Data { reply }) = payload.data else {
                    bail!("an event without data");
                };
                self.events += 1;
                match (&*reply.kind, reply.text) {
                    ("ReplySnapshot", Some(snapshot)) => {
                        *text = snapshot.into_owned();
                        heard(text);
                    }
                    ("ReplyDelta", Some(delta)) => {
                        text.push_str(&delta);
                        heard(&delta);
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
    text: Option<Cow<'a, str>>,
}
