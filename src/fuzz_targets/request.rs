use crate::{graphql::request::Request, transport::request::parse};
use serde::de::IgnoredAny;
use serde_json::Value;

/// The body of a request is taken if, and only if, it is a JSON object with what GraphQL over HTTP asks for. Written
/// anew, it means the same.
pub fn request(input: &[u8]) {
    let read = parse(input).ok();
    let Ok(value) = serde_json::from_slice::<Value>(input) else {
        // What is left aside is only JSON in form: a number in it may be beyond all, a surrogate alone.
        let is_form =
            str::from_utf8(input).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
        assert!(read.is_none() || is_form, "what is no JSON was taken");
        return;
    };
    // Written once more, no key is there twice: what `value` tells is all there is.
    let again = parse(value.to_string().as_bytes()).ok();
    assert_eq!(again.is_some(), is_request(&value), "{value}");
    if let (Some(read), false) = (&read, has_fractions(&value)) {
        assert!(again.is_some_and(|again| same(read, &again)), "{value}");
    }
}

/// GraphQL over HTTP, "Request Parameters".
pub(super) fn is_request(value: &Value) -> bool {
    let Value::Object(request) = value else { return false };
    let is_string = |value: &Value| value.is_null() || value.is_string();
    let persisted = value.pointer("/extensions/persistedQuery").is_some_and(Value::is_string)
        || value.pointer("/extensions/persistedQuery/sha256Hash").is_some_and(Value::is_string);
    let named = ["query", "documentId", "doc_id"];
    // One name of the id or the other.
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
        && one.variables.cut == other.variables.cut
        && one.extensions.cost == other.extensions.cost
}

/// A number with a fraction may lose its last bit each time it is read.
pub(super) fn has_fractions(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_fractions),
        Value::Object(fields) => fields.values().any(has_fractions),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}
