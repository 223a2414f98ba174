//! The time: one for all instances, and handed in, so that a test can move it.
//!
//! Leases are counted by it, so instances had better agree. On PostgreSQL it is the database's, asked for at the start
//! and every minute (an answer that takes long is not taken). A clock that is wrong all the same makes a reply change
//! hands too early; who has lost it can still write nothing.

use crate::store::{self, Database, Instant};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{self, Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{select, sync::Notify, time::sleep};

/// How often it is compared with the database's.
const COMPARE: Duration = Duration::from_secs(60);
/// The longest that the database may take to tell the time, and be believed.
const QUICKLY: Duration = Duration::from_millis(500);
/// How wrong this machine's clock may be without a word.
const TOLERABLE: Duration = Duration::from_secs(1);

/// A clock. Its clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock {
    /// When it was made. It measures durations, whatever happens to this machine's clock meanwhile.
    made: time::Instant,
    /// Microseconds by which this machine's clock is wrong, so that a test can have one that is.
    wrong: Arc<AtomicI64>,
    /// Microseconds by which it differs from this machine's, to be as the database's.
    set_by: Arc<AtomicI64>,
    /// Microseconds that have passed for a test alone.
    passed: Arc<AtomicI64>,
    /// Tells those who wait for a moment that it may be nearer than they thought.
    moved: Arc<Notify>,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            made: time::Instant::now(),
            wrong: Arc::default(),
            set_by: Arc::default(),
            passed: Arc::default(),
            moved: Arc::default(),
        }
    }
}

impl Clock {
    /// A clock on a machine whose own is ahead by so much.
    pub fn ahead_by(wrong: Duration) -> Self {
        Self { wrong: Arc::new(micros(wrong).into()), ..Self::default() }
    }

    /// How much time has passed since this clock was made. To set the machine's clock changes nothing of it, so limits
    /// and pauses are measured by it.
    pub fn uptime(&self) -> Duration {
        self.made.elapsed() + self.passed()
    }

    /// How much of it has passed for a test alone.
    pub fn passed(&self) -> Duration {
        Duration::from_micros(self.passed.load(Ordering::SeqCst).unsigned_abs())
    }

    /// Sets this machine's clock back, as an administrator may. No time passes.
    pub fn set_back(&self, by: Duration) {
        self.wrong.fetch_sub(micros(by), Ordering::SeqCst);
        self.moved.notify_waiters();
    }

    /// The moment it is.
    pub fn now(&self) -> Instant {
        let Instant(machine) = self.machine();
        Instant(machine + self.set_by.load(Ordering::Relaxed) + self.passed.load(Ordering::SeqCst))
    }

    /// Sets this clock and its clones forward.
    pub fn advance(&self, by: Duration) {
        self.passed.fetch_add(micros(by), Ordering::SeqCst);
        self.moved.notify_waiters();
    }

    /// Waits until it is this moment, also when the clock is set forward meanwhile.
    pub async fn reached(&self, moment: Instant) {
        loop {
            let moved = self.moved.notified(); // before the look, so that none is missed
            let left = moment.0.saturating_sub(self.now().0);
            let Ok(left @ 1..) = u64::try_from(left) else { return };
            select! {
                () = sleep(Duration::from_micros(left)) => {}
                () = moved => {}
            }
        }
    }

    /// Sets it by the database's, if that is another machine's.
    pub async fn set_by(&self, store: &Database) -> store::Result<()> {
        let Some((Instant(theirs), took)) = store.time().await? else { return Ok(()) };
        if took > QUICKLY {
            return Ok(()); // it may be any moment within that time
        }
        let ours = self.machine().0 - micros(took / 2);
        let before = self.set_by.swap(theirs - ours, Ordering::Relaxed);
        if (theirs - ours - before).abs() > micros(TOLERABLE) {
            self.moved.notify_waiters();
            tracing::warn!(
                by_ms = (theirs - ours) / 1000,
                "the clock differs from the database's, which counts"
            );
        }
        Ok(())
    }

    /// Goes on setting it, for ever.
    pub async fn keep_set_by(&self, store: &Database) {
        loop {
            sleep(COMPARE).await;
            if let Err(error) = self.set_by(store).await {
                tracing::debug!(%error, "the database does not tell the time");
            }
        }
    }

    /// This machine's own time.
    fn machine(&self) -> Instant {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Instant(micros(since) + self.wrong.load(Ordering::SeqCst))
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
    fn setting_the_clock_back_changes_no_duration() {
        let clock = Clock::default();
        let (before, uptime) = (clock.now(), clock.uptime());
        clock.set_back(Duration::from_secs(3600));
        assert!(clock.now() < before && clock.uptime() >= uptime);
        clock.advance(Duration::from_secs(60));
        assert!(clock.uptime() >= uptime + Duration::from_secs(60));
    }

    #[tokio::test]
    async fn who_waits_for_a_moment_is_woken_when_the_clock_is_set_forward() {
        let clock = Clock::default();
        let hour = Duration::from_secs(3600);
        clock.reached(clock.now()).await;
        let mut reached = pin!(clock.reached(clock.now() + hour));
        assert!(poll!(reached.as_mut()).is_pending());
        clock.clone().advance(hour / 2);
        assert!(poll!(reached.as_mut()).is_pending());
        clock.advance(hour);
        assert!(poll!(reached).is_ready());
        clock.reached(clock.now() + Duration::from_millis(1)).await;
    }
}
