//! What must hold when servers, PostgreSQL and Redis die, freeze and come back: an acknowledged message is stored
//! once, a subscriber's text is the stored one, and every reply ends.
//!
//! The servers are real processes; the tests wait for what clients can see, then do the harm.

mod cuts;
mod elsewhere;
mod kills;
mod load;
mod outages;
mod redis;
mod restarts;

use crate::support::{Client, Nodes, soon};
use serde_json::{Value, json};
use std::{future::Future, time::Duration};
use tokio::time::sleep;

/// Models of the test's provider, and the built-in ones beside them.
fn steered(base_url: &str) -> [(&str, &str); 3] {
    [("CONFAB_PROVIDERS", "openai,builtin"), ("OPENAI_BASE_URL", base_url), ("OPENAI_MODELS", "small")]
}

/// A text of so many words that no two parts of it are alike.
fn words(count: usize) -> String {
    (0..count).map(|i| format!("w{i} ")).collect()
}

/// Asks the test's provider; gives the conversation's id and the reply's.
async fn ask_provider(client: &Client) -> (String, String) {
    let sent = client.send(json!({ "content": "talk", "model": "small" })).await;
    (id_of(&sent["conversation"]), id_of(&sent["reply"]))
}

fn id_of(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

/// Waits until something that nobody is told of has come about.
async fn until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    let looked = async {
        while !is_so().await {
            sleep(Duration::from_millis(20)).await;
        }
    };
    soon(what, looked).await;
}

/// Sends a message under its key, to one instance or another, until it is acknowledged; gives the payload.
async fn send_until_acknowledged(client: &Client, nodes: &Nodes, input: Value) -> Value {
    assert!(input["idempotencyKey"].is_string(), "else it may be stored twice");
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
    soon("an acknowledgement", acknowledged).await
}

/// A conversation's messages, oldest first.
async fn stored(client: &Client, conversation: &str) -> Vec<Value> {
    let query = "query($id: ID!) { conversation(id: $id) { messages(first: 100) {
        nodes { id role content status parent { id } } } } }";
    let mut data = client.data(query, json!({ "id": conversation })).await;
    let nodes = data["conversation"]["messages"]["nodes"].take();
    nodes.as_array().expect("a list").clone()
}

/// A conversation holds what was acknowledged, in this order, each once and with its echo.
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
