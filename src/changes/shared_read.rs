//! Sharing a feed's query result. A change wakes all subscribers of the feed; one of them reads it for all.

use super::{PAGE_SIZE, hub::Feed};
use crate::store::{Database, changes::FeedExcerpt};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::Instant};

/// Maximum number of entries in a shared result. Few subscribers are further behind than that.
const MAX_SHARED: usize = 16;
/// How long a failed query is shared before a subscriber queries the database again.
const FAILURE_LIFETIME: Duration = Duration::from_secs(1);

/// The last query of a feed. The subscriber that queries holds the lock; the others wait for its result.
#[derive(Debug, Default)]
pub(super) struct LastRead(Mutex<Option<Read>>);

#[derive(Debug)]
struct Read {
    /// The result has the entries after this sequence number.
    after: i64,
    /// The feed's wakeup count before the query.
    wakeups: u64,
    at: Instant,
    /// The result; `None` if the database failed.
    excerpt: Option<Arc<FeedExcerpt>>,
}

impl Read {
    /// Whether the result is still what a subscriber at `after` would get from the database.
    fn answers(&self, after: i64, wakeups: u64, latest: i64) -> bool {
        let is_recent = match &self.excerpt {
            Some(excerpt) => excerpt.last >= latest,
            None => self.at.elapsed() < FAILURE_LIFETIME,
        };
        self.after == after && self.wakeups >= wakeups && is_recent
    }
}

impl Feed {
    /// Reads the entries after a sequence number. Subscribers at the same position share one query.
    ///
    /// The result is at least as new as the given wakeup count and `latest`. Returns `None` if the database fails.
    pub async fn read(
        &self,
        store: &Database,
        after: i64,
        wakeups: u64,
        latest: i64,
    ) -> Option<Arc<FeedExcerpt>> {
        let mut last = self.last_read.0.lock().await;
        if let Some(read) = &*last
            && read.answers(after, wakeups, latest)
        {
            return read.excerpt.clone();
        }
        let wakeups = self.wakeups(); // before the query
        let excerpt = self.read_alone(store, after).await;
        let is_long = excerpt.as_ref().is_some_and(|excerpt| excerpt.changes.len() > MAX_SHARED);
        *last = (!is_long).then(|| Read { after, wakeups, at: Instant::now(), excerpt: excerpt.clone() });
        excerpt
    }

    /// Reads the entries after a sequence number with a query of its own. Returns `None` if the database fails.
    pub async fn read_alone(&self, store: &Database, after: i64) -> Option<Arc<FeedExcerpt>> {
        let read = store.changes_after(self.user(), after, PAGE_SIZE).await;
        read.map(Arc::new).inspect_err(|error| tracing::warn!(%error, "cannot read changes")).ok()
    }
}
