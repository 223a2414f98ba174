//! Tool calls as parts of a reply.
//!
//! The bytes of such a part are the arguments, the status and the result, each after a separator. They only grow at the
//! end. So the bytes so far tell whether the call is in progress, and what is known of it.

use super::{Head, MAX_BYTES, MAX_PARTS, PartKind, Parts};

/// Maximum length of the arguments of a call, and of its result, in bytes. Longer ones are cut there.
pub const MAX_FIELD_BYTES: usize = 64 << 10;
/// Precedes each field. No other part of a reply has this character: providers' control characters are replaced.
const SEPARATOR: char = '\u{1f}';
const COMPLETED: &str = "\u{1f}C";
const FAILED: &str = "\u{1f}F";
/// The bytes of the log that an open call reserves for its status.
const END_BYTES: usize = COMPLETED.len();

/// A call of a tool that the provider runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    /// The ID that the provider gave it.
    pub id: String,
    /// The arguments so far, as JSON.
    pub arguments: String,
    /// The state.
    pub status: ToolCallStatus,
    /// The result, or the error; `None` if the provider reports none.
    pub result: Option<String>,
}

/// The state of a tool call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolCallStatus {
    /// The tool is running, or the model is still writing the arguments.
    InProgress,
    /// The tool has run.
    Completed,
    /// The tool has failed, or the reply ended first.
    Failed,
}

impl ToolCallStatus {
    /// The name, as in the schema.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}

impl ToolCall {
    /// Reads the bytes of a part.
    pub(super) fn read(head: &Head, bytes: &str) -> Self {
        let mut fields = bytes.splitn(4, SEPARATOR).skip(1);
        let arguments = fields.next().unwrap_or_default().to_owned();
        let status = match fields.next() {
            None | Some("") => ToolCallStatus::InProgress,
            Some("C") => ToolCallStatus::Completed,
            Some(_) => ToolCallStatus::Failed,
        };
        let id = head.call.clone().unwrap_or_default();
        Self { id, arguments, status, result: fields.next().map(str::to_owned) }
    }

    /// The arguments in the bytes of a part after `offset`.
    pub(super) fn arguments_after(bytes: &str, offset: usize) -> &str {
        let arguments = bytes.split(SEPARATOR).nth(1).unwrap_or_default();
        arguments.get(offset.saturating_sub(SEPARATOR.len_utf8())..).unwrap_or_default()
    }
}

impl Parts {
    /// Begins a tool call. It is dropped if it does not fit, or beyond the maximum number of parts.
    pub fn begin_call(&mut self, id: &str, name: &str) {
        self.fail_open_call();
        let length = SEPARATOR.len_utf8();
        if self.log.len() + length + END_BYTES <= MAX_BYTES && self.heads.len() + 1 < MAX_PARTS {
            let (name, call) = (Some(name.to_owned()), Some(id.to_owned()));
            self.heads.push(Head { kind: PartKind::ToolCall, start: self.log.len(), name, call });
            self.log.push(SEPARATOR);
        }
    }

    /// Appends to the arguments of the open call, as far as they fit. Does nothing if no call is open.
    pub fn push_arguments(&mut self, text: &str) {
        if let Some(call) = self.open_call() {
            self.push_field(text, MAX_FIELD_BYTES.saturating_sub(call.arguments.len()));
        }
    }

    /// Ends the open call. Its result is cut if it does not fit. Does nothing if no call is open.
    pub fn end_call(&mut self, status: ToolCallStatus, result: Option<&str>) {
        if self.open_call().is_none() {
            return;
        }
        self.log.push_str(if status == ToolCallStatus::Completed { COMPLETED } else { FAILED });
        if let Some(result) = result.filter(|_| self.log.len() < MAX_BYTES) {
            self.log.push(SEPARATOR);
            self.push_field(result, MAX_FIELD_BYTES);
        }
    }

    /// Ends the open call, if there is one, because its completion will not follow.
    pub fn fail_open_call(&mut self) {
        self.end_call(ToolCallStatus::Failed, None);
    }

    /// The call that has no end yet. Only the last part can be one.
    pub fn open_call(&self) -> Option<ToolCall> {
        let last = self.heads.len().checked_sub(1)?;
        let call = self.call(last)?;
        (call.status == ToolCallStatus::InProgress).then_some(call)
    }

    /// The tool call with this index; `None` if the part is of another kind.
    pub(super) fn call(&self, index: usize) -> Option<ToolCall> {
        let head = &self.heads[index];
        (head.kind == PartKind::ToolCall).then(|| ToolCall::read(head, &self.log[self.range(index)]))
    }

    /// Appends at most `length` bytes, and keeps room for a status.
    fn push_field(&mut self, text: &str, length: usize) {
        let room = length.min((MAX_BYTES - END_BYTES).saturating_sub(self.log.len()));
        let text = &text[..text.floor_char_boundary(room)];
        self.log.push_str(&text.replace(SEPARATOR, " "));
    }
}
