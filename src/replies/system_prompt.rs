//! The system prompt of a conversation.

use super::text::checked;
use crate::error::Result;

/// Maximum length of a system prompt, in Unicode scalar values.
const MAX_LENGTH: usize = 10_000;

/// A system prompt: 1 to 10,000 Unicode scalar values without NUL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemPrompt(String);

impl SystemPrompt {
    /// Parses a system prompt.
    pub fn parse(text: String) -> Result<Self> {
        checked("systemPrompt", text, MAX_LENGTH).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Converts into the text.
    pub fn into_string(self) -> String {
        self.0
    }
}
