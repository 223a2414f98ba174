//! What a client may learn of a failure: one error, each kind with a stable code.
//!
//! Whatever went wrong inside is [`Error::Internal`]: its cause is logged once, where the answer is made (see
//! [`crate::graphql::answer`]), and the client is told a request id and nothing else.

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

    /// The stable code that clients tell errors apart by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated(_) => "UNAUTHENTICATED",
            Self::Forbidden(_) => "FORBIDDEN",
            Self::NotFound(_) => "NOT_FOUND",
            Self::BadUserInput { .. } => "BAD_USER_INPUT",
            Self::Conflict(_) => "CONFLICT",
            Self::RateLimited { .. } => "RATE_LIMITED",
            Self::Internal(_) => "INTERNAL",
        }
    }
}

impl From<store::Error> for Error {
    fn from(cause: store::Error) -> Self {
        match cause {
            // A token outlives its account for a moment; whatever it is to write belongs to nobody then.
            store::Error::Orphan => Self::Unauthenticated("the account is gone"),
            cause => Self::internal(cause),
        }
    }
}
