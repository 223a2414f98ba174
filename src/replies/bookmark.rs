//! Where a subscription goes on that has been given up while nothing was said.

use super::{Cursor, Replies};
use crate::store::Id;
use std::sync::{Arc, Mutex, PoisonError};

/// How far the subscriber of a live reply has come, kept apart from the stream that serves them: it can be dropped
/// while it waits, and another goes on from here. Cloning shares it; each subscription needs its own.
#[derive(Clone, Debug, Default)]
pub struct Bookmark(Arc<Mutex<Option<(Id, Cursor)>>>);

impl Bookmark {
    /// They have everything up to there, and wait for more.
    pub(super) fn put(&self, reply: Id, seen: Option<Cursor>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = seen.map(|seen| (reply, seen));
    }

    /// The cursor to go on from, if they have waited for this reply.
    pub(super) fn of(&self, reply: Id) -> Option<Cursor> {
        self.place().filter(|place| place.0 == reply).map(|place| place.1)
    }

    fn place(&self) -> Option<(Id, Cursor)> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Replies {
    /// Waits until there is something to tell after the bookmark: more text, the end, or that the reply is gone. `None`
    /// if there is already, or if the reply is not followed here: then only following it will tell.
    pub fn more_after(&self, bookmark: &Bookmark) -> Option<impl Future<Output = ()> + Send + use<>> {
        let (reply, seen) = bookmark.place()?;
        let mut progress = self.0.hub.progress(reply)?;
        let told_all = progress.borrow().next(Some(seen)).is_none();
        told_all.then_some(async move {
            // Either way there is something to tell.
            let _ = progress.changed().await;
        })
    }
}
