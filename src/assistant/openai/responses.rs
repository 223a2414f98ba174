//! Reads an answer of the responses API from events: <https://platform.openai.com/docs/api-reference/responses-streaming>.
//!
//! An answer is a list of output items: messages, reasoning, and calls of tools that the provider runs. The items come one
//! after another, or interleaved. Unknown events and items are ignored.

mod queue;
mod request;
mod tool_call;

use super::{
    AnswerReader,
    answer::{AnswerBuilder, Update},
    chunk::{self, Reason},
    events::Event,
    json::{Fields, Json},
    provider_error::{ProviderError, ended_early},
    secrets::Secrets,
};
use crate::{
    assistant::{AssistantError, End, Finish, Part, Prompt, providers::Provider, surrogates::TextPiece},
    generation::Generation,
    parts::{PartKind, ToolCallStatus},
};
use queue::Queue;
use request::Request;
use serde::Serialize;
use tool_call::{ItemKind, ToolCallItem};

/// The state of an answer that is being read.
pub struct Reader {
    answer: AnswerBuilder,
    queue: Queue,
    /// The message that the last text belongs to.
    message: Option<String>,
    /// The block of reasoning that the last reasoning belongs to.
    reasoning: Option<ReasoningBlock>,
}

/// A block of reasoning, with a blank line before the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ReasoningBlock {
    /// Whether it is a summary. Some providers send both a summary and the reasoning itself; the first kind is used.
    is_summary: bool,
    item: String,
    index: Option<u64>,
}

impl AnswerReader for Reader {
    const PATH: &'static [&'static str] = &["responses"];

    fn request(prompt: &Prompt, provider: &Provider) -> impl Serialize {
        Request::new(prompt, provider)
    }

    fn new(provider: &Provider, secrets: &Secrets, sent: Generation) -> Self {
        let answer = AnswerBuilder::new(provider, secrets, sent);
        Self { answer, queue: Queue::default(), message: None, reasoning: None }
    }

    fn has_ended(&self) -> bool {
        self.answer.reason.is_some()
    }

    fn read(&mut self, event: &Event) -> Result<Update, AssistantError> {
        let Some(document) = self.answer.document(event)? else {
            return Ok(Update { is_last: event.is_done(), ..Update::default() });
        };
        let document = Json::of(&document);
        let mut update = Update::default();
        self.read_document(document, &mut update)?;
        for part in std::mem::take(&mut update.parts) {
            self.queue.push(part);
        }
        update.parts = self.queue.release();
        Ok(update)
    }

    fn end(self, failure: Option<AssistantError>) -> (Vec<Part>, Result<End, AssistantError>) {
        let Self { answer, mut queue, .. } = self;
        let has_ended = answer.reason.is_some();
        let failure = failure.or_else(|| (!has_ended).then(ended_early));
        let (rest, end) = answer.end(failure);
        rest.into_iter().for_each(|part| queue.push(part));
        (queue.end(), end)
    }
}

impl Reader {
    fn read_document(&mut self, document: Json<'_>, update: &mut Update) -> Result<(), AssistantError> {
        let fields = document.fields();
        let event = fields.text("type").unwrap_or_default();
        let piece = |name| fields.get(name).and_then(Json::piece).unwrap_or_default();
        match &*event {
            "response.output_text.delta" => self.push_text(key(&fields), piece("delta"), update),
            "response.refusal.delta" => {
                self.answer.has_refusal = true;
                self.push_text(key(&fields), piece("delta"), update);
            }
            "response.reasoning_summary_text.delta" => {
                self.push_reasoning(block(&fields, true, "summary_index"), piece("delta"), update);
            }
            "response.reasoning_text.delta" => {
                self.push_reasoning(block(&fields, false, "content_index"), piece("delta"), update);
            }
            "response.output_text.annotation.added" => {
                fields.get("annotation").into_iter().for_each(|annotation| self.push_annotation(annotation));
            }
            "response.output_item.added" | "response.output_item.done" => {
                if let Some(item) = fields.get("item") {
                    self.read_item(key(&fields), &item.fields(), event.ends_with("done"), update);
                }
            }
            "response.mcp_call_arguments.delta" => {
                update.is_progress = true;
                self.queue.push_arguments(&key(&fields), &fields.text("delta").unwrap_or_default());
            }
            "response.code_interpreter_call_code.delta" => {
                update.is_progress = true;
                self.queue.push_code(&key(&fields), &fields.text("delta").unwrap_or_default());
            }
            "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled" => {
                let response = fields.get("response").unwrap_or(document).fields();
                self.read_response(&response, event.trim_start_matches("response."), update)?;
            }
            _ if event.starts_with("response.") => self.read_progress(&event, &fields, update),
            _ if fields.text("object").as_deref() == Some("response") => {
                self.read_response(&fields, &fields.text("status").unwrap_or_default(), update)?;
            }
            _ => {
                if let Some(provider_error) = ProviderError::find(document) {
                    return Err(self.answer.error(&provider_error));
                }
            }
        }
        Ok(())
    }

    /// Reads an event such as `response.web_search_call.completed`.
    fn read_progress(&mut self, event: &str, fields: &Fields<'_>, update: &mut Update) {
        let Some((call, state)) = event.rsplit_once('.').filter(|(call, _)| call.ends_with("_call")) else {
            return;
        };
        update.is_progress |= !call.is_empty();
        let status = match state {
            "completed" => ToolCallStatus::Completed,
            "failed" => ToolCallStatus::Failed,
            _ => return,
        };
        self.queue.report(&key(fields), status);
    }

    fn read_item(&mut self, key: String, item: &Fields<'_>, is_done: bool, update: &mut Update) {
        update.is_progress = true;
        match ItemKind::of(item) {
            ItemKind::ToolCall => {
                self.take_held(update);
                self.answer.end_part();
                let call = ToolCallItem::read(item, &self.answer);
                self.queue.begin(&key, &call);
                if is_done {
                    self.queue.finish(&key, call);
                }
            }
            ItemKind::ToolCallOfClient => self.answer.has_tool_call = true,
            ItemKind::Other => {}
        }
    }

    /// What was written before a tool call comes before it.
    fn take_held(&mut self, update: &mut Update) {
        for part in std::mem::take(&mut update.parts) {
            self.queue.push(part);
        }
    }

    /// Reads the whole response at its end. What was not streamed is taken from it.
    fn read_response(
        &mut self,
        response: &Fields<'_>,
        status: &str,
        update: &mut Update,
    ) -> Result<(), AssistantError> {
        (update.is_last, update.is_progress) = (true, true);
        self.answer.usage = response.get("usage").and_then(chunk::usage).or(self.answer.usage);
        let (has_text, has_reasoning) = (self.answer.has_text, self.answer.has_reasoning);
        let items = response.get("output").and_then(Json::items).unwrap_or_default();
        for (index, item) in items.into_iter().enumerate() {
            let item = item.fields();
            let list = |name| item.get(name).and_then(Json::items).unwrap_or_default();
            match item.text("type").as_deref() {
                Some("message") if !has_text => {
                    for content in list("content") {
                        self.read_content(&index.to_string(), &content.fields(), update);
                    }
                }
                Some("reasoning") if !has_reasoning => {
                    for (is_summary, name) in [(true, "summary"), (false, "content")] {
                        for (at, text) in (0..).zip(list(name)) {
                            let block =
                                ReasoningBlock { is_summary, item: index.to_string(), index: Some(at) };
                            let piece = text.fields().get("text").and_then(Json::piece).unwrap_or_default();
                            self.push_reasoning(block, piece, update);
                        }
                    }
                }
                _ => self.read_item(index.to_string(), &item, true, update),
            }
        }
        let reason = |details: Json<'_>| details.fields().text("reason");
        self.answer.reason = Some(Reason::Finish(match status {
            "failed" => {
                let provider_error = response.get("error").map(ProviderError::read).unwrap_or_default();
                return Err(self.answer.error(&provider_error));
            }
            "cancelled" => return Err(ended_early()),
            "incomplete" => match response.get("incomplete_details").and_then(reason).as_deref() {
                Some("content_filter") => Finish::ContentFilter,
                _ => Finish::Length,
            },
            _ => Finish::Stop,
        }));
        Ok(())
    }

    fn read_content(&mut self, message: &str, content: &Fields<'_>, update: &mut Update) {
        let text = content.get("text").or_else(|| content.get("refusal"));
        self.answer.has_refusal |= content.text("type").as_deref() == Some("refusal");
        self.push_text(message.to_owned(), text.and_then(Json::piece).unwrap_or_default(), update);
        for annotation in content.get("annotations").and_then(Json::items).unwrap_or_default() {
            self.push_annotation(annotation);
        }
    }

    /// Adds text. The text of a further message begins after a blank line.
    fn push_text(&mut self, message: String, piece: TextPiece, update: &mut Update) {
        if piece.is_empty() {
            return;
        }
        if self.message.as_ref().is_some_and(|last| *last != message) && self.answer.has_text {
            self.answer.push(PartKind::Text, "\n\n".to_owned(), &mut update.parts);
        }
        self.message = Some(message);
        self.answer.push_text(piece, update);
    }

    /// Adds reasoning.
    fn push_reasoning(&mut self, block: ReasoningBlock, piece: TextPiece, update: &mut Update) {
        let is_other = |last: &ReasoningBlock| last.is_summary != block.is_summary;
        if piece.is_empty() || self.reasoning.as_ref().is_some_and(is_other) {
            return;
        }
        update.is_progress = true;
        let begins = self.reasoning.as_ref().is_some_and(|last| *last != block);
        if begins && self.answer.last() == Some(PartKind::Reasoning) {
            self.answer.push(PartKind::Reasoning, "\n\n".to_owned(), &mut update.parts);
        }
        self.reasoning = Some(block);
        self.answer.push_reasoning(piece, update);
    }

    fn push_annotation(&mut self, annotation: Json<'_>) {
        let fields = annotation.fields();
        if fields.text("type").as_deref() == Some("url_citation")
            && let Some(url) = fields.text("url")
        {
            self.answer.sources.add(&url, fields.text("title"));
        }
    }
}

/// The name by which the events of one item refer to it: its index in the output, because some providers change the ID.
fn key(event: &Fields<'_>) -> String {
    let index = event.get("output_index").and_then(Json::number);
    let id = || event.text("item_id").or_else(|| event.get("item")?.fields().text("id"));
    index.map(|index| index.to_string()).or_else(id).unwrap_or_default()
}

fn block(event: &Fields<'_>, is_summary: bool, index: &str) -> ReasoningBlock {
    let index = event.get(index).and_then(Json::number).map(|index| index as u64);
    ReasoningBlock { is_summary, item: key(event), index }
}

#[cfg(test)]
mod tests;
