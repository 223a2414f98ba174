//! The last step of every answer: each error gets its code, and nothing inside is told to anybody.

use crate::{
    error::{Code, Error},
    throttle::Cost,
};
use async_graphql::{ErrorExtensionValues, PathSegment, Response, ServerError, Value, value};

/// The most errors of one answer. The last of so many tells how many more there were.
const MOST_ERRORS: usize = 50;

/// Puts the errors in order and gives each its `extensions`. `request_id` is what an internal error is found by in the
/// log, where this writes its cause.
pub fn finish(mut response: Response, request_id: &str) -> Response {
    // Fields are executed side by side, so the order in which they fail differs from run to run.
    response.errors.sort_by(|a, b| (&a.locations, path(a)).cmp(&(&b.locations, path(b))));
    cap(&mut response.errors);
    for error in &mut response.errors {
        finish_error(error, request_id);
    }
    response
}

fn path(error: &ServerError) -> Vec<Result<usize, &str>> {
    let segments = error.path.iter().map(|segment| match segment {
        PathSegment::Field(key) => Err(key.as_str()),
        PathSegment::Index(index) => Ok(*index),
    });
    segments.collect()
}

fn cap(errors: &mut Vec<ServerError>) {
    let more = errors.len().saturating_sub(MOST_ERRORS - 1);
    if more > 1 {
        errors.truncate(MOST_ERRORS);
        // It keeps its path and its code: the answer's status depends on them.
        if let Some(last) = errors.last_mut() {
            last.message = format!("and {more} more errors");
            last.locations.clear();
        }
    }
}

fn finish_error(error: &mut ServerError, request_id: &str) {
    let mut extensions = error.extensions.take().unwrap_or_default();
    if extensions.get("code").is_none() {
        match error.source::<Error>() {
            Some(ours) => {
                extensions.set("code", ours.code().as_str());
                describe(ours, &mut extensions, request_id);
            }
            // The executor's own: before anything was resolved it is validation, after that a value did not fit.
            None if error.path.is_empty() => extensions.set("code", Code::GraphqlValidationFailed.as_str()),
            None => extensions.set("code", Code::BadUserInput.as_str()),
        }
    }
    error.source = None;
    error.extensions = Some(extensions);
}

fn describe(error: &Error, extensions: &mut ErrorExtensionValues, request_id: &str) {
    match error {
        Error::BadUserInput { field, .. } => extensions.set("field", *field),
        Error::Internal(cause) => {
            tracing::error!(request_id, error = %cause, "internal error");
            extensions.set("requestId", request_id);
        }
        Error::Unavailable(cause) => tracing::warn!(request_id, error = %cause, "unavailable"),
        Error::Unauthenticated(_)
        | Error::Forbidden(_)
        | Error::NotFound(_)
        | Error::Conflict(_)
        | Error::RateLimited { .. } => {}
    }
    if let Some(seconds) = error.retry_after() {
        extensions.set("retryAfter", seconds);
    }
}

/// Tells what the operation cost, if that is wanted: `extensions.cost`. What is not limited is null.
pub fn tell_cost(response: &mut Response, cost: Option<Cost>) {
    if let Some(Cost { requested, budget }) = cost {
        let [remaining, limit] = [budget.map(|budget| budget.remaining), budget.map(|budget| budget.limit)];
        let cost = value!({ "requested": requested, "remaining": remaining, "limit": limit });
        response.extensions.insert("cost".into(), cost);
    }
}

/// The code and how many seconds to wait, if an answer is a single error that a retry may avoid, and of nothing below a
/// root field.
pub fn retry_after(response: &Response) -> Option<(Code, u64)> {
    let (Value::Null, [error]) = (&response.data, &response.errors[..]) else { return None };
    let extensions = error.extensions.as_ref().filter(|_| error.path.len() <= 1)?;
    let Value::Number(seconds) = extensions.get("retryAfter")? else { return None };
    let unavailable = extensions.get("code") == Some(&Code::Unavailable.as_str().into());
    let code = if unavailable { Code::Unavailable } else { Code::RateLimited };
    Some((code, seconds.as_u64()?))
}

/// The answer to a request of which nothing was executed.
pub fn refuse(error: &Error, request_id: &str) -> Response {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", error.code().as_str());
    describe(error, &mut extensions, request_id);
    let mut refusal = ServerError::new(error.to_string(), None);
    refusal.extensions = Some(extensions);
    Response::from_errors(vec![refusal])
}
