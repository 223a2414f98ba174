//! What a provider is asked.

use crate::assistant::{Prompt, Speaker, Turn};
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
    /// Asks for the prompt to be continued. With `merge_turns`, turns of one speaker in a row become one: the templates of
    /// many models refuse anything but turns that alternate.
    pub fn new(prompt: &'a Prompt, merge_turns: bool) -> Self {
        Self {
            model: &prompt.model,
            messages: messages(&prompt.turns, merge_turns),
            stream: true,
            stream_options: StreamOptions { include_usage: true },
        }
    }
}

fn messages(turns: &[Turn], merge_turns: bool) -> Vec<Message<'_>> {
    let mut messages: Vec<Message<'_>> = Vec::new();
    for turn in turns {
        let role = match turn.speaker {
            Speaker::System => "system",
            Speaker::User => "user",
            Speaker::Assistant => "assistant",
        };
        match messages.last_mut().filter(|last| merge_turns && last.role == role) {
            Some(last) => {
                let content = last.content.to_mut();
                content.push_str("\n\n");
                content.push_str(&turn.text);
            }
            None => messages.push(Message { role, content: Cow::Borrowed(&turn.text) }),
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_of_one_speaker_in_a_row_become_one() {
        let turn = |speaker, text: &str| Turn { speaker, text: text.into() };
        let turns = [
            turn(Speaker::System, "s"),
            turn(Speaker::User, "a"),
            turn(Speaker::User, "b"),
            turn(Speaker::Assistant, "c"),
            turn(Speaker::User, "d"),
        ];
        let said =
            |merge| messages(&turns, merge).into_iter().map(|m| m.content.into_owned()).collect::<Vec<_>>();
        assert_eq!(said(true), ["s", "a\n\nb", "c", "d"]);
        assert_eq!(said(false), ["s", "a", "b", "c", "d"]);
    }
}
