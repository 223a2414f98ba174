//! Which leases were left by somebody who is dead: those that nobody renews, by this process's own watch.
//!
//! When a lease expires is written by its holder's clock, and clocks are wrong, or are set while they run. So that moment
//! only raises a doubt, as does one far ahead. The doubt is settled if the lease stays as it is for longer than its
//! holder would take to renew it.

use crate::store::{Id, Instant, runs::Run};
use std::{collections::HashMap, time::Duration};
use tokio::time::Instant as Stopwatch;

/// The leases in doubt, with the moment since which each has not changed.
#[derive(Debug)]
pub(super) struct Doubts {
    lease: Duration,
    since: HashMap<Id, (Lease, Stopwatch)>,
}

/// A lease as it is stored: by whom and until when.
type Lease = (Option<Id>, Option<Instant>);

impl Doubts {
    /// None yet. A lease is so long.
    pub fn new(lease: Duration) -> Self {
        Self { lease, since: HashMap::new() }
    }

    /// Which leases are doubtful now: those that expire by the first moment, or after the second. Whoever renews a lease in
    /// time, by a clock that is right, has one in between.
    pub fn bounds(&self, now: Instant) -> (Instant, Instant) {
        (now + self.lease / 2, now + self.lease * 3 / 2)
    }

    /// Takes in all that are doubtful now, and gives those whose holder is dead or has given up.
    pub fn settle(&mut self, doubtful: Vec<Run>) -> Vec<Run> {
        let (now, patience) = (Stopwatch::now(), self.patience());
        let mut before = std::mem::take(&mut self.since);
        let (mut dead, mut rest) = (Vec::new(), HashMap::new());
        for run in doubtful {
            let lease = (run.lease, run.lease_expires_at);
            let known = before.remove(&run.message_id).filter(|(known, _)| *known == lease);
            let since = known.map_or(now, |(_, since)| since);
            rest.insert(run.message_id, (lease, since));
            if run.is_released() || now.duration_since(since) >= patience {
                dead.push(run);
            }
        }
        self.since = rest;
        dead
    }

    /// How long until the next doubt is settled, unless the lease is renewed.
    pub fn next(&self) -> Option<Duration> {
        let oldest = self.since.values().map(|(_, since)| *since).min()?;
        Some((oldest + self.patience()).saturating_duration_since(Stopwatch::now()))
    }

    /// Begins anew: while the database was away nobody could renew a lease.
    pub fn clear(&mut self) {
        self.since.clear();
    }

    /// How long a lease must not have been renewed: holders renew it after a third of its length.
    fn patience(&self) -> Duration {
        self.lease * 2 / 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    const LEASE: Duration = Duration::from_secs(9);

    fn run(lease: u128, expires_at: i64) -> Run {
        let id = |n| Id(uuid::Uuid::from_u128(n));
        Run {
            message_id: id(1),
            conversation_id: id(2),
            position: 1,
            lease: Some(id(lease)),
            lease_expires_at: Some(Instant(expires_at)),
            stop_requested: false,
            owner_id: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_is_left_if_nobody_renews_it_whatever_the_clocks_say() {
        let mut doubts = Doubts::new(LEASE);
        // It has expired long ago, or will in a hundred years.
        for expires_at in [1, 4_000_000_000_000_000] {
            assert_eq!(doubts.settle(vec![run(7, expires_at)]), []);
            advance(LEASE * 2 / 3 - Duration::from_millis(1)).await;
            assert_eq!(doubts.settle(vec![run(7, expires_at)]), []);
            assert_eq!(doubts.next(), Some(Duration::from_millis(1)));
            advance(Duration::from_millis(1)).await;
            assert_eq!(doubts.settle(vec![run(7, expires_at)]), [run(7, expires_at)]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_that_is_renewed_is_never_taken_however_wrong_the_clocks_are() {
        let mut doubts = Doubts::new(LEASE);
        for renewal in 1..20 {
            assert_eq!(doubts.settle(vec![run(7, renewal)]), []);
            advance(LEASE / 3).await;
        }
        // Nor while the database is away.
        doubts.clear();
        assert_eq!(doubts.settle(vec![run(7, 19)]), []);
        // Nor by somebody who has just taken it over.
        advance(LEASE).await;
        assert_eq!(doubts.settle(vec![run(8, 19)]), []);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_that_was_given_up_is_free_at_once() {
        assert_eq!(Doubts::new(LEASE).settle(vec![run(7, 0)]), [run(7, 0)]);
    }
}
