//! Models behind the responses API: its parameters, its events, and the tools that the provider runs.

use crate::support::{
    Call, Client, Kind, Provider, ReplyParts, Server, Socket, Sql, content_of, on_both_databases,
};
use serde_json::{Value, json};
use std::time::Duration;

const MESSAGE: &str = "query($id: ID!) { node(id: $id) { ... on Message { status content finishReason error { code message }
    parts { __typename index ... on TextPart { text } ... on ReasoningPart { text } ... on SourcePart { url title }
        ... on ToolCallPart { callId tool: name arguments status result } }
    usage { inputTokens outputTokens reasoningTokens cachedTokens estimated } } } }";

async fn server(kind: Kind, provider: &Provider) -> Server {
    let base_url = provider.base_url();
    let settings = [
        ("OPENAI_BASE_URL", &*base_url),
        ("OPENAI_API_KEY", "sk-test"),
        ("OPENAI_API", "responses"),
        ("OPENAI_TOOLS", "web_search,code_interpreter"),
    ];
    Server::with_providers(kind, &settings, |config| config.idle_timeout = Duration::from_secs(2)).await
}

async fn message(client: &Client, id: &str) -> Value {
    client.data(MESSAGE, json!({ "id": id })).await["node"].take()
}

/// Sends a message. Returns the ID of the reply and the provider's side.
async fn ask(client: &Client, provider: &mut Provider, input: Value) -> (String, Call) {
    let sent = client.send(input).await;
    let call = provider.call().await;
    (sent["reply"]["id"].as_str().expect("an ID").to_owned(), call)
}

async fn follow(server: &Server, client: &Client, reply: &str) -> Socket {
    let mut socket = server.socket(client).await;
    let variables = json!({ "id": reply, "parts": ["TEXT", "REASONING", "SOURCE", "TOOL_CALL"] });
    socket.subscribe("parts", ReplyParts::QUERY, variables).await;
    assert_eq!(socket.event().await["parts"], json!([]));
    socket
}

fn text(delta: &str) -> Value {
    json!({ "type": "response.output_text.delta", "item_id": "msg", "output_index": 9, "content_index": 0, "delta": delta })
}

fn added(index: i32, item: Value) -> Value {
    json!({ "type": "response.output_item.added", "output_index": index, "item": item })
}

fn search(index: i32, query: &str) -> Value {
    let item = json!({ "type": "web_search_call", "id": format!("ws_{index}"), "status": "completed",
        "action": { "type": "search", "query": query } });
    json!({ "type": "response.output_item.done", "output_index": index, "item": item })
}

fn begun_search(index: i32) -> Value {
    added(index, json!({ "type": "web_search_call", "id": format!("ws_{index}"), "status": "in_progress" }))
}

fn completed() -> Value {
    json!({ "type": "response.completed", "response": { "status": "completed", "usage": {
        "input_tokens": 9, "input_tokens_details": { "cached_tokens": 4 }, "output_tokens": 8,
        "output_tokens_details": { "reasoning_tokens": 5 } } } })
}

/// The addition to a tool call.
fn addition(index: i32, text: &str, status: &str) -> Value {
    let call = json!({ "callId": "ws_1", "tool": "web_search", "status": status, "arguments": text, "result": null });
    json!([{ "index": index, "kind": "TOOL_CALL", "text": text, "name": "web_search", "toolCall": call }])
}

on_both_databases! {
    async fn an_answer_streams_with_its_reasoning_tool_calls_and_sources(kind) {
        let mut provider = Provider::start().await;
        let server = server(kind, &provider).await;
        let client = server.register().await;
        let input = json!({ "content": "Rain?", "generation": { "temperature": 0.5, "maxOutputTokens": 500, "reasoningEffort": "LOW" } });
        let (reply, mut call) = ask(&client, &mut provider, input).await;
        assert_eq!((&*call.path, call.authorization.as_deref()), ("/v1/responses", Some("Bearer sk-test")));
        assert_eq!(call.body, json!({ "model": "small", "input": [{ "role": "user", "content": "Rain?" }], "stream": true,
            "store": false, "temperature": 0.5, "max_output_tokens": 500, "reasoning": { "effort": "low", "summary": "auto" },
            "tools": [{ "type": "web_search" }, { "type": "code_interpreter", "container": { "type": "auto" } }],
            "include": ["code_interpreter_call.outputs"] }));
        call.accept();
        let mut all = follow(&server, &client, &reply).await;
        let mut only_text = server.socket(&client).await;
        only_text.follow(&reply, None).await;
        assert_eq!(only_text.event().await["text"], "");
        call.send_event(&json!({ "type": "response.created", "response": { "status": "in_progress" } })).await;
        let thought = json!({ "type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "hm" });
        call.send_event(&thought).await;
        assert_eq!(all.event().await["parts"][0]["text"], "hm");
        call.send_event(&begun_search(1)).await;
        assert_eq!(all.event().await["parts"], addition(1, "", "IN_PROGRESS"));
        call.send_event(&search(1, "rain")).await;
        let arguments = r#"{"query":"rain","type":"search"}"#;
        assert_eq!(all.event().await["parts"], addition(1, arguments, "COMPLETED"));
        call.send_event(&text("It rains.")).await;
        assert_eq!(all.event().await["text"], "It rains.");
        let delta = only_text.event().await;
        assert_eq!((&delta["text"], delta["cursor"].as_str().map(str::len)), (&json!("It rains."), Some(16)));
        let citation = json!({ "type": "url_citation", "url": "https://example.com/", "title": "Rain", "start_index": 0 });
        call.send_event(&json!({ "type": "response.output_text.annotation.added", "annotation": citation })).await;
        call.send_event(&completed()).await;
        assert_eq!(all.event().await["parts"][0]["text"], "https://example.com/");
        assert_eq!(all.event().await["__typename"], "ReplyFinished");
        assert_eq!(only_text.event().await["__typename"], "ReplyFinished");
        let stored = message(&client, &reply).await;
        let tool_call = json!({ "__typename": "ToolCallPart", "index": 1, "callId": "ws_1", "tool": "web_search",
            "arguments": arguments, "status": "COMPLETED", "result": null });
        assert_eq!(stored, json!({ "status": "COMPLETED", "content": "It rains.", "finishReason": "STOP", "error": null,
            "parts": [{ "__typename": "ReasoningPart", "index": 0, "text": "hm" }, tool_call,
                { "__typename": "TextPart", "index": 2, "text": "It rains." },
                { "__typename": "SourcePart", "index": 3, "url": "https://example.com/", "title": "Rain" }],
            "usage": { "inputTokens": 9, "outputTokens": 8, "reasoningTokens": 5, "cachedTokens": 4, "estimated": false } }));
        let token = client.token.as_deref().expect("the client is signed in");
        let export: Value = server.get("/export").bearer_auth(token).send().await.unwrap().json().await.unwrap();
        assert_eq!(export["conversations"][0]["messages"][1]["parts"][1], json!({ "kind": "TOOL_CALL", "callId": "ws_1",
            "name": "web_search", "arguments": arguments, "status": "COMPLETED", "result": null }));
        // The next prompt has only the text.
        let conversation = client.message(&reply).await["conversation"]["id"].take();
        let input = json!({ "content": "Sure?", "conversationId": conversation, "generation": { "reasoningEffort": null } });
        let (_, call) = ask(&client, &mut provider, input).await;
        assert_eq!(call.body["input"][1], json!({ "role": "assistant", "content": "It rains." }));
        assert_eq!(call.body.get("reasoning"), None);
    }

    async fn the_last_event_determines_the_replys_status(kind) {
        let mut provider = Provider::start().await;
        let server = server(kind, &provider).await;
        let client = server.register().await;
        let incomplete = |reason: &str| json!({ "type": "response.incomplete",
            "response": { "status": "incomplete", "incomplete_details": { "reason": reason } } });
        let failed = |code: &str| json!({ "type": "response.failed",
            "response": { "status": "failed", "error": { "code": code, "message": "the key sk-secret is bad" } } });
        let error = json!({ "type": "error", "code": "server_error", "message": "x", "param": null });
        let refusal = json!({ "type": "response.refusal.delta", "output_index": 0, "delta": "I cannot." });
        let function = added(0, json!({ "type": "function_call", "id": "f", "name": "f", "arguments": "" }));
        for (events, expected) in [
            (vec![text("a"), incomplete("max_output_tokens")], "COMPLETED a LENGTH"),
            (vec![text("a"), incomplete("content_filter")], "COMPLETED a CONTENT_FILTER"),
            (vec![refusal, completed()], "COMPLETED I cannot. CONTENT_FILTER"),
            (vec![text("a"), failed("server_error")], "FAILED a PROVIDER_UNAVAILABLE"),
            (vec![text("a"), failed("invalid_prompt")], "FAILED a PROVIDER_REJECTED"),
            (vec![text("a"), error], "FAILED a PROVIDER_UNAVAILABLE"),
            (vec![text("a")], "FAILED a PROVIDER_UNAVAILABLE"),
            (vec![completed()], "FAILED  EMPTY"),
            (vec![search(0, "rain"), completed()], "FAILED  EMPTY"),
            (vec![function, completed()], "FAILED  PROVIDER_REJECTED"),
        ] {
            let (reply, mut call) = ask(&client, &mut provider, json!({ "content": "Hi" })).await;
            for event in &events {
                call.send_event(event).await;
            }
            drop(call);
            let (received, _) = server.socket(&client).await.follow_to_end(&reply).await;
            let stored = message(&client, &reply).await;
            let why = stored["finishReason"].as_str().or(stored["error"]["code"].as_str()).unwrap_or_default();
            let found = format!("{} {received} {why}", stored["status"].as_str().unwrap());
            assert_eq!((&*found, content_of(&stored)), (expected, &*received), "{events:?}");
            assert!(!stored.to_string().contains("sk-secret"), "{stored}");
        }
        let (reply, mut call) = ask(&client, &mut provider, json!({ "content": "Hi" })).await;
        call.send_event(&text("half")).await;
        let mut socket = server.socket(&client).await;
        socket.follow(&reply, None).await;
        socket.until("half").await;
        call.break_off().await;
        assert_eq!(socket.event().await["__typename"], "ReplyFinished");
        let stored = message(&client, &reply).await;
        assert_eq!((content_of(&stored), &stored["error"]["code"]), ("half", &json!("PROVIDER_UNAVAILABLE")));
    }

    async fn a_call_that_is_interrupted_has_failed(kind) {
        let mut provider = Provider::start().await;
        let server = server(kind, &provider).await;
        let client = server.register().await;
        let (reply, mut call) = ask(&client, &mut provider, json!({ "content": "Rain?" })).await;
        call.accept();
        let mut all = follow(&server, &client, &reply).await;
        call.send_event(&begun_search(1)).await;
        assert_eq!(all.event().await["parts"], addition(0, "", "IN_PROGRESS"));
        // A call that runs at the same time, and text, wait for the first call.
        call.send_event(&begun_search(2)).await;
        call.send_event(&search(2, "snow")).await;
        assert_eq!(client.stop(&reply).await["status"], "STOPPED");
        call.aborted().await;
        assert_eq!(all.event().await["parts"], addition(0, "", "FAILED"));
        let parts = all.event().await["message"]["parts"].take();
        let failed = json!([{ "__typename": "ToolCallPart", "index": 0, "callId": "ws_1", "tool": "web_search",
            "arguments": "", "status": "FAILED", "result": null }]);
        assert_eq!(parts, failed);
        // A server that crashed has not stored the end of the call.
        let mut sql = Sql::of(&server).await;
        sql.execute("UPDATE message_parts SET rest = substr(rest, 1, 1)").await;
        assert_eq!(message(&client, &reply).await["parts"], failed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_may_be_split_at_every_byte() {
    let mut provider = Provider::start().await;
    let server = server(Kind::Sqlite, &provider).await;
    let client = server.register().await;
    let (reply, mut call) = ask(&client, &mut provider, json!({ "content": "Rain?" })).await;
    for event in [begun_search(1), search(1, "r\u{e4}in"), text("R\u{e4}in \u{1f980}."), completed()] {
        let event = format!("event: {}\r\ndata: {event}\r\n\r\n", event["type"].as_str().unwrap());
        for byte in event.bytes() {
            if !call.try_send(vec![byte]).await {
                break; // The server has read the last event.
            }
        }
    }
    let (received, _) = server.socket(&client).await.follow_to_end(&reply).await;
    let stored = message(&client, &reply).await;
    assert_eq!((&*received, &stored["status"]), ("R\u{e4}in \u{1f980}.", &json!("COMPLETED")));
    assert_eq!(stored["parts"][0]["arguments"], "{\"query\":\"r\u{e4}in\",\"type\":\"search\"}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_requests_are_retried_or_explained() {
    let mut provider = Provider::start().await;
    let server = server(Kind::Sqlite, &provider).await;
    let client = server.register().await;
    let input = json!({ "content": "Hi", "generation": { "reasoningEffort": "LOW" } });
    let (reply, call) = ask(&client, &mut provider, input.clone()).await;
    call.refuse(503, &[("retry-after", "0")]);
    let rejection = json!({ "error": { "message": "Unsupported parameter", "type": "invalid_request_error",
        "param": "reasoning.effort" } });
    provider.call().await.refuse_with(400, &rejection);
    server.socket(&client).await.follow_to_end(&reply).await;
    let error = message(&client, &reply).await["error"].take();
    assert_eq!(error["code"], "PROVIDER_REJECTED");
    assert!(error["message"].as_str().unwrap().contains("`reasoningEffort`"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_title_is_written_without_tools() {
    let mut provider = Provider::start().await;
    let base_url = provider.base_url();
    let settings =
        [("OPENAI_BASE_URL", &*base_url), ("OPENAI_API", "responses"), ("OPENAI_TOOLS", "web_search")];
    let server =
        Server::with_providers(Kind::Sqlite, &settings, |config| config.title_model = Some("small".into()))
            .await;
    let client = server.register().await;
    let (_, mut call) = ask(&client, &mut provider, json!({ "content": "Rain?" })).await;
    assert!(call.body.get("tools").is_some());
    call.send_event(&text("Yes.")).await;
    call.send_event(&completed()).await;
    let title = provider.call().await;
    assert_eq!((title.body.get("tools"), &title.body["max_output_tokens"]), (None, &json!(64)));
    assert!(title.body["instructions"].as_str().is_some_and(|text| text.contains("title")), "{}", title.body);
}
