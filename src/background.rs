//! Background loops: jobs that run at intervals, and whenever they are woken, until shutdown.
//!
//! [`Background`] owns the loops that need nothing else. A failure or a panic does not end a loop; the next run
//! retries.
//!
//! These loops are elsewhere:
//!
//! - The revocation poll ([`crate::accounts`]) carries a position from poll to poll, has a second timer, logs once per
//!   outage, and records the use of sessions a last time at shutdown.
//! - The loops of [`crate::replies`] end when the instance starts to drain, not at shutdown, and drain must not
//!   interrupt a round halfway: a reply that has been claimed must get its runner. The claim task also carries its
//!   lease monitor from round to round. The requests of mirrors have no interval.

use crate::waker::Waker;
use futures_util::FutureExt;
use std::{fmt::Display, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::{select, sync::Notify, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The owner of background loops. Clones share the loops.
#[derive(Clone, Debug)]
pub struct Background {
    tasks: TaskTracker,
    shutdown: CancellationToken,
    waker: Waker,
}

/// When a job runs, apart from wake-ups.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The time before the first run.
    delay: Duration,
    /// The pause after a run.
    interval: Duration,
    /// The pause after a run that failed.
    retry: Duration,
    /// Wakes this job alone.
    needed: Arc<Notify>,
}

impl Schedule {
    /// Creates a schedule for a run at once, and one this long after each.
    pub fn every(interval: Duration) -> Self {
        Self { delay: Duration::ZERO, interval, retry: interval, needed: Arc::default() }
    }

    /// Delays the first run by one interval.
    pub fn delayed(self) -> Self {
        Self { delay: self.interval, ..self }
    }

    /// Sets the pause after a run that failed.
    pub fn retry_after(self, retry: Duration) -> Self {
        Self { retry, ..self }
    }

    /// Adds a signal that wakes this job alone.
    pub fn or_when(self, needed: Arc<Notify>) -> Self {
        Self { needed, ..self }
    }
}

impl Background {
    /// Creates the owner of loops that run on `tasks`, are woken by `waker`, and end at `shutdown`.
    pub fn new(tasks: TaskTracker, shutdown: CancellationToken, waker: Waker) -> Self {
        Self { tasks, shutdown, waker }
    }

    /// Spawns a task that shutdown interrupts.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let shutdown = self.shutdown.clone();
        self.tasks.spawn(async move { shutdown.run_until_cancelled(task).await });
    }

    /// Spawns a loop that runs the job on its schedule and whenever it is woken. Shutdown interrupts a run.
    ///
    /// `name` says what the job does, for the log: "reading the list".
    pub fn repeat<J, R, E>(&self, name: impl Display + Send + 'static, schedule: Schedule, mut job: J)
    where
        J: FnMut() -> R + Send + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Display + Send + 'static,
    {
        let mut wake = self.waker.subscribe();
        self.spawn(async move {
            let mut pause = schedule.delay;
            loop {
                if !pause.is_zero() {
                    select! {
                        () = sleep(pause) => {}
                        () = wake.woken() => {}
                        () = schedule.needed.notified() => {}
                    }
                }
                pause = match AssertUnwindSafe(async { job().await }).catch_unwind().await {
                    Ok(Ok(())) => schedule.interval,
                    Ok(Err(error)) => {
                        // The alternate form includes the causes.
                        tracing::warn!(error = format!("{error:#}"), "{name} failed; the server will retry");
                        schedule.retry
                    }
                    Err(_) => schedule.retry, // The panic hook has logged it.
                };
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use tokio::{
        sync::mpsc::{UnboundedReceiver, unbounded_channel},
        time::Instant,
    };

    const INTERVAL: Duration = Duration::from_secs(60);
    const RETRY: Duration = Duration::from_secs(5);

    fn background() -> Background {
        Background::new(TaskTracker::new(), CancellationToken::new(), Waker::default())
    }

    /// Starts a job that reports the times of its runs. Its second run fails and its third panics.
    fn start(background: &Background, schedule: Schedule) -> UnboundedReceiver<Duration> {
        let (started, (sender, receiver)) = (Instant::now(), unbounded_channel());
        let mut runs = 0;
        background.repeat("testing", schedule, move || {
            runs += 1;
            let (run, _) = (runs, sender.send(started.elapsed()));
            async move {
                match run {
                    2 => Err("a failure"),
                    3 => panic!("a panic"),
                    _ => Ok(()),
                }
            }
        });
        receiver
    }

    async fn times<const N: usize>(runs: &mut UnboundedReceiver<Duration>) -> [u64; N] {
        let mut times = [0; N];
        for time in &mut times {
            *time = runs.recv().await.unwrap().as_secs();
        }
        times
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_runs_at_intervals_and_is_retried_after_a_failure_or_panic() {
        let mut runs = start(&background(), Schedule::every(INTERVAL).retry_after(RETRY));
        assert_eq!(times(&mut runs).await, [0, 60, 65, 70, 130]);
        let mut runs = start(&background(), Schedule::every(INTERVAL).delayed());
        assert_eq!(times(&mut runs).await, [60, 120, 180, 240]);
    }

    #[tokio::test(start_paused = true)]
    async fn either_signal_wakes_a_job() {
        let (background, needed) = (background(), Arc::new(Notify::new()));
        let mut runs = start(&background, Schedule::every(INTERVAL).or_when(needed.clone()));
        assert_eq!(times(&mut runs).await, [0]);
        background.waker.wake_all();
        assert_eq!(times(&mut runs).await, [0]);
        needed.notify_one();
        assert_eq!(times(&mut runs).await, [0, 60]);
    }

    #[tokio::test(start_paused = true)]
    async fn shutdown_interrupts_a_run() {
        let background = background();
        background.repeat("testing", Schedule::every(INTERVAL), pending::<Result<(), String>>);
        let mut runs = start(&background, Schedule::every(INTERVAL));
        assert_eq!(times(&mut runs).await, [0]);
        background.shutdown.cancel();
        background.tasks.close();
        background.tasks.wait().await;
        assert_eq!(runs.recv().await, None);
    }
}
