//! Fault injection: servers, PostgreSQL and Redis die, freeze and come back.
//!
//! In all cases an acknowledged message is stored once, a subscriber's text equals the stored text, and every reply
//! ends. The servers are real processes. The tests wait for what clients can observe, then cause the fault.

mod cuts;
mod elsewhere;
mod kills;
mod load;
mod outages;
mod redis;
mod restarts;

use crate::support::{Client, Nodes, wait_for};
use serde_json::{Value, json};
use std::{future::Future, time::Duration};
use tokio::time::sleep;

/// Returns settings that enable the test's provider and the built-in models.
fn provider_settings(base_url: &str) -> [(&str, &str); 3] {
    [("CONFAB_PROVIDERS", "openai,builtin"), ("OPENAI_BASE_URL", base_url), ("OPENAI_MODELS", "small")]
}

/// Returns a text of `count` different words.
fn words(count: usize) -> String {
    (0..count).map(|i| format!("w{i} ")).collect()
}

/// Sends a message to the test's provider. Returns the IDs of the conversation and of the reply.
async fn send_to_provider(client: &Client) -> (String, String) {
    let sent = client.send(json!({ "content": "talk", "model": "small" })).await;
    (id_of(&sent["conversation"]), id_of(&sent["reply"]))
}

fn id_of(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

/// Polls until a condition holds that no event reports.
async fn poll_until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    let polled = async {
        while !is_so().await {
            sleep(Duration::from_millis(20)).await;
        }
    };
    wait_for(what, polled).await;
}

/// Sends a message with its idempotency key, to any instance, until it is acknowledged. Returns the payload.
async fn send_until_acknowledged(client: &Client, nodes: &Nodes, input: Value) -> Value {
    assert!(input["idempotencyKey"].is_string(), "without a key it may be stored twice");
    let acknowledged = async {
        loop {
            match client.at(nodes.any()).try_send(input.clone()).await {
                Some(Ok(payload)) => return payload,
                Some(Err(code)) => assert_eq!(code, "UNAVAILABLE"),
                None => {}
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    wait_for("an acknowledgement", acknowledged).await
}

/// Returns a conversation's messages, oldest first.
async fn stored(client: &Client, conversation: &str) -> Vec<Value> {
    let query = "query($id: ID!) { conversation(id: $id) { messages(first: 100) {
        nodes { id role content status parent { id } } } } }";
    let mut data = client.data(query, json!({ "id": conversation })).await;
    let nodes = data["conversation"]["messages"]["nodes"].take();
    nodes.as_array().expect("a list").clone()
}

/// Checks that a conversation holds the acknowledged messages in this order, each once and with its echo.
async fn check_stored(client: &Client, conversation: &str, sent: &[(Value, String)]) {
    let mut expected = Vec::new();
    let mut parent = Value::Null;
    for (payload, content) in sent {
        for (what, role) in [("message", "USER"), ("reply", "ASSISTANT")] {
            let id = payload[what]["id"].clone();
            expected.push(json!({ "id": id, "role": role, "content": content, "status": "COMPLETED",
                "parent": parent }));
            parent = json!({ "id": id });
        }
    }
    assert_eq!(stored(client, conversation).await, expected);
}
