//! Responses as HTTP carries them (GraphQL over HTTP, "Response").

use super::negotiation::Form;
use crate::{
    error::{Code, Error},
    graphql::{
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

/// A response as it is written: without `data` if nothing was executed (GraphQL specification, "Response Format").
#[derive(Serialize)]
pub struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [graphql::ServerError],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: &'a BTreeMap<String, Value>,
}

impl<'a> Written<'a> {
    /// Borrows from the response what is written of it.
    pub fn new(response: &'a graphql::Response) -> Self {
        Self {
            data: (!nothing_executed(response)).then_some(&response.data),
            errors: &response.errors,
            extensions: &response.extensions,
        }
    }
}

/// Whether the errors are of the request, not of its execution.
pub fn nothing_executed(response: &graphql::Response) -> bool {
    response.data == Value::Null && response.errors.iter().any(|error| error.path.is_empty())
}

/// The response to an operation that was executed, with the cookies it sets.
pub fn executed(form: Form, executed: Executed) -> Response {
    let Executed { mut response, single } = executed;
    let cookies = mem::take(&mut response.http_headers);
    // The only field has failed, and a retry may succeed: proxies and clients know these statuses.
    let mut written = match response::retry_after(&response).filter(|_| single) {
        Some((code, seconds)) => retry_later(write(form, status_of(code), &response), seconds),
        None => write(form, StatusCode::OK, &response),
    };
    written.headers_mut().extend(cookies);
    written
}

/// The response to a request of which nothing was executed.
///
/// In `application/json` a document that is invalid has status 200, as clients of that form expect (GraphQL over HTTP,
/// "application/json").
pub fn refused(form: Form, refused: &Refused) -> Response {
    let status = match (form, refused.code) {
        (
            Form::Json,
            Code::GraphqlParseFailed | Code::GraphqlValidationFailed | Code::PersistedQueryNotSupported,
        ) => StatusCode::OK,
        (_, code) => status_of(code),
    };
    let mut written = write(form, status, &refused.response);
    let headers = written.headers_mut();
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
        Some((_, seconds)) => retry_later(written, seconds),
        None => written,
    }
}

/// The response to a request that was refused with this error.
pub fn refusal(form: Form, error: &Error, request_id: &str) -> Response {
    refused(form, &Refused::new(error, request_id))
}

/// The response where a handler has panicked. The panic hook has logged it.
pub fn panicked(form: Form, request_id: &str) -> Response {
    refusal(form, &Error::internal("a handler panicked"), request_id)
}

/// The status of a code.
pub fn status_of(code: Code) -> StatusCode {
    StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The same response with another status.
pub fn with_status(status: StatusCode, mut response: Response) -> Response {
    *response.status_mut() = status;
    response
}

/// The response to a request that accepts no media type of ours.
pub fn not_acceptable() -> Response {
    let message = "Responses are application/graphql-response+json, application/json or text/event-stream.\n";
    (StatusCode::NOT_ACCEPTABLE, message).into_response()
}

/// Says when to retry (RFC 9110, section 10.2.3).
fn retry_later(mut response: Response, seconds: u64) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}

fn write(form: Form, status: StatusCode, response: &graphql::Response) -> Response {
    match serde_json::to_vec(&Written::new(response)) {
        Ok(body) => {
            (status, [(header::CONTENT_TYPE, form.content_type()), (header::CACHE_CONTROL, "no-store")], body)
                .into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a response could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
