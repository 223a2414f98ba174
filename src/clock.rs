//! The time, handed in, so that a test can move it.

use crate::store::Instant;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The wall clock, or one that was set forward by hand.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Microseconds by which it is ahead.
    ahead: Arc<AtomicI64>,
}

impl Clock {
    /// The moment it is.
    pub fn now(&self) -> Instant {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Instant(i64::try_from(since.as_micros()).unwrap_or(i64::MAX) + self.ahead.load(Ordering::Relaxed))
    }

    /// Sets this clock and its clones forward.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.ahead.fetch_add(by, Ordering::Relaxed);
    }
}
