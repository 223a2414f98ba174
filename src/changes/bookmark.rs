//! Where a subscription goes on that has been given up while nothing happened.

use super::{Changes, hub::Feed};
use crate::store::Id;
use std::sync::{Arc, Mutex, PoisonError};

/// How far a follower who waits has come, kept apart from the stream that serves them: it can be dropped, and another
/// goes on from here. Cloning shares it; each subscription needs its own.
#[derive(Clone, Debug, Default)]
pub struct Bookmark(Arc<Mutex<Option<Place>>>);

/// A place in a feed. It keeps the feed followed.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub feed: Arc<Feed>,
    /// The number of the last entry that has been told.
    pub seen: i64,
    /// How often the feed had been poked when there was nothing after it.
    pub pokes: u64,
}

impl Bookmark {
    /// They have everything up to there, and wait for more.
    pub(super) fn put(&self, place: Place) {
        self.set(Some(place));
    }

    /// They do not wait: something is being read, or told.
    pub(super) fn clear(&self) {
        self.set(None);
    }

    /// The place to go on from, if they have waited for this user's feed.
    pub(super) fn of(&self, user: Id) -> Option<Place> {
        self.place().filter(|place| place.feed.user() == user)
    }

    fn place(&self) -> Option<Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, place: Option<Place>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }
}

impl Changes {
    /// Waits until there may be something to tell after the bookmark. `None` if that is so already, or if nobody waits
    /// there.
    pub fn more_after(&self, bookmark: &Bookmark) -> Option<impl Future<Output = ()> + Send + use<>> {
        let Place { feed, seen, pokes } = bookmark.place()?;
        (!feed.has_moved(seen, pokes)).then_some(async move { feed.more(seen, pokes).await })
    }
}
