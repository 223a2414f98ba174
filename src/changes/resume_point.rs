//! The position at which a parked subscription to changes resumes.

use super::{Changes, hub::Feed};
use crate::store::Id;
use std::sync::{Arc, Mutex, PoisonError};

/// The position of a subscriber that waits for changes.
///
/// It is kept apart from the subscriber's stream. While the subscriber waits, the stream can be dropped to save memory;
/// a new stream later resumes from here. Clones share the position; each subscription needs its own.
#[derive(Clone, Debug, Default)]
pub struct ResumePoint(Arc<Mutex<Option<Position>>>);

/// A position in a feed. The feed stays in the hub as long as this exists.
#[derive(Clone, Debug)]
pub(super) struct Position {
    pub feed: Arc<Feed>,
    /// The sequence number of the last entry that was sent.
    pub seen: i64,
    /// The feed's wakeup count before the query that found nothing more.
    pub wakeups: u64,
}

impl ResumePoint {
    /// Records that the subscriber has everything up to a position and waits for more.
    pub(super) fn put(&self, position: Position) {
        self.set(Some(position));
    }

    /// Records that the subscriber does not wait: it reads or sends entries.
    pub(super) fn clear(&self) {
        self.set(None);
    }

    /// The position to resume from, if the subscriber waits for this user's feed.
    pub(super) fn of(&self, user: Id) -> Option<Position> {
        self.position().filter(|position| position.feed.user() == user)
    }

    fn position(&self) -> Option<Position> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, position: Option<Position>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = position;
    }
}

impl Changes {
    /// Waits until there may be something to send after the resume point.
    ///
    /// Returns `None` if there may be something already, or if no subscriber waits there.
    pub fn more_after(&self, resume_point: &ResumePoint) -> Option<impl Future<Output = ()> + Send + use<>> {
        let Position { feed, seen, wakeups } = resume_point.position()?;
        (!feed.has_moved(seen, wakeups)).then_some(async move { feed.wait_for_more(seen, wakeups).await })
    }
}
