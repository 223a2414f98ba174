//! A typed client in Rust, whose operations are checked against `schema.graphql` at compile time. It consists of a
//! derive for each operation, an HTTP client and a WebSocket. It registers, sends a message, reads pages, follows a
//! reply and, after its connection is lost, resumes with the cursor of the last event.

use crate::support::{Kind, Server, wait_for};
use futures_util::{SinkExt, StreamExt};
use graphql_client::{GraphQLQuery, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

/// The schema's scalar in this client.
type DateTime = String;

/// Generates a module with the types of each operation in `typed_client.graphql`.
macro_rules! operations {
    ($($name:ident)*) => {$(
        #[derive(GraphQLQuery)]
        #[graphql(
            schema_path = "schema.graphql",
            query_path = "tests/it/typed_client.graphql",
            response_derives = "Debug"
        )]
        struct $name;
    )*};
}
operations! { Register SendMessage Conversations Reply }

/// Executes operations over HTTP, and follows replies over WebSockets.
struct TypedClient {
    address: SocketAddr,
    http: reqwest::Client,
    token: String,
}

impl TypedClient {
    /// Registers a user.
    async fn register(address: SocketAddr) -> Self {
        let mut client = Self { address, http: reqwest::Client::new(), token: String::new() };
        let email = format!("{}@example.com", uuid::Uuid::now_v7().simple());
        let input = register::RegisterInput { email, password: "correct horse battery".into(), name: None };
        let data = client.execute::<Register>(register::Variables { input }).await;
        client.token = data.register.access_token;
        client
    }

    /// Executes an operation and returns its data; errors fail the test.
    async fn execute<Q: GraphQLQuery>(&self, variables: Q::Variables) -> Q::ResponseData {
        let mut request = self.http.post(format!("http://{}/graphql", self.address));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        let request = request.json(&Q::build_query(variables));
        let answer = wait_for("an answer", request.send()).await.expect("the server answers");
        let response: Response<Q::ResponseData> = answer.json().await.expect("a GraphQL response");
        assert!(response.errors.is_none(), "{:?}", response.errors);
        response.data.expect("data, as there are no errors")
    }

    /// Follows a reply from its beginning, or from a cursor.
    async fn follow(&self, message_id: &str, after: Option<String>) -> Following {
        let mut request = format!("ws://{}/graphql", self.address).into_client_request().expect("an address");
        let subprotocol = "graphql-transport-ws".parse().expect("a header");
        request.headers_mut().insert("sec-websocket-protocol", subprotocol);
        let (socket, _) =
            wait_for("a socket", connect_async(request)).await.expect("the server takes sockets");
        let mut following = Following(socket);
        let authorization = format!("Bearer {}", self.token);
        following
            .send(json!({ "type": "connection_init", "payload": { "authorization": authorization } }))
            .await;
        assert_eq!(following.receive().await["type"], "connection_ack");
        let query = Reply::build_query(reply::Variables { message_id: message_id.into(), after });
        following.send(json!({ "id": "1", "type": "subscribe", "payload": query })).await;
        following
    }
}

/// A subscription to a reply, on a socket of its own.
struct Following(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Following {
    async fn send(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("the socket is open");
    }

    async fn receive(&mut self) -> Value {
        loop {
            let message =
                wait_for("a message", self.0.next()).await.expect("it stays open").expect("a message");
            // The library answers WebSocket pings by itself.
            let Message::Text(text) = message else { continue };
            let message: Value = serde_json::from_str(&text).expect("JSON");
            match message["type"].as_str() {
                Some("ping") => self.send(json!({ "type": "pong" })).await,
                _ => return message,
            }
        }
    }

    /// Returns the next event; `None` after the last one.
    async fn next(&mut self) -> Option<reply::ReplyReply> {
        let mut message = self.receive().await;
        match message["type"].as_str() {
            Some("next") => {
                let response: Response<reply::ResponseData> = read(message["payload"].take());
                Some(response.data.expect("an event").reply)
            }
            Some("complete") => None,
            _ => panic!("{message}"),
        }
    }
}

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("the value fits the schema")
}

/// Applies an event to the text. Returns the reply's message if the reply has ended.
fn apply(text: &mut String, event: reply::ReplyReply) -> Option<reply::ReplyReplyOnReplyFinishedMessage> {
    match event.on {
        reply::ReplyReplyOn::ReplySnapshot(snapshot) => *text = snapshot.text,
        reply::ReplyReplyOn::ReplyDelta(delta) => text.push_str(&delta.text),
        reply::ReplyReplyOn::ReplyFinished(finished) => return Some(finished.message),
    }
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_typed_client_pages_and_resumes_a_reply() {
    let server = Server::with(Kind::Sqlite, |config| config.pace_ms = 1).await;
    let client = TypedClient::register(server.address).await;
    let content = (0..200).map(|word| format!("word{word}")).collect::<Vec<_>>().join(" ");
    let input = |content: &str| send_message::SendMessageInput {
        content: content.into(),
        conversation_id: None,
        idempotency_key: None,
        model: Some("echo".into()),
        generation: None,
        if_last: None,
        replaces: None,
        system_prompt: None,
        when_busy: send_message::WhenBusy::QUEUE,
    };

    let sent =
        client.execute::<SendMessage>(send_message::Variables { input: input(&content) }).await.send_message;
    assert!(matches!(sent.reply.status, send_message::MessageStatus::PENDING));
    let mut text = String::new();
    let mut lost = client.follow(&sent.reply.id, None).await;
    let first = lost.next().await.expect("a snapshot");
    let cursor = first.cursor.clone();
    assert!(apply(&mut text, first).is_none());
    drop(lost);

    let mut resumed = client.follow(&sent.reply.id, Some(cursor)).await;
    let mut finished = None;
    while let Some(event) = resumed.next().await {
        assert!(!matches!(event.on, reply::ReplyReplyOn::ReplySnapshot(_)), "the text is not sent again");
        finished = apply(&mut text, event);
    }
    let message = finished.expect("the last event has the message");
    assert!(matches!(message.status, reply::MessageStatus::COMPLETED));
    assert_eq!((text.as_str(), message.content.as_str()), (content.as_str(), content.as_str()));

    let mut conversations = vec![sent.conversation.id];
    for content in ["two", "three"] {
        let sent = client
            .execute::<SendMessage>(send_message::Variables { input: input(content) })
            .await
            .send_message;
        conversations.push(sent.conversation.id);
    }
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = client.execute::<Conversations>(conversations::Variables { first: 2, after }).await;
        let page = page.me.expect("it is signed in").conversations;
        assert_eq!(page.total_count, 3);
        assert!(page.nodes.iter().all(|node| node.created_at.ends_with('Z') && !node.title.is_empty()));
        listed.extend(page.nodes.into_iter().map(|node| node.id));
        after = page.page_info.end_cursor;
        if !page.page_info.has_next_page {
            break;
        }
    }
    listed.sort();
    conversations.sort();
    assert_eq!(listed, conversations);
}
