//! Rate limits. On SQLite they are kept in process, on PostgreSQL in Redis.

mod cost;
mod sends;
mod shared;
mod sign_in;

use crate::support::{Client, HttpResponse, JSON, Kind, Server};
use confab::config::Throttling;
use serde_json::{Value, json};
use std::fmt::Display;

/// Starts a server that trusts the tests' forwarding headers, with these limits.
async fn behind_proxy(kind: Kind, throttling: Throttling) -> Server {
    Server::with(kind, |config| {
        config.trusted_proxies = "127.0.0.1".parse().expect("an address");
        config.throttling = throttling;
    })
    .await
}

/// Returns a random network, because all tests share one Redis.
fn network() -> String {
    let [one, two] = rand::random::<[u16; 2]>();
    format!("2001:{one:x}:{two:x}")
}

/// Executes an operation from this address.
async fn execute_from(
    server: &Server,
    client: &Client,
    from: impl Display,
    query: &str,
    variables: Value,
) -> HttpResponse {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let mut request = server.post().header("content-type", JSON).header("x-forwarded-for", from.to_string());
    if let Some(token) = &client.token {
        request = request.bearer_auth(token);
    }
    HttpResponse::to(request.body(body)).await
}

/// Returns the seconds to wait. The status, the header and the error's extensions must agree.
fn retry_after(answer: &HttpResponse) -> u64 {
    let error = &answer.json()["errors"][0];
    assert_eq!((answer.status, &error["extensions"]["code"]), (429, &json!("RATE_LIMITED")), "{error}");
    let seconds = error["extensions"]["retryAfter"].as_u64().expect("whole seconds");
    assert_eq!(answer.header("retry-after"), seconds.to_string());
    assert!(seconds > 0);
    seconds
}
