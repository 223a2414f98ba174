//! Queues in which the subscriptions of a user wait to be charged for their events.
//!
//! If a user has ten thousand subscriptions to `changes`, one change causes ten thousand charges. Only the first
//! subscription in the queue retries against the rate limit; the others wait behind it at almost no cost.

use crate::store::Id;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

/// One queue per user with pending charges.
#[derive(Clone, Debug, Default)]
pub struct ChargeQueues(Arc<Mutex<HashMap<Id, Weak<Queue>>>>);

type Queue = tokio::sync::Mutex<()>;

/// An entry of a subscription in the queue of its user. Dropping the last entry removes the queue.
pub struct QueueEntry {
    queues: ChargeQueues,
    user: Id,
    /// `None` only while the entry is dropped.
    queue: Option<Arc<Queue>>,
}

impl ChargeQueues {
    /// Adds an entry to the queue of a user.
    pub fn join(&self, user: Id) -> QueueEntry {
        let mut queues = self.lock();
        let queue = queues.get(&user).and_then(Weak::upgrade).unwrap_or_else(|| {
            let queue = Arc::default();
            queues.insert(user, Arc::downgrade(&queue));
            queue
        });
        QueueEntry { queues: self.clone(), user, queue: Some(queue) }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, Weak<Queue>>> {
        // Code that holds the lock cannot panic, so the data of a poisoned lock is valid.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QueueEntry {
    /// Waits until it is this entry's turn, which lasts until the guard is dropped. Turns are first come, first served.
    pub async fn turn(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        match &self.queue {
            Some(queue) => Some(queue.lock().await),
            None => None,
        }
    }
}

impl Drop for QueueEntry {
    fn drop(&mut self) {
        let mut queues = self.queues.lock();
        self.queue = None;
        if queues.get(&self.user).is_some_and(|queue| queue.strong_count() == 0) {
            queues.remove(&self.user);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn a_users_subscriptions_take_turns_and_empty_queues_are_removed() {
        let (queues, user) = (ChargeQueues::default(), Id::new());
        let [first, second, other] = [queues.join(user), queues.join(user), queues.join(Id::new())];
        let turn = first.turn().now_or_never().expect("the queue is empty");
        assert!(second.turn().now_or_never().is_none());
        assert!(other.turn().now_or_never().is_some(), "it is in the queue of another user");
        drop(turn);
        assert!(second.turn().now_or_never().is_some());
        drop((first, other));
        assert_eq!(queues.lock().len(), 1);
        drop(second);
        assert!(queues.lock().is_empty());
    }
}
