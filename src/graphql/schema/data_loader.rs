//! A dataloader for one operation, without a timer and without a cache.
//!
//! The first field that requests a key opens a batch and yields once. Meanwhile the same task polls all sibling
//! fields, which add their keys to the batch. One query then loads them all. A batch is dropped after it has been
//! loaded, so later requests read fresh data; a subscription may live for hours.

use crate::error::Result;
use std::{
    collections::HashMap,
    hash::Hash,
    mem,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{sync::OnceCell, task::yield_now};

/// Loads the values of many keys by one query.
pub trait Loader: Send + Sync {
    /// The key of a value.
    type Key: Clone + Eq + Hash + Send + Sync;
    /// The value. Each request gets a clone, which should be cheap.
    type Value: Clone + Send + Sync;

    /// Loads the values. Keys without a value are missing from the result.
    fn load(
        &self,
        keys: &[Self::Key],
    ) -> impl Future<Output = Result<HashMap<Self::Key, Self::Value>>> + Send;
}

/// Collects the keys that are requested together.
pub struct DataLoader<L: Loader> {
    loader: L,
    open: Mutex<Arc<Batch<L>>>,
}

/// The keys of one query, and its result.
struct Batch<L: Loader> {
    keys: Mutex<Vec<L::Key>>,
    result: OnceCell<Result<HashMap<L::Key, L::Value>>>,
}

impl<L: Loader> Default for Batch<L> {
    fn default() -> Self {
        Self { keys: Mutex::default(), result: OnceCell::new() }
    }
}

impl<L: Loader> DataLoader<L> {
    /// Creates a dataloader. Nothing is loaded until a key is requested.
    pub fn new(loader: L) -> Self {
        Self { loader, open: Mutex::default() }
    }

    /// Returns the value of a key. It is loaded together with the keys of sibling fields.
    pub async fn get(&self, key: L::Key) -> Result<Option<L::Value>> {
        let batch = {
            let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.keys.lock().unwrap_or_else(PoisonError::into_inner).push(key.clone());
            open.clone()
        };
        yield_now().await;
        // If the future that loads is dropped, another future that waits for the batch loads instead.
        let result = batch.result.get_or_init(|| self.load(&batch)).await;
        result.as_ref().map(|values| values.get(&key).cloned()).map_err(Clone::clone)
    }

    async fn load(&self, batch: &Arc<Batch<L>>) -> Result<HashMap<L::Key, L::Value>> {
        {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            if Arc::ptr_eq(&open, batch) {
                mem::take(&mut *open); // later keys go into a new batch
            }
        }
        let mut keys = batch.keys.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut seen = std::collections::HashSet::new();
        keys.retain(|key| seen.insert(key.clone()));
        self.loader.load(&keys).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;

    #[derive(Default)]
    struct Doubles(Mutex<Vec<usize>>);

    impl Loader for Doubles {
        type Key = u32;
        type Value = u32;

        async fn load(&self, keys: &[u32]) -> Result<HashMap<u32, u32>> {
            self.0.lock().unwrap().push(keys.len());
            yield_now().await;
            Ok(keys.iter().filter(|key| **key < 1000).map(|key| (*key, key * 2)).collect())
        }
    }

    #[tokio::test]
    async fn sibling_keys_share_one_query_and_later_keys_another() {
        let doubles = DataLoader::new(Doubles::default());
        let found = join_all((0..100).map(|key| doubles.get(key % 50))).await;
        assert!(found.into_iter().zip(0..).all(|(value, key)| value.unwrap() == Some(key % 50 * 2)));
        assert_eq!(doubles.get(1000).await.unwrap(), None);
        assert_eq!(*doubles.loader.0.lock().unwrap(), [50, 1]);
    }

    #[tokio::test]
    async fn another_future_loads_if_the_first_is_dropped() {
        let doubles = DataLoader::new(Doubles::default());
        let (mut first, second) = (Box::pin(doubles.get(1)), doubles.get(2));
        let both = async {
            // The first poll requests the key and yields, the second one loads.
            for _ in 0..2 {
                assert!(futures_util::poll!(first.as_mut()).is_pending());
            }
            drop(first);
            second.await.unwrap()
        };
        assert_eq!(both.await, Some(4));
    }
}
