//! The part of a conversation that is sent to a provider.

use super::{STOP, chunk, server, stored};
use crate::support::{Call, Client, Kind, Provider, Server, code, content_of, on_both_databases};
use serde_json::{Value, json};

/// Returns the messages of a request, each as `role: content`.
fn shown(call: &Call) -> Vec<String> {
    let messages = call.body["messages"].as_array().expect("a list");
    messages
        .iter()
        .map(|message| format!("{}: {}", message["role"].as_str().unwrap(), content_of(message)))
        .collect()
}

/// Sends a message to a new or existing conversation, and answers it. Returns the payload.
async fn exchange(
    server: &Server,
    client: &Client,
    provider: &mut Provider,
    conversation: Option<&Value>,
    texts: [&str; 2],
) -> Value {
    let sent = client.send(json!({ "content": texts[0], "conversationId": conversation })).await;
    let mut call = provider.call().await;
    call.send(chunk(texts[1]) + STOP).await;
    drop(call);
    stored(server, client, &sent).await;
    sent
}

on_both_databases! {
    async fn roles_alternate_after_an_empty_reply(kind) {
        let mut provider = Provider::start().await;
        let server = server(kind, &provider).await;
        let client = server.register().await;
        let sent = client.send(json!({ "content": "first" })).await;
        let conversation = &sent["conversation"]["id"];
        provider.call().await.refuse(400, &[]);
        stored(&server, &client, &sent).await;
        let sent = client.send(json!({ "content": "second", "conversationId": conversation })).await;
        let mut call = provider.call().await;
        assert_eq!(shown(&call), ["user: first\n\nsecond"]);
        // The second reply is only white space.
        call.send(chunk(" \n") + STOP).await;
        drop(call);
        stored(&server, &client, &sent).await;
        client.send(json!({ "content": "third", "conversationId": conversation })).await;
        assert_eq!(shown(&provider.call().await), ["user: first\n\nsecond\n\nthird"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merging_of_messages_can_be_disabled() {
    let mut provider = Provider::start().await;
    let base_url = provider.base_url();
    let settings = [("OPENAI_BASE_URL", &*base_url), ("OPENAI_MERGE_TURNS", "off")];
    let server = Server::with_providers(Kind::Sqlite, &settings, |_| {}).await;
    let client = server.register().await;
    let sent = client.send(json!({ "content": "first" })).await;
    provider.call().await.refuse(400, &[]);
    stored(&server, &client, &sent).await;
    client.send(json!({ "content": "second", "conversationId": sent["conversation"]["id"] })).await;
    assert_eq!(shown(&provider.call().await), ["user: first", "user: second"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blank_message_is_refused() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let send = "mutation($content: String!) { sendMessage(input: { content: $content }) { reply { id } } }";
    for blank in [" ", "\n\t ", "\u{a0}\u{2003}"] {
        let error = client.error(send, json!({ "content": blank })).await;
        assert_eq!(code(&error), "BAD_USER_INPUT", "{blank:?}");
        assert_eq!(error["extensions"]["field"], "content", "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_too_long_conversation_is_retried_without_its_older_half() {
    let mut provider = Provider::start().await;
    let server = server(Kind::Sqlite, &provider).await;
    let client = server.register().await;
    let too_long = [
        (400, json!({ "error": { "message": "m", "code": "context_length_exceeded" } })),
        (400, json!({ "object": "error", "message": "This model's maximum context length is 8 tokens." })),
        (413, json!({ "error": { "message": "prompt is too long: 9 tokens > 8 maximum", "type": "x" } })),
        (
            400,
            json!({ "error": { "code": 400, "message": "the request exceeds the available context size, try increasing it",
            "type": "exceed_context_size_error", "n_ctx": 8 } }),
        ),
    ];
    let sent = exchange(&server, &client, &mut provider, None, ["a", "b"]).await;
    let conversation = &sent["conversation"]["id"];
    exchange(&server, &client, &mut provider, Some(conversation), ["c", "d"]).await;
    for (i, (status, refusal)) in too_long.iter().enumerate() {
        let asked = format!("question {i}");
        let sent = client.send(json!({ "content": asked, "conversationId": conversation })).await;
        let call = provider.call().await;
        let before = shown(&call);
        call.refuse_with(*status, refusal);
        let mut call = provider.call().await;
        let after = shown(&call);
        assert!(after.len() <= before.len() / 2 + 1 && after.len() < before.len(), "{before:?} {after:?}");
        assert_eq!(after.last().unwrap(), &format!("user: {asked}"));
        call.send(chunk("an answer") + STOP).await;
        drop(call);
        let reply = stored(&server, &client, &sent).await;
        assert_eq!(
            (&reply["status"], &reply["content"]),
            (&json!("COMPLETED"), &json!("an answer")),
            "{refusal}"
        );
    }

    // The error may also arrive within the answer.
    let sent = client.send(json!({ "content": "last", "conversationId": conversation })).await;
    let error = format!("event: error\ndata: {}\n\n", too_long[0].1);
    for _ in 0..2 {
        provider.call().await.send(error.clone()).await;
    }
    let reply = stored(&server, &client, &sent).await;
    assert_eq!((&reply["status"], &reply["error"]["code"]), (&json!("FAILED"), &json!("CONTEXT_TOO_LONG")));
    assert_eq!(reply["error"]["details"], "m");

    // Without an older half, the request is not repeated.
    let sent = client.send(json!({ "content": "alone" })).await;
    provider.call().await.refuse_with(too_long[0].0, &too_long[0].1);
    let reply = stored(&server, &client, &sent).await;
    assert_eq!(reply["error"]["code"], "CONTEXT_TOO_LONG");
    assert!(provider.is_idle());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_larger_context_window_gets_more_history() {
    let mut provider = Provider::start().await;
    let base_url = provider.base_url();
    let settings = [("OPENAI_BASE_URL", &*base_url), ("OPENAI_CONTEXT_TOKENS", "large=10000")];
    let server = Server::with_providers(Kind::Sqlite, &settings, |config| config.history_tokens = 100).await;
    let client = server.register().await;
    let models = client.data("{ models { id contextTokens } }", json!({})).await;
    let expected =
        json!([{ "id": "small", "contextTokens": null }, { "id": "large", "contextTokens": 10_000 }]);
    assert_eq!(models["models"], expected);
    let long = "word ".repeat(100);
    let sent = exchange(&server, &client, &mut provider, None, [&long, "ok"]).await;
    for (model, count) in [("small", 1), ("large", 5)] {
        let input =
            json!({ "content": "short", "model": model, "conversationId": sent["conversation"]["id"] });
        let sent = client.send(input).await;
        let mut call = provider.call().await;
        assert_eq!(shown(&call).len(), count, "{model}");
        call.send(chunk("ok") + STOP).await;
        drop(call);
        stored(&server, &client, &sent).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_query_of_the_base_url_is_kept() {
    let mut provider = Provider::start().await;
    let base_url = format!("{}/?api-version=2024-10-21", provider.base_url());
    let settings = [("OPENAI_BASE_URL", &*base_url)];
    let server = Server::with_providers(Kind::Sqlite, &settings, |_| {}).await;
    let client = server.register().await;
    client.send(json!({ "content": "Hi" })).await;
    assert_eq!(provider.call().await.query.as_deref(), Some("api-version=2024-10-21"));
}
