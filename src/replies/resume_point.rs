//! The position at which a parked subscription to a reply resumes.

use super::{Cursor, Replies};
use crate::store::Id;
use std::sync::{Arc, Mutex, PoisonError};

/// The position of a subscriber that waits for more text.
///
/// It is kept apart from the subscriber's stream. While the subscriber waits, the stream can be dropped to save memory;
/// a new stream later resumes from here. Clones share the position; each subscription needs its own.
#[derive(Clone, Debug, Default)]
pub struct ResumePoint(Arc<Mutex<Option<(Id, Cursor)>>>);

impl ResumePoint {
    /// Records that the subscriber has everything up to `seen` and waits for more.
    pub(super) fn put(&self, reply: Id, seen: Option<Cursor>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = seen.map(|seen| (reply, seen));
    }

    /// The cursor to resume from, if the subscriber waits for this reply.
    pub(super) fn of(&self, reply: Id) -> Option<Cursor> {
        self.position().filter(|(id, _)| *id == reply).map(|(_, seen)| seen)
    }

    fn position(&self) -> Option<(Id, Cursor)> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Replies {
    /// Waits until there is something to send after the resume point: more text, the end, or the reply's deletion.
    ///
    /// Returns `None` if there is something to send already, or if the reply is not in the hub. Then only
    /// [`Replies::follow`] can find out what to send.
    pub fn more_after(&self, resume_point: &ResumePoint) -> Option<impl Future<Output = ()> + Send + use<>> {
        let (reply, seen) = resume_point.position()?;
        let mut progress = self.0.hub.progress(reply)?;
        let is_current = progress.borrow().is_current(seen);
        is_current.then_some(async move {
            // Parts of kinds that the subscriber has not selected do not wake it. An error means that the reply was removed
            // from the hub, which the subscriber must learn as well.
            let _ = progress.wait_for(|progress| !progress.is_current(seen)).await;
        })
    }
}
