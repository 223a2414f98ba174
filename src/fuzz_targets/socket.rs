use super::request::{has_fractions, is_request, same};
use crate::transport::websocket::messages::{
    FromClient, InitPayload, LONGEST_ID, LONGEST_PING, LONGEST_SHORT, ToClient,
};
use axum::extract::ws::Message;
use serde::de::IgnoredAny;
use serde_json::{Value, json, value::RawValue};

/// A message is accepted exactly if the protocol allows it. Serializing its JSON again does not change its meaning. The
/// pong to a ping has the same payload.
pub fn socket(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let parsed = FromClient::read(text);
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        // Parts that are not decoded, or whose errors fail only the operation, are only checked to be JSON.
        let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
        assert!(parsed.is_none() || is_json, "accepted a message that is not JSON");
        return;
    };
    // Serializing `value` removes duplicate keys.
    let reparsed = FromClient::read(&value.to_string());
    assert_eq!(reparsed.is_some(), is_message(&value), "{value}");
    let Some(parsed) = parsed.filter(|_| !has_fractions(&value)) else { return };
    let reparsed = reparsed.unwrap_or_else(|| panic!("rejected after serializing: {value}"));
    assert!(same_message(&parsed, &reparsed), "{value}");
    if let FromClient::Ping { payload } = parsed {
        let expected = match &payload {
            Some(payload) => json!({ "type": "pong", "payload": decoded(payload) }),
            None => json!({ "type": "pong" }),
        };
        let Message::Text(pong) = (ToClient::Pong { payload }).to_message() else { panic!("a pong is text") };
        assert_eq!(serde_json::from_str::<Value>(&pong).expect("a pong is JSON"), expected);
    }
}

/// Whether the value is a message according to
/// <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>, "Message types". Null counts as absent.
fn is_message(message: &Value) -> bool {
    let (payload, has_id) =
        (&message["payload"], message["id"].as_str().is_some_and(|id| (1..=LONGEST_ID).contains(&id.len())));
    match message["type"].as_str() {
        Some("connection_init") => is_init(payload),
        Some("subscribe") => has_id && is_request(payload),
        _ if message.to_string().len() > LONGEST_SHORT => false,
        Some("complete") => has_id,
        Some("ping") => payload.is_null() || payload.is_object() && payload.to_string().len() <= LONGEST_PING,
        Some("pong") => payload.is_null() || payload.is_object(),
        _ => false,
    }
}

/// The key may be `authorization` or `Authorization`, but not both.
fn is_init(payload: &Value) -> bool {
    let given: Vec<_> =
        ["authorization", "Authorization"].iter().filter_map(|name| payload.get(name)).collect();
    matches!(payload, Value::Null | Value::Object(_))
        && given.len() <= 1
        && given.iter().all(|given| given.is_null() || given.is_string())
}

fn decoded(payload: &RawValue) -> Value {
    serde_json::from_str(payload.get()).expect("the whole message was decoded")
}

fn same_message(one: &FromClient, other: &FromClient) -> bool {
    use FromClient::{Complete, ConnectionInit, Ping, Pong, Subscribe};
    match (one, other) {
        (ConnectionInit { payload: one }, ConnectionInit { payload: other }) => {
            let given = |payload: &Option<InitPayload>| payload.as_ref()?.authorization.clone();
            given(one) == given(other)
        }
        (Subscribe { id: one_id, payload: one }, Subscribe { id: other_id, payload: other }) => {
            one_id == other_id && same(one, other)
        }
        (Complete { id: one }, Complete { id: other }) => one == other,
        (Ping { payload: one }, Ping { payload: other }) => {
            one.as_deref().map(decoded) == other.as_deref().map(decoded)
        }
        (Pong, Pong) => true,
        _ => false,
    }
}
