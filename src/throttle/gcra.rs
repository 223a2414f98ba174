//! The generic cell rate algorithm: a bucket that allows a burst and refills evenly, stored as a single time.

use std::{
    num::NonZeroU32,
    ops::{Add, Sub},
    time::Duration,
};

/// A bucket's capacity, and the time in which an empty bucket becomes full.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// The capacity: the largest burst.
    pub amount: NonZeroU32,
    /// The time in which the whole amount is refilled. It must not be zero.
    pub per: Duration,
}

impl Quota {
    /// Takes `amount` units, or the full capacity if that is less, from a bucket that will be full at `full_at`.
    ///
    /// Returns when the bucket will be full again, and the units that remain. Fails with the time to wait if the bucket
    /// has too few. A time in the past means that the bucket is full.
    pub fn take<T>(self, full_at: T, now: T, amount: u32) -> Result<(T, u32), Duration>
    where
        T: Copy + Ord + Add<Duration, Output = T> + Sub<Output = Duration>,
    {
        let capacity = self.amount.get();
        let refill = self.per * amount.min(capacity) / capacity;
        let until_full = (full_at.max(now) - now) + refill;
        match self.per.checked_sub(until_full) {
            Some(left) => {
                let remaining = left.as_nanos() * u128::from(capacity) / self.per.as_nanos();
                Ok((now + until_full, u32::try_from(remaining).unwrap_or(capacity)))
            }
            None => Err(until_full - self.per),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const NANOSECOND: Duration = Duration::from_nanos(1);
    const NOW: Duration = Duration::from_secs(1_000);

    fn per_minute(amount: u32) -> Quota {
        Quota { amount: NonZeroU32::new(amount).unwrap(), per: 60 * SECOND }
    }

    #[test]
    fn a_bucket_allows_a_burst_then_refills_evenly() {
        let quota = per_minute(3);
        let (full_at, remaining) = quota.take(Duration::ZERO, NOW, 1).unwrap();
        assert_eq!((full_at, remaining), (NOW + 20 * SECOND, 2));
        let (full_at, remaining) = quota.take(full_at, NOW, 2).unwrap();
        assert_eq!((full_at, remaining), (NOW + 60 * SECOND, 0));
        assert_eq!(quota.take(full_at, NOW, 1), Err(20 * SECOND));
        assert_eq!(quota.take(full_at, NOW + 5 * SECOND, 2), Err(35 * SECOND));
        assert_eq!(quota.take(full_at, NOW + 20 * SECOND, 1), Ok((NOW + 80 * SECOND, 0)));
        assert_eq!(quota.take(full_at, NOW + 70 * SECOND, 1), Ok((NOW + 90 * SECOND, 2)));
    }

    #[test]
    fn waiting_as_long_as_the_error_says_is_enough_and_no_longer_than_needed() {
        for capacity in [1, 7, 1_000, u32::MAX] {
            let quota = per_minute(capacity);
            let (full_at, _) = quota.take(NOW, NOW, capacity).unwrap();
            for amount in [1, capacity / 3 + 1, capacity] {
                let wait = quota.take(full_at, NOW, amount).unwrap_err();
                assert_eq!(quota.take(full_at, NOW + wait - NANOSECOND, amount), Err(NANOSECOND));
                assert!(quota.take(full_at, NOW + wait, amount).is_ok());
            }
        }
    }

    #[test]
    fn single_units_add_up_to_the_capacity_even_if_the_period_is_not_a_multiple() {
        for capacity in [7, 11, 59, 1_001] {
            let (quota, mut full_at) = (per_minute(capacity), NOW);
            for remaining in (0..capacity).rev() {
                let taken = quota.take(full_at, NOW, 1).unwrap();
                assert_eq!(taken.1, remaining);
                full_at = taken.0;
            }
            assert!(quota.take(full_at, NOW, 1).is_err());
        }
    }

    #[test]
    fn an_amount_above_the_capacity_takes_a_full_bucket() {
        let quota = per_minute(5);
        assert_eq!(quota.take(NOW, NOW, u32::MAX), Ok((NOW + 60 * SECOND, 0)));
        let (full_at, _) = quota.take(NOW, NOW, 1).unwrap();
        assert_eq!(quota.take(full_at, NOW, 6), Err(12 * SECOND));
    }
}
