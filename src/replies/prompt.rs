//! What a model is shown: the instructions, and as much of the conversation as fits the budget.

use super::Engine;
use crate::{
    assistant::{Prompt, Speaker, Turn},
    store::{self, Role, messages::Message},
};

/// The most messages that are looked at, whatever their length.
const MOST_MESSAGES: i64 = 500;
/// What a token is reckoned at, in bytes of UTF-8: English has about four to one.
const BYTES_PER_TOKEN: usize = 4;

/// About how many tokens some text has.
pub(super) fn estimate_tokens<'a>(texts: impl IntoIterator<Item = &'a str>) -> u32 {
    let bytes: usize = texts.into_iter().map(str::len).sum();
    u32::try_from(bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(u32::MAX)
}

impl Engine {
    /// The prompt that a reply answers.
    pub(super) async fn prompt(&self, reply: &Message) -> store::Result<Prompt> {
        let instructions = self.store.system_prompt(reply.conversation_id).await?;
        let position = reply.position.unwrap_or(0);
        let history = self.store.history(reply.conversation_id, position, MOST_MESSAGES).await?;
        let model = reply.model.clone().unwrap_or_default();
        let budget = self.settings.history_tokens as usize * BYTES_PER_TOKEN;
        Ok(Prompt { model, turns: turns(instructions, history, budget) })
    }
}

/// The latest messages that together fit into `budget` bytes, the last one in any case, after the instructions.
fn turns(instructions: Option<String>, history: Vec<Message>, budget: usize) -> Vec<Turn> {
    let system = instructions.map(|text| Turn { speaker: Speaker::System, text });
    let mut left = budget.saturating_sub(system.as_ref().map_or(0, |turn| turn.text.len()));
    let mut turns: Vec<Turn> = Vec::new();
    for message in history.into_iter().rev().filter(|message| !message.content.is_empty()) {
        let turn = Turn { speaker: speaker(message.role), text: message.content };
        // The same question twice without a word between: it was asked again because no answer came.
        if turn.speaker == Speaker::User && turns.last() == Some(&turn) {
            continue;
        }
        match left.checked_sub(turn.text.len()) {
            Some(rest) => left = rest,
            None if turns.is_empty() => left = 0,
            None => break,
        }
        turns.push(turn);
    }
    // A conversation is not continued from the middle of an exchange.
    while turns.len() > 1 && turns.last().is_some_and(|turn| turn.speaker == Speaker::Assistant) {
        turns.pop();
    }
    turns.extend(system);
    turns.reverse();
    turns
}

fn speaker(role: Role) -> Speaker {
    match role {
        Role::User => Speaker::User,
        Role::Assistant => Speaker::Assistant,
        Role::System => Speaker::System,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Id, Instant};

    fn history(texts: &[&str]) -> Vec<Message> {
        let message = |(i, text): (usize, &&str)| {
            let said = Message::said(Id::new(), Id::new(), None, i as i32, (*text).into(), Instant(0));
            if i % 2 == 0 { said } else { Message { role: Role::Assistant, ..said } }
        };
        texts.iter().enumerate().map(message).collect()
    }

    fn texts(instructions: Option<&str>, all: &[&str], budget: usize) -> Vec<String> {
        let turns = turns(instructions.map(str::to_owned), history(all), budget);
        turns.into_iter().map(|turn| turn.text).collect()
    }

    #[test]
    fn the_latest_messages_that_fit_are_shown() {
        let all = ["aaaa", "bbbb", "cccc", "dddd", "eeee"];
        assert_eq!(texts(None, &all, 100), all);
        assert_eq!(texts(None, &all, 12), ["cccc", "dddd", "eeee"]);
        assert_eq!(texts(None, &all, 11), ["eeee"], "not from the middle of an exchange");
    }

    #[test]
    fn the_question_and_the_instructions_are_always_shown() {
        assert_eq!(texts(Some("Be brief."), &["aaaa", "bbbb", "cccc"], 1), ["Be brief.", "cccc"]);
    }

    #[test]
    fn a_reply_that_said_nothing_is_left_out() {
        assert_eq!(texts(None, &["a", "", "b"], 100), ["a", "b"]);
    }

    #[test]
    fn a_question_that_was_asked_again_for_want_of_an_answer_is_shown_once() {
        assert_eq!(texts(None, &["a", "b", "c", "", "c", "", "c"], 3), ["a", "b", "c"]);
        assert_eq!(texts(None, &["no", "Why?", "no"], 100), ["no", "Why?", "no"]);
    }
}
