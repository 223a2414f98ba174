//! The progress of a reply: the buffer that its runner fills and its subscribers read.

use super::{Cursor, wire::ReplyChunk};
use crate::{
    parts::{Extension, PartKinds, Parts, Piece},
    store::{messages::Message, parts::Reply},
};
use std::sync::Arc;

/// The parts so far of one attempt, and the finished message once the reply has ended.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The attempt, counted from 1.
    pub attempt: i32,
    /// The parts so far.
    pub parts: Parts,
    /// The finished message, whose content is the text of the parts. Set when the reply has ended.
    pub end: Option<Arc<Message>>,
}

/// The next event for a subscriber.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// All selected parts so far, for a subscriber that has nothing of this attempt.
    Snapshot {
        /// The selected parts so far.
        parts: Vec<Piece>,
        /// The attempt, counted from 1.
        attempt: i32,
    },
    /// What follows the subscriber's cursor.
    Delta {
        /// The pieces to append; never empty.
        parts: Vec<Piece>,
    },
    /// The reply has ended, and the subscriber has all selected parts.
    Finished {
        /// The finished reply as it is stored.
        message: Arc<Message>,
    },
}

/// The effect of a chunk on a mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChunkEffect {
    /// The parts have grown.
    Extended,
    /// The chunk had nothing new.
    Ignored,
    /// The chunk cannot be used: something before it is missing.
    Gap,
}

impl Progress {
    /// The progress of a stored reply.
    pub fn of(Reply { message, parts }: Reply) -> Self {
        Self { attempt: message.attempt, parts, end: message.status.is_final().then(|| Arc::new(message)) }
    }

    /// Takes over the stored reply if it is ahead of this progress. Returns whether it was.
    pub(super) fn apply_stored(&mut self, stored: Reply) -> bool {
        let is_ahead = stored.message.status.is_final() || stored.parts.len() > self.parts.len();
        let attempt = stored.message.attempt;
        let new = self.end.is_none() && (attempt > self.attempt || attempt == self.attempt && is_ahead);
        if new {
            *self = Self::of(stored);
        }
        new
    }

    /// Applies a chunk, which may overlap with what is known.
    pub(super) fn apply_chunk(&mut self, chunk: &ReplyChunk<'_>) -> ChunkEffect {
        if self.end.is_some() || chunk.attempt < self.attempt {
            return ChunkEffect::Ignored;
        }
        let fragment = chunk.fragment();
        if chunk.attempt > self.attempt {
            if fragment.start > 0 {
                return ChunkEffect::Gap;
            }
            *self = Self { attempt: chunk.attempt, parts: Parts::default(), end: None };
            self.parts.extend(&fragment);
            return ChunkEffect::Extended;
        }
        match self.parts.extend(&fragment) {
            Extension::Extended => ChunkEffect::Extended,
            Extension::Nothing => ChunkEffect::Ignored,
            Extension::Gap => ChunkEffect::Gap,
        }
    }

    /// The next event for a subscriber to these kinds, and the cursor after it; `None` if there is nothing to send yet.
    /// `seen` is a cursor for the same kinds.
    pub fn next(&self, seen: Option<Cursor>, kinds: PartKinds) -> Option<(Next, Cursor)> {
        let all = Cursor { attempt: self.attempt, offset: self.parts.len_of(kinds), kinds };
        if seen.is_some_and(|seen| self.is_current(seen)) {
            return None;
        }
        let seen = seen.filter(|seen| seen.attempt == self.attempt);
        let known = seen.and_then(|seen| self.parts.after(kinds, seen.offset));
        let next = match (known, &self.end) {
            (Some(parts), Some(message)) if parts.is_empty() => Next::Finished { message: message.clone() },
            (Some(parts), _) => Next::Delta { parts },
            (None, _) => Next::Snapshot {
                parts: self.parts.after(kinds, 0).unwrap_or_default(),
                attempt: self.attempt,
            },
        };
        Some((next, all))
    }

    /// Whether there is nothing to send yet to a subscriber at `seen`.
    pub(super) fn is_current(&self, seen: Cursor) -> bool {
        // The subscriber may have seen a later attempt, of which this progress does not know yet. Or these parts come
        // from a checkpoint, which is behind what the subscriber has seen.
        let is_behind = || seen.attempt == self.attempt && seen.offset >= self.parts.len_of(seen.kinds);
        self.end.is_none() && (seen.attempt > self.attempt || is_behind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        parts::{PartKind, ToolCallStatus},
        replies::wire::Position,
        store::{Id, Instant, MessageStatus, parts::PartsRow},
    };
    use proptest::prelude::*;
    use uuid::Uuid;

    const TEXT: PartKinds = PartKinds::TEXT;

    fn stored(attempt: i32, status: MessageStatus, parts: Parts) -> Reply {
        let question =
            Message::from_user(Id(Uuid::nil()), Id(Uuid::nil()), None, 0, String::new(), Instant(0));
        let reply =
            question.pending_reply(Id(Uuid::nil()), "echo".into(), crate::generation::Generation::default());
        let row = PartsRow::of(reply.id, attempt, &parts);
        Reply::new(Message { attempt, status, content: parts.content(), ..reply }, row)
    }

    fn progress(attempt: i32, text: &str) -> Progress {
        Progress { attempt, parts: Parts::of_text(text.into()), end: None }
    }

    fn piece(text: &str) -> Piece {
        Piece { index: 0, kind: PartKind::Text, name: None, text: text.into(), call: None }
    }

    fn pushes() -> impl Strategy<Value = Vec<(PartKind, String)>> {
        use PartKind::*;
        let kind = prop_oneof![2 => Just(Text), 2 => Just(Reasoning), 1 => Just(Source), 1 => Just(ToolCall)];
        prop::collection::vec((kind, "\\PC{0,8}"), 0..20)
    }

    fn push(parts: &mut Parts, kind: PartKind, text: &str) {
        match kind {
            PartKind::ToolCall => {
                parts.begin_call(text, "tool");
                parts.push_arguments(text);
                if text.len().is_multiple_of(2) {
                    parts.end_call(ToolCallStatus::Completed, Some(text));
                }
            }
            PartKind::Source => parts.push_source(text, Some(text.to_uppercase())),
            _ => assert!(parts.push(kind, text)),
        }
    }

    /// What a subscriber has: the pieces of each part, joined.
    fn receive(received: &mut Vec<Piece>, next: Next) {
        let more = match next {
            Next::Snapshot { parts, .. } => {
                received.clear();
                parts
            }
            Next::Delta { parts } => {
                assert!(!parts.is_empty(), "an empty event");
                parts
            }
            Next::Finished { .. } => Vec::new(),
        };
        for piece in more {
            match received.last_mut().filter(|last| last.index == piece.index) {
                Some(last) => {
                    last.text += &piece.text;
                    last.call = piece.call;
                }
                None => received.push(piece),
            }
        }
    }

    proptest! {
        /// Snapshots and deltas add up to the selected parts, however often and whenever a subscriber reads.
        #[test]
        fn snapshots_and_deltas_add_up_to_the_parts(
            pushes in pushes(),
            reads in prop::collection::vec((any::<bool>(), any::<bool>()), 20),
            bits in 0..16u8,
        ) {
            let kinds = PartKinds::from_bits(bits);
            let mut progress = progress(1, "");
            let (mut received, mut seen) = (Vec::new(), None);
            for ((kind, text), (read, reset)) in pushes.iter().zip(reads) {
                push(&mut progress.parts, *kind, text);
                if reset {
                    seen = None;
                }
                if !read {
                    continue;
                }
                if let Some((next, at)) = progress.next(seen, kinds) {
                    receive(&mut received, next);
                    seen = Some(at);
                }
                prop_assert_eq!(&received, &progress.parts.after(kinds, 0).unwrap());
                prop_assert!(seen.is_none_or(|seen| progress.is_current(seen)));
            }
        }
    }

    proptest! {
        /// Chunks may be lost, repeated or late: the mirror always has a prefix of the parts, and detects gaps. So does the
        /// mirror of an instance without parts, which reads only the text, and of one without tool calls.
        #[test]
        fn a_mirror_has_a_prefix_of_the_parts(
            attempts in prop::array::uniform3(pushes()),
            chunks in prop::collection::vec((1..=3i32, 0..80usize, 0..80usize, any::<bool>()), 0..60),
        ) {
            let attempts = attempts.map(|pushes| {
                let mut parts = Parts::default();
                pushes.iter().for_each(|(kind, text)| push(&mut parts, *kind, text));
                parts.fail_open_call();
                parts
            });
            let (mut mirror, mut older) = (progress(1, ""), (1, String::new()));
            let mut without_calls = progress(1, "");
            for (attempt, from, length, checkpoint) in chunks {
                let parts = &attempts[attempt as usize - 1];
                let from = boundary(parts, from);
                let before = (mirror.attempt, mirror.parts.len());
                if checkpoint {
                    let mut so_far = Parts::default();
                    so_far.extend(&parts.fragment(0, length));
                    // Unreadable heads are ignored.
                    let has_call = so_far.iter().any(|(kind, _)| kind == PartKind::ToolCall);
                    let known = if has_call { Parts::of_text(so_far.content()) } else { so_far.clone() };
                    without_calls.apply_stored(stored(attempt, MessageStatus::Streaming, known));
                    mirror.apply_stored(stored(attempt, MessageStatus::Streaming, so_far));
                } else {
                    let chunk = ReplyChunk::of(attempt, parts, from, length);
                    let chunk = serde_json::to_string(&chunk).unwrap();
                    if !chunk.contains(r#""kind":"TOOL_CALL""#) {
                        without_calls.apply_chunk(&serde_json::from_str(&chunk).unwrap());
                    }
                    let chunk: ReplyChunk<'_> = serde_json::from_str(&chunk).unwrap();
                    let (end, effect) = (from + chunk.len(), mirror.apply_chunk(&chunk));
                    let known = if attempt == before.0 { before.1 } else { 0 };
                    let gap = attempt >= before.0 && from > known;
                    prop_assert_eq!(effect == ChunkEffect::Gap, gap);
                    if attempt >= before.0 && !gap {
                        prop_assert_eq!(mirror.parts.len(), known.max(end));
                    }
                    // As earlier versions apply it.
                    if attempt > older.0 && chunk.offset == 0 {
                        older = (attempt, chunk.text.clone().into_owned());
                    } else if attempt == older.0 && chunk.offset <= older.1.len() {
                        let more = chunk.text.get(older.1.len() - chunk.offset..).unwrap_or_default();
                        older.1.push_str(more);
                    }
                    prop_assert!(attempts[older.0 as usize - 1].content().starts_with(&older.1));
                }
                let known = &attempts[without_calls.attempt as usize - 1];
                prop_assert!(known.content().starts_with(&without_calls.parts.content()));
                prop_assert!((mirror.attempt, mirror.parts.len()) >= before, "progress never goes back");
                let all = &attempts[mirror.attempt as usize - 1];
                prop_assert_eq!(all.fragment(0, mirror.parts.len()), mirror.parts.fragment(0, usize::MAX / 2));
                // What the mirror requests next is where it ends.
                let end = Position::end_of(mirror.attempt, &mirror.parts);
                prop_assert_eq!(end.offset_in(all), mirror.parts.len());
            }
            let last = stored(3, MessageStatus::Completed, attempts[2].clone());
            prop_assert!(mirror.apply_stored(last.clone()));
            prop_assert_eq!((&mirror.parts, mirror.end.as_deref()), (&attempts[2], Some(&last.message)));
            let chunk = ReplyChunk::of(3, &attempts[2], 0, 32);
            prop_assert_eq!(mirror.apply_chunk(&chunk), ChunkEffect::Ignored, "ended");
        }
    }

    /// The last character boundary at or before an offset.
    fn boundary(parts: &Parts, offset: usize) -> usize {
        (0..=offset.min(parts.len())).rev().find(|at| parts.after(PartKinds::ALL, *at).is_some()).unwrap_or(0)
    }

    #[test]
    fn text_behind_the_cursor_is_not_sent_again() {
        let seen = Some(Cursor { attempt: 1, offset: 4, kinds: TEXT });
        assert_eq!(progress(1, "abc").next(seen, TEXT), None);
        let (next, _) = progress(1, "abcde").next(seen, TEXT).unwrap();
        assert_eq!(next, Next::Delta { parts: vec![piece("e")] });
    }

    #[test]
    fn an_earlier_attempt_is_not_sent_after_a_later_one() {
        let seen = Some(Cursor { attempt: 2, offset: 1, kinds: TEXT });
        assert_eq!(progress(1, "abc").next(seen, TEXT), None);
        // The stored end counts, whatever the subscriber has seen.
        let end = Progress::of(stored(1, MessageStatus::Stopped, Parts::of_text("abc".into())));
        let (next, _) = end.next(seen, TEXT).unwrap();
        assert_eq!(next, Next::Snapshot { parts: vec![piece("abc")], attempt: 1 });
    }

    #[test]
    fn an_unusable_cursor_gets_a_snapshot() {
        let progress = progress(2, "aé");
        for (attempt, offset) in [(1, 0), (2, 2)] {
            let next = progress.next(Some(Cursor { attempt, offset, kinds: TEXT }), TEXT);
            let Some((Next::Snapshot { parts, attempt }, at)) = next else { panic!("{next:?}") };
            let end = Cursor { attempt: 2, offset: 3, kinds: TEXT };
            assert_eq!((parts, attempt, at), (vec![piece("aé")], 2, end));
        }
    }

    #[test]
    fn a_chunk_of_an_instance_without_parts_is_text() {
        let mut mirror = progress(1, "");
        for (text, effect) in [
            (r#"{"attempt":1,"offset":2,"text":"c","over":false}"#, ChunkEffect::Gap),
            (r#"{"attempt":1,"offset":0,"text":"ab","over":false}"#, ChunkEffect::Extended),
            (r#"{"attempt":1,"offset":1,"text":"bcd","over":false}"#, ChunkEffect::Extended),
        ] {
            assert_eq!(mirror.apply_chunk(&serde_json::from_str(text).unwrap()), effect, "{text}");
        }
        assert_eq!(mirror.parts, Parts::of_text("abcd".into()));
        let position = Position::end_of(1, &mirror.parts);
        assert_eq!(serde_json::to_string(&position).unwrap(), r#"{"attempt":1,"offset":4}"#);
    }
}
