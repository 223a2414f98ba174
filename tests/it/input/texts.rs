//! Invalid texts, texts that are too long, and values of other types.

use super::{places::places, world::World};
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
        ("too long", long(10_001)),
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
        ("halves the wrong way", br#""\udc00\ud800""#.to_vec()),
        ("an encoded surrogate", b"\"\xed\xa0\x80\"".to_vec()),
        ("overlong UTF-8", b"\"\xc0\xaf\"".to_vec()),
        ("beyond Unicode", b"\"\xf4\x90\x80\x80\"".to_vec()),
        ("half an escape", br#""\u00""#.to_vec()),
        ("no end", b"\"a".to_vec()),
        ("too large", format!("\"{}\"", "a".repeat(3_000_000)).into()),
    ]
}

on_both_databases! {
    async fn no_text_that_is_none_comes_in_anywhere(kind) {
        let world = World::new(kind).await;
        for place in places(&world).await.iter().filter(|place| place.scalar != "Int") {
            let before = world.stored().await;
            for (what, value) in hostile(&place.scalar) {
                for (how, request) in place.requests(&value) {
                    let codes = world.heard(place, &request).await;
                    let forgiven = FORGIVING.contains(&place.name.as_str());
                    assert!(!codes.is_empty() || forgiven, "{what} {how} went through: {}", place.name);
                    // Else the request itself would be at fault, and nothing proved.
                    // Otherwise the request itself would be malformed, and prove nothing about this input.
                    assert!(what != "NUL" || understood, "{codes:?}: {}", request.escape_ascii());
                }
            }
            assert!(world.stored().await == before, "{} was stored", place.name);
            world.is_well().await;
        }
    }

    async fn no_request_that_is_no_text_is_read(kind) {
        let world = World::new(kind).await;
        let places = places(&world).await;
        for operation in ["query", "mutation", "subscription"] {
            let place = places.iter().find(|place| place.operation == operation).expect("each kind takes something");
            for (what, value) in malformed() {
                for (how, request) in place.requests(&value) {
                    assert!(!world.heard(place, &request).await.is_empty(), "{what} {how} went through: {}", place.name);
                }
            }
        }
        world.is_well().await;
    }

    /// Unusual but valid texts.
    async fn what_is_only_unusual_is_stored_as_it_came(kind) {
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
            let updated = world.client.ask(update, json!({ "id": id, "text": text })).await["data"].take();
            assert_eq!(updated["updateConversation"]["conversation"], json!({ "title": text, "systemPrompt": text }));
        }
        let log_in = "mutation($input: LogInInput!) { logIn(input: $input) { user { email } } }";
        world.client.data(log_in, json!({ "input": { "email": world.client.email, "password": PASSWORD } })).await;
    }
}
