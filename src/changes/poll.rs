//! The poll task: finds entries whose notification was lost. At intervals it reads the length of every followed feed.

use super::Changes;
use crate::{
    background::{Background, Schedule},
    store,
};
use std::time::Duration;

/// Interval between two polls.
const INTERVAL: Duration = Duration::from_secs(5);
/// Maximum number of feeds read by one query.
const BATCH: usize = 500;

impl Changes {
    /// Starts the poll task.
    pub fn start_polling(self, background: &Background) {
        background.repeat("polling for changes of other instances", Schedule::every(INTERVAL), move || {
            let changes = self.clone();
            async move { changes.poll().await }
        });
    }

    /// Reads the length of every feed that is followed on this instance, and wakes the subscribers of new entries.
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
