//! The body of a request for an answer.

use crate::{
    assistant::{
        ChatMessage, Prompt, Role,
        providers::{OutputLimit, Provider},
    },
    generation::{Generation, ReasoningEffort},
};
use serde::Serialize;
use std::borrow::Cow;

/// The body of a request.
#[derive(Serialize)]
pub struct Request<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    stream: bool,
    stream_options: StreamOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
}

/// A message of the conversation.
#[derive(Debug, PartialEq, Serialize)]
pub struct Message<'a> {
    role: &'static str,
    content: Cow<'a, str>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'a> Request<'a> {
    /// Creates the request for an answer to the prompt. If the provider merges turns, consecutive messages with the same
    /// role become one: the templates of many models require that the roles alternate.
    pub fn new(prompt: &'a Prompt, provider: &Provider) -> Self {
        let Generation { temperature, max_output_tokens, reasoning_effort } = prompt.generation;
        let (max_tokens, max_completion_tokens) = match provider.output_limit {
            OutputLimit::MaxTokens => (max_output_tokens, None),
            OutputLimit::MaxCompletionTokens => (None, max_output_tokens),
        };
        Self {
            model: &prompt.model,
            messages: merged(&prompt.messages, provider.merge_turns),
            stream: true,
            stream_options: StreamOptions { include_usage: true },
            temperature,
            max_tokens,
            max_completion_tokens,
            reasoning_effort: reasoning_effort.map(ReasoningEffort::as_str),
        }
    }
}

/// The messages to send. With `merge_turns`, consecutive messages with the same role become one.
pub fn merged<'a>(chat: impl IntoIterator<Item = &'a ChatMessage>, merge_turns: bool) -> Vec<Message<'a>> {
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
    fn only_the_given_parameters_are_sent() {
        let body = |generation, output_limit| {
            let provider = Provider { output_limit, ..Provider::named("mine") };
            let prompt = Prompt { model: "m".into(), generation, messages: Vec::new() };
            serde_json::to_value(Request::new(&prompt, &provider)).unwrap()
        };
        let all = Generation {
            temperature: Some(0.5),
            max_output_tokens: Some(100),
            reasoning_effort: Some(ReasoningEffort::XHigh),
        };
        let names = ["temperature", "max_tokens", "max_completion_tokens", "reasoning_effort"];
        let values = |body: serde_json::Value| names.map(|name| body[name].clone());
        let null = serde_json::Value::Null;
        let sent = values(body(all, OutputLimit::MaxTokens));
        assert_eq!(sent, [0.5.into(), 100.into(), null.clone(), "xhigh".into()]);
        let sent = values(body(all, OutputLimit::MaxCompletionTokens));
        assert_eq!(sent, [0.5.into(), null.clone(), 100.into(), "xhigh".into()]);
        let keys: Vec<_> = body(Generation::default(), OutputLimit::MaxTokens)
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        assert_eq!(keys, ["messages", "model", "stream", "stream_options"]);
    }

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
