//! Snippets: excerpts of the texts that match a query.

use crate::{
    unicode::truncate,
    words::{self, SearchQuery},
};
use std::ops::Range;

/// The number of characters at the start of a text in which a snippet is looked for.
pub const SCANNED: i32 = 32_768;

/// The number of words in a snippet.
const WORDS: usize = 30;
/// The number of words before the first match.
const WORDS_BEFORE: usize = 5;
/// The maximum length of a snippet, in characters. Words may be very long.
const MAX_LENGTH: usize = 400;
/// The maximum length of the part of a word before punctuation, in bytes.
const MAX_PART: usize = 24;
/// The maximum length of the text before the first match, in characters.
const MAX_BEFORE: usize = 100;

/// A part of a snippet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnippetPart {
    /// The text, with each run of white space replaced by one space.
    pub text: String,
    /// Whether the query matches this part.
    pub matched: bool,
}

/// Returns an excerpt of a text around the words that match a query: about 30 words, where most of the terms occur. If
/// none occurs, it is the beginning of the text. `…` marks text that is left out at either end.
pub fn snippet(text: &str, query: &SearchQuery) -> Vec<SnippetPart> {
    let mut places: Vec<Range<usize>> = Vec::new();
    // The matches: the number of the word and of the term.
    let mut matches: Vec<(usize, usize)> = Vec::new();
    words::split(text, |word| {
        let terms = query.terms().iter().enumerate().filter(|(_, term)| term.matches(&word.text));
        matches.extend(terms.map(|(term, _)| (places.len(), term)));
        places.push(word.range);
        true
    });
    let first = densest(&matches, query.terms().len());
    let start_word = first.map_or(0, |first| first.saturating_sub(WORDS_BEFORE));
    let end_word = places.len().min(start_word + WORDS);
    let mut start = if start_word == 0 { 0 } else { places[start_word].start };
    // Not in the middle of a word with punctuation, such as "I'm".
    let word = text[..start].trim_end_matches(|character: char| !character.is_whitespace()).len();
    if start - word <= MAX_PART {
        start = word;
    }
    if let Some(first) = first.map(|first| places[first].start)
        && text[start..first].chars().count() > MAX_BEFORE
    {
        start = first;
    }
    let end = if end_word == places.len() { text.len() } else { places[end_word - 1].end };
    let end = start + truncate(&text[start..end.max(start)], MAX_LENGTH).len();

    let mut matched: Vec<Range<usize>> = Vec::new();
    for (word, _) in matches {
        let place = places[word].clone();
        match matched.last_mut() {
            _ if place.start < start || place.end > end => {}
            // The pairs of a script without spaces overlap.
            Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
            _ => matched.push(place),
        }
    }
    let mut parts = Vec::new();
    let mut add = |text: String, matched| {
        if !text.is_empty() {
            parts.push(SnippetPart { text, matched });
        }
    };
    let mut at = start;
    let mut lead = if start > 0 { "…" } else { "" };
    for place in matched {
        add(format!("{lead}{}", one_line(&text[at..place.start])), false);
        lead = "";
        add(one_line(&text[place.clone()]), true);
        at = place.end;
    }
    let tail = if end < text.len() { "…" } else { "" };
    add(format!("{lead}{}{tail}", one_line(&text[at..end])), false);
    parts
}

/// Returns the number of the word with which an excerpt with the most distinct terms begins. The first of several equal
/// ones. `None` if nothing matches.
fn densest(matches: &[(usize, usize)], terms: usize) -> Option<usize> {
    let mut best = None;
    let mut most = 0;
    for (place, &(first, _)) in matches.iter().enumerate() {
        let within = matches[place..].iter().take_while(|(word, _)| word - first < WORDS - WORDS_BEFORE);
        let mut seen = vec![false; terms];
        within.for_each(|&(_, term)| seen[term] = true);
        let count = seen.into_iter().filter(|seen| *seen).count();
        if count > most {
            (best, most) = (Some(first), count);
        }
        if most == terms {
            break;
        }
    }
    best
}

/// Replaces each run of white space by one space.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_whitespace() {
            true if line.ends_with(' ') => {}
            true => line.push(' '),
            false => line.push(character),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The parts as text, with brackets around what matches.
    fn shown(text: &str, query: &str) -> String {
        let parts = snippet(text, &SearchQuery::parse(query).unwrap());
        parts
            .iter()
            .map(|part| if part.matched { format!("[{}]", part.text) } else { part.text.clone() })
            .collect()
    }

    #[test]
    fn matches_are_marked() {
        for (text, query, expected) in [
            ("Hello, wide\n\n world!", "world hel", "[Hello], wide [world]!"),
            ("Die Straße, STRASSE", "strasse", "Die [Straße], [STRASSE]"),
            ("私は東京都に住む", "東京都", "私は[東京都]に住む"),
            ("e\u{301}tude", "ET", "[e\u{301}tude]"),
            ("nothing here", "absent", "nothing here"),
            ("a.b", "b", "a.[b]"),
            ("", "x", ""),
            ("I'm sorry that you are lost", "lost", "I'm sorry that you are [lost]"),
            ("Ah. I'm sorry that you are lost", "lost", "…I'm sorry that you are [lost]"),
        ] {
            assert_eq!(shown(text, query), expected);
        }
    }

    #[test]
    fn a_long_text_is_cut_around_the_words_that_match() {
        let words = (0..200).map(|number| format!("w{number}")).collect::<Vec<_>>().join(" ");
        let snippet = shown(&words, "w100 w99");
        assert!(snippet.starts_with("…w94 w95 w96 w97 w98 [w99] [w100] w101"), "{snippet}");
        assert!(snippet.ends_with(" w122 w123…"), "{snippet}");
        // Both terms rather than the first one alone.
        let text = format!("near {words} near far");
        assert!(shown(&text, "near far").ends_with("w199 [near] [far]"));
    }

    #[test]
    fn very_long_words_do_not_make_a_snippet_long() {
        let text = format!("{} hit {}", "a".repeat(9999), "b".repeat(9999));
        let snippet = shown(&text, "hit");
        assert!(snippet.starts_with("…[hit] bbb") && snippet.ends_with("b…"), "{snippet}");
        assert!(snippet.chars().count() < MAX_LENGTH + 10);
    }

    proptest! {
        #[test]
        fn any_text_has_a_snippet(text in "(\\PC|[ab東京ไทย한👩\u{301}\n ]){0,200}", query in "[ab東京ไ]{1,3}( [ab東京]{1,2}){0,2}") {
            let parts = snippet(&text, &SearchQuery::parse(&query).unwrap());
            let whole: String = parts.iter().map(|part| part.text.as_str()).collect();
            let line = one_line(&text);
            prop_assert!(line.contains(whole.trim_matches('…').trim()) || text.contains('…'), "{:?}", whole);
            prop_assert!(whole.chars().count() <= MAX_LENGTH + 2);
        }
    }
}
