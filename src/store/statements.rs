//! A count of the statements sent, so that a test can tell how many a request takes.

use diesel::connection::InstrumentationEvent;
use diesel_async::AsyncConnection;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// How many statements have been sent to the database, the check of a pooled connection included.
#[derive(Clone, Debug, Default)]
pub struct Statements(Arc<AtomicU64>);

impl Statements {
    /// The count since the start.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts what this connection sends from now on.
    pub(super) fn watch(&self, conn: &mut impl AsyncConnection) {
        let count = self.0.clone();
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { .. } = event {
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
}
