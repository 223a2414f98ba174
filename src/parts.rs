//! The parts of a reply: its text, and what else the model wrote, such as its reasoning and its tool calls.
//!
//! The parts of a reply are one log: their bytes one after another, and a [`Head`] for each part. The log only grows at
//! its end, so a length names a state of it. The content of the reply is the text parts, joined. The *rest* is all
//! other parts, joined. Content, rest and heads together are the log again; that is how it is stored and sent between
//! instances. A version without parts reads the content and ignores the others.

#[cfg(test)]
mod tests;
mod tool_call;

pub use tool_call::{MAX_FIELD_BYTES, ToolCall, ToolCallStatus};

use serde::{Deserialize, Serialize};
use std::{borrow::Cow, ops::Range};

/// Maximum length of all parts of a reply together, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// Maximum number of parts of a reply. The last one is reserved for text.
pub const MAX_PARTS: usize = 64;

/// The kind of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PartKind {
    /// Text of the answer.
    Text,
    /// Reasoning before or within the answer.
    Reasoning,
    /// The address of a page that the answer cites.
    Source,
    /// A call of a tool that the provider runs.
    ToolCall,
}

/// A set of kinds, one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartKinds(u8);

impl PartKinds {
    /// Only text.
    pub const TEXT: Self = Self(1);
    /// All kinds.
    pub const ALL: Self = Self(u8::MAX);

    /// The set with these bits. Unknown bits are kept.
    pub fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The bits of the set.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Whether the kind is in the set.
    pub fn contains(self, kind: PartKind) -> bool {
        self.0 & Self::from(kind).0 != 0
    }
}

impl From<PartKind> for PartKinds {
    fn from(kind: PartKind) -> Self {
        match kind {
            PartKind::Text => Self::TEXT,
            PartKind::Reasoning => Self(2),
            PartKind::Source => Self(4),
            PartKind::ToolCall => Self(8),
        }
    }
}

impl FromIterator<PartKind> for PartKinds {
    fn from_iter<I: IntoIterator<Item = PartKind>>(kinds: I) -> Self {
        Self(kinds.into_iter().fold(0, |bits, kind| bits | Self::from(kind).0))
    }
}

/// The beginning of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The kind of the part.
    pub kind: PartKind,
    /// The offset of the part in the log, in bytes. The part ends where the next one starts.
    pub start: usize,
    /// The name: the title of a source, or the name of a tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The ID of a tool call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
}

impl Head {
    /// The head of a part without a name.
    pub const fn new(kind: PartKind, start: usize) -> Self {
        Self { kind, start, name: None, call: None }
    }
}

/// A part, or its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The index of the part among all parts of the reply.
    pub index: usize,
    /// The kind of the part.
    pub kind: PartKind,
    /// The name of the part.
    pub name: Option<String>,
    /// The text. Never empty, except for a tool call: there, it is the addition to the arguments.
    pub text: String,
    /// The whole tool call so far; `None` for other kinds.
    pub call: Option<ToolCall>,
}

impl Piece {
    /// The length of the texts that a client gets, in bytes.
    pub fn text_bytes(&self) -> usize {
        self.text.len() + self.call.as_ref().and_then(|call| call.result.as_ref()).map_or(0, String::len)
    }
}

/// A range of a log. Instances store it and send it to each other in this form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// The offset of the range in the log, in bytes.
    pub start: usize,
    /// The heads of the parts that start in the range.
    pub heads: Cow<'a, [Head]>,
    /// The bytes of text parts in the range.
    pub text: Cow<'a, str>,
    /// The bytes of all other parts in the range.
    pub rest: Cow<'a, str>,
}

/// The effect of a fragment on a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension {
    /// The log has grown.
    Extended,
    /// The fragment had nothing new, or cannot belong to this log.
    Nothing,
    /// Bytes before the fragment are missing.
    Gap,
}

/// The parts of a reply. No part is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    log: String,
    heads: Vec<Head>,
}

impl Parts {
    /// The parts of a message that has only text.
    pub fn of_text(text: String) -> Self {
        let heads = if text.is_empty() { Vec::new() } else { vec![Head::new(PartKind::Text, 0)] };
        Self { log: text, heads }
    }

    /// The parts as they are stored. If content and the other columns contradict each other, the content counts.
    pub fn of_stored(content: String, heads: Vec<Head>, rest: &str) -> Self {
        let length = content.len() + rest.len();
        let (text, rest) = (Cow::Borrowed(&*content), Cow::Borrowed(rest));
        let mut parts = Self::default();
        parts.extend(&Fragment { start: 0, heads: Cow::Borrowed(&heads), text, rest });
        if parts.log.len() == length && parts.heads == heads { parts } else { Self::of_text(content) }
    }

    /// The length of the log, in bytes.
    pub fn len(&self) -> usize {
        self.log.len()
    }

    /// Whether there are no parts.
    pub fn is_empty(&self) -> bool {
        self.log.is_empty()
    }

    /// Whether there are no parts but text.
    pub fn is_only_text(&self) -> bool {
        self.heads.iter().all(|head| head.kind == PartKind::Text)
    }

    /// The heads of all parts.
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// The parts with their kinds.
    pub fn iter(&self) -> impl Iterator<Item = (PartKind, &str)> {
        self.heads.iter().enumerate().map(|(index, head)| (head.kind, &self.log[self.range(index)]))
    }

    /// All parts.
    pub fn pieces(&self) -> impl Iterator<Item = Piece> {
        (0..self.heads.len()).map(|index| self.piece(index, 0))
    }

    /// A part without its first `offset` bytes, which must end at a character boundary.
    fn piece(&self, index: usize, offset: usize) -> Piece {
        let (head, bytes) = (&self.heads[index], &self.log[self.range(index)]);
        let call = self.call(index);
        let text = match &call {
            Some(_) => ToolCall::arguments_after(bytes, offset),
            None => &bytes[offset..],
        };
        Piece { index, kind: head.kind, name: head.name.clone(), text: text.to_owned(), call }
    }

    /// The joined text parts, which are the content of the reply.
    pub fn content(&self) -> String {
        self.joined(|kind| kind == PartKind::Text)
    }

    /// The joined parts that are not text.
    pub fn rest(&self) -> String {
        self.joined(|kind| kind != PartKind::Text)
    }

    /// The joined parts of these kinds.
    fn joined(&self, selects: impl Fn(PartKind) -> bool) -> String {
        self.iter().filter(|(kind, _)| selects(*kind)).map(|(_, text)| text).collect()
    }

    /// The length of the parts of these kinds, in bytes.
    pub fn len_of(&self, kinds: PartKinds) -> usize {
        self.iter().filter(|(kind, _)| kinds.contains(*kind)).map(|(_, text)| text.len()).sum()
    }

    /// The parts of these kinds, without their first `offset` bytes. `None` if they have no character boundary there.
    pub fn after(&self, kinds: PartKinds, offset: usize) -> Option<Vec<Piece>> {
        let mut skip = offset;
        let mut pieces = Vec::new();
        for (index, (_, text)) in self.iter().enumerate().filter(|(_, (kind, _))| kinds.contains(*kind)) {
            let known = skip.min(text.len());
            if !text.get(known..)?.is_empty() {
                pieces.push(self.piece(index, known));
            }
            skip -= known;
        }
        (skip == 0).then_some(pieces)
    }

    /// Appends to the last part if it has this kind, or else begins a part. Returns whether all of the text fits. The
    /// kind is text or reasoning.
    ///
    /// Beyond the maximum number of parts, everything but text is dropped.
    pub fn push(&mut self, kind: PartKind, text: &str) -> bool {
        if !text.is_empty() {
            self.fail_open_call();
        }
        let room = MAX_BYTES.saturating_sub(self.log.len());
        let fits = text.len() <= room;
        // A character that does not fit entirely is dropped, so the log may be a little shorter than the maximum.
        let text = &text[..text.floor_char_boundary(room)];
        let begins = self.heads.last().is_none_or(|last| last.kind != kind);
        let free = MAX_PARTS - usize::from(kind != PartKind::Text);
        if text.is_empty() || begins && self.heads.len() >= free {
            return fits;
        }
        if begins {
            self.heads.push(Head::new(kind, self.log.len()));
        }
        self.log.push_str(text);
        fits
    }

    /// Appends a source. It is dropped if it does not fit, or beyond the maximum number of parts.
    pub fn push_source(&mut self, url: &str, title: Option<String>) {
        self.fail_open_call();
        let fits = self.log.len() + url.len() <= MAX_BYTES && self.heads.len() + 1 < MAX_PARTS;
        if fits && !url.is_empty() {
            self.heads.push(Head { name: title, ..Head::new(PartKind::Source, self.log.len()) });
            self.log.push_str(url);
        }
    }

    /// The range of the log that is sent next after `start`: about `length` bytes, without a part of a source.
    pub fn fragment(&self, start: usize, length: usize) -> Fragment<'_> {
        let mut end = self.log.floor_char_boundary(start + length);
        let cut = (0..self.heads.len())
            .map(|index| self.range(index))
            .find(|part| part.start < end && end < part.end);
        if let Some(part) = cut.filter(|part| self.is_source_at(part.start)) {
            end = if part.start > start { part.start } else { part.end };
        }
        let heads = self.heads.iter().filter(|head| (start..end).contains(&head.start));
        let heads: Vec<Head> = heads.cloned().collect();
        if self.heads.iter().all(|head| head.kind == PartKind::Text || head.start >= end) {
            let text = self.log.get(start..end).unwrap_or_default();
            return Fragment { start, heads: heads.into(), text: text.into(), rest: "".into() };
        }
        let (mut text, mut rest) = (String::new(), String::new());
        for (index, head) in self.heads.iter().enumerate() {
            let Range { start: from, end: to } = self.range(index);
            let bytes = self.log.get(from.max(start)..to.min(end)).unwrap_or_default();
            match head.kind {
                PartKind::Text => text.push_str(bytes),
                _ => rest.push_str(bytes),
            }
        }
        Fragment { start, heads: heads.into(), text: text.into(), rest: rest.into() }
    }

    /// Appends a fragment, which may overlap with the log.
    pub fn extend(&mut self, fragment: &Fragment<'_>) -> Extension {
        let known = self.log.len();
        if fragment.start > known {
            return Extension::Gap;
        }
        let end = fragment.start + fragment.text.len() + fragment.rest.len();
        let (mut text, mut rest) = (&*fragment.text, &*fragment.rest);
        let mut extended = self.heads.clone();
        let mut log = String::new();
        let mut at = fragment.start;
        // The part that the fragment continues, if none starts there.
        let mut kind = self.heads.iter().rev().find(|head| head.start <= at).map(|head| head.kind);
        let mut heads = fragment.heads.iter().peekable();
        while at < end {
            if let Some(head) = heads.next_if(|head| head.start == at) {
                kind = Some(head.kind);
                if at >= known {
                    extended.push(head.clone());
                }
            }
            let next = heads.peek().map_or(end, |head| head.start.clamp(at, end));
            let Some(kind) = kind.filter(|_| next > at) else { return Extension::Nothing };
            let source = if kind == PartKind::Text { &mut text } else { &mut rest };
            let Some((bytes, later)) = source.split_at_checked(next - at) else { return Extension::Nothing };
            *source = later;
            let Some(new) = bytes.get(known.saturating_sub(at).min(bytes.len())..) else {
                return Extension::Nothing;
            };
            log.push_str(new);
            at = next;
        }
        if log.is_empty() {
            return Extension::Nothing;
        }
        self.log.push_str(&log);
        self.heads = extended;
        Extension::Extended
    }

    /// The first offset in the log before which the text parts have `length` bytes.
    pub fn offset_of_text(&self, length: usize) -> usize {
        if length == 0 {
            return 0;
        }
        let mut missing = length;
        for (index, head) in self.heads.iter().enumerate().filter(|(_, head)| head.kind == PartKind::Text) {
            let part = self.range(index).len();
            if missing <= part {
                return head.start + missing;
            }
            missing -= part;
        }
        self.log.len()
    }

    /// The length of the text parts before an offset in the log, in bytes.
    pub fn text_before(&self, offset: usize) -> usize {
        let texts = self.heads.iter().enumerate().filter(|(_, head)| head.kind == PartKind::Text);
        texts
            .map(|(index, _)| self.range(index))
            .map(|Range { start, end }| end.min(offset).saturating_sub(start))
            .sum()
    }

    fn is_source_at(&self, start: usize) -> bool {
        self.heads.iter().any(|head| head.start == start && head.kind == PartKind::Source)
    }

    fn range(&self, index: usize) -> Range<usize> {
        let end = self.heads.get(index + 1).map_or(self.log.len(), |next| next.start);
        self.heads[index].start..end
    }
}
