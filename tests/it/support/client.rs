//! A GraphQL client over HTTP.

use serde_json::{Value, json};
use std::net::SocketAddr;
use uuid::Uuid;

/// A client, with or without a user's tokens.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    pub token: Option<String>,
    pub refresh_token: String,
    pub email: String,
}

/// The password of every registered user.
pub const PASSWORD: &str = "correct horse battery";

const SEND: &str = "mutation($input: SendMessageInput!) { sendMessage(input: $input) {
    conversation { id title } message { id content } reply { id status role model } } }";

impl Client {
    pub fn new(address: SocketAddr, token: Option<String>) -> Self {
        Self {
            http: reqwest::Client::builder().no_proxy().build().expect("a client can be made"),
            url: format!("http://{address}/graphql"),
            token,
            refresh_token: String::new(),
            email: String::new(),
        }
    }

    /// Registers a new user, who is signed in.
    pub async fn register(address: SocketAddr) -> Self {
        let mut client = Self::new(address, None);
        client.email = format!("{}@example.com", Uuid::now_v7().simple());
        let query =
            "mutation($input: RegisterInput!) { register(input: $input) { accessToken refreshToken } }";
        let input = json!({ "input": { "email": client.email, "password": PASSWORD } });
        let payload = client.data(query, input).await["register"].take();
        client.token = Some(payload["accessToken"].as_str().expect("a token").to_owned());
        client.refresh_token = payload["refreshToken"].as_str().expect("a token").to_owned();
        client
    }

    /// Returns a client of the same user for another instance.
    pub fn at(&self, address: SocketAddr) -> Self {
        Self { url: format!("http://{address}/graphql"), ..self.clone() }
    }

    /// Executes an operation and returns the whole answer.
    pub async fn execute(&self, query: &str, variables: Value) -> Value {
        self.try_execute(query, variables).await.expect("the server answers")
    }

    /// Executes an operation and returns the whole answer, or the transport's error.
    async fn try_execute(&self, query: &str, variables: Value) -> reqwest::Result<Value> {
        let mut request = self.http.post(&self.url).json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        request.send().await?.json().await
    }

    /// Executes an operation and returns its data; errors fail the test.
    pub async fn data(&self, query: &str, variables: Value) -> Value {
        let mut answer = self.execute(query, variables).await;
        assert_eq!(answer.get("errors"), None, "{query}");
        answer["data"].take()
    }

    /// Executes an operation and returns its only error.
    pub async fn error(&self, query: &str, variables: Value) -> Value {
        let mut answer = self.execute(query, variables).await;
        let errors = answer["errors"].as_array_mut().unwrap_or_else(|| panic!("no error: {query}"));
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors.remove(0)
    }

    /// Sends a message. Returns the payload of `sendMessage`.
    pub async fn send(&self, input: Value) -> Value {
        self.data(SEND, json!({ "input": input })).await["sendMessage"].take()
    }

    /// Sends a message to a server that may fail. Returns the payload or the error's code; `None` if the server does
    /// not answer.
    pub async fn try_send(&self, input: Value) -> Option<Result<Value, String>> {
        let mut answer = self.try_execute(SEND, json!({ "input": input })).await.ok()?;
        let refused = codes(&answer).first().map(|code| code.to_string());
        Some(refused.map_or_else(|| Ok(answer["data"]["sendMessage"].take()), Err))
    }

    /// Sends a message to the model `echo`, in a new conversation or the one given. Returns the IDs of the conversation
    /// and of the reply.
    pub async fn send_echo(&self, content: &str, conversation: Option<&str>) -> (String, String) {
        let sent =
            self.send(json!({ "content": content, "model": "echo", "conversationId": conversation })).await;
        let id = |value: &Value| value["id"].as_str().expect("an ID").to_owned();
        (id(&sent["conversation"]), id(&sent["reply"]))
    }

    /// Returns a stored message.
    pub async fn message(&self, id: &str) -> Value {
        let query = "query($id: ID!) { node(id: $id) { ... on Message { id role status content model finishedAt
            finishReason error { code message details } usage { inputTokens outputTokens estimated } parent { id } conversation { id } } } }";
        self.data(query, json!({ "id": id })).await["node"].take()
    }

    /// Stops a reply and returns it.
    pub async fn stop(&self, id: &str) -> Value {
        let query =
            "mutation($input: StopReplyInput!) { stopReply(input: $input) { message { status content } } }";
        self.data(query, json!({ "input": { "messageId": id } })).await["stopReply"]["message"].take()
    }
}

/// Returns an error's code.
pub fn code(error: &Value) -> &str {
    error["extensions"]["code"].as_str().expect("every error has a code")
}

/// Returns the codes of an answer's errors.
pub fn codes(answer: &Value) -> Vec<&str> {
    answer["errors"].as_array().map(|errors| errors.iter().map(code).collect()).unwrap_or_default()
}

/// Returns a message's content.
pub fn content_of(message: &Value) -> &str {
    message["content"].as_str().expect("every message has content")
}
