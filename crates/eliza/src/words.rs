//! Splits the text of a message into clauses and words.

use std::collections::HashSet;

/// Maximum length of a word that an answer can repeat, in characters. Hashes and scripts without spaces are longer.
const MAX_WORD_CHARS: usize = 40;
/// Replaces a word that an answer cannot repeat: "I read https://…" becomes "I read that".
const PLACEHOLDER: &str = "that";
/// Maximum number of clauses read of one message.
const MAX_CLAUSES: usize = 32;
/// Maximum number of words read of one clause. With [`MAX_CLAUSES`], it limits the work of an answer.
pub(super) const MAX_WORDS: usize = 64;

/// A word in two forms: one for patterns and one for answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// The word in lower case, for comparison.
    pub key: String,
    /// The word as the user wrote it, so that names keep their capitals.
    pub text: String,
}

impl Word {
    /// A word written as `text`. A lone "i" is always the pronoun.
    pub fn new(text: &str) -> Self {
        let key = text.to_lowercase();
        let text = if key == "i" { "I".to_owned() } else { text.to_owned() };
        Self { key, text }
    }

    /// The words of a line of a script, which has no punctuation.
    pub fn line(text: &str) -> Vec<Self> {
        text.split_whitespace().map(Self::new).collect()
    }
}

/// A part of a message between two punctuation marks. It has at least one word.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Clause {
    /// The words, at most [`MAX_WORDS`].
    pub words: Vec<Word>,
    /// Whether it ends with a question mark.
    pub question: bool,
}

/// Splits messages into clauses, with a script's knowledge of the language.
#[derive(Debug, Default)]
pub(super) struct Tokenizer {
    /// Words that end a clause as a comma does, for example "but".
    pub cuts: HashSet<String>,
    /// Words that are not names. At the start of a clause they lose their capital.
    pub common: HashSet<String>,
}

impl Tokenizer {
    /// The first clauses of `message`, each with its first words.
    pub fn clauses(&self, message: &str) -> Vec<Clause> {
        let mut builder =
            ClauseBuilder { tokenizer: self, shouted: shouted(message), clauses: vec![], words: vec![] };
        for line in message.lines() {
            for chunk in line.split_whitespace() {
                if builder.clauses.len() >= MAX_CLAUSES {
                    return builder.clauses;
                }
                builder.chunk(chunk);
            }
            builder.end(false);
        }
        builder.clauses.truncate(MAX_CLAUSES);
        builder.clauses
    }
}

/// The clauses of a message that is being read.
struct ClauseBuilder<'e> {
    tokenizer: &'e Tokenizer,
    shouted: bool,
    clauses: Vec<Clause>,
    words: Vec<Word>,
}

impl ClauseBuilder<'_> {
    /// Reads the text between two spaces: a word, or several with punctuation between.
    fn chunk(&mut self, chunk: &str) {
        if chunk.contains("://") {
            return self.push(PLACEHOLDER);
        }
        let mut word = String::new();
        let mut before = None;
        let mut rest = chunk.chars().peekable();
        while let Some(c) = rest.next() {
            if ends_clause(c) && !belongs_inside(before, c, rest.peek().copied()) {
                self.word(&word);
                word.clear();
                self.end(is_question_mark(c));
            } else if !is_invisible(c) {
                word.push(if c == '’' { '\'' } else { c });
            }
            before = Some(c);
        }
        self.word(&word);
    }

    /// Adds a word without the marks around it, such as quotes, asterisks and emoji.
    fn word(&mut self, raw: &str) {
        let bare = raw.trim_matches(is_ornament);
        if raw == "&" {
            self.push("and");
        } else if bare.chars().any(char::is_alphanumeric) {
            self.push(if bare.chars().count() > MAX_WORD_CHARS { PLACEHOLDER } else { bare });
        } else if raw.starts_with('-') {
            self.end(false);
        }
    }

    fn push(&mut self, text: &str) {
        let mut word = Word::new(text);
        if self.tokenizer.cuts.contains(&word.key) {
            return self.end(false);
        }
        let starts_clause = self.words.is_empty();
        if word.key != "i" && (self.shouted || starts_clause && self.tokenizer.common.contains(&word.key)) {
            word.text.clone_from(&word.key);
        }
        if self.words.len() < MAX_WORDS {
            self.words.push(word);
        }
    }

    fn end(&mut self, question: bool) {
        if !self.words.is_empty() {
            self.clauses.push(Clause { words: std::mem::take(&mut self.words), question });
        }
    }
}

/// Whether a message is all in capitals. Then its capitals do not mark names.
fn shouted(message: &str) -> bool {
    let mut capitals = 0;
    for c in message.chars() {
        if c.is_lowercase() {
            return false;
        }
        capitals += usize::from(c.is_uppercase());
    }
    capitals > 4
}

fn ends_clause(c: char) -> bool {
    is_question_mark(c) || ".,;:!()[]{}|…–—¿¡。、，！；：।\u{60C}\u{61B}".contains(c)
}

fn is_question_mark(c: char) -> bool {
    matches!(c, '?' | '？' | '\u{61F}')
}

/// Whether a mark is part of a word, as in 3.14, main.rs or 10:30. In contrast, "sad.My" is two sentences.
fn belongs_inside(before: Option<char>, mark: char, after: Option<char>) -> bool {
    let (Some(before), Some(after)) = (before, after) else {
        return false;
    };
    match mark {
        '.' => before.is_alphanumeric() && after.is_alphanumeric() && !after.is_uppercase(),
        ',' | ':' => before.is_numeric() && after.is_numeric(),
        _ => false,
    }
}

/// Whether a character is invisible, for example one that would change the direction of the whole answer.
fn is_invisible(c: char) -> bool {
    let turns_the_line =
        matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}');
    c.is_control() || turns_the_line || matches!(c, '\u{200B}' | '\u{FEFF}')
}

/// Whether a character around a word is not part of it. C++, C# and 20% keep their marks.
fn is_ornament(c: char) -> bool {
    c.is_ascii_punctuation() && !matches!(c, '+' | '#' | '%' | '$')
        || matches!(c, '«' | '»' | '\u{200C}' | '\u{200D}' | '\u{FE0F}' | '\u{1F000}'..='\u{1FAFF}')
        || matches!(c, '\u{2010}'..='\u{206F}' | '\u{2190}'..='\u{2BFF}' | '\u{3008}'..='\u{3011}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokenizer() -> Tokenizer {
        let set = |words: &str| words.split(' ').map(str::to_owned).collect();
        Tokenizer { cuts: set("but"), common: set("the my") }
    }

    fn clauses(message: &str) -> Vec<String> {
        let joined = |clause: &Clause| clause.words.iter().map(|w| &*w.text).collect::<Vec<_>>().join(" ");
        tokenizer().clauses(message).iter().map(joined).collect()
    }

    #[test]
    fn punctuation_newlines_and_cut_words_separate_clauses() {
        assert_eq!(
            clauses("Well, I try; but it rains!\nso (perhaps) - no"),
            ["Well", "I try", "it rains", "so", "perhaps", "no"]
        );
        assert_eq!(clauses("no spaces,just commas.Yes"), ["no spaces", "just commas", "Yes"]);
        assert_eq!(clauses("难过。真的？"), ["难过", "真的"]);
    }

    #[test]
    fn marks_inside_words_and_numbers_stay() {
        assert_eq!(
            clauses("pi is 3.14 at 10:30 in main.rs, 1,000 times"),
            ["pi is 3.14 at 10:30 in main.rs", "1,000 times"]
        );
        assert_eq!(clauses("\"C++\" or *C#* or 20%"), ["C++ or C# or 20%"]);
        assert_eq!(clauses("it’s well-known"), ["it's well-known"]);
    }

    #[test]
    fn unpronounceable_text_is_ignored_or_replaced() {
        assert_eq!(clauses("... ?! 🎉 '' * --"), Vec::<String>::new());
        assert_eq!(clauses("so happy 🙂"), ["so happy"]);
        assert_eq!(clauses("mum & dad"), ["mum and dad"]);
        assert_eq!(clauses("see https://example.com/a?b=c,d now"), ["see that now"]);
        assert_eq!(clauses(&format!("hash {}", "é".repeat(41))), ["hash that"]);
        assert_eq!(clauses("turn\u{202E}ed"), ["turned"]);
    }

    #[test]
    fn names_keep_their_capitals_and_common_words_lose_them() {
        assert_eq!(clauses("Paris is far. The end. i wait"), ["Paris is far", "the end", "I wait"]);
        assert_eq!(clauses("I HATE THE BBC"), ["I hate the bbc"]);
        assert_eq!(clauses("I like The Who"), ["I like The Who"]);
    }

    #[test]
    fn a_question_mark_applies_to_its_own_clause() {
        let marks: Vec<_> =
            tokenizer().clauses("so, why? well").iter().map(|clause| clause.question).collect();
        assert_eq!(marks, [false, true, false]);
    }

    #[test]
    fn clauses_and_words_beyond_the_limits_are_ignored() {
        let long = tokenizer().clauses(&"word ".repeat(MAX_WORDS + 10));
        assert_eq!(long.iter().map(|clause| clause.words.len()).collect::<Vec<_>>(), [MAX_WORDS]);
        assert_eq!(tokenizer().clauses(&"word, ".repeat(MAX_CLAUSES + 10)).len(), MAX_CLAUSES);
        assert_eq!(tokenizer().clauses(&"a;b;c".repeat(MAX_CLAUSES)).len(), MAX_CLAUSES);
    }
}
