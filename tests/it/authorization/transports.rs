//! The transports over which operations are executed, and the raw text of the answers.

use crate::support::{Client, HttpResponse, Server, Socket};
use serde_json::{Value, json};

/// A transport for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Http,
    /// Server-Sent Events.
    Events,
    /// WebSocket.
    Socket,
}

/// Returns the transports that can carry an operation.
pub fn transports(query: &str) -> &'static [Transport] {
    if query.starts_with("subscription") {
        &[Transport::Events, Transport::Socket]
    } else {
        &[Transport::Http, Transport::Events, Transport::Socket]
    }
}

/// Executes an operation and returns the whole answer as text, with its HTTP status.
pub async fn execute(
    transport: Transport,
    server: &Server,
    client: &Client,
    query: &str,
    variables: Value,
) -> String {
    let body = json!({ "query": query, "variables": variables });
    let accept = match transport {
        Transport::Http => "application/json",
        Transport::Events => "text/event-stream",
        Transport::Socket => return by_socket(server, client, body).await,
    };
    let mut request = server.post().header("accept", accept).json(&body);
    if let Some(token) = &client.token {
        request = request.bearer_auth(token);
    }
    let answer = HttpResponse::to(request).await;
    format!("{} {}", answer.status, answer.text())
}

async fn by_socket(server: &Server, client: &Client, body: Value) -> String {
    let mut socket = Socket::connect(server.address).await;
    let authorization = client.token.as_ref().map(|token| format!("Bearer {token}"));
    socket.send(json!({ "type": "connection_init", "payload": { "authorization": authorization } })).await;
    if let Err(closed) = socket.receive().await {
        return format!("{closed:?}");
    }
    socket.send(json!({ "id": "1", "type": "subscribe", "payload": body })).await;
    let mut said = String::new();
    loop {
        let message = socket.receive().await.expect("the socket stays open");
        said += &message.to_string();
        if message["type"] != "next" {
            return said;
        }
    }
}

/// Returns the codes of the errors in an answer.
pub fn codes(answer: &str) -> Vec<&str> {
    // A socket with an invalid token is closed at once.
    if answer == "Closed(4403)" {
        return vec!["UNAUTHENTICATED"];
    }
    answer.split("\"code\":\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}
