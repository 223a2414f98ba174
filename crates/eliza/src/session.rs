//! The state of one conversation.

use std::cmp::Reverse;
use std::collections::VecDeque;

use super::script::{Cycle, Key, Reply, Script};
use super::words::{Clause, Word};

/// Maximum number of keywords tried for one message.
const MAX_KEYS: usize = 32;
/// Maximum number of jumps between keywords for one clause, so that a script with a loop terminates.
const MAX_JUMPS: usize = 4;
/// Maximum number of remembered statements. A new one replaces the oldest.
const MAX_MEMORIES: usize = 8;
/// Messages until a statement may be recalled. Earlier, the user has not left the subject yet.
const RECALL_AFTER: usize = 2;

/// The state while a script is followed: the next line of every cycle, and the remembered statements.
pub(super) struct Session<'s> {
    script: &'s Script,
    /// The next line of every cycle, as a counter that is not reduced to the length of the cycle.
    turns: Vec<usize>,
    memories: VecDeque<Memory>,
    /// Number of messages so far.
    message_count: usize,
    /// The number of the message that was last answered by a memory; 0 if none was.
    recalled: usize,
}

struct Memory {
    sentence: String,
    /// The number of the message that contained the statement.
    message: usize,
}

impl<'s> Session<'s> {
    /// A conversation whose first `forgotten` messages are not read.
    ///
    /// `seed` determines the first line of each cycle, and each forgotten message advances the cycles by one. So even a
    /// user who only ever says "hm" never gets the same answer twice in a row.
    pub fn new(script: &'s Script, seed: u64, forgotten: usize) -> Self {
        let start = |index: usize| scattered(seed, index).wrapping_add(forgotten);
        let turns = (0..script.cycles).map(start).collect();
        Self { script, turns, memories: VecDeque::new(), message_count: 0, recalled: 0 }
    }

    /// The text before the first message.
    pub fn open(&mut self) -> String {
        let script = self.script;
        self.line_of(&script.opening)
    }

    /// Answers the next message.
    pub fn respond(&mut self, message: &str) -> String {
        self.message_count += 1;
        let script = self.script;
        let mut clauses = script.tokenizer.clauses(message);
        for clause in &mut clauses {
            clause.words = script.prepared(&clause.words);
        }
        let stack = keystack(script, &clauses);
        self.keep(&stack);
        let answer =
            stack.iter().take(MAX_KEYS).find_map(|(key, clause)| self.try_key(key, &clause.words, MAX_JUMPS));
        let question = clauses.last().is_some_and(|clause| clause.question);
        answer.unwrap_or_else(|| self.fallback(question))
    }

    /// The answer by the first matching rule of `key`; `None` if another keyword should be tried.
    fn try_key(&mut self, key: &'s Key, words: &[Word], jumps: usize) -> Option<String> {
        let script = self.script;
        for rule in &key.rules {
            let Some(parts) = rule.pattern.parts(words) else {
                continue;
            };
            let swapped: Vec<_> = parts.iter().map(|part| script.post.apply(part)).collect();
            let next = self.next_of(&rule.replies, |reply| match reply {
                Reply::Say(template) => template.sentence(&swapped).map(Next::Say),
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

    /// Remembers the first statement that a `keep` rule matches. Questions are not statements.
    fn keep(&mut self, stack: &[(&'s Key, &Clause)]) {
        let script = self.script;
        for (key, clause) in stack.iter().take(MAX_KEYS).filter(|(_, clause)| !clause.question) {
            for rule in &key.keeps {
                let Some(parts) = rule.pattern.parts(&clause.words) else {
                    continue;
                };
                let swapped: Vec<_> = parts.iter().map(|part| script.post.apply(part)).collect();
                if let Some(sentence) = self.next_of(&rule.replies, |say| say.sentence(&swapped)) {
                    self.memories.push_back(Memory { sentence, message: self.message_count });
                    if self.memories.len() > MAX_MEMORIES {
                        self.memories.pop_front();
                    }
                    return;
                }
            }
        }
    }

    /// The answer if no keyword gave one: a remembered statement, but not twice in a row, or else a general line.
    fn fallback(&mut self, question: bool) -> String {
        let script = self.script;
        if question {
            return self.line_of(&script.puzzled);
        }
        let is_due =
            self.memories.front().is_some_and(|memory| memory.message + RECALL_AFTER <= self.message_count);
        let recalled_just_now = self.recalled + 1 == self.message_count;
        if is_due
            && !recalled_just_now
            && let Some(memory) = self.memories.pop_front()
        {
            self.recalled = self.message_count;
            return memory.sentence;
        }
        self.line_of(&script.none)
    }

    fn line_of(&mut self, cycle: &Cycle<String>) -> String {
        self.next_of(cycle, |line| Some(line.clone()))
            .expect("the parser rejects empty cycles, and every line can be used")
    }

    /// The next usable line of `cycle`, converted by `used`.
    fn next_of<T, U>(&mut self, cycle: &Cycle<T>, used: impl Fn(&T) -> Option<U>) -> Option<U> {
        let turn = &mut self.turns[cycle.index];
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

/// The effect of a reply.
enum Next<'s> {
    Say(String),
    NewKey,
    Key(&'s Key, Vec<Word>),
}

/// The keywords of a message with their clauses, by descending rank and then in the order of the message.
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

/// A pseudorandom number from `seed` for each `index`: the finalizer of splitmix64.
fn scattered(seed: u64, index: usize) -> usize {
    let mut mixed = seed.wrapping_add((index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    // The upper half fits a usize and leaves room to count up.
    ((mixed ^ (mixed >> 31)) >> 33) as usize
}
