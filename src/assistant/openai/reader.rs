//! Reads an answer of the chat completions API from events.

use super::{
    AnswerReader,
    answer::{AnswerBuilder, Update},
    chunk::{Chunk, Reason},
    events::Event,
    json::Json,
    request::Request,
    secrets::Secrets,
};
use crate::{
    assistant::{AssistantError, End, Part, Prompt, providers::Provider},
    generation::Generation,
    parts::PartKind,
};
use serde::Serialize;

/// The state of an answer that is being read.
pub struct Reader(AnswerBuilder);

impl AnswerReader for Reader {
    const PATH: &'static [&'static str] = &["chat", "completions"];

    fn request(prompt: &Prompt, provider: &Provider) -> impl Serialize {
        Request::new(prompt, provider)
    }

    fn new(provider: &Provider, secrets: &Secrets, sent: Generation) -> Self {
        Self(AnswerBuilder::new(provider, secrets, sent))
    }

    fn has_ended(&self) -> bool {
        self.0.reason.is_some()
    }

    fn read(&mut self, event: &Event) -> Result<Update, AssistantError> {
        let answer = &mut self.0;
        let Some(document) = answer.document(event)? else {
            return Ok(Update { is_last: event.is_done(), ..Update::default() });
        };
        let document = Json::of(&document);
        let mut update = Update::default();
        for document in document.items().unwrap_or_else(|| vec![document]) {
            let chunk = Chunk::read(document).map_err(|provider_error| self.0.error(&provider_error))?;
            self.take(chunk, &mut update);
        }
        Ok(update)
    }

    fn end(self, failure: Option<AssistantError>) -> (Vec<Part>, Result<End, AssistantError>) {
        self.0.end(failure)
    }
}

impl Reader {
    fn take(&mut self, chunk: Chunk, update: &mut Update) {
        let answer = &mut self.0;
        update.is_progress |= chunk.has_reasoning || chunk.has_tool_call || chunk.reason.is_some();
        answer.has_refusal |= chunk.has_refusal;
        answer.has_tool_call |= chunk.has_tool_call || chunk.reason == Some(Reason::Tools);
        answer.reason = chunk.reason.or(answer.reason);
        answer.usage = chunk.usage.or(answer.usage);
        chunk.sources.into_iter().for_each(|(url, title)| answer.sources.add(&url, title));
        if chunk.is_whole && answer.has_text {
            return; // Some providers repeat the whole answer at the end of the stream.
        }
        let repeats_reasoning = chunk.is_whole && answer.has_reasoning;
        for (kind, piece) in chunk.pieces {
            match kind {
                PartKind::Reasoning if repeats_reasoning => {}
                PartKind::Reasoning => answer.push_reasoning(piece, update),
                _ => answer.push_text(piece, update),
            }
        }
    }
}
