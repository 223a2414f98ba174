//! Removing what has been deleted. A deleted conversation is out of reach at once, for it is nobody's; its messages may
//! be very many, and are removed in small steps beside whatever else goes on, by whichever instance is there.

use crate::{
    poke::Poked,
    store::{self, Database},
};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::{select, sync::Notify, time::interval};
use tokio_util::sync::CancellationToken;

/// How many messages are removed at once: other writers wait for no longer than that.
const BATCH: i64 = 200;
/// How often each instance looks whether one that has died has left something.
const LOOK_EVERY: Duration = Duration::from_secs(300);

/// The task that removes, and its bell. Cloning it shares it.
#[derive(Clone)]
pub struct Removal {
    store: Database,
    left: Arc<Notify>,
}

impl Removal {
    /// Removes from this database.
    pub fn new(store: Database) -> Self {
        Self { store, left: Arc::default() }
    }

    /// There is something to remove.
    pub fn look(&self) {
        self.left.notify_one();
    }

    /// Removes what there is, now and whenever there is something, until told to leave.
    pub async fn keep_removing(self, mut poke: Poked, leaving: CancellationToken) {
        let mut timer = interval(LOOK_EVERY);
        loop {
            select! {
                () = leaving.cancelled() => return,
                _ = timer.tick() => {}
                () = self.left.notified() => {}
                () = poke.poked() => {}
            }
            // Should it panic (the hook logs it), the next look may fare better. A step that is broken off is undone.
            let removed = AssertUnwindSafe(self.remove()).catch_unwind();
            match leaving.run_until_cancelled(removed).await {
                Some(Ok(Err(error))) => tracing::warn!(%error, "not all is removed that was deleted"),
                Some(Ok(Ok(())) | Err(_)) => {}
                None => return,
            }
        }
    }

    async fn remove(&self) -> store::Result<()> {
        while self.store.remove_from_nobody(BATCH).await? {}
        Ok(())
    }
}
