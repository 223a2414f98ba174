//! The order of an answer with tool calls.
//!
//! Only the last part of a reply can grow. So everything after a tool call waits until the call has ended: text, and the
//! calls that run at the same time.

use super::tool_call::ToolCallItem;
use crate::{
    assistant::{Part, ToolCallStep, openai::answer::readable},
    parts::{MAX_BYTES, MAX_FIELD_BYTES, MAX_PARTS, PartKind, ToolCallStatus},
};
use std::collections::VecDeque;

/// The parts that wait.
#[derive(Debug, Default)]
pub struct Queue {
    items: VecDeque<Item>,
    /// The keys of all calls, even of those that have ended. Calls beyond the maximum number of parts are ignored.
    keys: Vec<String>,
    /// The length of the text that waits, in bytes.
    waiting: usize,
}

#[derive(Debug)]
enum Item {
    Part(Part),
    Call(Call),
}

#[derive(Debug, Default)]
struct Call {
    key: String,
    id: String,
    name: String,
    has_begun: bool,
    /// The arguments so far.
    arguments: String,
    /// The length of the arguments that were released.
    released: usize,
    /// The state that an event has reported. The arguments and the result follow with the item.
    reported: Option<ToolCallStatus>,
    end: Option<(ToolCallStatus, Option<String>)>,
}

impl Queue {
    /// Adds a part.
    pub fn push(&mut self, part: Part) {
        if let Part::More(kind, text) = &part {
            if self.waiting >= MAX_BYTES {
                return; // The reply is cut before this.
            }
            self.waiting += text.len();
            if let Some(Item::Part(Part::More(last, before))) = self.items.back_mut()
                && last == kind
            {
                return before.push_str(text);
            }
        }
        self.items.push_back(Item::Part(part));
    }

    /// Begins a call, unless it is known.
    pub fn begin(&mut self, key: &str, ToolCallItem { id, name, .. }: &ToolCallItem) {
        if self.keys.len() < MAX_PARTS && !self.keys.iter().any(|known| known == key) {
            self.keys.push(key.to_owned());
            let id = if id.is_empty() { format!("call_{key}") } else { id.clone() };
            let call = Call { key: key.to_owned(), id, name: name.clone(), ..Call::default() };
            self.items.push_back(Item::Call(call));
        }
    }

    /// Appends to the arguments of a call.
    pub fn push_arguments(&mut self, key: &str, text: &str) {
        if let Some(call) = self.call(key) {
            call.push(&readable(text.to_owned()));
        }
    }

    /// Appends to the code that is the argument of a call.
    pub fn push_code(&mut self, key: &str, text: &str) {
        if let Some(call) = self.call(key) {
            if call.arguments.is_empty() {
                call.push("{\"code\":\"");
            }
            let escaped = serde_json::Value::from(text).to_string();
            call.push(&escaped[1..escaped.len() - 1]);
        }
    }

    /// Takes the state of a call from an event.
    pub fn report(&mut self, key: &str, status: ToolCallStatus) {
        if let Some(call) = self.call(key) {
            call.reported = Some(status);
        }
    }

    /// Ends a call.
    pub fn finish(&mut self, key: &str, item: ToolCallItem) {
        let Some(call) = self.call(key) else { return };
        if let Some(rest) = item.arguments.strip_prefix(&*call.arguments) {
            call.push(rest);
        } else if call.released == 0 && !item.arguments.is_empty() {
            call.arguments.clear();
            call.push(&item.arguments);
        }
        let result = item.result.map(|mut result| {
            result.truncate(result.floor_char_boundary(MAX_FIELD_BYTES));
            result
        });
        call.end = Some((item.status, result));
    }

    /// Takes the parts that need not wait.
    pub fn release(&mut self) -> Vec<Part> {
        let mut parts = Vec::new();
        while let Some(item) = self.items.pop_front() {
            let mut call = match item {
                Item::Part(part) => {
                    if let Part::More(_, text) = &part {
                        self.waiting -= text.len();
                    }
                    parts.push(part);
                    continue;
                }
                Item::Call(call) => call,
            };
            // The model continues its text, so the rest of the item will not follow.
            let has_text =
                || self.items.iter().any(|item| matches!(item, Item::Part(Part::More(PartKind::Text, _))));
            if call.end.is_none()
                && let Some(status) = call.reported
                && has_text()
            {
                call.end = Some((status, None));
            }
            if !call.release(&mut parts) {
                self.items.push_front(Item::Call(call));
                break;
            }
        }
        parts
    }

    /// Takes all parts, at the end of the answer. Calls without an end have failed.
    pub fn end(mut self) -> Vec<Part> {
        for item in &mut self.items {
            if let Item::Call(call) = item {
                call.end.get_or_insert((call.reported.unwrap_or(ToolCallStatus::Failed), None));
            }
        }
        self.release()
    }

    fn call(&mut self, key: &str) -> Option<&mut Call> {
        self.items.iter_mut().find_map(|item| match item {
            Item::Call(call) if call.key == key && call.end.is_none() => Some(call),
            _ => None,
        })
    }
}

impl Call {
    /// Appends to the arguments, up to their maximum length.
    fn push(&mut self, text: &str) {
        let room = MAX_FIELD_BYTES - self.arguments.len();
        self.arguments.push_str(&text[..text.floor_char_boundary(room)]);
    }

    /// Releases what is new. Returns whether the call has ended.
    fn release(&mut self, parts: &mut Vec<Part>) -> bool {
        let mut step = |step| parts.push(Part::ToolCall(step));
        if !std::mem::replace(&mut self.has_begun, true) {
            step(ToolCallStep::Begin {
                id: std::mem::take(&mut self.id),
                name: std::mem::take(&mut self.name),
            });
        }
        if self.released < self.arguments.len() {
            step(ToolCallStep::Arguments(self.arguments[self.released..].to_owned()));
            self.released = self.arguments.len();
        }
        let Some((status, result)) = self.end.take() else { return false };
        step(ToolCallStep::End { status, result });
        true
    }
}
