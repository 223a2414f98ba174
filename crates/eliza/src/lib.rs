//! ELIZA: a simulated listener that understands nothing and asks good questions.
//!
//! After J. Weizenbaum, "ELIZA — a computer program for the study of natural language communication between
//! man and machine", Communications of the ACM 9(1), 1966.
//!
//! An answer is made in these steps:
//!
//! 1. A message is split into clauses (`words`).
//! 2. The keyword with the highest rank in any clause is looked up (`script`).
//! 3. The first pattern of that keyword that matches the clause yields the parts to repeat (`pattern`).
//! 4. The parts change their point of view, for example from "my" to "your" (`swaps`).
//! 5. The parts are inserted into the next reply of the pattern (`template`).
//!
//! The state of a conversation, which includes statements to return to later, is in `session`. Everything that ELIZA
//! seems to know is in `doctor.txt`.

mod pattern;
mod script;
mod session;
mod swaps;
mod template;
mod words;

use std::sync::LazyLock;

use script::Script;
use session::Session;

/// Maximum number of latest messages that are read; at least [`FORGET_STEP`] fewer.
const MAX_MESSAGES: usize = 50;
/// Older messages are forgotten in steps of this size. If each new message made ELIZA forget one, the cycles of replies
/// would not advance for a user who always sends the same text.
const FORGET_STEP: usize = 25;

/// A listener that follows a script. It has no state, so one serves every conversation.
#[derive(Debug)]
pub struct Eliza {
    script: Script,
}

impl Eliza {
    /// The listener with the built-in script: a friendly, not too serious doctor.
    ///
    /// The script is parsed once, at the first call.
    pub fn doctor() -> &'static Self {
        static DOCTOR: LazyLock<Eliza> = LazyLock::new(|| {
            let script = Script::parse(include_str!("doctor.txt"));
            Eliza { script: script.expect("the script is compiled in, and a unit test parses it") }
        });
        &DOCTOR
    }

    /// Answers the last of `messages`: all messages of the user in a conversation, oldest first.
    ///
    /// Pass all messages, although only the latest 50 or so are read again: their number determines how far the cycles
    /// of replies have advanced. `seed` determines where they start. The same seed and messages always give the same
    /// answer. The answer is one line and never empty. Without messages it is an opening.
    ///
    /// The work is linear in the length of the messages read, and covers at most about 2,000 words of each.
    pub fn answer<'a>(&self, seed: u64, messages: impl IntoIterator<Item = &'a str>) -> String {
        let messages: Vec<&str> = messages.into_iter().collect();
        let forgotten = messages.len().saturating_sub(MAX_MESSAGES).next_multiple_of(FORGET_STEP);
        let mut session = Session::new(&self.script, seed, forgotten);
        let opening = session.open();
        messages[forgotten..].iter().fold(opening, |_, message| session.respond(message))
    }
}

#[cfg(test)]
mod tests;
