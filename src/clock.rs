//! The clock that the server uses. It is injected, so that tests can move it.
//!
//! Instances compare times that others have stored. On PostgreSQL each instance therefore follows the database's clock:
//! it reads it at the start and every minute, and ignores slow responses. A wrong clock does not cause a reply to be
//! taken over: [`crate::replies`] measures the time without a renewal with a monotonic clock.

use crate::{
    background::{Background, Schedule},
    store::{self, Database, Instant},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{self, Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{select, sync::Notify, time::sleep};

/// How often the clock is synchronized with the database.
const SYNCHRONIZE_INTERVAL: Duration = Duration::from_secs(60);
/// The longest round trip after which the database's time is still used.
const LONGEST_ROUND_TRIP: Duration = Duration::from_millis(500);
/// A change of the offset above this is logged.
const TOLERANCE: Duration = Duration::from_secs(1);

/// A clock. Clones share its state.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Monotonic start time. Durations are measured from it, even if this machine's clock is changed.
    started: time::Instant,
    /// Simulated error of this machine's clock, in microseconds. Only tests set it.
    machine_error: Arc<AtomicI64>,
    /// Offset from this machine's clock to the database's, in microseconds.
    database_offset: Arc<AtomicI64>,
    /// Time by which a test has advanced the clock, in microseconds.
    advanced: Arc<AtomicI64>,
    /// Wakes the tasks in [`Clock::wait_until`] after the clock has been changed.
    moved: Arc<Notify>,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            started: time::Instant::now(),
            machine_error: Arc::default(),
            database_offset: Arc::default(),
            advanced: Arc::default(),
            moved: Arc::default(),
        }
    }
}

impl Clock {
    /// Creates a clock on a machine whose own clock is ahead by `error`. For tests.
    pub fn ahead_by(error: Duration) -> Self {
        Self { machine_error: Arc::new(micros(error).into()), ..Self::default() }
    }

    /// Monotonic time since this clock was created. Setting the machine's clock does not change it, so rate limits and
    /// pauses use it.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed() + self.advanced()
    }

    /// The time by which a test has advanced this clock.
    pub fn advanced(&self) -> Duration {
        Duration::from_micros(self.advanced.load(Ordering::SeqCst).unsigned_abs())
    }

    /// Sets this machine's clock back, as an administrator may do. The uptime does not change.
    pub fn set_back(&self, by: Duration) {
        self.machine_error.fetch_sub(micros(by), Ordering::SeqCst);
        self.moved.notify_waiters();
    }

    /// The current time.
    pub fn now(&self) -> Instant {
        let Instant(machine) = self.machine();
        Instant(machine + self.database_offset.load(Ordering::Relaxed) + self.advanced.load(Ordering::SeqCst))
    }

    /// Advances this clock and its clones. For tests.
    pub fn advance(&self, by: Duration) {
        self.advanced.fetch_add(micros(by), Ordering::SeqCst);
        self.moved.notify_waiters();
    }

    /// Waits until this moment. Changes of the clock are taken into account.
    pub async fn wait_until(&self, moment: Instant) {
        loop {
            let moved = self.moved.notified(); // created before the clock is read, so that no change is missed
            let left = moment.0.saturating_sub(self.now().0);
            let Ok(left @ 1..) = u64::try_from(left) else { return };
            select! {
                () = sleep(Duration::from_micros(left)) => {}
                () = moved => {}
            }
        }
    }

    /// Sets this clock to the database's time, if the database has a clock of its own (PostgreSQL).
    pub async fn synchronize(&self, store: &Database) -> store::Result<()> {
        let Some((Instant(database), round_trip)) = store.time().await? else { return Ok(()) };
        if round_trip > LONGEST_ROUND_TRIP {
            return Ok(()); // too inaccurate
        }
        let machine = self.machine().0 - micros(round_trip / 2);
        let before = self.database_offset.swap(database - machine, Ordering::Relaxed);
        if (database - machine - before).abs() > micros(TOLERANCE) {
            self.moved.notify_waiters();
            tracing::warn!(
                offset_ms = (database - machine) / 1000,
                "this machine's clock differs from the database's; the server uses the database's"
            );
        }
        Ok(())
    }

    /// Synchronizes this clock every minute.
    pub fn keep_synchronized(self, store: Database, background: &Background) {
        let schedule = Schedule::every(SYNCHRONIZE_INTERVAL).delayed();
        background.repeat("reading the database's time", schedule, move || {
            let (clock, store) = (self.clone(), store.clone());
            async move { clock.synchronize(&store).await }
        });
    }

    /// This machine's time, with the simulated error.
    #[expect(clippy::disallowed_methods, reason = "the source of the time")]
    fn machine(&self) -> Instant {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Instant(micros(since) + self.machine_error.load(Ordering::SeqCst))
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::poll;
    use std::pin::pin;

    #[test]
    fn setting_the_clock_back_does_not_change_the_uptime() {
        let clock = Clock::default();
        let (before, uptime) = (clock.now(), clock.uptime());
        clock.set_back(Duration::from_secs(3600));
        assert!(clock.now() < before && clock.uptime() >= uptime);
        clock.advance(Duration::from_secs(60));
        assert!(clock.uptime() >= uptime + Duration::from_secs(60));
    }

    #[tokio::test]
    async fn advancing_the_clock_wakes_waiting_tasks() {
        let clock = Clock::default();
        let hour = Duration::from_secs(3600);
        clock.wait_until(clock.now()).await;
        let mut reached = pin!(clock.wait_until(clock.now() + hour));
        assert!(poll!(reached.as_mut()).is_pending());
        clock.clone().advance(hour / 2);
        assert!(poll!(reached.as_mut()).is_pending());
        clock.advance(hour);
        assert!(poll!(reached).is_ready());
        clock.wait_until(clock.now() + Duration::from_millis(1)).await;
    }
}
