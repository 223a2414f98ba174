//! Limits how many permits are held at the same time, in total and per key.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts the permits that are held. It has no entry for a key without permits.
#[derive(Debug)]
pub struct KeyedLimiter<K> {
    /// The limit on all permits; 0 means no limit.
    limit: usize,
    held: Mutex<Held<K>>,
}

#[derive(Debug)]
struct Held<K> {
    total: usize,
    by_key: HashMap<K, usize>,
}

/// A permit. Dropping it makes room for another.
#[derive(Debug)]
pub struct Permit<K: Copy + Eq + Hash> {
    limiter: Arc<KeyedLimiter<K>>,
    key: Option<K>,
}

/// The limit that a permit would exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitExceeded {
    /// The limit on all permits.
    Total,
    /// The limit on permits with one key.
    PerKey,
}

impl<K: Copy + Eq + Hash> KeyedLimiter<K> {
    /// Creates a limiter with a limit on all permits; 0 means no limit.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, held: Mutex::new(Held { total: 0, by_key: HashMap::new() }) })
    }

    /// Takes a permit with a limit on permits with this key; 0 means no limit.
    ///
    /// Without a key, only the limit on all permits applies.
    pub fn acquire(
        self: &Arc<Self>,
        key: Option<K>,
        limit_per_key: usize,
    ) -> Result<Permit<K>, LimitExceeded> {
        let reached = |held, limit| limit != 0 && held >= limit;
        let mut held = self.held();
        if reached(held.total, self.limit) {
            return Err(LimitExceeded::Total);
        }
        if let Some(key) = key {
            let of_key = held.by_key.entry(key).or_default();
            if reached(*of_key, limit_per_key) {
                return Err(LimitExceeded::PerKey); // The entry is not new, because the limit is not 0.
            }
            *of_key += 1;
        }
        held.total += 1;
        Ok(Permit { limiter: self.clone(), key })
    }

    fn held(&self) -> MutexGuard<'_, Held<K>> {
        // Nothing panics while the lock is held, so the counts are correct.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of permits, and of keys with permits.
    #[cfg(test)]
    pub fn counts(&self) -> (usize, usize) {
        let held = self.held();
        (held.total, held.by_key.len())
    }
}

impl<K: Copy + Eq + Hash> Drop for Permit<K> {
    fn drop(&mut self) {
        let mut held = self.limiter.held();
        held.total -= 1;
        if let Some(key) = self.key
            && let Some(of_key) = held.by_key.get_mut(&key)
        {
            *of_key -= 1;
            if *of_key == 0 {
                held.by_key.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ipnet::IpNet;

    fn host(network: &str) -> Option<IpNet> {
        network.parse().ok()
    }

    #[test]
    fn a_dropped_permit_makes_room_and_leaves_no_entry() {
        let limiter = KeyedLimiter::new(3);
        let (one, other) = (host("192.0.2.1/32"), host("192.0.2.2/32"));
        let acquire = |host| limiter.acquire(host, 2);
        let first = acquire(one).unwrap();
        let second = acquire(one).unwrap();
        assert_eq!(acquire(one).unwrap_err(), LimitExceeded::PerKey);
        let third = acquire(other).unwrap();
        assert_eq!(acquire(None).unwrap_err(), LimitExceeded::Total, "permits without a key count too");
        drop(first);
        let proxy = acquire(None).unwrap();
        assert_eq!(acquire(one).unwrap_err(), LimitExceeded::Total);
        drop((second, third, proxy));
        assert_eq!(limiter.counts(), (0, 0));
    }

    #[test]
    fn zero_means_no_limit() {
        let limiter = KeyedLimiter::new(0);
        let host = host("192.0.2.1/32");
        let permits: Vec<_> = (0..5000).map(|_| limiter.acquire(host, 0).unwrap()).collect();
        assert_eq!(limiter.counts(), (permits.len(), 1));
    }
}
