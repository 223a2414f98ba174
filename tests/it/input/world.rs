//! Two users with something of each kind, and what is heard of a request that means no good.

use super::places::Place;
use crate::support::{Answer, Client, Closed, GRAPHQL, JSON, Kind, PASSWORD, Server, Sql, codes};
use futures_util::SinkExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

/// What a client may be told (docs: errors); INTERNAL is not among it.
const CODES: [&str; 8] = [
    "UNAUTHENTICATED",
    "FORBIDDEN",
    "NOT_FOUND",
    "BAD_USER_INPUT",
    "CONFLICT",
    "RATE_LIMITED",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
];
/// More bytes than a socket's message may have (`CONFAB_MAX_BODY`).
const TOO_LARGE: usize = 256 * 1024;
/// What failed attempts and the time write.
const WRITTEN_ANYWAY: [&str; 2] = ["security_events", "chores"];

const MAKE_TOKEN: &str =
    "mutation { createAccessToken(input: { name: \"t\", scopes: [READ] }) { accessToken { id } } }";

pub struct World {
    pub server: Server,
    pub client: Client,
    pub stranger: Client,
    /// By the kind of object, an id of each that belongs to the user.
    pub own: BTreeMap<&'static str, String>,
    /// And to somebody else.
    pub strange: BTreeMap<&'static str, String>,
}

impl World {
    pub async fn new(kind: Kind) -> Self {
        let server = Server::start(kind).await;
        let (client, stranger) = (server.register().await, server.register().await);
        let (own, strange) = (belongings(&server, &client).await, belongings(&server, &stranger).await);
        Self { server, client, stranger, own, strange }
    }

    /// A good value for an argument or an input's field.
    pub fn good(&self, owner: &str, name: &str) -> Value {
        match (owner, name) {
            ("LogInInput", "email") => json!(self.client.email),
            (_, "email" | "newEmail") => json!("nobody@example.com"),
            (_, "password" | "currentPassword") => json!(PASSWORD),
            (_, "newPassword") => json!("another horse battery"),
            (_, "content" | "name") => json!("a text"),
            (_, "scopes") => json!(["READ"]),
            ("UpdateConversationInput", "id") => json!(self.own["conversation"]),
            ("Subscription", "messageId") => json!(self.own["message"]),
            _ => panic!("give {owner}.{name} a good value"),
        }
    }

    /// Sends a request of a place: the codes of its errors. None are those of a success.
    pub async fn heard(&self, place: &Place, request: &[u8]) -> Vec<String> {
        let codes = match place.operation {
            "subscription" => self.heard_on_a_socket(request).await,
            _ => self.heard_by_post(request.to_vec()).await,
        };
        for code in codes.iter().filter(|code| *code != "4400") {
            assert!(CODES.contains(&&**code), "{}: {code}: {}", place.name, request.escape_ascii());
        }
        codes
    }

    /// The codes of what a POST is answered with.
    pub async fn heard_by_post(&self, body: Vec<u8>) -> Vec<String> {
        let request = self.server.post().header("content-type", JSON).header("accept", GRAPHQL);
        let token = self.client.token.as_deref().expect("signed in");
        let answer = Answer::to(request.bearer_auth(token).body(body)).await;
        assert!([200, 400, 413].contains(&answer.status), "{answer:?}");
        codes(&answer.json()).into_iter().map(Into::into).collect()
    }

    /// The codes of what a `subscribe` with this payload is answered with, or the socket's close code.
    pub async fn heard_on_a_socket(&self, payload: &[u8]) -> Vec<String> {
        let mut socket = self.server.socket(&self.client).await;
        let message = [br#"{"id":"1","type":"subscribe","payload":"#, payload, b"}"].concat();
        // A frame as it is: no text that is none could be said otherwise.
        let frame = Frame::message(message, OpCode::Data(Data::Text), true);
        let sent = socket.0.send(Message::Frame(frame)).await;
        // Whoever says far too much is hung up on while they are at it, and may hear nothing but that.
        if payload.len() > TOO_LARGE && sent.is_err() {
            return vec!["4400".into()];
        }
        sent.expect("the socket is open");
        let heard = match socket.hear().await {
            Ok(heard) => heard,
            Err(Closed(code)) => return vec![code.to_string()],
        };
        let errors = match heard["type"].as_str() {
            Some("error") => json!({ "errors": heard["payload"] }),
            Some("next") => heard["payload"].clone(),
            _ => panic!("{heard}"),
        };
        codes(&errors).into_iter().map(Into::into).collect()
    }

    /// Everything that is stored, but for what is written whatever is asked.
    pub async fn stored(&self) -> BTreeMap<String, Vec<String>> {
        let mut everything = Sql::of(&self.server).await.everything().await;
        everything.retain(|table, _| !WRITTEN_ANYWAY.contains(&table.as_str()));
        everything
    }

    /// The server stands.
    pub async fn is_well(&self) {
        let me = self.client.data("{ me { id } }", json!({})).await;
        assert_eq!(me["me"]["id"], json!(self.own["user"]));
    }
}

async fn belongings(server: &Server, client: &Client) -> BTreeMap<&'static str, String> {
    let (conversation, reply) = client.say("hello", None).await;
    // Until it is finished, the reply writes.
    server.socket(client).await.to_the_end(&reply).await;
    let user = client.data("{ me { id } }", json!({})).await["me"]["id"].take();
    let token = client.data(MAKE_TOKEN, json!({})).await["createAccessToken"]["accessToken"]["id"].take();
    let text = |value: Value| value.as_str().expect("an id").to_owned();
    [("user", text(user)), ("conversation", conversation), ("message", reply), ("access_token", text(token))]
        .into()
}
