//! Plain HTTP: statuses, headers and bodies.

use super::wait_for;
use axum::body::Bytes;
use reqwest::{Client, RequestBuilder, header::HeaderMap, redirect::Policy};
use serde_json::Value;

/// The media types of answers.
pub const JSON: &str = "application/json";
pub const GRAPHQL: &str = "application/graphql-response+json";

/// Returns a client that does not follow redirects.
pub fn client() -> Client {
    Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client can be made")
}

/// An HTTP response with its body.
#[derive(Debug)]
pub struct HttpResponse {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl HttpResponse {
    /// Sends a request and reads the whole response.
    pub async fn to(request: RequestBuilder) -> Self {
        let response = wait_for("an answer", request.send()).await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = wait_for("the answer's body", response.bytes()).await.expect("the body is complete");
        Self { status, headers, body }
    }

    /// Returns a header's value; empty if the header is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are text"))
    }

    /// Returns whether a header's list, which may span several lines, contains an item.
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

    /// Returns the only error of a refused request, for which nothing was executed.
    pub fn refusal(&self) -> Value {
        let mut answer = self.json();
        assert_eq!(answer.get("data"), None, "{answer}");
        let errors = answer["errors"].as_array_mut().expect("there are errors");
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors.remove(0)
    }
}
