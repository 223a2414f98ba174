//! A counter of SQL statements, which can also record their texts. Tests use it to check how many statements a request
//! needs and how each is executed.

use diesel::connection::InstrumentationEvent;
use diesel_async::AsyncConnection;
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// The number of statements sent to the database, including the checks of pooled connections. Clones share the
/// counter.
#[derive(Clone, Debug, Default)]
pub struct Statements {
    count: Arc<AtomicU64>,
    texts: Option<Arc<Mutex<BTreeSet<String>>>>,
}

impl Statements {
    /// Creates a counter that also records the texts. It uses memory for each distinct text.
    pub fn recording() -> Self {
        Self { texts: Some(Arc::default()), ..Self::default() }
    }

    /// Returns the number of statements so far.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Returns the distinct texts so far, with placeholders instead of values. Empty unless texts are recorded.
    pub fn texts(&self) -> Vec<String> {
        let texts = self.texts.iter();
        texts.flat_map(|texts| texts.lock().unwrap_or_else(PoisonError::into_inner).clone()).collect()
    }

    /// Counts the statements that this connection sends.
    pub(super) fn instrument(&self, conn: &mut impl AsyncConnection) {
        let Self { count, texts } = self.clone();
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            let InstrumentationEvent::StartQuery { query, .. } = event else { return };
            count.fetch_add(1, Ordering::Relaxed);
            if let Some(texts) = &texts {
                let query = query.to_string();
                // Diesel appends the values in this notation.
                let text = query.split(" -- binds: ").next().unwrap_or_default().to_owned();
                texts.lock().unwrap_or_else(PoisonError::into_inner).insert(text);
            }
        });
    }
}
