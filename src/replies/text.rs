//! Text as a client may send it.

use crate::error::{Error, Result};

/// Text of 1 to `longest` Unicode scalar values, without NUL, which PostgreSQL cannot keep; else `field` is at fault.
pub(super) fn checked(field: &'static str, text: String, longest: usize) -> Result<String> {
    if text.is_empty() || text.chars().take(longest + 1).count() > longest {
        return Err(Error::input(field, format!("must have 1 to {longest} characters")));
    }
    if text.contains('\0') {
        return Err(Error::input(field, "must not contain the character NUL"));
    }
    Ok(text)
}
