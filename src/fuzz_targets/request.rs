use crate::{graphql::execution::request::Request, transport::request::parse};
use serde::de::IgnoredAny;
use serde_json::Value;

/// The body of a request is accepted exactly if it is a JSON object that GraphQL over HTTP allows. Serializing its JSON
/// again does not change its meaning.
pub fn request(input: &[u8]) {
    let parsed = parse(input).ok();
    let Ok(value) = serde_json::from_slice::<Value>(input) else {
        // Ignored fields are only checked to be JSON. They may have a number out of range or a lone surrogate.
        let is_json =
            str::from_utf8(input).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
        assert!(parsed.is_none() || is_json, "accepted a body that is not JSON");
        return;
    };
    // Serializing `value` removes duplicate keys.
    let reparsed = parse(value.to_string().as_bytes()).ok();
    assert_eq!(reparsed.is_some(), is_request(&value), "{value}");
    if let (Some(parsed), false) = (&parsed, has_fractions(&value)) {
        assert!(reparsed.is_some_and(|reparsed| same(parsed, &reparsed)), "{value}");
    }
}

/// Whether the value is a request according to GraphQL over HTTP, "Request Parameters".
pub(super) fn is_request(value: &Value) -> bool {
    let Value::Object(request) = value else { return false };
    let is_string = |value: &Value| value.is_null() || value.is_string();
    let persisted = value.pointer("/extensions/persistedQuery").is_some_and(Value::is_string)
        || value.pointer("/extensions/persistedQuery/sha256Hash").is_some_and(Value::is_string);
    let named = ["query", "documentId", "doc_id"];
    // The document ID has two names, of which a request may use one.
    !(request.contains_key("documentId") && request.contains_key("doc_id"))
        && named.iter().all(|name| request.get(*name).is_none_or(is_string))
        && (persisted || named.iter().any(|name| request.get(*name).is_some_and(Value::is_string)))
        && request.get("operationName").is_none_or(|name| name.is_null() || name.is_string())
        && ["variables", "extensions"]
            .iter()
            .all(|name| request.get(*name).is_none_or(|value| value.is_null() || value.is_object()))
}

pub(super) fn same(one: &Request, other: &Request) -> bool {
    one.document == other.document
        && one.operation_name == other.operation_name
        && one.variables.variables == other.variables.variables
        && one.variables.truncated == other.variables.truncated
        && one.extensions.cost == other.extensions.cost
}

/// Whether the value has a number with a fraction, which may lose its last bit each time it is parsed.
pub(super) fn has_fractions(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_fractions),
        Value::Object(fields) => fields.values().any(has_fractions),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}
