//! What a model is told before the conversation.

use super::text::checked;
use crate::error::Result;

/// The longest instructions, in Unicode scalar values.
const LENGTH: usize = 10_000;

/// Instructions of 1 to 10,000 characters, without NUL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemPrompt(String);

impl SystemPrompt {
    /// Checks instructions for a model.
    pub fn parse(text: String) -> Result<Self> {
        checked("systemPrompt", text, LENGTH).map(Self)
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
