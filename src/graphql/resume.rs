//! What a transport knows of where a subscription is, besides its arguments.

use crate::{changes, replies};
use std::sync::{Arc, Mutex, PoisonError};

/// Where a subscription goes on that has been given up while it was silent: it has one root field, and leaves its place
/// in that field's bookmark. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Bookmarks {
    /// The place of `reply`.
    pub reply: replies::Bookmark,
    /// The place of `changes`.
    pub changes: changes::Bookmark,
}

/// Where a client goes on, and where it is after each event. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Resume {
    after: Option<Arc<str>>,
    told: Arc<Mutex<Option<String>>>,
}

impl Resume {
    /// The client has everything up to this cursor; `None` leaves it to the subscription's arguments.
    pub fn after(cursor: Option<&str>) -> Self {
        Self { after: cursor.map(Arc::from), told: Arc::default() }
    }

    /// The cursor of the event that was last told.
    pub fn told(&self) -> Option<String> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn cursor(&self) -> Option<&str> {
        self.after.as_deref()
    }

    pub(super) fn tell(&self, cursor: &str) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(cursor.to_owned());
    }
}
