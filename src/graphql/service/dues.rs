//! The order in which subscriptions pay for their events: those of one user, one after the other.
//!
//! A user who follows their changes ten thousand times has ten thousand events to pay for at once. One subscription waits
//! for the rate limit, and the others wait for their turn, so that waiting costs next to nothing.

use crate::store::Id;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

/// The queues of the users who have something to pay.
#[derive(Clone, Debug, Default)]
pub struct Dues(Arc<Mutex<HashMap<Id, Weak<Queue>>>>);

type Queue = tokio::sync::Mutex<()>;

/// A subscription's place in its user's queue. The queue goes with the last place.
pub struct Place {
    dues: Dues,
    user: Id,
    /// Always there until it is dropped.
    queue: Option<Arc<Queue>>,
}

impl Dues {
    /// A place in the user's queue.
    pub fn place(&self, user: Id) -> Place {
        let mut queues = self.lock();
        let queue = queues.get(&user).and_then(Weak::upgrade).unwrap_or_else(|| {
            let queue = Arc::default();
            queues.insert(user, Arc::downgrade(&queue));
            queue
        });
        Place { dues: self.clone(), user, queue: Some(queue) }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, Weak<Queue>>> {
        // Nothing that could panic is done under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Waits for the turn, which lasts until the guard is dropped. Turns come in the order in which they are asked for.
    pub async fn turn(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        match &self.queue {
            Some(queue) => Some(queue.lock().await),
            None => None,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queues = self.dues.lock();
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
    fn each_user_has_a_queue_while_somebody_waits_in_it() {
        let (dues, user) = (Dues::default(), Id::new());
        let [first, second, other] = [dues.place(user), dues.place(user), dues.place(Id::new())];
        let turn = first.turn().now_or_never().expect("nobody is before it");
        assert!(second.turn().now_or_never().is_none());
        assert!(other.turn().now_or_never().is_some(), "another user's");
        drop(turn);
        assert!(second.turn().now_or_never().is_some());
        drop((first, other));
        assert_eq!(dues.lock().len(), 1);
        drop(second);
        assert!(dues.lock().is_empty());
    }
}
