//! The errors that clients see. Each has a stable code.
//!
//! A failure inside the server is an [`Error::Internal`]. Its cause is logged once, when the response is built (see
//! [`crate::graphql::execution::response`]); the client gets only the request ID. If the database is overloaded or
//! unreachable, the error is [`Error::Unavailable`], and the client learns when to retry.

use crate::store;
use std::sync::Arc;

/// The reason why a request failed. Messages are full sentences that end with a period.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The caller is not signed in, or the token is invalid.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The caller is not allowed to do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The object does not exist, or belongs to another user. Callers cannot distinguish the two.
    #[error("The {0} does not exist, or you have no access to it.")]
    NotFound(&'static str),
    /// A field of the input is invalid.
    #[error("`{field}` {message}")]
    BadUserInput {
        /// The name of the field or argument in the schema.
        field: &'static str,
        /// The rest of the sentence that begins with the field's name: "must have 1 to 10,000 characters."
        message: String,
    },
    /// The input contradicts the stored data.
    #[error("{0}")]
    Conflict(&'static str),
    /// The active branch of the conversation ends with another message than the client expects.
    #[error(
        "The conversation has changed: `ifLast` is not its last message. Load the messages after it, then retry."
    )]
    NotLast {
        /// The last message of the branch; `None` if there is none.
        head: Option<store::Id>,
    },
    /// A rate limit or another limit was exceeded.
    #[error("{message}")]
    RateLimited {
        /// The limit that was exceeded.
        message: &'static str,
        /// Whole seconds after which a retry may succeed.
        retry_after: u64,
    },
    /// The database is overloaded or unreachable. The cause is only logged.
    #[error(
        "The server or its database is temporarily unavailable. Retry after `retryAfter` seconds. A mutation may have been \
         executed: repeat it with the same `idempotencyKey`."
    )]
    Unavailable(Arc<dyn std::error::Error + Send + Sync>),
    /// A fault of the server. The cause is only logged.
    #[error("An internal error occurred.")]
    Internal(Arc<dyn std::error::Error + Send + Sync>),
}

/// A result whose error can be shown to clients.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Creates an error for an invalid field. `message` continues the sentence that begins with the field's name.
    pub fn input(field: &'static str, message: impl Into<String>) -> Self {
        Self::BadUserInput { field, message: message.into() }
    }

    /// Creates an error for a fault of the server.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into().into())
    }

    /// Creates an error for a temporary failure. The failed operation may or may not have taken effect.
    pub fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(cause.into().into())
    }

    /// The stable code of this error.
    pub fn code(&self) -> Code {
        match self {
            Self::Unauthenticated(_) => Code::Unauthenticated,
            Self::Forbidden(_) => Code::Forbidden,
            Self::NotFound(_) => Code::NotFound,
            Self::BadUserInput { .. } => Code::BadUserInput,
            Self::Conflict(_) | Self::NotLast { .. } => Code::Conflict,
            Self::RateLimited { .. } => Code::RateLimited,
            Self::Unavailable(_) => Code::Unavailable,
            Self::Internal(_) => Code::Internal,
        }
    }

    /// Whole seconds after which a retry may succeed. `None` if a retry does not help.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after, .. } => Some(*retry_after),
            Self::Unavailable(_) => Some(RETRY_UNAVAILABLE),
            _ => None,
        }
    }
}

/// Seconds after which clients should retry when the database is unavailable.
const RETRY_UNAVAILABLE: u64 = 2;

/// The kind of an error. Its string, HTTP status and WebSocket close code are defined here and nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The caller is not signed in, or the access token is invalid.
    Unauthenticated,
    /// The caller is not allowed to do this.
    Forbidden,
    /// The object does not exist, or belongs to another user.
    NotFound,
    /// The request, or a field of its input, is invalid.
    BadUserInput,
    /// The operation cannot be executed with this HTTP method.
    MethodNotAllowed,
    /// The input contradicts the stored data.
    Conflict,
    /// A limit was exceeded; a retry after some seconds may succeed.
    RateLimited,
    /// The server or its database is temporarily unavailable; a retry after some seconds may succeed.
    Unavailable,
    /// A fault of the server.
    Internal,
    /// The document cannot be parsed.
    GraphqlParseFailed,
    /// The document or its variables do not match the schema, or exceed a limit.
    GraphqlValidationFailed,
    /// The request contains only the hash of a document, and the server does not know it.
    PersistedQueryNotSupported,
}

impl Code {
    /// The value of `extensions.code`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::BadUserInput | Self::MethodNotAllowed => "BAD_USER_INPUT",
            Self::Conflict => "CONFLICT",
            Self::RateLimited => "RATE_LIMITED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::PersistedQueryNotSupported => "PERSISTED_QUERY_NOT_SUPPORTED",
        }
    }

    /// The HTTP status of a request that was rejected with this code (RFC 9110, section 15).
    pub fn http_status(self) -> u16 {
        match self {
            Self::BadUserInput
            | Self::GraphqlParseFailed
            | Self::GraphqlValidationFailed
            | Self::PersistedQueryNotSupported => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict => 409,
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }

    /// The WebSocket close code if `connection_init` was rejected with this code. Clients reconnect after 1013.
    pub fn close_code(self) -> u16 {
        match self {
            Self::RateLimited | Self::Unavailable | Self::Internal => 1013,
            _ => 4403,
        }
    }
}

impl From<store::Error> for Error {
    fn from(cause: store::Error) -> Self {
        match cause {
            // A token can remain valid for a moment after its account was deleted. The insert then has no owner.
            store::Error::Orphan => Self::Unauthenticated("The account has been deleted."),
            cause if cause.is_unavailable() => Self::unavailable(cause),
            cause => Self::internal(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Code::*;

    #[test]
    fn every_code_is_documented_with_its_status() {
        let guide = include_str!("../docs/clients.md");
        for code in [
            Unauthenticated,
            Forbidden,
            NotFound,
            BadUserInput,
            MethodNotAllowed,
            Conflict,
            RateLimited,
            Unavailable,
            Internal,
            GraphqlParseFailed,
            GraphqlValidationFailed,
            PersistedQueryNotSupported,
        ] {
            let row = format!("| `{}` |", code.as_str());
            let row = guide
                .lines()
                .find(|line| line.starts_with(&row))
                .unwrap_or_else(|| panic!("no row for {code:?}"));
            // Domain errors of a field come with status 200.
            let status = if matches!(code, NotFound | Conflict) { 200 } else { code.http_status() };
            assert!(row.contains(&status.to_string()), "{row}");
        }
    }
}
