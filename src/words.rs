//! The words of texts and of search queries.
//!
//! Two words are equal if they differ only in case, accents or compatibility forms: "Ｅ́tude" is "etude".
//!
//! - The text is split at word boundaries (UAX #29), and words are split at punctuation: `foo.bar_baz` has three.
//! - Scripts that are written without spaces between words become overlapping pairs of characters: 東京都 is 東京, 京都
//!   and 都.
//! - Emoji are words. Skin tones do not distinguish them.

mod query;

pub use query::{SearchQuery, Term};

use crate::unicode::{is_ignorable, is_mark};
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{ExtendedPictographic, GeneralCategory, RegionalIndicator, Script},
};
use std::{collections::HashSet, ops::Range};
use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};
use unicode_segmentation::UnicodeSegmentation;

/// The maximum length of a word, in bytes. The rest of a longer word is ignored, in texts and in queries.
const MAX_WORD: usize = 64;
/// The maximum number of distinct words of a text that are indexed.
pub const MAX_WORDS: usize = 4096;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The normalized word: letters, digits, marks and emoji, in lower case.
    pub text: String,
    /// Its place in the text, in bytes.
    pub range: Range<usize>,
    /// How it was made.
    pub kind: WordKind,
}

/// How a [`Word`] was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordKind {
    /// From a word of a script with spaces, or an emoji.
    Whole,
    /// A character of a script without spaces, and the next one. `first` marks the first pair of a run.
    Pair {
        /// Whether it is the first pair of its run.
        first: bool,
    },
    /// The last character of a run of such a script. `alone` marks a run of one character.
    End {
        /// Whether the run has no other character.
        alone: bool,
    },
}

/// Returns the distinct words of a text, at most [`MAX_WORDS`], in order of appearance.
pub fn distinct(text: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut distinct = Vec::new();
    split(text, |word| {
        if !seen.contains(&word.text) {
            seen.insert(word.text.clone());
            distinct.push(word.text);
        }
        distinct.len() < MAX_WORDS
    });
    distinct
}

/// Passes the words of a text to `each`, in order, until it returns false.
pub fn split(text: &str, each: impl FnMut(Word) -> bool) {
    let mut splitter = Splitter { each, wants_more: true, word: None, run: None };
    for (start, segment) in text.split_word_bound_indices() {
        splitter.segment(start, segment);
        if !splitter.wants_more {
            return;
        }
    }
    splitter.end_run();
}

struct Splitter<F> {
    each: F,
    wants_more: bool,
    /// The beginning of a word, and whether it is an emoji.
    word: Option<(String, Range<usize>, bool)>,
    /// The last character of a run of a script without spaces, its place, and whether it is the first.
    run: Option<(char, Range<usize>, bool)>,
}

impl<F: FnMut(Word) -> bool> Splitter<F> {
    fn segment(&mut self, start: usize, segment: &str) {
        if segment.is_ascii() {
            for (place, byte) in segment.bytes().enumerate() {
                let place = start + place..start + place + 1;
                self.take(char::from(byte).to_ascii_lowercase(), place);
            }
        } else {
            for (place, cluster) in segment.grapheme_indices(true) {
                let place = start + place..start + place + cluster.len();
                for character in normalized(cluster) {
                    self.take(character, place.clone());
                }
            }
        }
        self.end_word();
    }

    fn take(&mut self, character: char, place: Range<usize>) {
        match class(character) {
            Class::Unspaced => {
                self.end_word();
                match self.run.take() {
                    None => self.run = Some((character, place, true)),
                    Some((previous, before, first)) => {
                        self.run = Some((character, place.clone(), false));
                        let text = String::from_iter([previous, character]);
                        self.emit(text, before.start..place.end, WordKind::Pair { first });
                    }
                }
            }
            class @ (Class::Letter | Class::Emoji) => {
                self.end_run();
                let emoji = matches!(class, Class::Emoji);
                if self.word.as_ref().is_some_and(|(.., of_emoji)| *of_emoji != emoji) {
                    self.end_word();
                }
                let (text, range, _) = self.word.get_or_insert_with(|| (String::new(), place.clone(), emoji));
                if text.len() + character.len_utf8() <= MAX_WORD {
                    text.push(character);
                    range.end = place.end;
                }
            }
            Class::Mark => {
                if let Some((text, range, _)) = &mut self.word
                    && text.len() + character.len_utf8() <= MAX_WORD
                {
                    text.push(character);
                    range.end = place.end;
                }
            }
            Class::Separator => {
                self.end_word();
                self.end_run();
            }
        }
    }

    fn end_word(&mut self) {
        if let Some((text, range, _)) = self.word.take() {
            self.emit(text, range, WordKind::Whole);
        }
    }

    fn end_run(&mut self) {
        if let Some((character, range, alone)) = self.run.take() {
            self.emit(character.into(), range, WordKind::End { alone });
        }
    }

    fn emit(&mut self, text: String, range: Range<usize>, kind: WordKind) {
        if self.wants_more {
            self.wants_more = (self.each)(Word { text, range, kind });
        }
    }
}

/// The part that a normalized character plays in a word.
#[derive(Clone, Copy, Debug)]
enum Class {
    /// A letter or digit.
    Letter,
    /// A mark, which belongs to the letter before it.
    Mark,
    /// A character of a script that is written without spaces between words.
    Unspaced,
    Emoji,
    Separator,
}

fn class(character: char) -> Class {
    if character.is_ascii() {
        return if character.is_ascii_alphanumeric() { Class::Letter } else { Class::Separator };
    }
    if is_unspaced(character) {
        Class::Unspaced
    } else if is_mark(character) {
        Class::Mark
    } else if character.is_alphanumeric() {
        Class::Letter
    } else if CodePointSetData::new::<ExtendedPictographic>().contains(character)
        || CodePointSetData::new::<RegionalIndicator>().contains(character)
    {
        Class::Emoji
    } else {
        Class::Separator
    }
}

/// Whether a character is a letter or mark of a script that is written without spaces. Korean has spaces, but particles
/// are attached to its words.
fn is_unspaced(character: char) -> bool {
    let script = CodePointMapData::<Script>::new().get(character);
    let unspaced = [
        Script::Han,
        Script::Hiragana,
        Script::Katakana,
        Script::Hangul,
        Script::Thai,
        Script::Lao,
        Script::Khmer,
        Script::Myanmar,
    ];
    // The prolonged sound mark belongs to two scripts.
    let has_script = unspaced.contains(&script) || character == '\u{30fc}';
    has_script && (character.is_alphanumeric() || is_mark(character))
}

/// Returns a grapheme cluster in lower case and normalization form KC, without accents and invisible characters.
fn normalized(cluster: &str) -> impl Iterator<Item = char> {
    cluster.nfkc().flat_map(folded).nfkd().filter(|character| is_kept(*character)).nfc()
}

/// Folds case. Upper case, then lower case equates all that Unicode's case folding does ("ß" and "SS", "ς" and "σ"), and
/// also the Turkish dotless "ı" with "i". Lower case comes first because of "ẞ", whose upper case is itself.
fn folded(character: char) -> impl Iterator<Item = char> {
    character.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

/// Whether a decomposed character distinguishes words.
///
/// Accents and the points of Hebrew and Arabic do not. Marks of other combining classes spell different words: vowel
/// signs, viramas, and the voicing marks of kana.
fn is_kept(character: char) -> bool {
    let accent = matches!(canonical_combining_class(character), 10..=36 | 200..);
    let enclosing =
        CodePointMapData::<GeneralCategory>::new().get(character) == GeneralCategory::EnclosingMark;
    let skin_tone = matches!(character, '\u{1f3fb}'..='\u{1f3ff}');
    !accent && !enclosing && !skin_tone && !is_ignorable(character)
}

#[cfg(test)]
mod tests;
