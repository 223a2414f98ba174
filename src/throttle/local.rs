//! Buckets in process.

use super::gcra::Quota;
use crate::clock::Clock;
use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The maximum number of stored buckets per limit. Each takes about 100 bytes.
const MAX_BUCKETS: usize = 50_000;
/// The number of stored buckets at which full ones are removed for the first time.
const MIN_SWEEP: usize = 1_000;

/// The buckets of one limit, by key.
pub struct Buckets {
    quota: Quota,
    /// Its uptime is monotonic, so setting the machine's clock back does not prolong a limit.
    clock: Clock,
    stored: Mutex<StoredBuckets>,
}

struct StoredBuckets {
    /// The uptime at which each bucket will be full again. Full buckets are not stored, or will be removed soon.
    full_at: HashMap<String, Duration>,
    sweep_at: usize,
}

impl Buckets {
    /// Creates buckets that are all full.
    pub fn new(quota: Quota, clock: Clock) -> Self {
        let stored = StoredBuckets { full_at: HashMap::new(), sweep_at: MIN_SWEEP };
        Self { quota, clock, stored: Mutex::new(stored) }
    }

    /// Takes `amount` units from a bucket. Returns the units that remain, or fails with the time to wait.
    pub fn take(&self, key: &str, amount: NonZeroU32) -> Result<u32, Duration> {
        let mut buckets = self.lock();
        let now = self.clock.uptime();
        let full_at = buckets.full_at.get(key).copied().unwrap_or(now);
        let (full_at, remaining) = self.quota.take(full_at, now, amount.get())?;
        buckets.full_at.insert(key.to_owned(), full_at);
        if buckets.full_at.len() >= buckets.sweep_at {
            buckets.sweep(now);
        }
        Ok(remaining)
    }

    /// Refills a bucket.
    pub fn refill(&self, key: &str) {
        self.lock().full_at.remove(key);
    }

    fn lock(&self) -> MutexGuard<'_, StoredBuckets> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StoredBuckets {
    /// Removes the full buckets. If too many remain, removes the half that will be full first.
    ///
    /// Clients that have used much of their limit are therefore kept. The number of buckets at least doubles between
    /// two sweeps, so the amortized cost per request is constant.
    fn sweep(&mut self, now: Duration) {
        self.full_at.retain(|_, full_at| *full_at > now);
        if self.full_at.len() >= MAX_BUCKETS {
            let mut all: Vec<Duration> = self.full_at.values().copied().collect();
            let (_, &mut median, _) = all.select_nth_unstable(MAX_BUCKETS / 2);
            self.full_at.retain(|_, full_at| *full_at > median);
        }
        self.sweep_at = (self.full_at.len() * 2).clamp(MIN_SWEEP, MAX_BUCKETS);
        self.full_at.shrink_to(self.sweep_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: NonZeroU32 = NonZeroU32::MIN;

    fn buckets(amount: u32, clock: &Clock) -> Buckets {
        let quota = Quota { amount: NonZeroU32::new(amount).unwrap(), per: Duration::from_secs(60) };
        Buckets::new(quota, clock.clone())
    }

    #[test]
    fn full_buckets_are_removed() {
        let clock = Clock::default();
        let buckets = buckets(5, &clock);
        for round in 0..20 {
            for client in 0..MIN_SWEEP - 1 {
                assert!(buckets.take(&format!("{round}/{client}"), ONE).is_ok());
            }
            clock.advance(Duration::from_secs(60));
        }
        assert!(buckets.lock().full_at.len() <= 2 * MIN_SWEEP);
    }

    #[test]
    fn many_clients_neither_exceed_the_memory_limit_nor_reset_an_empty_bucket() {
        let clock = Clock::default();
        let buckets = buckets(5, &clock);
        for _ in 0..5 {
            assert!(buckets.take("greedy", ONE).is_ok());
        }
        for client in 0..3 * MAX_BUCKETS {
            assert!(buckets.take(&client.to_string(), ONE).is_ok());
        }
        let stored = buckets.lock().full_at.len();
        assert!(stored <= MAX_BUCKETS, "{stored}");
        assert!(buckets.take("greedy", ONE).is_err());
    }

    #[test]
    fn setting_the_clock_back_does_not_prolong_a_limit() {
        let clock = Clock::default();
        let buckets = buckets(1, &clock);
        assert!(buckets.take("ada", ONE).is_ok());
        clock.set_back(Duration::from_secs(3600));
        let wait = buckets.take("ada", ONE).unwrap_err();
        assert!(wait <= Duration::from_secs(60), "{wait:?}");
        clock.advance(Duration::from_secs(60));
        assert!(buckets.take("ada", ONE).is_ok());
    }

    #[test]
    fn a_refilled_bucket_is_full() {
        let buckets = buckets(3, &Clock::default());
        let all = NonZeroU32::new(3).unwrap();
        assert_eq!(buckets.take("ada", all), Ok(0));
        buckets.refill("ada");
        assert_eq!(buckets.take("ada", all), Ok(0));
        assert!(buckets.take("ada", ONE).is_err());
    }
}
