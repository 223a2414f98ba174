//! Removes the rows of deleted conversations in the background.
//!
//! A deleted conversation belongs to a placeholder user, so it is inaccessible at once. It may have very many messages.
//! Instances remove them in small steps, so that other work can continue.

use crate::{
    background::{Background, Schedule},
    store::{self, Database},
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

/// The number of messages removed in one step. Other writers wait for at most one step.
const BATCH: i64 = 25;
/// The pause after each step, as a multiple of the step's duration. It leaves the database to other work.
const PAUSE_FACTOR: u32 = 4;
/// The longest pause after a step.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How often each instance polls for rows that a crashed instance has left.
const POLL_INTERVAL: Duration = Duration::from_secs(300);

/// Removes the rows of deleted conversations. Clones share one task.
#[derive(Clone)]
pub struct Removal {
    store: Database,
    wake: Arc<Notify>,
}

impl Removal {
    /// Creates the remover for this database.
    pub fn new(store: Database) -> Self {
        Self { store, wake: Arc::default() }
    }

    /// Wakes the task because a conversation was deleted.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Starts the task. An interrupted step is rolled back.
    pub fn start(self, background: &Background) {
        let schedule = Schedule::every(POLL_INTERVAL).or_when(self.wake.clone());
        background.repeat("removing the rows of deleted conversations", schedule, move || {
            let removal = self.clone();
            async move { removal.remove().await }
        });
    }

    async fn remove(&self) -> store::Result<()> {
        while then_pause(self.store.remove_deleted(BATCH)).await? {}
        Ok(())
    }
}

/// Runs one step of background work, then pauses in proportion to the step's duration.
///
/// The pause lets requests use the database: SQLite has a single writer, and PostgreSQL's disk is shared.
pub(crate) async fn then_pause<T>(step: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let result = step.await;
    sleep(LONGEST_PAUSE.min(started.elapsed() * PAUSE_FACTOR)).await;
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{messages::Message, scratch};

    /// Many times the size of one step.
    const MESSAGES: usize = 1500;

    /// Compares the number of writes to the number of steps, because times depend on the machine.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn other_writers_make_progress_during_removal() {
        let (_folder, store, user) = scratch::database().await;
        let conversation = scratch::conversation(&user, user.created_at);
        store.insert_conversation(&conversation).await.unwrap();
        let message = |position| {
            let text = "x".repeat(4000);
            Message::from_user(store::Id::new(), conversation.id, None, position, text, user.created_at)
        };
        store.insert_messages(&(0..MESSAGES as i32).map(message).collect::<Vec<_>>()).await.unwrap();
        assert!(
            store.delete_conversation(user.id, conversation.id, user.created_at).await.unwrap().is_some()
        );
        let removal = Removal::new(store.clone());
        let removed = tokio::spawn(async move { removal.remove().await });
        let mut writes = 0;
        while !removed.is_finished() {
            store.insert_conversation(&scratch::conversation(&user, user.created_at)).await.unwrap();
            writes += 1;
            // Without a pause the pool would give its only writer to this task again, before the waiting remover.
            sleep(Duration::from_millis(1)).await;
        }
        removed.await.unwrap().unwrap();
        let steps = MESSAGES / BATCH as usize;
        assert!(writes >= 2 * steps, "{writes} writes during {steps} steps");
    }
}
