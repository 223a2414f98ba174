//! What a client may learn of a failure: one error, each kind with a stable code.
//!
//! Whatever went wrong inside is [`Error::Internal`]: its cause is logged once, where the answer is made (see
//! [`crate::graphql::response`]), and the client is told a request id and nothing else. What only a busy or absent
//! database is to blame for is [`Error::Unavailable`]: the client is told when to retry.

use crate::store;
use std::sync::Arc;

/// Why something asked for was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in, or the token is not good.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// It is known who asks, and they may not.
    #[error("{0}")]
    Forbidden(&'static str),
    /// There is no such thing, or it is a stranger's: that makes no difference.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The input's field is at fault.
    #[error("`{field}` {message}")]
    BadUserInput {
        /// The field or argument, as the schema names it.
        field: &'static str,
        /// What is wrong with it, to be read after its name.
        message: String,
    },
    /// It does not go with what is there already.
    #[error("{0}")]
    Conflict(&'static str),
    /// Too much was asked for in too short a time.
    #[error("{message}")]
    RateLimited {
        /// What there was too much of.
        message: &'static str,
        /// Whole seconds after which it is worth another try.
        retry_after: u64,
    },
    /// The database is busy or away for the moment. The cause is for the log.
    #[error(
        "The server is busy, or its database is away. A mutation may have been executed. Retry after \
         `retryAfter` seconds, with the same `idempotencyKey` if there is one."
    )]
    Unavailable(Arc<dyn std::error::Error + Send + Sync>),
    /// Our fault. The cause is for the log.
    #[error("internal error")]
    Internal(Arc<dyn std::error::Error + Send + Sync>),
}

/// What was asked for, or why not.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An input's field is at fault; the message goes on after the field's name.
    pub fn input(field: &'static str, message: impl Into<String>) -> Self {
        Self::BadUserInput { field, message: message.into() }
    }

    /// Something that must not happen has happened.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into().into())
    }

    /// Something that may well succeed a little later was not done, or not known to be done, in time.
    pub fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(cause.into().into())
    }

    /// The stable code that clients tell errors apart by.
    pub fn code(&self) -> Code {
        match self {
            Self::Unauthenticated(_) => Code::Unauthenticated,
            Self::Forbidden(_) => Code::Forbidden,
            Self::NotFound(_) => Code::NotFound,
            Self::BadUserInput { .. } => Code::BadUserInput,
            Self::Conflict(_) => Code::Conflict,
            Self::RateLimited { .. } => Code::RateLimited,
            Self::Unavailable(_) => Code::Unavailable,
            Self::Internal(_) => Code::Internal,
        }
    }

    /// Whole seconds after which a retry may succeed, where that is known.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after, .. } => Some(*retry_after),
            Self::Unavailable(_) => Some(RETRY_UNAVAILABLE),
            _ => None,
        }
    }
}

/// Seconds after which a database that was busy or away may well answer again.
const RETRY_UNAVAILABLE: u64 = 2;

/// What kind of failure it is: the one place that says what each is called and which HTTP status and which WebSocket
/// close code it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Nobody is signed in, or the access token is invalid.
    Unauthenticated,
    /// The caller may not do this.
    Forbidden,
    /// The object does not exist, or belongs to somebody else.
    NotFound,
    /// The request, or a field of its input, is invalid.
    BadUserInput,
    /// The operation cannot be executed by this HTTP method.
    MethodNotAllowed,
    /// The input contradicts what is stored.
    Conflict,
    /// A limit was exceeded; a retry after some seconds may succeed.
    RateLimited,
    /// The server or its database is busy or away; a retry after some seconds may succeed.
    Unavailable,
    /// A fault of the server.
    Internal,
    /// The document cannot be parsed.
    GraphqlParseFailed,
    /// The document or its variables do not fit the schema, or exceed a limit.
    GraphqlValidationFailed,
    /// The request names a document by a hash that the server does not know.
    PersistedQueryNotSupported,
}

impl Code {
    /// The code as clients see it, in `extensions.code`.
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

    /// The HTTP status of a request that was refused with this code (RFC 9110, section 15).
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

    /// The WebSocket close code where `connection_init` was refused with this code. 1013 makes clients come back.
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
            // A token outlives its account for a moment; whatever it is to write belongs to nobody then.
            store::Error::Orphan => Self::Unauthenticated("the account is gone"),
            cause if cause.is_unavailable() => Self::unavailable(cause),
            cause => Self::internal(cause),
        }
    }
}
