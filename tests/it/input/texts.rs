//! Invalid texts, texts that are too long, and values of other types.

use super::{targets::targets, world::World};
use crate::support::{PASSWORD, on_both_databases};
use serde_json::json;

/// Inputs that accept any text: signing out with an unknown token does nothing.
const FORGIVING: [&str; 1] = ["LogOutInput.refreshToken"];

/// Returns values that each input must refuse itself.
fn hostile(scalar: &str) -> Vec<(&'static str, Vec<u8>)> {
    let long = |letters: usize| format!("\"{}\"", "a".repeat(letters)).into_bytes();
    let mut hostile = vec![
        ("NUL", br#""a\u0000b""#.to_vec()),
        ("half a pair", br#""\ud800""#.to_vec()),
        ("no UTF-8", b"\"\xff\xfe\"".to_vec()),
        ("too long", long(32_001)),
        ("very long", long(200_000)),
        ("a fraction", b"1.5".to_vec()),
        ("a list", b"[[\"a\"]]".to_vec()),
        ("an object", b"{}".to_vec()),
    ];
    if scalar == "String" {
        hostile.push(("a number", b"5".to_vec()));
    }
    hostile
}

/// Returns values that make the whole request malformed.
fn malformed() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("halves the wrong enclosing_selections", br#""\udc00\ud800""#.to_vec()),
        ("an encoded surrogate", b"\"\xed\xa0\x80\"".to_vec()),
        ("overlong UTF-8", b"\"\xc0\xaf\"".to_vec()),
        ("beyond Unicode", b"\"\xf4\x90\x80\x80\"".to_vec()),
        ("half an escape", br#""\u00""#.to_vec()),
        ("no end", b"\"a".to_vec()),
        ("too large", format!("\"{}\"", "a".repeat(3_000_000)).into()),
    ]
}

on_both_databases! {
    async fn invalid_texts_are_refused_everywhere(kind) {
        let world = World::new(kind).await;
        for target in targets(&world).await.iter().filter(|target| ["String", "ID"].contains(&&*target.scalar)) {
            let before = world.stored().await;
            for (what, value) in hostile(&target.scalar) {
                for (how, request) in target.requests(&value) {
                    let codes = world.error_codes(target, &request).await;
                    let forgiven = FORGIVING.contains(&target.name.as_str());
                    assert!(!codes.is_empty() || forgiven, "{what} {how} went through: {}", target.name);
                    // Otherwise the request itself would be malformed, and prove nothing about this input.
                    let understood = codes.iter().all(|code| !code.starts_with("GRAPHQL"));
                    assert!(what != "NUL" || understood, "{codes:?}: {}", request.escape_ascii());
                }
            }
            assert!(world.stored().await == before, "{} was stored", target.name);
            world.assert_healthy().await;
        }
    }

    async fn malformed_json_strings_are_refused(kind) {
        let world = World::new(kind).await;
        let targets = targets(&world).await;
        for operation in ["query", "mutation", "subscription"] {
            let target = targets.iter().find(|target| target.operation == operation).expect("each kind takes something");
            for (what, value) in malformed() {
                for (how, request) in target.requests(&value) {
                    assert!(!world.error_codes(target, &request).await.is_empty(), "{what} {how} went through: {}", target.name);
                }
            }
        }
        world.assert_healthy().await;
    }

    /// Unusual but valid texts.
    async fn unusual_texts_are_stored_unchanged(kind) {
        let world = World::new(kind).await;
        let send = "mutation($content: String!, $id: ID!) { sendMessage(input: { content: $content, conversationId: $id }) {
            message { content } } }";
        let update = "mutation($id: ID!, $text: String!) {
            updateConversation(input: { id: $id, title: $text, systemPrompt: $text }) { conversation { title systemPrompt } } }";
        let id = &world.own["conversation"];
        for text in [
            "\u{202e}txet desrever\u{202c}", "\u{200f}שלום\u{200e} world", "👩‍👩‍👧‍👦 🏳️‍🌈", "Z\u{351}\u{30b}a\u{335}lgo", "a\u{feff}b",
            "\u{fffd}\u{fffe}\u{10ffff}", "'; DROP TABLE users; --", "\\u0000 %00 \\0", "<script>alert(1)</script>", "a\r\n\tb\u{7f}\u{1b}[31m",
        ] {
            let sent = world.client.data(send, json!({ "content": text, "id": id })).await;
            assert_eq!(sent["sendMessage"]["message"]["content"], text);
            if text.contains('\n') {
                continue; // a title has only one line
            }
            let updated = world.client.execute(update, json!({ "id": id, "text": text })).await["data"].take();
            assert_eq!(updated["updateConversation"]["conversation"], json!({ "title": text, "systemPrompt": text }));
        }
        let log_in = "mutation($input: LogInInput!) { logIn(input: $input) { user { email } } }";
        world.client.data(log_in, json!({ "input": { "email": world.client.email, "password": PASSWORD } })).await;
    }
}
