//! Hearing: from the text of a message to clauses of words.

use std::collections::HashSet;

/// A longer word (a hash, a script written without spaces) is nothing to repeat to anyone.
const LONGEST_WORD: usize = 40;
/// What stands for a word that cannot be said: "I read https://…" becomes "I read that".
const UNSAYABLE: &str = "that";
/// Clauses of one message that are listened to.
const CLAUSES: usize = 32;
/// Words of one clause that are listened to; with [`CLAUSES`], what keeps a turn's work bounded.
pub(super) const WORDS: usize = 64;

/// A word twice: as patterns compare it, and as an answer repeats it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// The word in lower case.
    pub key: String,
    /// The word as its writer spelt it, so that Paris stays Paris.
    pub text: String,
}

impl Word {
    /// The word spelt `text`; "i" alone is always the pronoun.
    pub fn new(text: &str) -> Self {
        let key = text.to_lowercase();
        let text = if key == "i" { "I".to_owned() } else { text.to_owned() };
        Self { key, text }
    }

    /// The words of a line of script, which has no punctuation to mind.
    pub fn line(text: &str) -> Vec<Self> {
        text.split_whitespace().map(Self::new).collect()
    }
}

/// A stretch of a message between two marks of punctuation. It has at least one word.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Clause {
    /// Its words, at most [`WORDS`].
    pub words: Vec<Word>,
    /// Whether a question mark ended it.
    pub question: bool,
}

/// What a listener knows of the language before any message comes.
#[derive(Debug, Default)]
pub(super) struct Ear {
    /// Words that end a clause as a comma does, as "but".
    pub cuts: HashSet<String>,
    /// Words known not to be names: at the start of a clause they lose their capital.
    pub common: HashSet<String>,
}

impl Ear {
    /// The first clauses of `message`, each with its first words.
    pub fn clauses(&self, message: &str) -> Vec<Clause> {
        let mut heard = Heard { ear: self, shouted: shouted(message), clauses: vec![], words: vec![] };
        for line in message.lines() {
            for chunk in line.split_whitespace() {
                if heard.clauses.len() >= CLAUSES {
                    return heard.clauses;
                }
                heard.chunk(chunk);
            }
            heard.end(false);
        }
        heard.clauses.truncate(CLAUSES);
        heard.clauses
    }
}

/// A message half heard.
struct Heard<'e> {
    ear: &'e Ear,
    shouted: bool,
    clauses: Vec<Clause>,
    words: Vec<Word>,
}

impl Heard<'_> {
    /// What stands between two spaces: a word, or several with the marks that part them.
    fn chunk(&mut self, chunk: &str) {
        if chunk.contains("://") {
            return self.push(UNSAYABLE);
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

    /// A word with the ornaments around it: quotes, asterisks, a smile.
    fn word(&mut self, raw: &str) {
        let bare = raw.trim_matches(is_ornament);
        if raw == "&" {
            self.push("and");
        } else if bare.chars().any(char::is_alphanumeric) {
            self.push(if bare.chars().count() > LONGEST_WORD { UNSAYABLE } else { bare });
        } else if raw.starts_with('-') {
            self.end(false);
        }
    }

    fn push(&mut self, text: &str) {
        let mut word = Word::new(text);
        if self.ear.cuts.contains(&word.key) {
            return self.end(false);
        }
        let starts_clause = self.words.is_empty();
        if word.key != "i" && (self.shouted || starts_clause && self.ear.common.contains(&word.key)) {
            word.text.clone_from(&word.key);
        }
        if self.words.len() < WORDS {
            self.words.push(word);
        }
    }

    fn end(&mut self, question: bool) {
        if !self.words.is_empty() {
            self.clauses.push(Clause { words: std::mem::take(&mut self.words), question });
        }
    }
}

/// Whether a message is all in capitals, so that they say nothing about any one word.
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

/// Whether a mark is part of a word, as in 3.14, main.rs or 10:30. "sad.My" is two sentences and a hasty
/// typist.
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

/// Marks that would turn the text of the whole answer around, and their like.
fn is_invisible(c: char) -> bool {
    let turns_the_line =
        matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}');
    c.is_control() || turns_the_line || matches!(c, '\u{200B}' | '\u{FEFF}')
}

/// What may stand around a word and is not said: but C++, C# and 20% keep theirs.
fn is_ornament(c: char) -> bool {
    c.is_ascii_punctuation() && !matches!(c, '+' | '#' | '%' | '$')
        || matches!(c, '«' | '»' | '\u{200C}' | '\u{200D}' | '\u{FE0F}' | '\u{1F000}'..='\u{1FAFF}')
        || matches!(c, '\u{2010}'..='\u{206F}' | '\u{2190}'..='\u{2BFF}' | '\u{3008}'..='\u{3011}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ear() -> Ear {
        let set = |words: &str| words.split(' ').map(str::to_owned).collect();
        Ear { cuts: set("but"), common: set("the my") }
    }

    fn heard(message: &str) -> Vec<String> {
        let said = |clause: &Clause| clause.words.iter().map(|w| &*w.text).collect::<Vec<_>>().join(" ");
        ear().clauses(message).iter().map(said).collect()
    }

    #[test]
    fn punctuation_newlines_and_cutting_words_part_clauses() {
        assert_eq!(
            heard("Well, I try; but it rains!\nso (perhaps) - no"),
            ["Well", "I try", "it rains", "so", "perhaps", "no"]
        );
        assert_eq!(heard("no spaces,just commas.Yes"), ["no spaces", "just commas", "Yes"]);
        assert_eq!(heard("难过。真的？"), ["难过", "真的"]);
    }

    #[test]
    fn marks_inside_words_and_numbers_stay() {
        assert_eq!(
            heard("pi is 3.14 at 10:30 in main.rs, 1,000 times"),
            ["pi is 3.14 at 10:30 in main.rs", "1,000 times"]
        );
        assert_eq!(heard("\"C++\" or *C#* or 20%"), ["C++ or C# or 20%"]);
        assert_eq!(heard("it’s well-known"), ["it's well-known"]);
    }

    #[test]
    fn only_what_can_be_said_is_heard() {
        assert_eq!(heard("... ?! 🎉 '' * --"), Vec::<String>::new());
        assert_eq!(heard("so happy 🙂"), ["so happy"]);
        assert_eq!(heard("mum & dad"), ["mum and dad"]);
        assert_eq!(heard("see https://example.com/a?b=c,d now"), ["see that now"]);
        assert_eq!(heard(&format!("hash {}", "é".repeat(41))), ["hash that"]);
        assert_eq!(heard("turn\u{202E}ed"), ["turned"]);
    }

    #[test]
    fn names_keep_their_capitals_and_common_words_lose_them() {
        assert_eq!(heard("Paris is far. The end. i wait"), ["Paris is far", "the end", "I wait"]);
        assert_eq!(heard("I HATE THE BBC"), ["I hate the bbc"]);
        assert_eq!(heard("I like The Who"), ["I like The Who"]);
    }

    #[test]
    fn a_question_mark_makes_a_question_of_its_own_clause() {
        let marks: Vec<_> = ear().clauses("so, why? well").iter().map(|clause| clause.question).collect();
        assert_eq!(marks, [false, true, false]);
    }

    #[test]
    fn clauses_and_words_beyond_the_limits_are_not_heard() {
        let long = ear().clauses(&"word ".repeat(WORDS + 10));
        assert_eq!(long.iter().map(|clause| clause.words.len()).collect::<Vec<_>>(), [WORDS]);
        assert_eq!(ear().clauses(&"word, ".repeat(CLAUSES + 10)).len(), CLAUSES);
        assert_eq!(ear().clauses(&"a;b;c".repeat(CLAUSES)).len(), CLAUSES);
    }
}
