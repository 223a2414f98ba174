//! Detects abandoned leases: those that are not renewed, measured with this process's monotonic clock.
//!
//! A lease's expiry time was written by the clock of its holder. Clocks differ between instances and may be changed
//! while they run, so the expiry time alone proves nothing. It only makes a lease *suspect*: one that soon expires or
//! has expired, or that expires too far in the future. A suspect lease is *abandoned* if it stays unchanged for longer
//! than its holder takes to renew it, measured with the monotonic clock of this process.

use crate::store::{Id, Instant, runs::Run};
use std::{collections::HashMap, time::Duration};
use tokio::time::Instant as Stopwatch;

/// The suspect leases, each with the moment at which this process first saw it in this state.
#[derive(Debug)]
pub(super) struct LeaseMonitor {
    lease: Duration,
    since: HashMap<Id, (Lease, Stopwatch)>,
}

/// A lease as it is stored: its holder and its expiry time.
type Lease = (Option<Id>, Option<Instant>);

impl LeaseMonitor {
    /// Creates a monitor of leases with the given duration.
    pub fn new(lease: Duration) -> Self {
        Self { lease, since: HashMap::new() }
    }

    /// The expiry times between which a lease is not suspect.
    ///
    /// A holder with a correct clock that renews in time always has a lease that expires between these two.
    pub fn suspect_bounds(&self, now: Instant) -> (Instant, Instant) {
        (now + self.lease / 2, now + self.lease * 3 / 2)
    }

    /// Records the leases that are suspect at this moment. Returns those that were abandoned or released.
    pub fn observe(&mut self, suspects: Vec<Run>) -> Vec<Run> {
        let (now, grace) = (Stopwatch::now(), self.grace());
        let mut before = std::mem::take(&mut self.since);
        let (mut abandoned, mut rest) = (Vec::new(), HashMap::new());
        for run in suspects {
            let lease = (run.lease, run.lease_expires_at);
            let known = before.remove(&run.message_id).filter(|(known, _)| *known == lease);
            let since = known.map_or(now, |(_, since)| since);
            rest.insert(run.message_id, (lease, since));
            if run.is_released() || now.duration_since(since) >= grace {
                abandoned.push(run);
            }
        }
        self.since = rest;
        abandoned
    }

    /// Time until the next suspect lease counts as abandoned if it is not renewed; `None` without suspects.
    pub fn next_expiry(&self) -> Option<Duration> {
        let oldest = self.since.values().map(|(_, since)| *since).min()?;
        Some((oldest + self.grace()).saturating_duration_since(Stopwatch::now()))
    }

    /// Forgets all suspects. Call it after a database failure, during which no holder could renew its lease.
    pub fn reset(&mut self) {
        self.since.clear();
    }

    /// Time without a renewal after which a suspect lease is abandoned. Holders renew after a third of the duration.
    fn grace(&self) -> Duration {
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
    async fn an_unrenewed_lease_is_abandoned_whatever_its_expiry_time() {
        let mut monitor = LeaseMonitor::new(LEASE);
        // One lease expired long ago; the other expires in a hundred years.
        for expires_at in [1, 4_000_000_000_000_000] {
            assert_eq!(monitor.observe(vec![run(7, expires_at)]), []);
            advance(LEASE * 2 / 3 - Duration::from_millis(1)).await;
            assert_eq!(monitor.observe(vec![run(7, expires_at)]), []);
            assert_eq!(monitor.next_expiry(), Some(Duration::from_millis(1)));
            advance(Duration::from_millis(1)).await;
            assert_eq!(monitor.observe(vec![run(7, expires_at)]), [run(7, expires_at)]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewed_lease_is_never_abandoned_whatever_its_expiry_time() {
        let mut monitor = LeaseMonitor::new(LEASE);
        for renewal in 1..20 {
            assert_eq!(monitor.observe(vec![run(7, renewal)]), []);
            advance(LEASE / 3).await;
        }
        // A database failure starts the measurement again.
        monitor.reset();
        assert_eq!(monitor.observe(vec![run(7, 19)]), []);
        // So does a new holder.
        advance(LEASE).await;
        assert_eq!(monitor.observe(vec![run(8, 19)]), []);
    }

    #[tokio::test(start_paused = true)]
    async fn a_released_lease_is_free_at_once() {
        assert_eq!(LeaseMonitor::new(LEASE).observe(vec![run(7, 0)]), [run(7, 0)]);
    }
}
