//! Search queries.

use super::{WordKind, split};
use crate::error::{Error, Result};

/// A query of 1 to 200 Unicode scalar values, with 1 to 8 words. All of its terms must occur in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchQuery(Vec<Term>);

/// A part of a [`SearchQuery`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The normalized word (see [`crate::words`]).
    pub word: String,
    /// Whether words that begin with it match too.
    pub prefix: bool,
}

impl SearchQuery {
    const MAX_LENGTH: usize = 200;
    const MAX_WORDS: usize = 8;
    /// The minimum number of characters of a prefix. Very many words begin with the same letter.
    const MIN_PREFIX: usize = 2;

    /// Parses a query. Its last word matches as a prefix. A run of a script without spaces is one word.
    pub fn parse(text: &str) -> Result<Self> {
        let length = text.chars().take(Self::MAX_LENGTH + 1).count();
        if length == 0 || length > Self::MAX_LENGTH {
            return Err(Error::input("query", format!("must have 1 to {} characters.", Self::MAX_LENGTH)));
        }
        if text.contains('\0') {
            return Err(Error::input("query", "must not contain the character U+0000."));
        }
        let (mut terms, mut count) = (Vec::<Term>::new(), 0);
        let mut last_is_whole = false;
        split(text, |word| {
            let prefix = match word.kind {
                // The pair before it contains it.
                WordKind::End { alone: false } => return true,
                // The word of the index is this character with the next one.
                WordKind::End { alone: true } => true,
                WordKind::Whole | WordKind::Pair { .. } => false,
            };
            count += usize::from(!matches!(word.kind, WordKind::Pair { first: false }));
            last_is_whole = word.kind == WordKind::Whole;
            terms.push(Term { word: word.text, prefix });
            true
        });
        match terms.last_mut() {
            None => return Err(Error::input("query", "must have a letter, a digit or an emoji.")),
            Some(last) if last_is_whole => last.prefix = last.word.chars().count() >= Self::MIN_PREFIX,
            Some(_) => {}
        }
        if count > Self::MAX_WORDS {
            return Err(Error::input("query", format!("must have at most {} words.", Self::MAX_WORDS)));
        }
        let mut distinct = Vec::with_capacity(terms.len());
        for term in terms {
            if !distinct.contains(&term) {
                distinct.push(term);
            }
        }
        Ok(Self(distinct))
    }

    /// The terms: at least one, each once.
    pub fn terms(&self) -> &[Term] {
        &self.0
    }
}

impl Term {
    /// Returns whether the term matches a word of a text.
    pub fn matches(&self, word: &str) -> bool {
        if self.prefix { word.starts_with(&self.word) } else { word == self.word }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    /// The terms as text, with `*` after a prefix.
    fn terms(query: &str) -> String {
        let query = SearchQuery::parse(query).unwrap();
        let terms = query.terms().iter();
        terms
            .map(|term| format!("{}{}", term.word, if term.prefix { "*" } else { "" }))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn the_last_word_matches_as_a_prefix() {
        for (query, expected) in [
            ("Hello Wor", "hello wor*"),
            ("hello w", "hello w"),
            ("a a a", "a"),
            ("東京都", "東京 京都"),
            ("東 x", "東* x"),
            ("hello 京", "hello 京*"),
            ("AND \"OR\" NOT* -near", "and or not near*"),
        ] {
            assert_eq!(terms(query), expected, "{query}");
        }
    }

    #[test]
    fn invalid_queries_are_refused() {
        for query in ["", " ", "?!", "\u{200d}", &"a".repeat(201), "a b c d e f g h i", "a\0b"] {
            assert_eq!(SearchQuery::parse(query).unwrap_err().code(), Code::BadUserInput, "{query:?}");
        }
        SearchQuery::parse("a b c d e f g h").unwrap();
        SearchQuery::parse(&"字".repeat(200)).unwrap();
        assert_eq!(SearchQuery::parse(&"東京都".repeat(66)).unwrap().terms().len(), 3);
    }
}
