//! The messages about replies that instances send to each other over the bus.
//!
//! Instances of a version without parts read and send the same messages. They count only text, and ignore the fields
//! that they do not know. Instances of a version without tool calls ignore the chunks of a reply that has any. They read
//! its text from the checkpoints.

use super::{Engine, publish};
use crate::{
    bus::{BusEvent, Topic},
    parts::{Fragment, Head, PartKind, Parts},
    store::Id,
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, sync::Arc};

/// A message to every instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ControlMessage {
    /// The writers of these replies must publish what follows these positions.
    #[serde(rename = "ask")]
    RequestText(Vec<(Id, Position)>),
    /// The writer of this reply must stop.
    Stop(Id),
    /// A reply is ready to be claimed.
    Claimable,
}

/// The heads of a reply that has only text.
const ONLY_TEXT: &[Head] = &[Head::new(PartKind::Text, 0)];

/// The end of what a mirror has of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// The attempt, counted from 1.
    pub attempt: i32,
    /// The length of the text, in bytes.
    pub offset: usize,
    /// The length of all parts, in bytes. `None` if the mirror has only text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<usize>,
}

impl Position {
    /// The end of these parts.
    pub fn end_of(attempt: i32, parts: &Parts) -> Self {
        let (offset, log) = (parts.text_before(parts.len()), parts.len());
        Self { attempt, offset, log: (log > offset).then_some(log) }
    }

    /// The offset in the writer's parts from which the mirror needs them.
    pub fn offset_in(self, parts: &Parts) -> usize {
        self.log.unwrap_or_else(|| parts.offset_of_text(self.offset))
    }
}

/// A range of a reply, published to the mirrors of the reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ReplyChunk<'a> {
    /// The attempt, which has exactly one writer.
    pub attempt: i32,
    /// The offset of `text` in the attempt's text, in bytes.
    pub offset: usize,
    /// The text; may be empty.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    /// The writer publishes nothing after this chunk. The database has what follows.
    pub over: bool,
    /// What the range has besides text. `None` if the reply has only text up to the end of the range.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<ChunkParts<'a>>,
}

/// What a chunk has besides text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ChunkParts<'a> {
    /// The offset of the range in the attempt's parts, in bytes.
    pub start: usize,
    /// The heads of the parts that start in the range. If the reply has tool calls, there is at least one head of them,
    /// even outside the range: a version that does not know tool calls cannot read such a chunk, and must not.
    pub heads: Cow<'a, [Head]>,
    /// The bytes of the parts that are not text.
    #[serde(borrow)]
    pub rest: Cow<'a, str>,
}

impl<'a> ReplyChunk<'a> {
    /// A chunk with at most `length` bytes of the parts after `start`.
    pub fn of(attempt: i32, parts: &'a Parts, start: usize, length: usize) -> Self {
        let Fragment { start, heads, text, rest } = parts.fragment(start, length);
        let end = start + text.len() + rest.len();
        let offset = parts.text_before(start);
        let is_only_text = offset == start && rest.is_empty() && parts.text_before(end) == end;
        let mut heads = heads.into_owned();
        let is_call = |head: &&Head| head.kind == PartKind::ToolCall;
        if !heads.iter().any(|head| is_call(&head)) {
            heads.extend(parts.heads().iter().find(is_call).cloned());
        }
        let parts = (!is_only_text).then_some(ChunkParts { start, heads: heads.into(), rest });
        Self { attempt, offset, text, over: false, parts }
    }

    /// The length of the range, in bytes of all parts.
    pub fn len(&self) -> usize {
        self.text.len() + self.parts.as_ref().map_or(0, |parts| parts.rest.len())
    }

    /// The range of the attempt's parts.
    pub fn fragment(&self) -> Fragment<'_> {
        match &self.parts {
            Some(ChunkParts { start, heads, rest }) => {
                let range = *start..start.saturating_add(self.len());
                let heads: Vec<Head> =
                    heads.iter().filter(|head| range.contains(&head.start)).cloned().collect();
                let (text, rest) = (Cow::Borrowed(&*self.text), Cow::Borrowed(&**rest));
                Fragment { start: *start, heads: heads.into(), text, rest }
            }
            None => {
                let first: &[Head] = if self.offset == 0 { ONLY_TEXT } else { &[] };
                let (text, heads) = (Cow::Borrowed(&*self.text), Cow::Borrowed(first));
                Fragment { start: self.offset, heads, text, rest: Cow::Borrowed("") }
            }
        }
    }
}

impl Engine {
    /// Publishes a message to every instance, in a task of its own.
    pub(super) fn broadcast(self: &Arc<Self>, message: &ControlMessage) {
        let Ok(message) = serde_json::to_string(message) else { return };
        let engine = self.clone();
        self.tasks.spawn(async move {
            // A lost message only causes delay: the database has the same information.
            if let Err(error) = engine.bus.publish(Topic::AllInstances, message).await {
                tracing::debug!(%error, "cannot publish a control message");
            }
        });
    }

    /// Handles an event of the topic that every instance subscribes to.
    pub(super) fn on_broadcast(self: &Arc<Self>, event: BusEvent<'_>) {
        let message = match event {
            // A message that a reply is ready to be claimed may have been missed.
            BusEvent::Subscribed => return self.claim_needed.notify_one(),
            BusEvent::Message(message) => message,
        };
        match serde_json::from_str(message) {
            Ok(ControlMessage::RequestText(requests)) => {
                requests.into_iter().for_each(|(reply, seen)| publish::on_request(self, reply, seen))
            }
            Ok(ControlMessage::Stop(reply)) => {
                if let Some(local) = self.hub.local(reply) {
                    local.stop.cancel();
                }
            }
            Ok(ControlMessage::Claimable) => self.claim_needed.notify_one(),
            // Another version of the server may send other messages.
            Err(error) => tracing::debug!(%error, "cannot parse a control message"),
        }
    }
}
