//! The progress of a reply: the buffer that its runner fills and its subscribers read.

use super::{Cursor, wire::ReplyChunk};
use crate::store::messages::Message;
use std::sync::Arc;

/// The text so far of one attempt, and the finished message once the reply has ended.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The attempt, counted from 1.
    pub attempt: i32,
    /// The text so far.
    pub text: String,
    /// The finished message, whose content is the text. Set when the reply has ended.
    pub end: Option<Arc<Message>>,
}

/// The next event for a subscriber.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// The whole text so far, for a subscriber that has nothing of this attempt.
    Snapshot {
        /// The whole text so far.
        text: String,
        /// The attempt, counted from 1.
        attempt: i32,
    },
    /// The text after the subscriber's cursor.
    Delta {
        /// The text to append; never empty.
        text: String,
    },
    /// The reply has ended, and the subscriber has its whole text.
    Finished {
        /// The finished reply as it is stored.
        message: Arc<Message>,
    },
}

/// The effect of a chunk on a mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChunkEffect {
    /// The text has grown.
    Extended,
    /// The chunk had nothing new.
    Ignored,
    /// The chunk cannot be used: text before it is missing.
    Gap,
}

impl Progress {
    /// The progress of a stored reply.
    pub fn of(message: Message) -> Self {
        Self {
            attempt: message.attempt,
            text: message.content.clone(),
            end: message.status.is_final().then(|| Arc::new(message)),
        }
    }

    /// Takes over the stored reply if it is ahead of this progress. Returns whether it was.
    pub(super) fn apply_stored(&mut self, stored: Message) -> bool {
        let is_ahead = stored.status.is_final() || stored.content.len() > self.text.len();
        let new = self.end.is_none()
            && (stored.attempt > self.attempt || stored.attempt == self.attempt && is_ahead);
        if new {
            *self = Self::of(stored);
        }
        new
    }

    /// Applies a chunk, which may overlap with the text that is known.
    pub(super) fn apply_chunk(&mut self, chunk: &ReplyChunk<'_>) -> ChunkEffect {
        if self.end.is_some() || chunk.attempt < self.attempt {
            return ChunkEffect::Ignored;
        }
        let known = if chunk.attempt == self.attempt { self.text.len() } else { 0 };
        if chunk.offset > known {
            return ChunkEffect::Gap;
        }
        if chunk.attempt > self.attempt {
            *self = Self { attempt: chunk.attempt, text: chunk.text.clone().into_owned(), end: None };
            return ChunkEffect::Extended;
        }
        match chunk.text.get(known - chunk.offset..) {
            None | Some("") => ChunkEffect::Ignored,
            Some(more) => {
                self.text.push_str(more);
                ChunkEffect::Extended
            }
        }
    }

    /// The next event for a subscriber at `seen`, and the cursor after it; `None` if there is nothing to send yet.
    pub fn next(&self, seen: Option<Cursor>) -> Option<(Next, Cursor)> {
        let all = Cursor { attempt: self.attempt, offset: self.text.len() };
        if self.end.is_none() && seen.is_some_and(|seen| seen.attempt > self.attempt) {
            return None; // The subscriber has seen a later attempt, of which this progress does not know yet.
        }
        let seen = seen.filter(|seen| seen.attempt == self.attempt);
        if self.end.is_none() && seen.is_some_and(|seen| seen.offset > all.offset) {
            return None; // This text comes from a checkpoint, which is behind what the subscriber has seen.
        }
        let known = seen.and_then(|seen| self.text.get(seen.offset..));
        let next = match (known, &self.end) {
            (None, _) => Next::Snapshot { text: self.text.clone(), attempt: self.attempt },
            (Some(""), None) => return None,
            (Some(""), Some(message)) => Next::Finished { message: message.clone() },
            (Some(rest), _) => Next::Delta { text: rest.to_owned() },
        };
        Some((next, all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Id, Instant, MessageStatus};
    use proptest::prelude::*;
    use uuid::Uuid;

    fn message(attempt: i32, status: MessageStatus, content: &str) -> Message {
        let question =
            Message::from_user(Id(Uuid::nil()), Id(Uuid::nil()), None, 0, String::new(), Instant(0));
        let reply =
            question.pending_reply(Id(Uuid::nil()), "echo".into(), crate::generation::Generation::default());
        Message { attempt, status, content: content.to_owned(), ..reply }
    }

    fn progress(attempt: i32, text: &str) -> Progress {
        Progress { attempt, text: text.into(), end: None }
    }

    proptest! {
        /// Snapshots and deltas add up to the text, however often and whenever a subscriber reads.
        #[test]
        fn snapshots_and_deltas_add_up_to_the_text(
            deltas in prop::collection::vec(("\\PC{0,8}", any::<bool>(), any::<bool>()), 0..40),
        ) {
            let mut progress = progress(1, "");
            let (mut received, mut seen) = (String::new(), None);
            for (delta, read, reset) in deltas {
                progress.text.push_str(&delta);
                if reset {
                    seen = None;
                }
                if read {
                    match progress.next(seen) {
                        Some((Next::Snapshot { text, .. }, at)) => (received, seen) = (text, Some(at)),
                        Some((Next::Delta { text }, at)) => { received.push_str(&text); seen = Some(at); }
                        Some((Next::Finished { .. }, _)) => unreachable!("the reply has no end"),
                        None => {}
                    }
                    prop_assert_eq!(&received, &progress.text);
                }
            }
        }
    }

    /// A chunk with the characters from `from` to `to` of an attempt's text.
    fn chunk(attempt: i32, text: &str, from: usize, to: usize) -> ReplyChunk<'_> {
        let byte_at = |nth| text.char_indices().nth(nth).map_or(text.len(), |(at, _)| at);
        let (from, to) = (byte_at(from.min(to)), byte_at(from.max(to)));
        ReplyChunk { attempt, offset: from, text: text[from..to].into(), over: false }
    }

    proptest! {
        /// Chunks may be lost, repeated or late: the mirror always has a prefix of the text, and detects gaps.
        #[test]
        fn a_mirror_has_a_prefix_of_the_text(
            texts in prop::array::uniform3("\\PC{0,30}"),
            parts in prop::collection::vec((1..=3i32, 0..32usize, 0..32usize, any::<bool>()), 0..60),
        ) {
            let mut mirror = progress(1, "");
            for (attempt, from, to, checkpoint) in parts {
                let text = &texts[attempt as usize - 1];
                let before = (mirror.attempt, mirror.text.len());
                if checkpoint {
                    let so_far = chunk(attempt, text, 0, to).text.into_owned();
                    mirror.apply_stored(message(attempt, MessageStatus::Streaming, &so_far));
                } else {
                    let chunk = chunk(attempt, text, from, to);
                    let (end, effect) = (chunk.offset + chunk.text.len(), mirror.apply_chunk(&chunk));
                    let known = if attempt == before.0 { before.1 } else { 0 };
                    let gap = attempt >= before.0 && chunk.offset > known;
                    prop_assert_eq!(effect == ChunkEffect::Gap, gap);
                    if attempt >= before.0 && !gap {
                        prop_assert_eq!(mirror.text.len(), known.max(end));
                    }
                }
                prop_assert!((mirror.attempt, mirror.text.len()) >= before, "progress never goes back");
                prop_assert!(texts[mirror.attempt as usize - 1].starts_with(&mirror.text));
            }
            let last = message(3, MessageStatus::Completed, &texts[2]);
            prop_assert!(mirror.apply_stored(last.clone()));
            prop_assert_eq!((&mirror.text, mirror.end.as_deref()), (&texts[2], Some(&last)));
            prop_assert_eq!(mirror.apply_chunk(&chunk(3, &texts[2], 0, 32)), ChunkEffect::Ignored, "ended");
        }
    }

    #[test]
    fn text_behind_the_cursor_is_not_sent_again() {
        let seen = Some(Cursor { attempt: 1, offset: 4 });
        assert_eq!(progress(1, "abc").next(seen), None);
        let (next, _) = progress(1, "abcde").next(seen).unwrap();
        assert_eq!(next, Next::Delta { text: "e".into() });
    }

    #[test]
    fn an_earlier_attempt_is_not_sent_after_a_later_one() {
        let seen = Some(Cursor { attempt: 2, offset: 1 });
        assert_eq!(progress(1, "abc").next(seen), None);
        // The stored end counts, whatever the subscriber has seen.
        let end = Progress::of(message(1, MessageStatus::Stopped, "abc"));
        let (next, _) = end.next(seen).unwrap();
        assert_eq!(next, Next::Snapshot { text: "abc".into(), attempt: 1 });
    }

    #[test]
    fn an_unusable_cursor_gets_a_snapshot() {
        let progress = progress(2, "aé");
        for (attempt, offset) in [(1, 0), (2, 2)] {
            let next = progress.next(Some(Cursor { attempt, offset }));
            let Some((Next::Snapshot { text, attempt }, at)) = next else { panic!("{next:?}") };
            assert_eq!((&*text, attempt, at), ("aé", 2, Cursor { attempt: 2, offset: 3 }));
        }
    }
}
