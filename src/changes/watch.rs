//! The task that finds what other instances have stored, and what a poke was lost for: it looks every few seconds at
//! how long the feeds are that are followed here.

use super::Changes;
use crate::store;
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, time::Duration};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How many feeds are looked at by one query.
const BATCH: usize = 500;

impl Changes {
    /// Looks until told to leave.
    pub async fn keep_watch(self, leaving: CancellationToken) {
        let mut timer = interval(LOOK_EVERY);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while leaving.run_until_cancelled(timer.tick()).await.is_some() {
            // Should a look panic (the hook logs it), the next one may fare better.
            let looked = AssertUnwindSafe(self.look()).catch_unwind();
            if let Some(Ok(Err(error))) = leaving.run_until_cancelled(looked).await {
                tracing::warn!(%error, "changes of other instances not looked for");
            }
        }
    }

    /// Looks once at all feeds that are followed here.
    pub(super) async fn look(&self) -> store::Result<()> {
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
