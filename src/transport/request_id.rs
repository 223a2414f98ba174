//! A name for each request, on every line of the log that is written for it and in the answer.

use super::{negotiation::Form, response};
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

/// The request's id, among its extensions. It is ours: a client's would let it write into our log.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

/// Gives the request its id and a span, and logs what became of it. A panic is answered too.
pub async fn layer(mut request: Request, next: Next) -> Response {
    let id: Arc<str> = format!("{:016x}", rand::random::<u64>()).into();
    let span = tracing::info_span!("request", request_id = &*id, user_id = field::Empty);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    request.extensions_mut().insert(RequestId(id.clone()));
    async move {
        let begun = Instant::now();
        let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        let mut response = answered.unwrap_or_else(|_| response::panicked(Form::Json, &id));
        let (status, ms) = (response.status().as_u16(), begun.elapsed().as_secs_f64() * 1e3);
        if path == "/graphql" {
            tracing::info!(%method, path, status, ms, "answered");
        } else {
            tracing::debug!(%method, path, status, ms, "answered");
        }
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(HEADER, id);
        }
        response
    }
    .instrument(span)
    .await
}
