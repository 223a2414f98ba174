//! Two users who own one object of each type, and the error codes of hostile requests.

use super::targets::Target;
use crate::support::{Client, Closed, GRAPHQL, HttpResponse, JSON, Kind, PASSWORD, Server, Sql, codes};
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

/// The documented codes that a hostile request may get. INTERNAL is not among them.
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
/// More bytes than a WebSocket message may have (`CONFAB_MAX_BODY`).
const TOO_LARGE: usize = 256 * 1024;
/// Tables that also change with failed attempts and with time.
const WRITTEN_ANYWAY: [&str; 2] = ["security_events", "chores"];

const MAKE_TOKEN: &str =
    "mutation { createAccessToken(input: { name: \"t\", scopes: [READ] }) { accessToken { id } } }";

pub struct World {
    pub server: Server,
    pub client: Client,
    pub stranger: Client,
    /// IDs of the user's objects, by type.
    pub own: BTreeMap<&'static str, String>,
    /// IDs of the other user's objects, by type.
    pub foreign: BTreeMap<&'static str, String>,
}

impl World {
    pub async fn new(kind: Kind) -> Self {
        let server = Server::start(kind).await;
        let (client, stranger) = (server.register().await, server.register().await);
        let (own, foreign) = (belongings(&server, &client).await, belongings(&server, &stranger).await);
        Self { server, client, stranger, own, foreign }
    }

    /// Returns a valid value for an argument or input field.
    pub fn valid_value(&self, owner: &str, name: &str) -> Value {
        match (owner, name) {
            ("LogInInput", "email") => json!(self.client.email),
            (_, "email" | "newEmail") => json!("nobody@example.com"),
            (_, "password" | "currentPassword") => json!(PASSWORD),
            (_, "newPassword") => json!("another horse battery"),
            (_, "content" | "name" | "query") => json!("a text"),
            (_, "scopes") => json!(["READ"]),
            ("UpdateConversationInput", "id") => json!(self.own["conversation"]),
            ("Subscription" | "RateReplyInput" | "RegenerateReplyInput", "messageId") => {
                json!(self.own["message"])
            }
            _ => panic!("add a valid value for {owner}.{name}"),
        }
    }

    /// Sends a request. Returns the codes of its errors; none if it succeeds.
    pub async fn error_codes(&self, target: &Target, request: &[u8]) -> Vec<String> {
        let codes = match target.operation {
            "subscription" => self.error_codes_on_a_socket(request).await,
            _ => self.error_codes_by_post(request.to_vec()).await,
        };
        for code in codes.iter().filter(|code| *code != "4400") {
            assert!(CODES.contains(&&**code), "{}: {code}: {}", target.name, request.escape_ascii());
        }
        codes
    }

    /// Posts a body. Returns the codes of the errors.
    pub async fn error_codes_by_post(&self, body: Vec<u8>) -> Vec<String> {
        let request = self.server.post().header("content-type", JSON).header("accept", GRAPHQL);
        let token = self.client.token.as_deref().expect("signed in");
        let answer = HttpResponse::to(request.bearer_auth(token).body(body)).await;
        assert!([200, 400, 413].contains(&answer.status), "{answer:?}");
        codes(&answer.json()).into_iter().map(Into::into).collect()
    }

    /// Subscribes with this payload. Returns the codes of the errors, or the socket's close code.
    pub async fn error_codes_on_a_socket(&self, payload: &[u8]) -> Vec<String> {
        let mut socket = self.server.socket(&self.client).await;
        let message = [br#"{"id":"1","type":"subscribe","payload":"#, payload, b"}"].concat();
        // A raw frame: the client library would refuse to send invalid UTF-8.
        let frame = Frame::message(message, OpCode::Data(Data::Text), true);
        let sent = socket.0.send(Message::Frame(frame)).await;
        // The server may close the connection while an oversized message is being sent.
        if payload.len() > TOO_LARGE && sent.is_err() {
            return vec!["4400".into()];
        }
        sent.expect("the socket is open");
        let received = match socket.receive().await {
            Ok(message) => message,
            Err(Closed(code)) => return vec![code.to_string()],
        };
        let errors = match received["type"].as_str() {
            Some("error") => json!({ "errors": received["payload"] }),
            Some("next") => received["payload"].clone(),
            _ => panic!("{received}"),
        };
        codes(&errors).into_iter().map(Into::into).collect()
    }

    /// Returns all rows except those that every request may change.
    pub async fn stored(&self) -> BTreeMap<String, Vec<String>> {
        let mut everything = Sql::of(&self.server).await.all_rows().await;
        everything.retain(|table, _| !WRITTEN_ANYWAY.contains(&table.as_str()));
        everything
    }

    /// Checks that the server still answers.
    pub async fn assert_healthy(&self) {
        let me = self.client.data("{ me { id } }", json!({})).await;
        assert_eq!(me["me"]["id"], json!(self.own["user"]));
    }
}

async fn belongings(server: &Server, client: &Client) -> BTreeMap<&'static str, String> {
    let (conversation, reply) = client.send_echo("hello", None).await;
    // The reply writes rows until it has finished.
    server.socket(client).await.follow_to_end(&reply).await;
    let user = client.data("{ me { id } }", json!({})).await["me"]["id"].take();
    let token = client.data(MAKE_TOKEN, json!({})).await["createAccessToken"]["accessToken"]["id"].take();
    let text = |value: Value| value.as_str().expect("an id").to_owned();
    [("user", text(user)), ("conversation", conversation), ("message", reply), ("access_token", text(token))]
        .into()
}
