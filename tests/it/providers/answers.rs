//! Unusual answers of providers.

use super::{STOP, chunk, reply_to, server, stored};
use crate::support::{Kind, Provider, on_both_databases};
use serde_json::{Value, json};

const DONE: &str = "data: [DONE]\n\n";

const HEARTBEATS: &str = concat!(
    ": hi\n\n",
    "data:\n\n",
    "data: : keepalive\n\n",
    "event: ping\ndata: {\"type\":\"ping\"}\n\n",
    "event: x\n\n",
    "data: 7\n\ndata: []\n\ndata: null\n\ndata: \"x\"\n\n",
    "id: 1\nretry: 5\n\n",
);

/// Returns an event with this data.
fn data(document: &str) -> String {
    format!("data: {document}\n\n")
}

/// Returns a chunk with one choice.
fn choice(choice: Value) -> String {
    data(&json!({ "choices": [choice] }).to_string())
}

/// Returns a chunk with some text and a finish reason.
fn ending(text: &str, reason: &str) -> String {
    choice(json!({ "delta": { "content": text }, "finish_reason": reason }))
}

/// Returns a chunk whose content is a list of parts.
fn parts(parts: Value) -> String {
    choice(json!({ "delta": { "content": parts } }))
}

/// Returns a choice with a whole message.
fn message(content: &str) -> Value {
    json!({ "message": { "role": "assistant", "content": content }, "finish_reason": "stop" })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unusual_answers_are_understood() {
    let mut provider = Provider::start().await;
    let server = server(Kind::Sqlite, &provider).await;
    let client = server.register().await;
    let (a, b, last) = (&*chunk("a"), &*chunk("b"), ending("b", "stop"));
    let cases: &[(&str, &[&str])] = &[
        ("a byte order mark", &["\u{feff}", a, b, STOP]),
        ("no blank line at the end", &[a, b, STOP.trim_end()]),
        ("no line end at all", &[a, last.trim_end()]),
        ("heartbeats", &[HEARTBEATS, a, HEARTBEATS, b, STOP]),
        ("nonsense between", &[a, "data: nonsense\n\ndata: {\n\n<br>\n\n", b, STOP]),
        (
            "a document in two lines",
            &["data: {\"choices\":\ndata: [{\"delta\":{\"content\":\"a\"}}]}\n\n", b, STOP],
        ),
        (
            "invalid numbers",
            &[&data(r#"{"choices":[{"delta":{"content":"a"}}],"t":[NaN,-Infinity]}"#), b, STOP],
        ),
        (
            "a duplicate key",
            &[&data(r#"{"choices":[],"choices":[{"delta":{"content":"x","content":"a"}}]}"#), b, STOP],
        ),
        (
            "nulls",
            &[
                &data(r#"{"choices":null}"#),
                a,
                &data(r#"{"choices":[null],"usage":null}"#),
                &choice(json!({ "delta": null, "finish_reason": null })),
                b,
                STOP,
            ],
        ),
        ("usage with nulls", &[a, b, STOP, &data(r#"{"choices":[],"usage":{"prompt_tokens":null}}"#)]),
        ("empty finish reasons", &[&ending("a", ""), &ending("", "null"), b, STOP]),
        ("a reason at every chunk", &[&ending("a", "stop"), &ending("b", "stop")]),
        ("parts", &[&parts(json!([{ "type": "text", "text": "a" }, { "type": "image_url" }, "b"])), STOP]),
        ("reasoning in the text", &[&chunk("\n<th"), &chunk("ink>hm</thi"), &chunk("nk>\n\n"), a, b, STOP]),
        ("a whole message at the end", &[a, b, &choice(message("ab"))]),
        ("a whole document", &["\n\n", &format!("{:#}", json!({ "choices": [message("ab")] }))]),
    ];
    for (what, said) in cases {
        let reply = reply_to(&server, &client, &mut provider, said.concat()).await;
        assert_eq!(
            (&reply["status"], &reply["content"]),
            (&json!("COMPLETED"), &json!("ab")),
            "{what}: {reply}"
        );
        assert_eq!(reply["finishReason"], "STOP", "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_utf8_and_control_characters_are_replaced() {
    let mut provider = Provider::start().await;
    let server = server(Kind::Sqlite, &provider).await;
    let client = server.register().await;
    let said = [
        b"data: {\"choices\":[{\"delta\":{\"content\":\"a\xff\xfe\\u001b\\t\x08b\"}}]}\n\n",
        STOP.as_bytes(),
    ]
    .concat();
    let reply = reply_to(&server, &client, &mut provider, said).await;
    assert_eq!(
        (&reply["status"], &reply["content"]),
        (&json!("COMPLETED"), &json!("a\u{fffd}\u{fffd}\u{fffd}\t\u{fffd}b"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unstreamed_answers_and_errors_are_accepted() {
    let mut provider = Provider::start().await;
    let server = server(Kind::Sqlite, &provider).await;
    let client = server.register().await;
    let whole = json!({ "object": "chat.completion", "choices": [{ "message": { "role": "assistant", "content": "whole" },
        "finish_reason": "length" }], "usage": { "prompt_tokens": 2, "completion_tokens": 3 } });
    for (document, expected) in [
        (whole, ["COMPLETED", "whole", "LENGTH", ""]),
        (json!({ "error": { "message": "no", "code": 503 } }), ["FAILED", "", "", "PROVIDER_UNAVAILABLE"]),
        (
            json!({ "error": { "message": "no", "type": "invalid_request_error" } }),
            ["FAILED", "", "", "PROVIDER_REJECTED"],
        ),
    ] {
        let sent = client.send(json!({ "content": "Hi" })).await;
        provider.call().await.respond(axum::Json(&document));
        let reply = stored(&server, &client, &sent).await;
        let found = [&reply["status"], &reply["content"], &reply["finishReason"], &reply["error"]["code"]];
        assert_eq!(found.map(|value| value.as_str().unwrap_or_default()), expected, "{document}");
        assert!(provider.is_idle(), "the request was repeated: {document}");
    }
}

on_both_databases! {
    async fn an_error_within_an_answer_fails_the_reply_and_keeps_its_text(kind) {
        let mut provider = Provider::start().await;
        let server = server(kind, &provider).await;
        let client = server.register().await;
        for (error, code) in [
            ("data: {\"error\":{\"message\":\"x\",\"type\":\"server_error\"}}\n\n", "PROVIDER_UNAVAILABLE"),
            ("data: {\"error\":\"x\"}\n\n", "PROVIDER_UNAVAILABLE"),
            ("data: [{\"error\":{\"code\":500,\"message\":\"x\",\"status\":\"INTERNAL\"}}]\n\n", "PROVIDER_UNAVAILABLE"),
            ("event: error\ndata: {\"message\":\"x\"}\n\n", "PROVIDER_UNAVAILABLE"),
            ("event: error\ndata: x\n\n", "PROVIDER_UNAVAILABLE"),
            ("data: {\"message\":\"x\",\"code\":\"overloaded\"}\n\n", "PROVIDER_UNAVAILABLE"),
            ("data: {\"object\":\"error\",\"message\":\"x\",\"code\":400}\n\n", "PROVIDER_REJECTED"),
            ("data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}\n\n", "PROVIDER_UNAVAILABLE"),
            ("data: {\"detail\":\"x\"}\n\n", "PROVIDER_UNAVAILABLE"),
            ("{\"error\":{\"message\":\"x\",\"code\":400}}\n", "PROVIDER_REJECTED"),
            ("data: {\"choices\":[{\"error\":{\"code\":502,\"message\":\"x\"},\"finish_reason\":\"error\"}]}\n\n", "PROVIDER_UNAVAILABLE"),
            ("data: {\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n", "PROVIDER_UNAVAILABLE"),
        ] {
            let reply = reply_to(&server, &client, &mut provider, format!("{}{error}{DONE}", chunk("half"))).await;
            assert_eq!((&reply["status"], &reply["content"]), (&json!("FAILED"), &json!("half")), "{error}");
            assert_eq!(reply["error"]["code"], code, "{error}");
        }
    }

    async fn the_end_of_an_answer_determines_the_replys_status(kind) {
        let mut provider = Provider::start().await;
        let server = server(kind, &provider).await;
        let client = server.register().await;
        let role = choice(json!({ "delta": { "role": "assistant", "content": "" } }));
        let thought = choice(json!({ "delta": { "reasoning_content": "hm" } }));
        let refusal = choice(json!({ "delta": { "content": null, "refusal": "I cannot." } }));
        let call = choice(json!({ "delta": { "tool_calls": [{ "index": 0, "id": "1", "function": { "name": "f" } }] } }));
        let tools = choice(json!({ "delta": {}, "finish_reason": "tool_calls" }));
        let length = choice(json!({ "delta": {}, "finish_reason": "length" }));
        for (said, expected) in [
            ([&*chunk("a"), STOP, DONE], "COMPLETED a STOP"),
            ([&*chunk("a"), "", DONE], "FAILED a PROVIDER_UNAVAILABLE"),
            ([&*chunk("a"), "", ""], "FAILED a PROVIDER_UNAVAILABLE"),
            (["", "", DONE], "FAILED  EMPTY"),
            ([&*role, "", DONE], "FAILED  EMPTY"),
            ([&*role, "", ""], "FAILED  EMPTY"),
            ([&*role, STOP, DONE], "FAILED  EMPTY"),
            ([&*thought, STOP, DONE], "FAILED  EMPTY"),
            ([&*thought, &*length, DONE], "FAILED  EMPTY"),
            ([&*chunk("<think>hm"), STOP, DONE], "FAILED  EMPTY"),
            ([&*chunk(" \n\t"), STOP, DONE], "FAILED  \n\t EMPTY"),
            ([&*refusal, STOP, DONE], "COMPLETED I cannot. CONTENT_FILTER"),
            ([&*call, &*tools, DONE], "FAILED  PROVIDER_REJECTED"),
            ([&*call, "", DONE], "FAILED  PROVIDER_REJECTED"),
            (["<html>\n", "<body>\n", ""], "FAILED  PROVIDER_UNAVAILABLE"),
        ] {
            let reply = reply_to(&server, &client, &mut provider, said.concat()).await;
            let why = reply["finishReason"].as_str().or(reply["error"]["code"].as_str()).unwrap_or_default();
            let found = format!("{} {} {why}", reply["status"].as_str().unwrap(), reply["content"].as_str().unwrap());
            assert_eq!(found, expected, "{said:?}");
        }
    }
}
