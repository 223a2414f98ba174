//! The body of a request for an answer.

use crate::assistant::{ChatMessage, Prompt, Role};
use serde::Serialize;
use std::borrow::Cow;

/// The body of a request.
#[derive(Serialize)]
pub struct Request<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    stream: bool,
    stream_options: StreamOptions,
}

#[derive(Debug, PartialEq, Serialize)]
struct Message<'a> {
    role: &'static str,
    content: Cow<'a, str>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'a> Request<'a> {
    /// Creates the request for an answer to the prompt. With `merge_turns`, consecutive messages with the same role are
    /// merged into one: the templates of many models require that the roles alternate.
    pub fn new(prompt: &'a Prompt, merge_turns: bool) -> Self {
        Self {
            model: &prompt.model,
            messages: merged(&prompt.messages, merge_turns),
            stream: true,
            stream_options: StreamOptions { include_usage: true },
        }
    }
}

fn merged(chat: &[ChatMessage], merge_turns: bool) -> Vec<Message<'_>> {
    let mut messages: Vec<Message<'_>> = Vec::new();
    for message in chat {
        let role = match message.role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        match messages.last_mut().filter(|last| merge_turns && last.role == role) {
            Some(last) => {
                let content = last.content.to_mut();
                content.push_str("\n\n");
                content.push_str(&message.text);
            }
            None => messages.push(Message { role, content: Cow::Borrowed(&message.text) }),
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consecutive_messages_with_the_same_role_are_merged() {
        let chat = |role, text: &str| ChatMessage { role, text: text.into() };
        let chat = [
            chat(Role::System, "s"),
            chat(Role::User, "a"),
            chat(Role::User, "b"),
            chat(Role::Assistant, "c"),
            chat(Role::User, "d"),
        ];
        let contents =
            |merge| merged(&chat, merge).into_iter().map(|m| m.content.into_owned()).collect::<Vec<_>>();
        assert_eq!(contents(true), ["s", "a\n\nb", "c", "d"]);
        assert_eq!(contents(false), ["s", "a", "b", "c", "d"]);
    }
}
