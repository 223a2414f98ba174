//! What a model is shown: the instructions, and as much of the conversation as fits the budget.

use super::Engine;
use crate::{
    assistant::{Prompt, Speaker, Turn},
    store::{
        self, Role,
        messages::{Message, Size},
    },
};

/// The most messages that are looked at, whatever their length.
const MOST_MESSAGES: i32 = 500;
/// In a longer conversation, the first one that is looked at moves by so many.
const MESSAGES_BLOCK: i32 = 250;
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
        let model = reply.model.clone().unwrap_or_default();
        // A quarter of what a model takes is left to its answer.
        let context = self.catalog.context_tokens(&model).await.map_or(0, |tokens| tokens / 4 * 3);
        let budget = self.settings.history_tokens.max(context) as usize * BYTES_PER_TOKEN;
        let budget = budget.saturating_sub(instructions.as_ref().map_or(0, String::len));
        // A conversation may have megabytes that no model is shown: first only the lengths are read.
        let first = first_position(position);
        let sizes = self.store.message_sizes(reply.conversation_id, first, position).await?;
        let start = sizes.get(window(&sizes, budget)).map_or(first, |size| size.position);
        let history = self.store.messages_between(reply.conversation_id, start, position).await?;
        Ok(Prompt { model, turns: turns(instructions, history) })
    }
}

/// The position of the first message that is looked at for a reply.
fn first_position(reply: i32) -> i32 {
    let beyond = (reply - MOST_MESSAGES).max(0);
    (beyond + MESSAGES_BLOCK - 1) / MESSAGES_BLOCK * MESSAGES_BLOCK
}

/// The instructions, and the messages as turns. Messages that say nothing are left out, except the last one.
fn turns(instructions: Option<String>, history: Vec<Message>) -> Vec<Turn> {
    let system = instructions.map(|text| Turn { speaker: Speaker::System, text });
    let mut turns: Vec<Turn> = Vec::new();
    let last = history.len().saturating_sub(1);
    for (i, message) in history.into_iter().enumerate() {
        let turn = Turn { speaker: speaker(message.role), text: message.content };
        let is_blank = turn.text.trim().is_empty();
        // The same question twice without a word between: it was asked again because no answer came.
        let is_repeated = turn.speaker == Speaker::User && turns.last() == Some(&turn);
        if !is_repeated && (!is_blank || i == last) {
            turns.push(turn);
        }
    }
    turns.splice(0..0, system);
    turns
}

/// Which message is the first that a model is shown: from there to the last they fit into `budget` bytes, or there is only the
/// last. A conversation is not continued from the middle of an exchange, so it is a user's message.
///
/// Providers keep what they have read of a prompt, and charge less for a prompt that begins with the same. So the window
/// does not slide with each message: once the budget is full, it moves on until half the budget is free again. The moves of
/// earlier prompts are repeated here, because nobody remembers them.
fn window(messages: &[Size], budget: usize) -> usize {
    let (mut start, mut total) = (0, 0);
    for (i, message) in messages.iter().enumerate() {
        total += message.bytes();
        let is_prompt = message.role == Role::User;
        let is_full = is_prompt && total > budget;
        while start < i && (is_full && total > budget / 2 || is_prompt && messages[start].role != Role::User)
        {
            total -= messages[start].bytes();
            start += 1;
        }
    }
    start
}

/// The prompt without the older half of its messages, for a model that it was too long for. `None` if only one is left.
pub(super) fn without_older_half(prompt: Prompt) -> Option<Prompt> {
    let Prompt { model, mut turns } = prompt;
    let first = usize::from(turns.first().is_some_and(|turn| turn.speaker == Speaker::System));
    let count = turns.len() - first;
    let mut dropped = count / 2;
    while dropped < count - 1 && turns[first + dropped].speaker != Speaker::User {
        dropped += 1;
    }
    turns.drain(first..first + dropped);
    (dropped > 0).then_some(Prompt { model, turns })
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
        let mut history = history(all);
        let size = |message: &Message| Size {
            position: message.position.unwrap(),
            role: message.role,
            length: message.content.len() as i32,
        };
        let sizes: Vec<Size> = history.iter().map(size).collect();
        let budget = budget.saturating_sub(instructions.map_or(0, str::len));
        history.drain(..window(&sizes, budget));
        let turns = turns(instructions.map(str::to_owned), history);
        turns.into_iter().map(|turn| turn.text).collect()
    }

    #[test]
    fn the_latest_messages_that_fit_are_shown() {
        let all = ["aaaa", "bbbb", "cccc", "dddd", "eeee"];
        assert_eq!(texts(None, &all, 20), all);
        assert_eq!(texts(None, &all[..3], 12), ["aaaa", "bbbb", "cccc"]);
        assert_eq!(texts(None, &all, 19), ["eeee"], "not from the middle of an exchange");
        assert_eq!(texts(None, &["aaaaaaaa", "bbbbbbbb", "c", "d", "e"], 18), ["c", "d", "e"]);
    }

    #[test]
    fn the_question_and_the_instructions_are_always_shown() {
        assert_eq!(texts(Some("Be brief."), &["aaaa", "bbbb", "cccc"], 1), ["Be brief.", "cccc"]);
        assert_eq!(texts(None, &[" "], 100), [" "]);
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        assert_eq!(texts(None, &["a", "", "b"], 100), ["a", "b"]);
        assert_eq!(texts(None, &["a", " \n", " ", "b", "c"], 100), ["a", "b", "c"]);
    }

    #[test]
    fn a_question_that_was_asked_again_for_want_of_an_answer_is_shown_once() {
        assert_eq!(texts(None, &["a", "b", "c", "", "c", "", "c"], 5), ["a", "b", "c"]);
        assert_eq!(texts(None, &["no", "Why?", "no"], 100), ["no", "Why?", "no"]);
    }

    #[test]
    fn the_beginning_of_what_is_shown_moves_in_blocks() {
        let all: Vec<String> = (0..400).map(|i| format!("{i:0>10}")).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let mut beginnings = Vec::new();
        for end in (1..all.len()).step_by(2) {
            let shown = texts(None, &all[..end], 1000);
            assert!(shown.len() == end || (49..=100).contains(&shown.len()), "{}", shown.len());
            assert_eq!(shown, all[end - shown.len()..end]);
            if beginnings.last() != Some(&shown[0]) {
                beginnings.push(shown[0].clone());
            }
        }
        assert_eq!(beginnings.len(), 7, "400 messages, of which 52 are left out at a time: {beginnings:?}");
    }

    #[test]
    fn the_first_message_that_is_looked_at_moves_in_blocks() {
        let first: Vec<i32> = [1, 499, 500, 501, 750, 751, 1001].map(first_position).into();
        assert_eq!(first, [0, 0, 0, 250, 250, 500, 750]);
    }

    #[test]
    fn the_older_half_is_left_out_but_not_the_instructions() {
        let shorter = |instructions: Option<&str>, all: &[&str]| {
            let turns = turns(instructions.map(str::to_owned), history(all));
            let shorter = without_older_half(Prompt { model: String::new(), turns })?;
            Some(shorter.turns.into_iter().map(|turn| turn.text).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(shorter(Some("s"), &["a", "b", "c", "d", "e"]).as_deref(), Some("s c d e"));
        assert_eq!(shorter(None, &["a", "b", "c"]).as_deref(), Some("c"));
        assert_eq!(shorter(None, &["a", "", "c"]).as_deref(), Some("c"));
        assert_eq!(shorter(Some("s"), &["a"]), None);
    }
}
