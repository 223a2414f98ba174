//! Scripts: keywords, the patterns of each keyword, and the replies to each pattern.
//!
//! [`parser`] describes the format.

pub(super) mod parser;

use std::collections::HashMap;

use super::pattern::Pattern;
use super::swaps::Swaps;
use super::template::Template;
use super::words::{Tokenizer, Word};

/// A parsed script. All of its references were checked.
#[derive(Debug)]
pub(super) struct Script {
    /// Splits messages into clauses and words.
    pub tokenizer: Tokenizer,
    /// Substitutions in every clause before it is matched.
    pub pre: Swaps,
    /// Substitutions in the parts that an answer repeats.
    pub post: Swaps,
    /// The keywords in the order of the script.
    pub keys: Vec<Key>,
    /// The lines for a conversation without messages.
    pub opening: Cycle<String>,
    /// The lines for a message without a usable keyword.
    pub none: Cycle<String>,
    /// The lines for a question without a usable keyword.
    pub puzzled: Cycle<String>,
    /// The number of cycles. The `index` of each cycle is below it.
    pub cycles: usize,
    /// The index in `keys` for each word.
    pub by_word: HashMap<String, usize>,
}

impl Script {
    /// The keyword for a word in lower case.
    pub fn key(&self, word: &str) -> Option<&Key> {
        self.by_word.get(word).map(|index| &self.keys[*index])
    }

    /// A clause with the substitutions that the script's patterns expect.
    pub fn prepared(&self, words: &[Word]) -> Vec<Word> {
        let mut words = self.pre.apply(words);
        words.truncate(super::words::MAX_WORDS);
        words
    }
}

/// A keyword, which may have several spellings.
#[derive(Debug)]
pub(super) struct Key {
    /// The rank. Of the keywords in a message, the one with the highest rank is tried first.
    pub rank: u32,
    /// The rules, tried in this order.
    pub rules: Vec<Rule<Reply>>,
    /// The rules for statements to return to later.
    pub keeps: Vec<Rule<Template>>,
}

/// A pattern and its replies.
#[derive(Debug)]
pub(super) struct Rule<R> {
    /// The pattern.
    pub pattern: Pattern,
    /// The replies.
    pub replies: Cycle<R>,
}

/// Lines that are used in turn; at least one.
#[derive(Debug)]
pub(super) struct Cycle<T> {
    /// Its number in the script, under which a session stores its next line.
    pub index: usize,
    /// The lines.
    pub lines: Vec<T>,
}

/// The reply to a clause that matches.
#[derive(Debug)]
pub(super) enum Reply {
    /// Answer with this text.
    Say(Template),
    /// Continue with the rules of another keyword.
    Goto(String),
    /// Give up this keyword and try the next one.
    NewKey,
    /// Rephrase the clause, then continue with the rules of another keyword.
    Rewrite(Template, String),
}
