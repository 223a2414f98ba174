//! Decodes a GraphQL request from an HTTP body or from the parameters of a GET request (GraphQL over HTTP, "Request").
//!
//! The text of an [`Err`] continues a sentence that begins with "The request".

use crate::graphql::execution::request::Request;
use axum::{
    extract::{Query, rejection::QueryRejection},
    http::{HeaderMap, header},
};
use serde::{Deserialize, de::DeserializeOwned};

/// The query parameters of a GET request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
    document_id: Option<String>,
}

impl Parameters {
    /// Whether the request names no document.
    pub fn is_empty(parameters: &Result<Query<Self>, QueryRejection>) -> bool {
        parameters.as_ref().is_ok_and(|Query(parameters)| {
            [&parameters.query, &parameters.document_id, &parameters.extensions]
                .iter()
                .all(|one| one.is_none())
        })
    }

    /// Decodes the parameters. An empty parameter counts as absent; `variables` and `extensions` are JSON.
    pub fn decode(parameters: Result<Query<Self>, QueryRejection>) -> Result<Request, &'static str> {
        let Query(mut parameters) = parameters.map_err(|_| "must have each parameter at most once.")?;
        let variables = json(parameters.variables.take()).ok_or("must have a JSON object as `variables`.")?;
        let extensions =
            json(parameters.extensions.take()).ok_or("must have a JSON object as `extensions`.")?;
        let Self { query, operation_name, document_id, .. } = parameters;
        Request::new(query, operation_name, variables, extensions, document_id)
            .ok_or("must have the parameter `query`, or the ID of a trusted document.")
    }
}

/// Decodes a parameter that holds JSON; `None` if it cannot be decoded.
fn json<T: Default + DeserializeOwned>(parameter: Option<String>) -> Option<T> {
    match parameter.filter(|text| !text.is_empty()) {
        Some(text) => serde_json::from_str(&text).ok(),
        None => Some(T::default()),
    }
}

/// Decodes the body of a POST request. It must be UTF-8; a byte order mark is skipped (RFC 8259, section 8.1).
pub fn parse(body: &[u8]) -> Result<Request, &'static str> {
    let malformed = "must be a JSON object with `query` (a string) or `documentId`. `operationName` must be a string. \
                     `variables` and `extensions` must be objects.";
    // serde_json alone would accept invalid UTF-8 in fields that it ignores.
    let body = str::from_utf8(body).map_err(|_| malformed)?;
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    if body.trim_ascii_start().starts_with('[') {
        return Err("must be one operation. Batches are not supported.");
    }
    let request: Request = serde_json::from_str(body).map_err(|_| malformed)?;
    Ok(Request { bytes: body.len(), ..request })
}

/// Whether the body is declared to be JSON in UTF-8. Parameters other than `charset` make no difference.
pub fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut parts = split_parameters(content_type.unwrap_or_default());
    let is_json =
        parts.next().is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"));
    let mut charsets = parts.filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| unquote(value.trim()))
    });
    is_json && charsets.all(|charset| ["utf-8", "utf8"].iter().any(|utf8| charset.eq_ignore_ascii_case(utf8)))
}

/// Splits a header's value at each `;` that is not within a quoted string (RFC 9110, section 5.6.4).
fn split_parameters(value: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    value.split(move |character| {
        let was_escaped = escaped;
        escaped = quoted && !was_escaped && character == '\\';
        if character == '"' && !was_escaped {
            quoted = !quoted;
        }
        character == ';' && !quoted
    })
}

fn unquote(value: &str) -> &str {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn json_may_have_parameters_but_no_charset_other_than_utf_8() {
        for (content_type, expected) in [
            ("application/json", true),
            ("application/json;", true),
            ("Application/JSON ; ; charset=utf-8 ;", true),
            ("application/json; charset=UTF8", true),
            ("application/json; CharSet=\"Utf-8\"", true),
            ("application/json; profile=\"a; charset=utf-16\"; q", true),
            ("application/json; profile=\"\\\"; charset=utf-16\"", true),
            ("application/json; profile=\"\\\\\"; charset=utf-16", false),
            ("application/json; version=1; charset=latin1", false),
            ("application/json; charset=utf-8; charset=utf-16", false),
            ("application/json; charset = utf-16", false),
            ("application/json; charset=", false),
            ("application/jsonp", false),
            ("application/json, text/plain", false),
            ("text/plain; application/json", false),
            ("; application/json", false),
            ("", false),
        ] {
            let headers =
                HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
            assert_eq!(is_json(&headers), expected, "{content_type}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
