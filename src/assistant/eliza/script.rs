//! What the listener goes by: keywords, the shapes of clauses under each, and the replies to each shape.
//!
//! [`parser`] tells how a script is written.

pub(super) mod parser;

use std::collections::HashMap;

use super::pattern::Pattern;
use super::swaps::Swaps;
use super::template::Template;
use super::words::{Ear, Word};

/// A script, read and found to be sound: it leads nowhere that does not exist.
#[derive(Debug)]
pub(super) struct Script {
    /// How messages are cut and which words are no names.
    pub ear: Ear,
    /// Done to every clause before anything looks at it.
    pub pre: Swaps,
    /// Done to the parts that an answer repeats.
    pub post: Swaps,
    /// The keywords, in the order of the script.
    pub keys: Vec<Key>,
    /// Said before anything was said to it.
    pub opening: Cycle<String>,
    /// Said when nothing else comes to mind.
    pub none: Cycle<String>,
    /// The same, to a question.
    pub puzzled: Cycle<String>,
    /// How many cycles there are: each has its own place below this.
    pub cycles: usize,
    /// Where in `keys` a word leads.
    pub by_word: HashMap<String, usize>,
}

impl Script {
    /// The keyword that `word`, in lower case, stands for.
    pub fn key(&self, word: &str) -> Option<&Key> {
        self.by_word.get(word).map(|index| &self.keys[*index])
    }

    /// A clause as the script's patterns expect it.
    pub fn prepared(&self, words: &[Word]) -> Vec<Word> {
        let mut words = self.pre.apply(words);
        words.truncate(super::words::WORDS);
        words
    }
}

/// A keyword, maybe one with several spellings.
#[derive(Debug)]
pub(super) struct Key {
    /// Of the keywords in a message, the one with the highest rank is tried first.
    pub rank: u32,
    /// Tried in this order.
    pub rules: Vec<Rule<Reply>>,
    /// What is worth keeping for later.
    pub keeps: Vec<Rule<Template>>,
}

/// A shape of clause and what to make of it.
#[derive(Debug)]
pub(super) struct Rule<R> {
    /// The shape.
    pub pattern: Pattern,
    /// What to make of its parts.
    pub replies: Cycle<R>,
}

/// Lines that take turns. At least one.
#[derive(Debug)]
pub(super) struct Cycle<T> {
    /// Its number in the script, by which a session remembers whose turn it is.
    pub place: usize,
    /// The lines.
    pub lines: Vec<T>,
}

/// What to do about a clause of the right shape.
#[derive(Debug)]
pub(super) enum Reply {
    /// Say this.
    Say(Template),
    /// Look at the clause as if this were its keyword.
    Goto(String),
    /// Forget this keyword and try the next one.
    NewKey,
    /// Put the clause in other words, then look at it as if this were its keyword.
    Rewrite(Template, String),
}
