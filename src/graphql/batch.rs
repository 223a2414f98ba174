//! A dataloader for one operation, without a timer and without a cache.
//!
//! The first field that asks opens a round and steps back once; by then every sibling field, polled by the same
//! task, has asked too, and one query answers them all. A round is forgotten when it is answered, so what is asked
//! later (a subscription may live for hours) is read afresh.

use crate::error::Result;
use std::{
    collections::HashMap,
    hash::Hash,
    mem,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{sync::OnceCell, task::yield_now};

/// A query for many keys at once.
pub trait Load: Send + Sync {
    /// What a value is asked for by.
    type Key: Clone + Eq + Hash + Send + Sync;
    /// What is found. Everyone who asks gets a clone, which should be cheap.
    type Value: Clone + Send + Sync;

    /// The values of those keys that have one.
    fn load(
        &self,
        keys: &[Self::Key],
    ) -> impl Future<Output = Result<HashMap<Self::Key, Self::Value>>> + Send;
}

/// Gathers the keys that are asked for together.
pub struct Batch<L: Load> {
    load: L,
    open: Mutex<Arc<Round<L>>>,
}

/// Keys that are, or will be, loaded by one query.
struct Round<L: Load> {
    keys: Mutex<Vec<L::Key>>,
    answer: OnceCell<Result<HashMap<L::Key, L::Value>>>,
}

impl<L: Load> Default for Round<L> {
    fn default() -> Self {
        Self { keys: Mutex::default(), answer: OnceCell::new() }
    }
}

impl<L: Load> Batch<L> {
    /// A batch that loads by this query. Nothing is loaded until a key is asked for.
    pub fn new(load: L) -> Self {
        Self { load, open: Mutex::default() }
    }

    /// The key's value, loaded together with what its siblings ask for.
    pub async fn get(&self, key: L::Key) -> Result<Option<L::Value>> {
        let round = {
            let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.keys.lock().unwrap_or_else(PoisonError::into_inner).push(key.clone());
            open.clone()
        };
        yield_now().await;
        // If whoever loads is dropped halfway, the next in line loads instead.
        let answer = round.answer.get_or_init(|| self.answer(&round)).await;
        answer.as_ref().map(|values| values.get(&key).cloned()).map_err(Clone::clone)
    }

    async fn answer(&self, round: &Arc<Round<L>>) -> Result<HashMap<L::Key, L::Value>> {
        {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            if Arc::ptr_eq(&open, round) {
                mem::take(&mut *open); // nobody joins this round any more
            }
        }
        let mut keys = round.keys.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut seen = std::collections::HashSet::new();
        keys.retain(|key| seen.insert(key.clone()));
        self.load.load(&keys).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;

    #[derive(Default)]
    struct Doubles(Mutex<Vec<usize>>);

    impl Load for Doubles {
        type Key = u32;
        type Value = u32;

        async fn load(&self, keys: &[u32]) -> Result<HashMap<u32, u32>> {
            self.0.lock().unwrap().push(keys.len());
            yield_now().await;
            Ok(keys.iter().filter(|key| **key < 1000).map(|key| (*key, key * 2)).collect())
        }
    }

    #[tokio::test]
    async fn siblings_share_one_query_and_later_ones_another() {
        let batch = Batch::new(Doubles::default());
        let found = join_all((0..100).map(|key| batch.get(key % 50))).await;
        assert!(found.into_iter().zip(0..).all(|(value, key)| value.unwrap() == Some(key % 50 * 2)));
        assert_eq!(batch.get(1000).await.unwrap(), None);
        assert_eq!(*batch.load.0.lock().unwrap(), [50, 1]);
    }

    #[tokio::test]
    async fn a_dropped_loader_is_replaced() {
        let batch = Batch::new(Doubles::default());
        let (mut first, second) = (Box::pin(batch.get(1)), batch.get(2));
        let both = async {
            // Two steps: asked and stepped back, then loading.
            for _ in 0..2 {
                assert!(futures_util::poll!(first.as_mut()).is_pending());
            }
            drop(first);
            second.await.unwrap()
        };
        assert_eq!(both.await, Some(4));
    }
}
