//! The limit on the text in an answer, for small queries with large results.

use crate::{
    changes::Device,
    support::{Client, Kind, Server, code, on_both_databases},
};
use serde_json::{Value, json};

/// A text of 40,000 bytes. The limit in these tests is 65,536 bytes per answer.
fn long() -> String {
    "🦀".repeat(10_000)
}

async fn server(kind: Kind) -> Server {
    Server::with(kind, |config| config.tuning.max_text = 65_536).await
}

/// Checks that a query exceeds the limit.
async fn refused(client: &Client, query: &str, variables: &Value) {
    let mut answer = client.execute(query, variables.clone()).await;
    let error = answer["errors"][0].take();
    assert_eq!(code(&error), "BAD_USER_INPUT", "{query}: {error}");
    assert!(error["message"].as_str().unwrap().contains("too much text"), "{error}");
    assert!(error["path"].is_array(), "{error}");
}

on_both_databases! {
    async fn repeated_texts_over_the_limit_are_refused(kind) {
        let server = server(kind).await;
        let client = server.register().await;
        let create = "mutation($p: String) { createConversation(input: { systemPrompt: $p }) { conversation { id } } }";
        let created = client.data(create, json!({ "p": long() })).await;
        let conversation = created["createConversation"]["conversation"]["id"].as_str().unwrap();
        let sent = client.send(json!({ "content": long(), "model": "echo", "conversationId": conversation })).await;
        server.socket(&client).await.follow_to_end(sent["reply"]["id"].as_str().unwrap()).await;
        let ids = json!({ "c": conversation, "ids": vec![sent["message"]["id"].clone(); 3] });
        // Through each path to the text: alone, in a list, in edges, with aliases, and in a nullable field.
        for query in [
            "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Message { content } } }",
            "query($c: ID!) { conversation(id: $c) { messages { nodes { content } } } }",
            "query($c: ID!) { conversation(id: $c) { messages { edges { node { content } } } } }",
            "query($c: ID!) { conversation(id: $c) { messages(first: 1) { nodes { content a: content } } } }",
            "query($c: ID!) { conversation(id: $c) { systemPrompt a: systemPrompt } }",
            "{ me { conversations { nodes { systemPrompt a: systemPrompt } } } }",
        ] {
            refused(&client, query, &ids).await;
        }
        let query = "{ me { conversations { nodes { messages { edges { node { content } } } } } } }";
        let answer = client.execute(query, json!({})).await;
        let path = json!(["me", "conversations", "nodes", 0, "messages", "edges", 1, "node", "content"]);
        assert_eq!(answer["errors"][0]["path"], path, "the path contains each index");
        // The limit applies to each operation, and each text can be read.
        for _ in 0..2 {
            let one = client.data("query($c: ID!) { conversation(id: $c) { messages(last: 1) { nodes { content } } } }",
                ids.clone()).await;
            assert_eq!(one["conversation"]["messages"]["nodes"][0]["content"], long());
        }
    }

    async fn the_limit_applies_to_each_event(kind) {
        let server = server(kind).await;
        let client = server.register().await;
        let mut device = Device::new(&server, &client).await;
        client.send(json!({ "content": long(), "model": "echo" })).await;
        device.expect_event("ConversationCreated").await;
        for event in ["MessageAdded", "MessageAdded", "ReplyEnded"] {
            device.expect_event(event).await;
        }
    }
}
