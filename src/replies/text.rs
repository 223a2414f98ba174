//! The checks that messages and system prompts share.

use crate::error::{Error, Result};

/// Accepts text of 1 to `max_length` Unicode scalar values without NUL, which PostgreSQL cannot store.
///
/// Otherwise the error names `field`.
pub(super) fn checked(field: &'static str, text: String, max_length: usize) -> Result<String> {
    if text.is_empty() || text.chars().take(max_length + 1).count() > max_length {
        return Err(Error::input(field, format!("must have 1 to {max_length} characters.")));
    }
    if text.contains('\0') {
        return Err(Error::input(field, "must not contain the character NUL (U+0000)."));
    }
    Ok(text)
}
