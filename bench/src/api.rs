//! An HTTP client of a user.

use crate::server::Server;
use anyhow::{Context, Result, bail, ensure};
use axum::{
    body::Bytes,
    http::{StatusCode, header},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// The timeout for the end of a reply.
const REPLY: Duration = Duration::from_secs(30);

/// The timeout for an import.
const IMPORT: Duration = Duration::from_secs(600);

/// A client of a server, with or without a user's token.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    url: String,
    pub address: SocketAddr,
    /// The value of `Authorization` in requests and of `authorization` on sockets.
    pub authorization: Option<String>,
}

/// A sent message.
#[derive(Deserialize)]
pub struct Sent {
    pub conversation: Node,
    /// The assistant's reply.
    pub reply: Node,
}

/// An object with an ID.
#[derive(Deserialize)]
pub struct Node {
    pub id: String,
}

/// A stored message.
#[derive(Deserialize)]
pub struct Message {
    pub status: String,
    pub content: String,
}

impl Api {
    /// Registers a user.
    pub async fn register(server: &Server) -> Result<Self> {
        #[derive(Deserialize)]
        struct Data {
            register: Tokens,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Tokens {
            access_token: String,
        }
        let mut api = Self::anonymous(server)?;
        let input = json!({ "email": "bench@example.org", "password": "correct horse", "name": "Bench" });
        let data: Data = api
            .execute(
                "mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }",
                json!({ "input": input }),
            )
            .await?;
        api.authorization = Some(format!("Bearer {}", data.register.access_token));
        Ok(api)
    }

    /// Returns a client that is not signed in.
    pub fn anonymous(server: &Server) -> Result<Self> {
        Ok(Self {
            http: reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?,
            url: server.url(),
            address: server.address,
            authorization: None,
        })
    }

    /// Returns a client of the same user for another instance.
    pub fn at(&self, server: &Server) -> Self {
        Self { url: server.url(), address: server.address, ..self.clone() }
    }

    /// Sends a message. Without a conversation it starts a new one; without a model it uses the default.
    pub async fn send(&self, conversation: Option<&str>, model: Option<&str>, content: &str) -> Result<Sent> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Data {
            send_message: Sent,
        }
        let input = json!({ "conversationId": conversation, "model": model, "content": content });
        let data: Data = self
            .execute(
                "mutation ($input: SendMessageInput!) {
                   sendMessage(input: $input) { conversation { id } reply { id } }
                 }",
                json!({ "input": input }),
            )
            .await?;
        Ok(data.send_message)
    }

    /// Stops a reply and returns it.
    pub async fn stop(&self, reply: &Node) -> Result<Message> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Data {
            stop_reply: Stopped,
        }
        #[derive(Deserialize)]
        struct Stopped {
            message: Message,
        }
        let data: Data = self
            .execute(
                "mutation ($input: StopReplyInput!) { stopReply(input: $input) { message { status content } } }",
                json!({ "input": { "messageId": reply.id } }),
            )
            .await?;
        Ok(data.stop_reply.message)
    }

    /// Imports a file of conversations. Fails if one of them is skipped.
    pub async fn import(&self, file: String) -> Result<()> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Data {
            import_conversations: Ticket,
        }
        #[derive(Deserialize)]
        struct Ticket {
            url: String,
        }
        let data: Data = self.execute("mutation { importConversations { url } }", json!({})).await?;
        let url = format!("http://{}{}", self.address, data.import_conversations.url);
        let response = self.http.put(url).timeout(IMPORT).body(file).send().await?.error_for_status()?;
        let summary: Value = serde_json::from_slice(&response.bytes().await?)?;
        ensure!(summary["skipped"] == 0, "{summary}");
        Ok(())
    }

    /// Waits until a reply is complete. Fails if it ends otherwise.
    pub async fn finished(&self, reply: &Node) -> Result<Message> {
        #[derive(Deserialize)]
        struct Data {
            node: Message,
        }
        let give_up = Instant::now() + REPLY;
        while Instant::now() < give_up {
            let data: Data = self
                .execute(
                    "query ($id: ID!) { node(id: $id) { ... on Message { status content } } }",
                    json!({ "id": reply.id }),
                )
                .await?;
            match &*data.node.status {
                "COMPLETED" => return Ok(data.node),
                "PENDING" | "STREAMING" => sleep(Duration::from_millis(5)).await,
                status => bail!("a reply ended as {status}"),
            }
        }
        bail!("a reply has not ended after {} s", REPLY.as_secs())
    }

    /// Executes an operation and returns its data.
    pub async fn execute<T: DeserializeOwned>(&self, query: &str, variables: Value) -> Result<T> {
        #[derive(Deserialize)]
        struct Answer<T> {
            data: Option<T>,
        }
        let body = self.post(json!({ "query": query, "variables": variables }).to_string()).await?;
        let refused = || format!("the server answered: {}", String::from_utf8_lossy(&body));
        let answer: Answer<T> = serde_json::from_slice(&body).with_context(refused)?;
        answer.data.with_context(refused)
    }

    /// Posts a request body and returns the body of the answer. Fails if the status is not success.
    pub async fn post(&self, request: String) -> Result<Bytes> {
        let (status, body) = self.answer(request).await?;
        ensure!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
        Ok(body)
    }

    /// Posts a request body and returns the status and the body of the answer.
    pub async fn answer(&self, request: String) -> Result<(StatusCode, Bytes)> {
        let mut request =
            self.http.post(&self.url).header(header::CONTENT_TYPE, "application/json").body(request);
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let answer = request.send().await?;
        Ok((answer.status(), answer.bytes().await?))
    }
}
