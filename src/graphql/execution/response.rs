//! Completion of responses: each error gets its code, and internal causes are removed.

use crate::{
    error::{Code, Error},
    graphql::schema::ids::NodeType,
    throttle::Cost,
};
use async_graphql::{ErrorExtensionValues, PathSegment, Response, ServerError, Value, value};

/// The maximum number of errors in a response. The last of them states how many more there were.
const MAX_ERRORS: usize = 50;

/// Sorts the errors and adds the `extensions` of each. Causes of internal errors are logged with `request_id`.
pub fn finish(mut response: Response, request_id: &str) -> Response {
    // Fields are executed concurrently, so the order in which they fail is not deterministic.
    response.errors.sort_by(|a, b| (&a.locations, path(a)).cmp(&(&b.locations, path(b))));
    limit(&mut response.errors);
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

fn limit(errors: &mut Vec<ServerError>) {
    let more = errors.len().saturating_sub(MAX_ERRORS - 1);
    if more > 1 {
        errors.truncate(MAX_ERRORS);
        // The last error keeps its path and code, because the HTTP status depends on them.
        if let Some(last) = errors.last_mut() {
            last.message = format!("{more} more errors were omitted.");
            last.locations.clear();
        }
    }
}

fn finish_error(error: &mut ServerError, request_id: &str) {
    let mut extensions = error.extensions.take().unwrap_or_default();
    if extensions.get("code").is_none() {
        match error.source::<Error>() {
            Some(error) => {
                extensions.set("code", error.code().as_str());
                describe(error, &mut extensions, request_id);
            }
            // An error of the executor itself. Without a path it is a validation error, with a path an invalid value.
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
        Error::NotLast { head } => {
            let head = head.map(|head| NodeType::Message.id(head).0);
            extensions.set("head", head.map_or(Value::Null, Value::String));
        }
        Error::Internal(cause) => {
            tracing::error!(request_id, error = %cause, "An operation failed with an internal error.");
            extensions.set("requestId", request_id);
        }
        Error::Unavailable(cause) => {
            tracing::warn!(request_id, error = %cause, "The server or its database is unavailable.")
        }
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

/// Adds the cost of the operation as `extensions.cost`, if it was requested. `remaining` and `limit` are `null` if
/// the cost is not limited.
pub fn add_cost(response: &mut Response, cost: Option<Cost>) {
    if let Some(Cost { requested, budget }) = cost {
        let [remaining, limit] = [budget.map(|budget| budget.remaining), budget.map(|budget| budget.limit)];
        let cost = value!({ "requested": requested, "remaining": remaining, "limit": limit });
        response.extensions.insert("cost".into(), cost);
    }
}

/// The code and the number of seconds to wait, if the response is a single error of a root field and a retry may
/// succeed.
pub fn retry_after(response: &Response) -> Option<(Code, u64)> {
    let (Value::Null, [error]) = (&response.data, &response.errors[..]) else { return None };
    let extensions = error.extensions.as_ref().filter(|_| error.path.len() <= 1)?;
    let Value::Number(seconds) = extensions.get("retryAfter")? else { return None };
    let unavailable = extensions.get("code") == Some(&Code::Unavailable.as_str().into());
    let code = if unavailable { Code::Unavailable } else { Code::RateLimited };
    Some((code, seconds.as_u64()?))
}

/// The response to a request that was not executed.
pub fn refuse(error: &Error, request_id: &str) -> Response {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", error.code().as_str());
    describe(error, &mut extensions, request_id);
    let mut rejected = ServerError::new(error.to_string(), None);
    rejected.extensions = Some(extensions);
    Response::from_errors(vec![rejected])
}
