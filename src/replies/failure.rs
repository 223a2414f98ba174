//! The failures of replies, as clients see them.

use crate::assistant::{AssistantError, AssistantErrorKind};

/// The stable code of a failure: `ReplyError.code` in the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureCode {
    /// The provider could not be reached, was overloaded, or ended its answer early.
    ProviderUnavailable,
    /// The provider rejected the request.
    ProviderRejected,
    /// The prompt has more tokens than the model's context allows.
    ContextTooLong,
    /// The model returned no text.
    Empty,
    /// The provider sent nothing for too long, or the model reasoned for too long.
    Timeout,
    /// The reply was taken over too often.
    Interrupted,
    /// The server failed.
    Internal,
}

impl FailureCode {
    /// The code, as in `ReplyError.code`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProviderUnavailable => "PROVIDER_UNAVAILABLE",
            Self::ProviderRejected => "PROVIDER_REJECTED",
            Self::ContextTooLong => "CONTEXT_TOO_LONG",
            Self::Empty => "EMPTY",
            Self::Timeout => "TIMEOUT",
            Self::Interrupted => "INTERRUPTED",
            Self::Internal => "INTERNAL",
        }
    }
}

/// Why a reply failed, as the user sees it.
pub struct Failure {
    /// The stable error code.
    pub code: FailureCode,
    /// A sentence for the user.
    pub message: String,
    /// The provider's own message.
    pub details: Option<String>,
}

impl From<AssistantError> for Failure {
    fn from(error: AssistantError) -> Self {
        let code = match error.kind {
            AssistantErrorKind::Unavailable => FailureCode::ProviderUnavailable,
            AssistantErrorKind::Rejected => FailureCode::ProviderRejected,
            AssistantErrorKind::ContextTooLong => FailureCode::ContextTooLong,
            AssistantErrorKind::Empty => FailureCode::Empty,
            AssistantErrorKind::Timeout => FailureCode::Timeout,
        };
        Self { code, message: error.message, details: error.details }
    }
}

impl Failure {
    /// Creates a failure without details.
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: None }
    }

    /// The failure of a reply whose server failed.
    pub fn internal() -> Self {
        Self::new(FailureCode::Internal, "The server failed while it was writing this reply.")
    }

    /// The failure of a reply that was taken over too often.
    pub fn interrupted() -> Self {
        Self::new(FailureCode::Interrupted, "The server was interrupted while it was writing this reply.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FailureCode::*;

    #[test]
    fn every_code_is_documented() {
        let schema = include_str!("../../schema.graphql");
        let guide = include_str!("../../docs/clients.md");
        for code in
            [ProviderUnavailable, ProviderRejected, ContextTooLong, Empty, Timeout, Interrupted, Internal]
        {
            let code = code.as_str();
            assert!(schema.contains(&format!("- `{code}`: ")), "schema.graphql lacks {code}");
            assert!(
                guide.contains(&format!("| `{code}` | `message.error` |")),
                "docs/clients.md lacks {code}"
            );
        }
    }
}
