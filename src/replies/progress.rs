//! How far a reply has come: the buffer that its runner fills and its subscribers read.

use super::{Cursor, notice::Said};
use crate::store::messages::Message;
use std::sync::Arc;

/// The text so far of one attempt, and the finished message once there is one.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Counted from 1.
    pub attempt: i32,
    /// What has been said so far.
    pub text: String,
    /// Set when nothing will be added; its content is the text.
    pub end: Option<Arc<Message>>,
}

/// What comes next for somebody who has the text up to a cursor.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Everything so far: they have nothing of this attempt.
    Snapshot {
        /// The whole text so far.
        text: String,
        /// Which attempt it is of, counted from 1.
        attempt: i32,
    },
    /// What they lack.
    Delta {
        /// What is to be appended: never empty.
        text: String,
    },
    /// They have everything, and it is all.
    Finished {
        /// The reply as it is stored.
        message: Arc<Message>,
    },
}

/// What there was in what was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// There is more than before.
    New,
    /// Nothing that was not known.
    Old,
    /// Something before it is missing.
    Gap,
}

impl Progress {
    /// As the database has it.
    pub fn of(message: Message) -> Self {
        Self {
            attempt: message.attempt,
            text: message.content.clone(),
            end: message.status.is_final().then(|| Arc::new(message)),
        }
    }

    /// Takes in what the database has; false if nothing of it is new.
    pub(super) fn learn(&mut self, stored: Message) -> bool {
        let further = stored.status.is_final() || stored.content.len() > self.text.len();
        let new = self.end.is_none()
            && (stored.attempt > self.attempt || stored.attempt == self.attempt && further);
        if new {
            *self = Self::of(stored);
        }
        new
    }

    /// Takes in what was said elsewhere, which may overlap with what is known.
    pub(super) fn hear(&mut self, said: &Said<'_>) -> News {
        if self.end.is_some() || said.attempt < self.attempt {
            return News::Old;
        }
        let known = if said.attempt == self.attempt { self.text.len() } else { 0 };
        if said.offset > known {
            return News::Gap;
        }
        if said.attempt > self.attempt {
            *self = Self { attempt: said.attempt, text: said.text.clone().into_owned(), end: None };
            return News::New;
        }
        match said.text.get(known - said.offset..) {
            None | Some("") => News::Old,
            Some(more) => {
                self.text.push_str(more);
                News::New
            }
        }
    }

    /// What comes next after `seen`, and the cursor behind it; `None` if they must wait.
    pub fn next(&self, seen: Option<Cursor>) -> Option<(Next, Cursor)> {
        let all = Cursor { attempt: self.attempt, offset: self.text.len() };
        if self.end.is_none() && seen.is_some_and(|seen| seen.attempt > self.attempt) {
            return None; // its writer does not know yet that another has begun the next attempt
        }
        let seen = seen.filter(|seen| seen.attempt == self.attempt);
        if self.end.is_none() && seen.is_some_and(|seen| seen.offset > all.offset) {
            return None; // a checkpoint that is behind what they heard from the runner itself
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
        let asked = Message::said(Id(Uuid::nil()), Id(Uuid::nil()), None, 0, String::new(), Instant(0));
        let reply = asked.pending_reply(Id(Uuid::nil()), "echo".into());
        Message { attempt, status, content: content.to_owned(), ..reply }
    }

    fn progress(attempt: i32, text: &str) -> Progress {
        Progress { attempt, text: text.into(), end: None }
    }

    proptest! {
        /// Whenever and however often somebody looks, what they were told is what was said.
        #[test]
        fn snapshots_and_deltas_add_up_to_the_text(
            said in prop::collection::vec(("\\PC{0,8}", any::<bool>(), any::<bool>()), 0..40),
        ) {
            let mut progress = progress(1, "");
            let (mut told, mut seen) = (String::new(), None);
            for (delta, look, forget) in said {
                progress.text.push_str(&delta);
                if forget {
                    seen = None;
                }
                if look {
                    match progress.next(seen) {
                        Some((Next::Snapshot { text, .. }, at)) => (told, seen) = (text, Some(at)),
                        Some((Next::Delta { text }, at)) => { told.push_str(&text); seen = Some(at); }
                        Some((Next::Finished { .. }, _)) => unreachable!("it is not finished"),
                        None => {}
                    }
                    prop_assert_eq!(&told, &progress.text);
                }
            }
        }
    }

    /// The `from`th to the `to`th character of what an attempt says, as it is told to mirrors.
    fn said(attempt: i32, text: &str, from: usize, to: usize) -> Said<'_> {
        let place = |nth| text.char_indices().nth(nth).map_or(text.len(), |(place, _)| place);
        let (from, to) = (place(from.min(to)), place(from.max(to)));
        Said { attempt, offset: from, text: text[from..to].into(), over: false }
    }

    proptest! {
        /// Whatever is lost, doubled or late on its way: a mirror has what was said up to some point, and knows when
        /// something is missing.
        #[test]
        fn a_mirror_never_has_what_was_not_said(
            texts in prop::array::uniform3("\\PC{0,30}"),
            parts in prop::collection::vec((1..=3i32, 0..32usize, 0..32usize, any::<bool>()), 0..60),
        ) {
            let mut mirror = progress(1, "");
            for (attempt, from, to, checkpoint) in parts {
                let text = &texts[attempt as usize - 1];
                let before = (mirror.attempt, mirror.text.len());
                if checkpoint {
                    let so_far = said(attempt, text, 0, to).text.into_owned();
                    mirror.learn(message(attempt, MessageStatus::Streaming, &so_far));
                } else {
                    let said = said(attempt, text, from, to);
                    let (end, news) = (said.offset + said.text.len(), mirror.hear(&said));
                    let known = if attempt == before.0 { before.1 } else { 0 };
                    let gap = attempt >= before.0 && said.offset > known;
                    prop_assert_eq!(news == News::Gap, gap);
                    if attempt >= before.0 && !gap {
                        prop_assert_eq!(mirror.text.len(), known.max(end));
                    }
                }
                prop_assert!((mirror.attempt, mirror.text.len()) >= before, "nothing is forgotten");
                prop_assert!(texts[mirror.attempt as usize - 1].starts_with(&mirror.text));
            }
            let last = message(3, MessageStatus::Completed, &texts[2]);
            prop_assert!(mirror.learn(last.clone()));
            prop_assert_eq!((&mirror.text, mirror.end.as_deref()), (&texts[2], Some(&last)));
            prop_assert_eq!(mirror.hear(&said(3, &texts[2], 0, 32)), News::Old, "it is over");
        }
    }

    #[test]
    fn nothing_is_taken_back_while_the_text_catches_up() {
        let seen = Some(Cursor { attempt: 1, offset: 4 });
        assert_eq!(progress(1, "abc").next(seen), None);
        let (next, _) = progress(1, "abcde").next(seen).unwrap();
        assert_eq!(next, Next::Delta { text: "e".into() });
    }

    #[test]
    fn an_attempt_that_is_over_is_not_told_after_a_later_one() {
        let seen = Some(Cursor { attempt: 2, offset: 1 });
        assert_eq!(progress(1, "abc").next(seen), None);
        // What is stored in the end counts, whatever they have seen.
        let end = Progress::of(message(1, MessageStatus::Stopped, "abc"));
        let (next, _) = end.next(seen).unwrap();
        assert_eq!(next, Next::Snapshot { text: "abc".into(), attempt: 1 });
    }

    #[test]
    fn a_cursor_that_fits_nowhere_gets_a_snapshot() {
        let progress = progress(2, "aé");
        for (attempt, offset) in [(1, 0), (2, 2)] {
            let next = progress.next(Some(Cursor { attempt, offset }));
            let Some((Next::Snapshot { text, attempt }, at)) = next else { panic!("{next:?}") };
            assert_eq!((&*text, attempt, at), ("aé", 2, Cursor { attempt: 2, offset: 3 }));
        }
    }
}
