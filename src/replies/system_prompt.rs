//! What a model is told before the conversation.

use crate::error::{Error, Result};

/// The longest instructions, in Unicode scalar values.
const LENGTH: usize = 10_000;

/// Instructions of 1 to 10,000 characters, without NUL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemPrompt(String);

impl SystemPrompt {
    /// Checks instructions for a model.
    pub fn parse(text: String) -> Result<Self> {
        if text.is_empty() || text.chars().take(LENGTH + 1).count() > LENGTH {
            return Err(Error::input("systemPrompt", format!("must have 1 to {LENGTH} characters")));
        }
        if text.contains('\0') {
            return Err(Error::input("systemPrompt", "must not contain the character NUL"));
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, to be stored.
    pub fn into_string(self) -> String {
        self.0
    }
}
