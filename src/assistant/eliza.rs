//! ELIZA: a listener that understands nothing and asks good questions.
//!
//! After J. Weizenbaum, "ELIZA — a computer program for the study of natural language communication between
//! man and machine", Communications of the ACM 9(1), 1966. Needing neither a network nor a key, it lets a
//! fresh server talk.
//!
//! A message is cut into clauses (`words`); the keyword of the highest rank in any of them is looked up
//! (`script`); the first shape under it that the clause has (`pattern`) gives the parts to repeat; those are
//! turned around, "my" to "your" (`swaps`), and set into the reply whose turn it is (`template`). The turns,
//! and what is remembered for later, are kept while a conversation is followed (`session`). All that ELIZA
//! seems to know stands in `eliza/doctor.txt`.

mod pattern;
mod script;
mod session;
mod swaps;
mod template;
mod words;

use std::sync::LazyLock;

use script::Script;
use session::Session;

/// The latest messages, which alone count: [`FORGOTTEN_AT_ONCE`] fewer at the least.
const REMEMBERED: usize = 50;
/// Older messages are forgotten in batches: were one forgotten with every new one, the cycles of replies
/// would stand still under someone who always says the same.
const FORGOTTEN_AT_ONCE: usize = 25;

/// A listener who follows a script. It keeps nothing of what is said to it, so one serves every conversation.
#[derive(Debug)]
pub struct Eliza {
    script: Script,
}

impl Eliza {
    /// The listener with the built-in script: a friendly, none too serious doctor.
    ///
    /// The script is read once, at the first call.
    pub fn doctor() -> &'static Self {
        static DOCTOR: LazyLock<Eliza> = LazyLock::new(|| {
            let script = Script::parse(include_str!("eliza/doctor.txt"));
            Eliza { script: script.expect("the script is part of the program, and a unit test reads it") }
        });
        &DOCTOR
    }

    /// The answer to the last of `said`: all that the user has said in a conversation, oldest first.
    ///
    /// Give all of it, though only some 50 of the latest messages are read again: their number tells how far
    /// the replies have gone round. `seed` chooses where they start; with the same seed the same conversation
    /// always gets the same answers. An answer is one line, never empty; if nothing was said yet, it is an
    /// opening.
    ///
    /// The work is linear in the length of those messages and touches at most some 2,000 words of each.
    pub fn answer<'a>(&self, seed: u64, said: impl IntoIterator<Item = &'a str>) -> String {
        let said: Vec<&str> = said.into_iter().collect();
        let forgotten = said.len().saturating_sub(REMEMBERED).next_multiple_of(FORGOTTEN_AT_ONCE);
        let mut session = Session::new(&self.script, seed, forgotten);
        let opening = session.open();
        said[forgotten..].iter().fold(opening, |_, message| session.hear(message))
    }
}

#[cfg(test)]
mod tests;
