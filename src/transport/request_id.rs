//! An ID for each request, which appears in its log lines and in the response.

use super::{negotiation::ResponseFormat, response};
use crate::random;
use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};
use tracing::{Instrument, field};

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The request's ID, in its extensions. An ID from the client is ignored, because clients must not write to the log.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

/// Assigns an ID and a tracing span to the request, and logs the response. A panic becomes an error response.
pub async fn layer(mut request: Request, next: Next) -> Response {
    let id: Arc<str> = format!("{:016x}", u64::from_ne_bytes(random::bytes())).into();
    let span = tracing::info_span!("request", request_id = &*id, user_id = field::Empty);
    let (method, path) = (request.method().clone(), without_ticket(request.uri().path()).to_owned());
    request.extensions_mut().insert(RequestId(id.clone()));
    async move {
        let started = Instant::now();
        let result = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        let mut response = result.unwrap_or_else(|_| response::panicked(ResponseFormat::Json, &id));
        let (status, ms) = (response.status().as_u16(), started.elapsed().as_secs_f64() * 1e3);
        if path == "/graphql" {
            tracing::info!(%method, path, status, ms, "request handled");
        } else {
            tracing::debug!(%method, path, status, ms, "request handled");
        }
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(HEADER, id);
        }
        response
    }
    .instrument(span)
    .await
}

/// The path without the ticket of an import, which must not be in the log.
fn without_ticket(path: &str) -> &str {
    if path.starts_with("/import/") { "/import" } else { path }
}
