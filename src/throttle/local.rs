//! Buckets in process, by the crate [`governor`].

use super::Quota;
use crate::clock::Clock;
use governor::{
    InsufficientCapacity, Quota as Gcra, RateLimiter, clock, middleware::StateInformationMiddleware,
    nanos::Nanos, state::StateStore,
};
use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The most buckets of a kind that are remembered. Each takes about a hundred bytes.
const MOST: usize = 50_000;
/// From so many on, those that are full again are looked for.
const FEW: usize = 1_000;

/// The buckets of one kind, one for each who asks.
pub struct Buckets {
    limiter: RateLimiter<String, Levels, Ticks, StateInformationMiddleware>,
    levels: Levels,
    quota: Quota,
}

impl Buckets {
    /// All full.
    pub fn new(quota: Quota, clock: Clock) -> Self {
        let ticks = Ticks(clock);
        let levels = Levels(Arc::new(Mutex::new(Known {
            when_full: HashMap::new(),
            sweep_at: FEW,
            ticks: ticks.clone(),
        })));
        let gcra = Gcra::with_period(quota.each()).unwrap_or(Gcra::per_second(NonZeroU32::MAX));
        let limiter = RateLimiter::new(gcra.allow_burst(quota.amount), levels.clone(), ticks);
        Self { limiter, levels, quota }
    }

    /// Takes so much from somebody's bucket: what is left, or how long to wait.
    pub fn take(&self, whose: &str, amount: NonZeroU32) -> Result<u32, Duration> {
        match self.limiter.check_key_n(&whose.to_owned(), amount) {
            Ok(Ok(state)) => Ok(state.remaining_burst_capacity()),
            Ok(Err(until)) => Err(until.wait_time_from(clock::Clock::now(self.limiter.clock()))),
            Err(InsufficientCapacity(_)) => Err(self.quota.per),
        }
    }

    /// Fills somebody's bucket.
    pub fn fill(&self, whose: &str) {
        self.levels.lock().when_full.remove(whose);
    }
}

/// Time as governor takes it: monotonic, so that a clock that is set back keeps nobody out.
#[derive(Clone)]
struct Ticks(Clock);

impl clock::Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.uptime().into()
    }
}

/// Governor's own store grows with everybody who ever asks.
#[derive(Clone)]
struct Levels(Arc<Mutex<Known>>);

struct Known {
    /// When each bucket will be full again. One that is full is not known, or will soon be forgotten.
    when_full: HashMap<String, Nanos>,
    sweep_at: usize,
    ticks: Ticks,
}

impl Levels {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateStore for Levels {
    type Key = String;

    fn measure_and_replace<T, F, E>(&self, whose: &String, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut known = self.lock();
        let (decided, when_full) = decide(known.when_full.get(whose).copied())?;
        known.when_full.insert(whose.clone(), when_full);
        if known.when_full.len() >= known.sweep_at {
            known.sweep();
        }
        Ok(decided)
    }
}

impl Known {
    /// Forgets the buckets that are full; if there are too many all the same, the half that will be full first, so
    /// that it helps nobody who has taken much. What it costs is spread over at least as many that have come since.
    fn sweep(&mut self) {
        let now = clock::Clock::now(&self.ticks);
        self.when_full.retain(|_, full| *full > now);
        if self.when_full.len() >= MOST {
            let mut all: Vec<Nanos> = self.when_full.values().copied().collect();
            let (_, &mut median, _) = all.select_nth_unstable(MOST / 2);
            self.when_full.retain(|_, full| *full > median);
        }
        self.sweep_at = (self.when_full.len() * 2).clamp(FEW, MOST);
        self.when_full.shrink_to(self.sweep_at);
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
    fn who_has_taken_nothing_for_long_is_forgotten() {
        let clock = Clock::default();
        let buckets = buckets(5, &clock);
        for round in 0..20 {
            for one in 0..FEW - 1 {
                assert!(buckets.take(&format!("{round}/{one}"), ONE).is_ok());
            }
            clock.advance(Duration::from_secs(60));
        }
        assert!(buckets.levels.lock().when_full.len() <= 2 * FEW);
    }

    #[test]
    fn a_crowd_fills_no_more_memory_than_there_may_be_and_helps_nobody() {
        let clock = Clock::default();
        let buckets = buckets(5, &clock);
        for _ in 0..5 {
            assert!(buckets.take("greedy", ONE).is_ok());
        }
        for one in 0..3 * MOST {
            assert!(buckets.take(&one.to_string(), ONE).is_ok());
        }
        let known = buckets.levels.lock().when_full.len();
        assert!(known <= MOST, "{known}");
        assert!(buckets.take("greedy", ONE).is_err());
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_out() {
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
    fn a_bucket_that_is_filled_is_full() {
        let buckets = buckets(3, &Clock::default());
        let all = NonZeroU32::new(3).unwrap();
        assert_eq!(buckets.take("ada", all), Ok(0));
        buckets.fill("ada");
        assert_eq!(buckets.take("ada", all), Ok(0));
        assert!(buckets.take("ada", ONE).is_err());
    }
}
