//! The poll task: finds entries whose notification was lost. At intervals it reads the length of every followed feed.

use super::Changes;
use crate::store;
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, time::Duration};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Interval between two polls.
const INTERVAL: Duration = Duration::from_secs(5);
/// Maximum number of feeds read by one query.
const BATCH: usize = 500;

impl Changes {
    /// Polls until `leaving` is cancelled.
    pub async fn poll_forever(self, leaving: CancellationToken) {
        let mut timer = interval(INTERVAL);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while leaving.run_until_cancelled(timer.tick()).await.is_some() {
            // After a panic, which the panic hook logs, the loop continues.
            let polled = AssertUnwindSafe(self.poll()).catch_unwind();
            if let Some(Ok(Err(error))) = leaving.run_until_cancelled(polled).await {
                tracing::warn!(%error, "cannot poll for changes of other instances");
            }
        }
    }

    /// Reads the length of every feed that is followed on this instance, and wakes the followers of new entries.
    pub(super) async fn poll(&self) -> store::Result<()> {
        for users in self.hub.users().chunks(BATCH) {
            for (user, last) in self.store.last_changes(users).await? {
                if let Some(feed) = self.hub.get(user) {
                    feed.reached(last);
                }
            }
        }
        Ok(())
    }
}
