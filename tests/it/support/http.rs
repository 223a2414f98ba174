//! HTTP as it is: statuses, headers and bodies.

use super::soon;
use axum::body::Bytes;
use reqwest::{Client, RequestBuilder, header::HeaderMap, redirect::Policy};
use serde_json::Value;

/// The media types that answers come in.
pub const JSON: &str = "application/json";
pub const GRAPHQL: &str = "application/graphql-response+json";

/// A client that goes where it is sent only when the test says so.
pub fn client() -> Client {
    Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client can be made")
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// The answer to a request.
    pub async fn to(request: RequestBuilder) -> Self {
        let response = soon("an answer", request.send()).await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = soon("the answer's body", response.bytes()).await.expect("it does not break off");
        Self { status, headers, body }
    }

    /// A header's value; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are text"))
    }

    /// The header's values, which may be spread over several lines.
    pub fn lists(&self, name: &str, item: &str) -> bool {
        let lines = self.headers.get_all(name).iter();
        lines
            .flat_map(|line| line.to_str().expect("headers are text").split(','))
            .any(|one| one.trim().eq_ignore_ascii_case(item))
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("it is text")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The answer's one error, nothing having been executed.
    pub fn refusal(&self) -> Value {
        let mut answer = self.json();
        assert_eq!(answer.get("data"), None, "{answer}");
        let errors = answer["errors"].as_array_mut().expect("there are errors");
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors.remove(0)
    }
}
