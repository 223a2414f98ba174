//! One conversation, as far as it got.

use std::cmp::Reverse;
use std::collections::VecDeque;

use super::script::{Cycle, Key, Reply, Script};
use super::words::{Clause, Word};

/// Keywords of one message that are tried before giving up on it.
const KEYS: usize = 32;
/// Jumps from keyword to keyword for one clause, so that a script that goes in circles still comes to an end.
const JUMPS: usize = 4;
/// Statements kept for later; a new one pushes out the oldest.
const MEMORIES: usize = 8;
/// Turns before a statement is brought up again: sooner, it has not been left yet.
const RIPE_AFTER: usize = 2;

/// What changes while a script is followed: whose turn it is in every cycle, and what is remembered.
pub(super) struct Session<'s> {
    script: &'s Script,
    /// For every cycle, by its place, the line whose turn it is, counted on and on.
    turns: Vec<usize>,
    memories: VecDeque<Memory>,
    /// Messages so far.
    heard: usize,
    /// The message to which a memory was last the answer; 0 if none was.
    recalled: usize,
}

struct Memory {
    sentence: String,
    heard: usize,
}

impl<'s> Session<'s> {
    /// A conversation whose first `forgotten` messages are lost. The cycles start where `seed` says and one
    /// further for each of those: someone who only ever says "hm" is still not told the same thing twice in a
    /// row.
    pub fn new(script: &'s Script, seed: u64, forgotten: usize) -> Self {
        let start = |place: usize| scattered(seed, place).wrapping_add(forgotten);
        let turns = (0..script.cycles).map(start).collect();
        Self { script, turns, memories: VecDeque::new(), heard: 0, recalled: 0 }
    }

    /// What to say before anything has been said.
    pub fn open(&mut self) -> String {
        let script = self.script;
        self.line_of(&script.opening)
    }

    /// What to say to the next message.
    pub fn hear(&mut self, message: &str) -> String {
        self.heard += 1;
        let script = self.script;
        let mut clauses = script.ear.clauses(message);
        for clause in &mut clauses {
            clause.words = script.prepared(&clause.words);
        }
        let stack = keystack(script, &clauses);
        self.keep(&stack);
        let answer =
            stack.iter().take(KEYS).find_map(|(key, clause)| self.try_key(key, &clause.words, JUMPS));
        let question = clauses.last().is_some_and(|clause| clause.question);
        answer.unwrap_or_else(|| self.for_want_of_a_keyword(question))
    }

    /// The answer by the first rule of `key` that fits; `None` if another keyword should be tried.
    fn try_key(&mut self, key: &'s Key, words: &[Word], jumps: usize) -> Option<String> {
        let script = self.script;
        for rule in &key.rules {
            let Some(parts) = rule.pattern.parts(words) else {
                continue;
            };
            let turned: Vec<_> = parts.iter().map(|part| script.post.apply(part)).collect();
            let next = self.next_of(&rule.replies, |reply| match reply {
                Reply::Say(template) => template.sentence(&turned).map(Next::Say),
                Reply::NewKey => Some(Next::NewKey),
                Reply::Goto(key) => Some(Next::Key(script.key(key)?, words.to_vec())),
                Reply::Rewrite(template, key) => Some(Next::Key(script.key(key)?, template.words(&parts))),
            });
            match next {
                None => continue,
                Some(Next::Say(sentence)) => return Some(sentence),
                Some(Next::NewKey) => return None,
                Some(Next::Key(key, words)) => return self.try_key(key, &words, jumps.checked_sub(1)?),
            }
        }
        None
    }

    /// Remembers the first statement worth it. What is asked is no statement.
    fn keep(&mut self, stack: &[(&'s Key, &Clause)]) {
        let script = self.script;
        for (key, clause) in stack.iter().take(KEYS).filter(|(_, clause)| !clause.question) {
            for rule in &key.keeps {
                let Some(parts) = rule.pattern.parts(&clause.words) else {
                    continue;
                };
                let turned: Vec<_> = parts.iter().map(|part| script.post.apply(part)).collect();
                if let Some(sentence) = self.next_of(&rule.replies, |say| say.sentence(&turned)) {
                    self.memories.push_back(Memory { sentence, heard: self.heard });
                    if self.memories.len() > MEMORIES {
                        self.memories.pop_front();
                    }
                    return;
                }
            }
        }
    }

    /// Something remembered if it is time for it, though not twice running; else a word to go on.
    fn for_want_of_a_keyword(&mut self, question: bool) -> String {
        let script = self.script;
        if question {
            return self.line_of(&script.puzzled);
        }
        let ripe = self.memories.front().is_some_and(|memory| memory.heard + RIPE_AFTER <= self.heard);
        let recalled_just_now = self.recalled + 1 == self.heard;
        if ripe
            && !recalled_just_now
            && let Some(memory) = self.memories.pop_front()
        {
            self.recalled = self.heard;
            return memory.sentence;
        }
        self.line_of(&script.none)
    }

    fn line_of(&mut self, cycle: &Cycle<String>) -> String {
        self.next_of(cycle, |line| Some(line.clone()))
            .expect("the parser lets no cycle be empty, and every line can be used")
    }

    /// The next line of `cycle` that can be used, as `used` makes it.
    fn next_of<T, U>(&mut self, cycle: &Cycle<T>, used: impl Fn(&T) -> Option<U>) -> Option<U> {
        let turn = &mut self.turns[cycle.place];
        let count = cycle.lines.len();
        for at in (0..count).map(|step| (*turn % count + step) % count) {
            if let Some(line) = used(&cycle.lines[at]) {
                *turn = at + 1;
                return Some(line);
            }
        }
        None
    }
}

/// What a reply comes to.
enum Next<'s> {
    Say(String),
    NewKey,
    Key(&'s Key, Vec<Word>),
}

/// The keywords of a message, each with its clause: the highest rank first, then in the order they were said.
fn keystack<'s, 'c>(script: &'s Script, clauses: &'c [Clause]) -> Vec<(&'s Key, &'c Clause)> {
    let mut stack: Vec<(&Key, &Clause)> = vec![];
    for clause in clauses {
        let start = stack.len();
        for key in clause.words.iter().filter_map(|word| script.key(&word.key)) {
            if !stack[start..].iter().any(|(known, _)| std::ptr::eq(*known, key)) {
                stack.push((key, clause));
            }
        }
    }
    stack.sort_by_key(|(key, _)| Reverse(key.rank));
    stack
}

/// A number from `seed` for each `place`, near ones far apart: the finaliser of splitmix64.
fn scattered(seed: u64, place: usize) -> usize {
    let mut mixed = seed.wrapping_add((place as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    // The upper half, which fits a usize and leaves room to count on.
    ((mixed ^ (mixed >> 31)) >> 33) as usize
}
