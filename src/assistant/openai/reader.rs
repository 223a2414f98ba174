//! Builds the answer from events.

use super::{
    chunk::{Chunk, Reason},
    events::Event,
    json::{self, Json},
    provider_error::{ProviderError, ended_early, unreadable_answer},
    secrets::Secrets,
    sources::Sources,
    thinking::Thinking,
};
use crate::{
    assistant::{
        AssistantError, AssistantErrorKind, End, Finish, Part, Usage, providers::Provider,
        surrogates::SurrogateJoiner,
    },
    generation::Generation,
    parts::PartKind,
};

/// The content of an event.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// More text and reasoning, in order; none is empty.
    pub parts: Vec<(PartKind, String)>,
    /// Whether the model made progress: text, reasoning, a tool call or a finish reason.
    pub is_progress: bool,
    /// Whether the provider marked the end of the stream with `[DONE]`.
    pub is_last: bool,
}

/// The state of an answer that is being read.
pub struct Reader {
    provider: String,
    secrets: Secrets,
    sent: Generation,
    joiner: SurrogateJoiner,
    reasoning_joiner: SurrogateJoiner,
    thinking: Thinking,
    /// The kind of the last part; `None` before the first one.
    last: Option<PartKind>,
    has_reasoning: bool,
    sources: Sources,
    /// Whether the answer has visible text.
    has_text: bool,
    has_refusal: bool,
    has_tool_call: bool,
    reason: Option<Reason>,
    usage: Option<Usage>,
    /// Whether a part of the answer could not be read.
    has_unreadable: bool,
}

impl Reader {
    /// Creates a reader for this provider's answer to a request with the parameters `sent`.
    pub fn new(provider: &Provider, secrets: &Secrets, sent: Generation) -> Self {
        Self {
            provider: provider.name.clone(),
            secrets: secrets.clone(),
            sent,
            joiner: SurrogateJoiner::default(),
            reasoning_joiner: SurrogateJoiner::default(),
            thinking: Thinking::default(),
            last: None,
            has_reasoning: false,
            sources: Sources::default(),
            has_text: false,
            has_refusal: false,
            has_tool_call: false,
            reason: None,
            usage: None,
            has_unreadable: false,
        }
    }

    /// Whether the model has reported why it stopped.
    pub fn has_ended(&self) -> bool {
        self.reason.is_some()
    }

    /// Reads an event. The error is one that the provider reports. Unreadable events are skipped.
    pub fn read(&mut self, event: &Event) -> Result<Update, AssistantError> {
        let data = event.data.trim();
        let Some(document) = json::valid(data) else {
            if event.name == "error" {
                return Err(
                    self.error(&ProviderError { message: data.to_owned(), ..ProviderError::default() })
                );
            }
            let is_last = data == "[DONE]";
            // Some providers keep the connection open with empty events, or with comments in place of data.
            if !is_last && !data.is_empty() && !data.starts_with(':') {
                self.skip(data.len());
            }
            return Ok(Update { is_last, ..Update::default() });
        };
        let document = Json::of(&document);
        if event.name == "error" {
            let provider_error =
                ProviderError::find(document).unwrap_or_else(|| ProviderError::read(document));
            return Err(self.error(&provider_error));
        }
        let mut update = Update::default();
        for document in document.items().unwrap_or_else(|| vec![document]) {
            let chunk = Chunk::read(document).map_err(|provider_error| self.error(&provider_error))?;
            self.take(chunk, &mut update);
        }
        Ok(update)
    }

    fn take(&mut self, chunk: Chunk, update: &mut Update) {
        update.is_progress |= chunk.has_reasoning || chunk.has_tool_call || chunk.reason.is_some();
        self.has_refusal |= chunk.has_refusal;
        self.has_tool_call |= chunk.has_tool_call || chunk.reason == Some(Reason::Tools);
        self.reason = chunk.reason.or(self.reason);
        self.usage = chunk.usage.or(self.usage);
        chunk.sources.into_iter().for_each(|(url, title)| self.sources.add(&url, title));
        if chunk.is_whole && self.has_text {
            return; // Some providers repeat the whole answer at the end of the stream.
        }
        let repeats_reasoning = chunk.is_whole && self.has_reasoning;
        for (kind, piece) in chunk.pieces {
            match kind {
                PartKind::Reasoning if repeats_reasoning => {}
                PartKind::Reasoning => {
                    let text = self.reasoning_joiner.join(piece);
                    self.push(PartKind::Reasoning, text, &mut update.parts);
                }
                _ => {
                    let text = self.joiner.join(piece);
                    update.is_progress |= !text.is_empty();
                    let (reasoning, answer) = self.thinking.read(text);
                    self.push(PartKind::Reasoning, reasoning, &mut update.parts);
                    self.push(PartKind::Text, answer, &mut update.parts);
                }
            }
        }
    }

    /// Adds to the parts. White space at the beginning of reasoning is dropped.
    fn push(&mut self, kind: PartKind, text: String, parts: &mut Vec<(PartKind, String)>) {
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
            Some((last, before)) if *last == kind => before.push_str(&text),
            _ => parts.push((kind, text)),
        }
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
        let mut rest: Vec<Part> = rest.into_iter().map(|(kind, text)| Part::More(kind, text)).collect();
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

    fn error(&self, provider_error: &ProviderError) -> AssistantError {
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
    fn skip(&mut self, bytes: usize) {
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
fn readable(text: String) -> String {
    let is_odd = |character: char| character.is_control() && !character.is_whitespace();
    if text.contains(is_odd) { text.replace(is_odd, "\u{fffd}") } else { text }
}
