use super::request::{has_fractions, is_request, same};
use crate::transport::websocket::messages::{
    FromClient, InitPayload, LONGEST_ID, LONGEST_PING, LONGEST_SHORT, ToClient,
};
use axum::extract::ws::Message;
use serde::de::IgnoredAny;
use serde_json::{Value, json, value::RawValue};

/// A message is taken if, and only if, it is one of the protocol's. Written anew, it means the same; and a ping is
/// answered with its own payload.
pub fn socket(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let read = FromClient::read(text);
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        // A part that is not decoded, or that only fails its operation, is JSON in form.
        let is_form = serde_json::from_str::<IgnoredAny>(text).is_ok();
        assert!(read.is_none() || is_form, "what is not JSON was taken");
        return;
    };
    // Written once more, no key is there twice: what `value` tells is all there is.
    let again = FromClient::read(&value.to_string());
    assert_eq!(again.is_some(), is_message(&value), "{value}");
    let Some(read) = read.filter(|_| !has_fractions(&value)) else { return };
    let again = again.unwrap_or_else(|| panic!("taken once only: {value}"));
    assert!(same_message(&read, &again), "{value}");
    if let FromClient::Ping { payload } = read {
        let expected = match &payload {
            Some(payload) => json!({ "type": "pong", "payload": decoded(payload) }),
            None => json!({ "type": "pong" }),
        };
        let Message::Text(pong) = (ToClient::Pong { payload }).write() else { panic!("a pong is text") };
        assert_eq!(serde_json::from_str::<Value>(&pong).expect("JSON is written"), expected);
    }
}

/// <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>, "Message types", null being as good as nothing.
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

/// The header's name may be written in two ways, but not in both at once.
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
