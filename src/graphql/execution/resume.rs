//! The positions from which subscriptions resume.

use crate::{changes, replies};
use std::sync::{Arc, Mutex, PoisonError};

/// The position from which a parked subscription resumes. A subscription has one root field and uses the resume point
/// of that field. Clones share the resume points.
#[derive(Clone, Debug, Default)]
pub struct ResumePoints {
    /// The position in `reply`.
    pub reply: replies::ResumePoint,
    /// The position in `changes`.
    pub changes: changes::ResumePoint,
}

/// The cursor from which a client resumes (`Last-Event-ID`), and the cursor of the latest event. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Resume {
    after: Option<Arc<str>>,
    latest: Arc<Mutex<Option<String>>>,
}

impl Resume {
    /// Resumes after this cursor. With `None`, the arguments of the subscription decide.
    pub fn after(cursor: Option<&str>) -> Self {
        Self { after: cursor.map(Arc::from), latest: Arc::default() }
    }

    /// The cursor of the latest event.
    pub fn latest(&self) -> Option<String> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The cursor to resume after, if the client sent one.
    pub fn cursor(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// Stores the cursor of the latest event.
    pub fn record(&self, cursor: &str) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(cursor.to_owned());
    }
}
