//! What has been read of a feed, kept for the others who have come as far: an event wakes all who follow, and one of them
//! reads it.

use super::{PAGE, hub::Feed};
use crate::store::{Database, changes::Excerpt};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::Instant};

/// The most entries that are kept. A follower who is further behind has few beside them.
const FEW: usize = 16;
/// How long a database that did not answer is not asked by the others who wait.
const FAILED_FOR: Duration = Duration::from_secs(1);

/// The last look at a feed. The task that looks holds the lock; the others wait for its result.
#[derive(Debug, Default)]
pub(super) struct LastRead(Mutex<Option<Read>>);

#[derive(Debug)]
struct Read {
    /// It is of the entries after this number.
    after: i64,
    /// How often the feed had been poked before it.
    pokes: u64,
    at: Instant,
    /// `None` if the database failed.
    excerpt: Option<Arc<Excerpt>>,
}

impl Read {
    /// Whether it has what a follower would find who looks now: nothing has happened since that they know of.
    fn serves(&self, after: i64, pokes: u64, latest: i64) -> bool {
        let is_recent = match &self.excerpt {
            Some(excerpt) => excerpt.last >= latest,
            None => self.at.elapsed() < FAILED_FOR,
        };
        self.after == after && self.pokes >= pokes && is_recent
    }
}

impl Feed {
    /// The entries after a number, for a follower who knows of so many pokes and of entries up to `latest`; `None` if the
    /// database fails. Followers who have come as far share one query.
    pub async fn read(&self, store: &Database, after: i64, pokes: u64, latest: i64) -> Option<Arc<Excerpt>> {
        let mut last = self.last_read.0.lock().await;
        if let Some(read) = &*last
            && read.serves(after, pokes, latest)
        {
            return read.excerpt.clone();
        }
        let pokes = self.pokes(); // before the look
        let excerpt = self.read_alone(store, after).await;
        let is_long = excerpt.as_ref().is_some_and(|excerpt| excerpt.changes.len() > FEW);
        *last = (!is_long).then(|| Read { after, pokes, at: Instant::now(), excerpt: excerpt.clone() });
        excerpt
    }

    /// The entries after a number, as they are now; `None` if the database fails.
    pub async fn read_alone(&self, store: &Database, after: i64) -> Option<Arc<Excerpt>> {
        let read = store.changes_after(self.user(), after, PAGE).await;
        read.map(Arc::new).inspect_err(|error| tracing::warn!(%error, "changes not read")).ok()
    }
}
