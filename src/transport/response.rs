//! HTTP responses to GraphQL requests (GraphQL over HTTP, "Response").

use super::negotiation::ResponseFormat;
use crate::{
    error::{Code, Error},
    graphql::execution::{
        response,
        service::{Executed, Refused},
    },
};
use async_graphql::{self as graphql, Value};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::{collections::BTreeMap, mem};

/// The body of a response. It has no `data` if nothing was executed (GraphQL specification, "Response Format").
#[derive(Serialize)]
pub struct ResponseBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [graphql::ServerError],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: &'a BTreeMap<String, Value>,
}

impl<'a> ResponseBody<'a> {
    /// Creates the body of a response.
    pub fn new(response: &'a graphql::Response) -> Self {
        Self {
            data: (!nothing_executed(response)).then_some(&response.data),
            errors: &response.errors,
            extensions: &response.extensions,
        }
    }
}

/// Whether the errors are request errors, so that nothing was executed.
pub fn nothing_executed(response: &graphql::Response) -> bool {
    response.data == Value::Null && response.errors.iter().any(|error| error.path.is_empty())
}

/// The response to an operation that was executed, with the cookies that it sets.
pub fn executed(format: ResponseFormat, executed: Executed) -> Response {
    let Executed { mut response, single } = executed;
    let cookies = mem::take(&mut response.http_headers);
    // If the only root field failed and a retry may succeed, proxies and clients should see 429 or 503.
    let mut http = match response::retry_after(&response).filter(|_| single) {
        Some((code, seconds)) => with_retry_after(write(format, status(code), &response), seconds),
        None => write(format, StatusCode::OK, &response),
    };
    http.headers_mut().extend(cookies);
    http
}

/// The response to a request of which nothing was executed.
///
/// In the format `application/json` the response to an invalid document has status 200, as clients expect (GraphQL over
/// HTTP, "application/json").
pub fn refused(format: ResponseFormat, refused: &Refused) -> Response {
    let status = match (format, refused.code) {
        (
            ResponseFormat::Json,
            Code::GraphqlParseFailed | Code::GraphqlValidationFailed | Code::PersistedQueryNotSupported,
        ) => StatusCode::OK,
        (_, code) => status(code),
    };
    let mut http = write(format, status, &refused.response);
    let headers = http.headers_mut();
    match refused.code {
        Code::Unauthenticated => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Code::MethodNotAllowed => {
            headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
        }
        _ => {}
    }
    match response::retry_after(&refused.response) {
        Some((_, seconds)) => with_retry_after(http, seconds),
        None => http,
    }
}

/// The response to a request that was rejected with this error.
pub fn error(format: ResponseFormat, error: &Error, request_id: &str) -> Response {
    refused(format, &Refused::new(error, request_id))
}

/// The response after a handler panicked. The panic hook has already logged the panic.
pub fn panicked(format: ResponseFormat, request_id: &str) -> Response {
    error(format, &Error::internal("a handler panicked"), request_id)
}

/// The HTTP status of a code.
pub fn status(code: Code) -> StatusCode {
    StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Replaces the status of a response.
pub fn with_status(status: StatusCode, mut response: Response) -> Response {
    *response.status_mut() = status;
    response
}

/// The response to a request that accepts none of the supported media types.
pub fn not_acceptable() -> Response {
    let message =
        "`Accept` must allow application/graphql-response+json, application/json or text/event-stream.\n";
    (StatusCode::NOT_ACCEPTABLE, message).into_response()
}

/// Adds the header `Retry-After` (RFC 9110, section 10.2.3).
fn with_retry_after(mut response: Response, seconds: u64) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}

fn write(format: ResponseFormat, status: StatusCode, response: &graphql::Response) -> Response {
    match serde_json::to_vec(&ResponseBody::new(response)) {
        Ok(body) => {
            let headers =
                [(header::CONTENT_TYPE, format.content_type()), (header::CACHE_CONTROL, "no-store")];
            (status, headers, body).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a response could not be serialized");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
