//! A count of the statements sent, and on request their texts, so that a test can tell how many a request takes and how
//! each is executed.

use diesel::connection::InstrumentationEvent;
use diesel_async::AsyncConnection;
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// How many statements have been sent to the database, the check of a pooled connection included. Its clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Statements {
    count: Arc<AtomicU64>,
    texts: Option<Arc<Mutex<BTreeSet<String>>>>,
}

impl Statements {
    /// One that keeps the texts too, which become ever more.
    pub fn recording() -> Self {
        Self { texts: Some(Arc::default()), ..Self::default() }
    }

    /// The count since the start.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// The different texts sent so far, each with the places of its values instead of the values; none unless they are kept.
    pub fn texts(&self) -> Vec<String> {
        let texts = self.texts.iter();
        texts.flat_map(|texts| texts.lock().unwrap_or_else(PoisonError::into_inner).clone()).collect()
    }

    /// Counts what this connection sends from now on.
    pub(super) fn watch(&self, conn: &mut impl AsyncConnection) {
        let Self { count, texts } = self.clone();
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            let InstrumentationEvent::StartQuery { query, .. } = event else { return };
            count.fetch_add(1, Ordering::Relaxed);
            if let Some(texts) = &texts {
                let query = query.to_string();
                // Diesel's own notation.
                let text = query.split(" -- binds: ").next().unwrap_or_default().to_owned();
                texts.lock().unwrap_or_else(PoisonError::into_inner).insert(text);
            }
        });
    }
}
