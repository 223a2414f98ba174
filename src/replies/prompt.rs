//! Building the prompt: the system prompt, and as much of the conversation as fits the token budget.

use super::Engine;
use crate::{
    assistant::{self, ChatMessage, Prompt},
    store::{self, Role, branches::Ancestor, messages::Message},
};
use std::collections::HashMap;

/// Maximum number of messages read for a prompt.
const MAX_MESSAGES: i32 = 500;
/// In a longer conversation, the depth of the first message read advances in steps of this size.
const START_STEP: i32 = 250;
/// Estimated bytes of UTF-8 per token. English text has about four.
const BYTES_PER_TOKEN: usize = 4;

/// Estimates the number of tokens in texts.
pub(super) fn estimate_tokens<'a>(texts: impl IntoIterator<Item = &'a str>) -> u32 {
    let bytes: usize = texts.into_iter().map(str::len).sum();
    u32::try_from(bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(u32::MAX)
}

impl Engine {
    /// Reads the prompt for a reply: its own ancestors, whatever branch is active. Also counts the ancestors that do not
    /// fit into it.
    pub(super) async fn prompt(&self, reply: &Message) -> store::Result<(Prompt, usize)> {
        let instructions = self.store.system_prompt(reply.conversation_id).await?;
        let depth = reply.position.or(reply.depth).unwrap_or(0);
        let model = reply.model.clone().unwrap_or_default();
        // A quarter of the model's context is reserved for the answer.
        let context = self.catalog.context_tokens(&model).await.map_or(0, |tokens| tokens / 4 * 3);
        let budget = self.settings.history_tokens.max(context) as usize * BYTES_PER_TOKEN;
        let budget = budget.saturating_sub(instructions.as_ref().map_or(0, String::len));
        // A conversation may be megabytes long, of which the model gets only the end. So read only the lengths first.
        let mut ancestors = self.store.ancestors(reply.id, depth - first_depth(depth)).await?;
        ancestors.drain(..window(&ancestors, budget));
        let ids: Vec<store::Id> = ancestors.iter().map(|ancestor| ancestor.id).collect();
        let found = self.store.any_messages(&ids).await?;
        let mut found: HashMap<_, _> = found.into_iter().map(|message| (message.id, message)).collect();
        let history = ids.iter().filter_map(|id| found.remove(id)).collect();
        let left_out = usize::try_from(depth).unwrap_or_default().saturating_sub(ids.len());
        let prompt = Prompt {
            model,
            generation: reply.generation.unwrap_or_default(),
            messages: chat_messages(instructions, history),
        };
        Ok((prompt, left_out))
    }
}

/// The depth of the first message that is read for a reply at this depth.
fn first_depth(reply: i32) -> i32 {
    let beyond = (reply - MAX_MESSAGES).max(0);
    (beyond + START_STEP - 1) / START_STEP * START_STEP
}

/// The chat messages of a prompt. Blank messages are left out, except for the last one.
fn chat_messages(instructions: Option<String>, history: Vec<Message>) -> Vec<ChatMessage> {
    let system = instructions.map(|text| ChatMessage { role: assistant::Role::System, text });
    let mut messages: Vec<ChatMessage> = Vec::new();
    let last = history.len().saturating_sub(1);
    for (i, message) in history.into_iter().enumerate() {
        let message = ChatMessage { role: chat_role(message.role), text: message.content };
        let is_blank = message.text.trim().is_empty();
        // The user repeated a message because there was no answer. Send it once.
        let is_repeated = message.role == assistant::Role::User && messages.last() == Some(&message);
        if !is_repeated && (!is_blank || i == last) {
            messages.push(message);
        }
    }
    messages.splice(0..0, system);
    messages
}

/// The index of the first message that the model gets. From there to the end the messages fit into `budget` bytes; if
/// even the last one does not fit, it is sent alone. The first message is always a user's.
///
/// Providers cache prompts and charge less for a prompt that begins like an earlier one. The window therefore does not
/// move with each message: once the budget is full, it moves until half of the budget is free. Nothing is stored about
/// earlier prompts, so this function repeats all of their moves.
fn window(messages: &[Ancestor], budget: usize) -> usize {
    let (mut start, mut total) = (0, 0);
    for (i, message) in messages.iter().enumerate() {
        total += message.bytes();
        let is_user = message.role == Role::User;
        let is_full = is_user && total > budget;
        while start < i && (is_full && total > budget / 2 || is_user && messages[start].role != Role::User) {
            total -= messages[start].bytes();
            start += 1;
        }
    }
    start
}

/// The prompt without the older half of its messages, for a model that rejected it as too long. `None` if only one
/// message is left.
pub(super) fn without_older_half(prompt: Prompt) -> Option<Prompt> {
    let Prompt { model, generation, mut messages } = prompt;
    let first = usize::from(messages.first().is_some_and(|message| message.role == assistant::Role::System));
    let count = messages.len() - first;
    let mut dropped = count / 2;
    while dropped < count - 1 && messages[first + dropped].role != assistant::Role::User {
        dropped += 1;
    }
    messages.drain(first..first + dropped);
    (dropped > 0).then_some(Prompt { model, generation, messages })
}

fn chat_role(role: Role) -> assistant::Role {
    match role {
        Role::User => assistant::Role::User,
        Role::Assistant => assistant::Role::Assistant,
        Role::System => assistant::Role::System,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Id, Instant};

    fn history(texts: &[&str]) -> Vec<Message> {
        let message = |(i, text): (usize, &&str)| {
            let user_message =
                Message::from_user(Id::new(), Id::new(), None, i as i32, (*text).into(), Instant(0));
            if i % 2 == 0 { user_message } else { Message { role: Role::Assistant, ..user_message } }
        };
        texts.iter().enumerate().map(message).collect()
    }

    fn texts(instructions: Option<&str>, all: &[&str], budget: usize) -> Vec<String> {
        let mut history = history(all);
        let ancestor = |message: &Message| Ancestor {
            id: message.id,
            role: message.role,
            length: message.content.len() as i32,
        };
        let ancestors: Vec<Ancestor> = history.iter().map(ancestor).collect();
        let budget = budget.saturating_sub(instructions.map_or(0, str::len));
        history.drain(..window(&ancestors, budget));
        let messages = chat_messages(instructions.map(str::to_owned), history);
        messages.into_iter().map(|message| message.text).collect()
    }

    #[test]
    fn the_latest_messages_that_fit_are_sent() {
        let all = ["aaaa", "bbbb", "cccc", "dddd", "eeee"];
        assert_eq!(texts(None, &all, 20), all);
        assert_eq!(texts(None, &all[..3], 12), ["aaaa", "bbbb", "cccc"]);
        assert_eq!(texts(None, &all, 19), ["eeee"], "the window starts with a user's message");
        assert_eq!(texts(None, &["aaaaaaaa", "bbbbbbbb", "c", "d", "e"], 18), ["c", "d", "e"]);
    }

    #[test]
    fn the_last_message_and_the_system_prompt_are_always_sent() {
        assert_eq!(texts(Some("Be brief."), &["aaaa", "bbbb", "cccc"], 1), ["Be brief.", "cccc"]);
        assert_eq!(texts(None, &[" "], 100), [" "]);
    }

    #[test]
    fn blank_messages_are_left_out() {
        assert_eq!(texts(None, &["a", "", "b"], 100), ["a", "b"]);
        assert_eq!(texts(None, &["a", " \n", " ", "b", "c"], 100), ["a", "b", "c"]);
    }

    #[test]
    fn a_repeated_question_without_an_answer_is_sent_once() {
        assert_eq!(texts(None, &["a", "b", "c", "", "c", "", "c"], 5), ["a", "b", "c"]);
        assert_eq!(texts(None, &["no", "Why?", "no"], 100), ["no", "Why?", "no"]);
    }

    #[test]
    fn the_start_of_the_window_moves_in_blocks() {
        let all: Vec<String> = (0..400).map(|i| format!("{i:0>10}")).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let mut starts = Vec::new();
        for end in (1..all.len()).step_by(2) {
            let sent = texts(None, &all[..end], 1000);
            assert!(sent.len() == end || (49..=100).contains(&sent.len()), "{}", sent.len());
            assert_eq!(sent, all[end - sent.len()..end]);
            if starts.last() != Some(&sent[0]) {
                starts.push(sent[0].clone());
            }
        }
        assert_eq!(starts.len(), 7, "400 messages, of which 52 are left out at a time: {starts:?}");
    }

    #[test]
    fn the_first_message_read_moves_in_blocks() {
        let first: Vec<i32> = [1, 499, 500, 501, 750, 751, 1001].map(first_depth).into();
        assert_eq!(first, [0, 0, 0, 250, 250, 500, 750]);
    }

    #[test]
    fn the_older_half_is_left_out_but_not_the_system_prompt() {
        let shorter = |instructions: Option<&str>, all: &[&str]| {
            let messages = chat_messages(instructions.map(str::to_owned), history(all));
            let shorter = without_older_half(Prompt {
                model: String::new(),
                generation: Default::default(),
                messages,
            })?;
            Some(shorter.messages.into_iter().map(|message| message.text).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(shorter(Some("s"), &["a", "b", "c", "d", "e"]).as_deref(), Some("s c d e"));
        assert_eq!(shorter(None, &["a", "b", "c"]).as_deref(), Some("c"));
        assert_eq!(shorter(None, &["a", "", "c"]).as_deref(), Some("c"));
        assert_eq!(shorter(Some("s"), &["a"]), None);
    }
}
