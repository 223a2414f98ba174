//! Removing what has been deleted. A deleted conversation is out of reach at once, for it is nobody's; its messages may
//! be very many, and are removed in small steps beside whatever else goes on, by whichever instance is there.

use crate::{
    poke::Poked,
    store::{self, Database},
};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::{
    select,
    sync::Notify,
    time::{Instant, interval, sleep},
};
use tokio_util::sync::CancellationToken;

/// How many messages are removed at once: other writers wait for no longer than that.
const BATCH: i64 = 25;
/// How long the database is left to others after a step, as a multiple of what the step took.
const SHARE_OF_OTHERS: u32 = 4;
/// The longest that it is left to them.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
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
        while give_way(self.store.remove_from_nobody(BATCH)).await? {}
        Ok(())
    }
}

/// Does a step of the background's work, and then leaves the database to others for a while: SQLite has one writer, which
/// a step keeps busy, and PostgreSQL's disk is everybody's too.
pub(crate) async fn give_way<T>(step: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let done = step.await;
    sleep(LONGEST_PAUSE.min(begun.elapsed() * SHARE_OF_OTHERS)).await;
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{messages::Message, scratch};

    /// Far more than are removed in one step.
    const MESSAGES: usize = 1500;

    /// Counted, not timed: on a slow machine both are slow.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn others_write_while_what_was_deleted_is_removed() {
        let (_folder, store, user) = scratch::database().await;
        let conversation = scratch::conversation(&user, user.created_at);
        store.insert_conversation(&conversation).await.unwrap();
        let said = |position| {
            let text = "x".repeat(4000);
            Message::said(store::Id::new(), conversation.id, None, position, text, user.created_at)
        };
        store.insert_messages(&(0..MESSAGES as i32).map(said).collect::<Vec<_>>()).await.unwrap();
        assert!(store.delete_conversation(user.id, conversation.id, user.created_at).await.unwrap());
        let removal = Removal::new(store.clone());
        let removed = tokio::spawn(async move { removal.remove().await });
        let mut writes = 0;
        while !removed.is_finished() {
            store.insert_conversation(&scratch::conversation(&user, user.created_at)).await.unwrap();
            writes += 1;
            // The pool would hand its one writer to this task again, before anyone who waits for it.
            sleep(Duration::from_millis(1)).await;
        }
        removed.await.unwrap().unwrap();
        let steps = MESSAGES / BATCH as usize;
        assert!(writes >= 2 * steps, "{writes} writes beside {steps} steps");
    }
}
