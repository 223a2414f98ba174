//! Builds the answer: its text and reasoning in order, its sources, and how it ended.

use super::{
    chunk::Reason,
    events::Event,
    json::{self, Json},
    provider_error::{ProviderError, ended_early, unreadable_answer},
    secrets::Secrets,
    sources::Sources,
    thinking::Thinking,
};
use crate::{
    assistant::{
        AssistantError, AssistantErrorKind, End, Finish, Part, Usage,
        providers::Provider,
        surrogates::{SurrogateJoiner, TextPiece},
    },
    generation::Generation,
    parts::PartKind,
};
use std::borrow::Cow;

/// The content of an event.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// More of the answer, in order; no text is empty.
    pub parts: Vec<Part>,
    /// Whether the model made progress: text, reasoning, a tool call or a finish reason.
    pub is_progress: bool,
    /// Whether the provider marked the end of the stream.
    pub is_last: bool,
}

/// An answer that is being read.
pub struct AnswerBuilder {
    provider: String,
    secrets: Secrets,
    sent: Generation,
    joiner: SurrogateJoiner,
    reasoning_joiner: SurrogateJoiner,
    thinking: Thinking,
    /// The kind of the last part; `None` before the first one, and after a tool call.
    last: Option<PartKind>,
    /// The pages that the answer cites.
    pub sources: Sources,
    /// Whether the answer has reasoning.
    pub has_reasoning: bool,
    /// Whether the answer has visible text.
    pub has_text: bool,
    /// Whether some of the text is a refusal.
    pub has_refusal: bool,
    /// Whether the model called a tool that it was not offered.
    pub has_tool_call: bool,
    /// Why the model stopped.
    pub reason: Option<Reason>,
    /// Token usage so far.
    pub usage: Option<Usage>,
    /// Whether a part of the answer could not be read.
    has_unreadable: bool,
}

impl AnswerBuilder {
    /// Begins this provider's answer to a request with the parameters `sent`.
    pub fn new(provider: &Provider, secrets: &Secrets, sent: Generation) -> Self {
        Self {
            provider: provider.name.clone(),
            secrets: secrets.clone(),
            sent,
            joiner: SurrogateJoiner::default(),
            reasoning_joiner: SurrogateJoiner::default(),
            thinking: Thinking::default(),
            last: None,
            sources: Sources::default(),
            has_reasoning: false,
            has_text: false,
            has_refusal: false,
            has_tool_call: false,
            reason: None,
            usage: None,
            has_unreadable: false,
        }
    }

    /// The kind of the last part, to which more can be appended.
    pub fn last(&self) -> Option<PartKind> {
        self.last
    }

    /// Ends the last part. More text begins a new one.
    pub fn end_part(&mut self) {
        self.last = None;
    }

    /// The provider's message without secrets.
    pub fn shown(&self, message: &str) -> String {
        self.secrets.shown(message)
    }

    /// Adds text. Reasoning at its beginning is separated.
    pub fn push_text(&mut self, piece: TextPiece, update: &mut Update) {
        let text = self.joiner.join(piece);
        update.is_progress |= !text.is_empty();
        let (reasoning, answer) = self.thinking.read(text);
        self.push(PartKind::Reasoning, reasoning, &mut update.parts);
        self.push(PartKind::Text, answer, &mut update.parts);
    }

    /// Adds reasoning.
    pub fn push_reasoning(&mut self, piece: TextPiece, update: &mut Update) {
        let text = self.reasoning_joiner.join(piece);
        self.push(PartKind::Reasoning, text, &mut update.parts);
    }

    /// Adds to the parts. White space at the beginning of reasoning is dropped.
    pub fn push(&mut self, kind: PartKind, text: String, parts: &mut Vec<Part>) {
        let begins = self.last != Some(kind);
        let text = match kind {
            PartKind::Reasoning if begins => text.trim_start().to_owned(),
            _ => text,
        };
        if text.is_empty() {
            return;
        }
        self.last = Some(kind);
        self.has_reasoning |= kind == PartKind::Reasoning;
        self.has_text |= kind == PartKind::Text && is_visible(&text);
        let text = readable(text);
        match parts.last_mut() {
            Some(Part::More(last, before)) if *last == kind => before.push_str(&text),
            _ => parts.push(Part::More(kind, text)),
        }
    }

    /// The document in an event; `None` if the event has none. The error is one that the provider reports. Unreadable
    /// documents are skipped.
    pub fn document<'a>(&mut self, event: &'a Event) -> Result<Option<Cow<'a, str>>, AssistantError> {
        let data = event.data.trim();
        let Some(document) = json::valid(data) else {
            if event.name == "error" {
                let provider_error = ProviderError { message: data.to_owned(), ..ProviderError::default() };
                return Err(self.error(&provider_error));
            }
            // Some providers keep the connection open with empty events, or with comments in place of data.
            if !event.is_done() && !data.is_empty() && !data.starts_with(':') {
                self.skip(data.len());
            }
            return Ok(None);
        };
        if event.name == "error" {
            let document = Json::of(&document);
            let provider_error =
                ProviderError::find(document).unwrap_or_else(|| ProviderError::read(document));
            return Err(self.error(&provider_error));
        }
        Ok(Some(document))
    }

    /// The rest of the answer with its sources, and how it ended. `failure` is the reason if reading ended early.
    pub fn end(mut self, failure: Option<AssistantError>) -> (Vec<Part>, Result<End, AssistantError>) {
        let mut rest = Vec::new();
        let lone =
            |joiner: &mut SurrogateJoiner| std::mem::take(joiner).end().map(String::from).unwrap_or_default();
        let lone_reasoning = lone(&mut self.reasoning_joiner);
        let (reasoning, answer) = self.thinking.read(lone(&mut self.joiner));
        let (held_reasoning, held_answer) = std::mem::take(&mut self.thinking).end();
        self.push(PartKind::Reasoning, lone_reasoning + &reasoning + &held_reasoning, &mut rest);
        self.push(PartKind::Text, answer + &held_answer, &mut rest);
        rest.extend(std::mem::take(&mut self.sources).into_vec().into_iter().map(Part::Source));
        let has_text = self.has_text;
        let error = |kind, message: &str| AssistantError { kind, message: message.into(), details: None };
        let end = match (self.reason, failure) {
            (None, Some(failure)) => Err(failure),
            (Some(reason), _) if has_text => {
                let finish = match reason {
                    _ if self.has_refusal => Finish::ContentFilter,
                    Reason::Finish(finish) => finish,
                    Reason::Tools => Finish::Stop,
                };
                Ok(End { finish, usage: self.usage })
            }
            (None, None) if has_text => Err(ended_early()),
            _ if self.has_tool_call => Err(error(
                AssistantErrorKind::Rejected,
                "The model called a tool that it was not offered, and returned no text.",
            )),
            (None, None) if self.has_unreadable => Err(unreadable_answer()),
            (Some(Reason::Finish(Finish::Length)), _) => Err(error(
                AssistantErrorKind::Empty,
                "The model reached the maximum length of an answer before it returned any text.",
            )),
            (Some(Reason::Finish(Finish::ContentFilter)), _) => {
                Err(error(AssistantErrorKind::Empty, "The model's provider withheld the answer."))
            }
            _ => Err(empty()),
        };
        (rest, end)
    }

    /// Logs an error that the provider reports, and returns it.
    pub fn error(&self, provider_error: &ProviderError) -> AssistantError {
        let (code, details) =
            (self.secrets.shown(&provider_error.code), self.secrets.shown(&provider_error.message));
        let status = provider_error.status;
        tracing::warn!(
            provider = self.provider,
            status,
            code,
            details,
            "a provider ended an answer with an error"
        );
        provider_error.to_assistant_error(&self.sent, &self.secrets)
    }

    /// Logs the first unreadable part of an answer, without its text, which may belong to the conversation.
    pub fn skip(&mut self, bytes: usize) {
        if !std::mem::replace(&mut self.has_unreadable, true) {
            tracing::warn!(provider = self.provider, bytes, "skipped an unreadable part of an answer");
        }
    }
}

/// The error for an answer without text.
pub fn empty() -> AssistantError {
    AssistantError {
        kind: AssistantErrorKind::Empty,
        message: "The model gave an empty answer.".into(),
        details: None,
    }
}

fn is_visible(text: &str) -> bool {
    !text.trim().is_empty()
}

/// Replaces control characters, except white space, by U+FFFD. PostgreSQL cannot store NUL.
pub fn readable(text: String) -> String {
    let is_odd = |character: char| character.is_control() && !character.is_whitespace();
    if text.contains(is_odd) { text.replace(is_odd, "\u{fffd}") } else { text }
}
