//! The text of a user's message.

use super::text::checked;
use crate::{
    error::{Error, Result},
    unicode::{is_visible, truncate},
};

/// Maximum length of a derived title, in Unicode scalar values.
const TITLE_LENGTH: usize = 80;

/// A user's message: Unicode scalar values without NUL, not all of them white space. A setting limits the length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content(String);

impl Content {
    /// Parses the text of a message of at most `max_length` Unicode scalar values.
    pub fn parse(text: String, max_length: usize) -> Result<Self> {
        let text = checked("content", text, max_length)?;
        // Many models reject a prompt with a blank message, so one such message would make the conversation unusable.
        match text.trim().is_empty() {
            true => Err(Error::input("content", "must not be blank.")),
            false => Ok(Self(text)),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text.
    pub fn into_string(self) -> String {
        self.0
    }

    /// The title of a conversation that begins with this message: the first visible line, cut between words if long.
    pub fn title(&self) -> String {
        let line = self.0.lines().find(|line| is_visible(line)).unwrap_or("…");
        let words: Vec<&str> = line.split_whitespace().collect();
        let line = words.join(" ");
        let kept = truncate(&line, TITLE_LENGTH);
        if kept.len() == line.len() {
            return line;
        }
        let words = kept.rsplit_once(' ').map(|(words, _)| words).filter(|words| is_visible(words));
        format!("{}…", words.unwrap_or(kept))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: impl Into<String>) -> Result<Content> {
        Content::parse(text.into(), 10_000)
    }

    #[test]
    fn the_length_is_counted_in_scalar_values() {
        assert!(content("").is_err());
        assert!(content("🦀".repeat(10_000)).is_ok());
        assert!(content("🦀".repeat(10_001)).is_err());
        assert!(content("a\0b").is_err());
        assert!(content(" \n\t\u{2003}").is_err(), "blank");
    }

    #[test]
    fn the_title_is_the_first_line_cut_at_a_word() {
        assert_eq!(content("\n  What is   it?\nReally?").unwrap().title(), "What is it?");
        assert_eq!(content("\u{200b}\n").unwrap().title(), "…");
        let long = content("seventeen letters ".repeat(10)).unwrap().title();
        assert!(long.ends_with("letters…") || long.ends_with("seventeen…"), "{long}");
        assert_eq!(content("🦀".repeat(200)).unwrap().title().chars().count(), TITLE_LENGTH + 1);
    }
}
