//! Models behind OpenAI-compatible endpoints.

mod answers;
mod limits;
mod prompts;
mod reasons;
mod recorded;

use crate::support::{Call, Client, Kind, Provider, Server, code, content_of, on_both_databases};
use axum::body::Bytes;
use serde_json::{Value, json};
use std::time::Duration;

async fn server(kind: Kind, provider: &Provider) -> Server {
    let settings = [("OPENAI_BASE_URL", &*provider.base_url()), ("OPENAI_API_KEY", "sk-test")];
    Server::with_providers(kind, &settings, |config| {
        config.first_token_timeout = Duration::from_secs(2);
        config.idle_timeout = Duration::from_secs(2);
    })
    .await
}

on_both_databases! {
    async fn a_providers_text_is_streamed_and_stored(kind) {
        let mut provider = Provider::start().await;
        let server = server(kind, &provider).await;
        let client = server.register().await;
        let models = client.data("{ models { id provider isDefault } }", json!({})).await;
        assert_eq!(models["models"], json!([
            { "id": "small", "provider": "openai", "isDefault": true },
            { "id": "large", "provider": "openai", "isDefault": false },
        ]));
        let input = json!({ "input": { "systemPrompt": "Be brief.", "model": "large" } });
        let made = client.data("mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id } } }", input).await;
        let sent = client.send(json!({ "conversationId": made["createConversation"]["conversation"]["id"], "content": "Hi" })).await;
        let reply = sent["reply"]["id"].as_str().unwrap();
        let mut call = provider.call().await;
        assert_eq!(call.authorization.as_deref(), Some("Bearer sk-test"));
        assert_eq!(call.body, json!({
            "model": "large",
            "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "Hi" }],
            "stream": true,
            "stream_options": { "include_usage": true },
        }));
        let mut socket = server.socket(&client).await;
        socket.follow(reply, None).await;
        call.send_text("Hel").await;
        socket.until("Hel").await;
        call.send_text("lo\0!").await;
        assert_eq!(socket.until("!").await.0, "lo\u{fffd}!", "PostgreSQL cannot store NUL");
        call.finish("length").await;
        assert_eq!(socket.event().await["message"]["content"], "Hello\u{fffd}!");
        let stored = client.message(reply).await;
        assert_eq!(stored["finishReason"], "LENGTH");
        assert_eq!(stored["usage"], json!({ "inputTokens": 11, "outputTokens": 7, "estimated": false }));

        let sent = client.send(json!({ "conversationId": sent["conversation"]["id"], "content": "More", "model": "small" })).await;
        let mut call = provider.call().await;
        assert_eq!(call.body["model"], "small");
        let said: Vec<_> = call.body["messages"].as_array().unwrap().iter().map(content_of).collect();
        assert_eq!(said, ["Be brief.", "Hi", "Hello\u{fffd}!", "More"]);
        call.send_text("ok").await;
        call.finish("stop").await;
        server.socket(&client).await.follow_to_end(sent["reply"]["id"].as_str().unwrap()).await;
    }

    async fn a_broken_provider_connection_fails_the_reply_and_keeps_its_text(kind) {
        let mut provider = Provider::start().await;
        let server = server(kind, &provider).await;
        let client = server.register().await;
        let sent = client.send(json!({ "content": "Hi" })).await;
        let mut call = provider.call().await;
        call.send_text("Half a sen").await;
        let mut socket = server.socket(&client).await;
        socket.follow(sent["reply"]["id"].as_str().unwrap(), None).await;
        socket.until("sen").await;
        call.break_off().await;
        let finished = socket.event().await["message"].take();
        assert_eq!((&finished["status"], content_of(&finished)), (&json!("FAILED"), "Half a sen"));
        assert_eq!(finished["error"]["code"], "PROVIDER_UNAVAILABLE");
    }

    async fn stopping_closes_the_connection_to_the_provider(kind) {
        let mut provider = Provider::start().await;
        let server = server(kind, &provider).await;
        let client = server.register().await;
        // Before the first token, and after some.
        for words in ["", "some words"] {
            let sent = client.send(json!({ "content": "Hi" })).await;
            let reply = sent["reply"]["id"].as_str().unwrap();
            let mut call = provider.call().await;
            call.accept();
            let mut socket = server.socket(&client).await;
            socket.follow(reply, None).await;
            if !words.is_empty() {
                call.send_text(words).await;
            }
            socket.until(words).await;
            let stopped = client.stop(reply).await;
            assert_eq!((&stopped["status"], content_of(&stopped)), (&json!("STOPPED"), words));
            // The estimate: two bytes of prompt, four bytes per token.
            let usage = json!({ "inputTokens": 1, "outputTokens": words.len().div_ceil(4), "estimated": true });
            assert_eq!(client.message(reply).await["usage"], usage);
            call.aborted().await;
        }
    }
}

/// Sends a message, answers it with `said`, and closes the provider's connection. Returns the finished reply.
async fn reply_to(
    server: &Server,
    client: &Client,
    provider: &mut Provider,
    said: impl Into<Bytes>,
) -> Value {
    let sent = client.send(json!({ "content": "Hi" })).await;
    let mut call = provider.call().await;
    call.send(said).await;
    drop(call);
    let reply = stored(server, client, &sent).await;
    assert!(provider.is_idle(), "the request was repeated: {reply}");
    reply
}

/// Waits for a reply to end and returns it. A subscriber must have received the stored text.
async fn stored(server: &Server, client: &Client, sent: &Value) -> Value {
    let id = sent["reply"]["id"].as_str().expect("an id");
    let (text, _) = server.socket(client).await.follow_to_end(id).await;
    let reply = client.message(id).await;
    assert_eq!(content_of(&reply), text);
    reply
}

/// Returns a chunk with some text.
fn chunk(text: &str) -> String {
    let chunk = json!({ "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] });
    format!("data: {chunk}\n\n")
}

/// A chunk with a finish reason.
const STOP: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

/// Sends a message, lets `answer` handle the provider's calls, and returns the finished reply.
async fn ended(
    server: &Server,
    provider: &mut Provider,
    calls: usize,
    answer: impl AsyncFn(usize, Call),
) -> serde_json::Value {
    let client = server.register().await;
    let sent = client.send(json!({ "content": "Hi" })).await;
    let mut socket = server.socket(&client).await;
    socket.follow(sent["reply"]["id"].as_str().unwrap(), None).await;
    for i in 0..calls {
        answer(i, provider.call().await).await;
    }
    loop {
        let mut event = socket.event().await;
        if event["__typename"] == "ReplyFinished" {
            return event["message"].take();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn temporary_failures_are_retried_before_the_first_token() {
    let mut provider = Provider::start().await;
    let server = server(Kind::Sqlite, &provider).await;
    let ended = ended(&server, &mut provider, 3, async |i, mut call| match i {
        0 => call.refuse(429, &[("retry-after", "0")]),
        1 => call.refuse(503, &[]),
        _ => {
            call.send_text("third time lucky").await;
            call.finish("stop").await;
        }
    });
    let ended = ended.await;
    assert_eq!((&ended["status"], content_of(&ended)), (&json!("COMPLETED"), "third time lucky"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_tried_three_times() {
    let mut provider = Provider::start().await;
    let server = server(Kind::Sqlite, &provider).await;
    let ended =
        ended(&server, &mut provider, 3, async |_, call| call.refuse(500, &[("retry-after", "0")])).await;
    assert_eq!(
        (&ended["status"], &ended["error"]["code"]),
        (&json!("FAILED"), &json!("PROVIDER_UNAVAILABLE"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_final_and_hide_the_providers_secrets() {
    let mut provider = Provider::start().await;
    let server = server(Kind::Sqlite, &provider).await;
    for (status, header, expected) in [
        (401, "0", "PROVIDER_REJECTED"),
        (404, "0", "PROVIDER_REJECTED"),
        (307, "0", "PROVIDER_REJECTED"),
        (429, "3600", "PROVIDER_UNAVAILABLE"),
    ] {
        let ended = ended(&server, &mut provider, 1, async |_, call| {
            call.refuse(status, &[("retry-after", header), ("location", "/elsewhere")]);
        });
        let ended = ended.await;
        assert_eq!(
            (&ended["status"], &ended["error"]["code"]),
            (&json!("FAILED"), &json!(expected)),
            "{status}"
        );
        assert!(!ended.to_string().contains("sk-secret"), "{ended}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_with_a_finish_reason_needs_no_done_event() {
    let mut provider = Provider::start().await;
    let server = server(Kind::Sqlite, &provider).await;
    let said = ": a comment\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"whole\"},\"finish_reason\":\"stop\"}]}\r\n\r\n";
    let ended = ended(&server, &mut provider, 1, async |_, mut call| {
        // In pieces that split lines and characters.
        for byte in said.bytes() {
            call.send(vec![byte]).await;
        }
    });
    let ended = ended.await;
    assert_eq!((&ended["status"], content_of(&ended)), (&json!("COMPLETED"), "whole"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_provider_times_out() {
    let mut provider = Provider::start().await;
    let server = server(Kind::Sqlite, &provider).await;
    let held = std::sync::Mutex::new(Vec::new());
    for words in ["", "words"] {
        let ended = ended(&server, &mut provider, 1, async |_, mut call| {
            call.accept();
            if !words.is_empty() {
                call.send_text(words).await;
            }
            held.lock().unwrap().push(call);
        });
        let ended = ended.await;
        assert_eq!((&ended["error"]["code"], content_of(&ended)), (&json!("TIMEOUT"), words));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreachable_provider_fails_the_reply() {
    let settings = [("OPENAI_BASE_URL", "http://127.0.0.1:9/v1"), ("OPENAI_MODELS", "small")];
    let server = Server::with_providers(Kind::Sqlite, &settings, |_| {}).await;
    let client = server.register().await;
    let sent = client.send(json!({ "content": "Hi" })).await;
    let (text, ended) =
        server.socket(&client).await.follow_to_end(sent["reply"]["id"].as_str().unwrap()).await;
    assert_eq!((text.as_str(), &ended["error"]["code"]), ("", &json!("PROVIDER_UNAVAILABLE")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_model_selects_the_provider() {
    let (mut one, mut two) = (Provider::start().await, Provider::start().await);
    let settings = [
        ("ONE_BASE_URL", &*one.base_url()),
        ("ONE_MODELS", "a, shared"),
        ("TWO_BASE_URL", &*two.base_url()),
        ("TWO_MODELS", "b, shared"),
    ];
    let names = ["one", "two", "builtin"].map(str::to_owned);
    let server = Server::with_providers(Kind::Sqlite, &settings, |config| {
        config.providers = names.into();
        config.default_model = Some("b".into());
    });
    let server = server.await;
    let client = server.register().await;
    let models = client.data("{ models { id provider isDefault } }", json!({})).await;
    let listed: Vec<_> = models["models"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| (m["id"].as_str().unwrap(), m["provider"].as_str().unwrap()))
        .collect();
    assert_eq!(
        listed,
        [("a", "one"), ("shared", "one"), ("b", "two"), ("eliza", "builtin"), ("echo", "builtin")]
    );
    for (model, is_one) in [(Some("a"), true), (Some("shared"), true), (None, false)] {
        client.send(json!({ "content": "Hi", "model": model })).await;
        let call = if is_one { one.call().await } else { two.call().await };
        assert_eq!(call.body["model"], model.unwrap_or("b"));
    }
    let error = client
        .error(
            "mutation { sendMessage(input: { content: \"Hi\", model: \"c\" }) { reply { id } } }",
            json!({}),
        )
        .await;
    assert_eq!(code(&error), "BAD_USER_INPUT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_chat_model_is_the_default() {
    for list in [
        json!([{ "id": "text-embedding-9" }, { "name": "no id" }, { "id": "chat" }, { "id": "chat" }, { "id": "other" }]),
        json!({ "data": [{ "id": "Whisper-2" }, null, { "id": "chat" }, { "id": null }, { "id": "other" }] }),
    ] {
        let listed = list.clone();
        let provider = Provider::listing(move || axum::Json(listed.clone())).await;
        let server = server(Kind::Sqlite, &provider).await;
        let models = server.anonymous().data("{ models { id isDefault } }", json!({})).await;
        let models = models["models"].as_array().expect("a list");
        let ids: Vec<&str> = models.iter().map(|model| model["id"].as_str().unwrap()).collect();
        let default: Vec<bool> = models.iter().map(|model| model["isDefault"] == true).collect();
        assert_eq!((&ids[1..], &*default), (&["chat", "other"][..], &[false, true, false][..]), "{list}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn surrogate_pairs_split_across_chunks_are_joined() {
    let mut provider = Provider::start().await;
    let server = server(Kind::Sqlite, &provider).await;
    let said = concat!(
        "data: {\"choices\":[{\"delta\":{\"content\":\"an owl: \\ud83e\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"\\udd89!\"},\"finish_reason\":\"stop\"}]}\n\n",
        "data: [DONE]\n\n"
    );
    let ended = ended(&server, &mut provider, 1, async |_, mut call| call.send(said).await).await;
    assert_eq!((&ended["status"], content_of(&ended)), (&json!("COMPLETED"), "an owl: 🦉!"));
}
