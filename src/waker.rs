//! Wakes background tasks before their timer fires, for tests and on `SIGHUP`.

use tokio::sync::watch;

/// Wakes all background tasks at once. Clones wake the same tasks.
#[derive(Clone, Debug, Default)]
pub struct Waker(watch::Sender<()>);

/// A background task's receiver of wake-ups.
#[derive(Clone, Debug)]
pub struct WakeSignal(watch::Receiver<()>);

impl Waker {
    /// Wakes all tasks.
    pub fn wake_all(&self) {
        self.0.send_replace(());
    }

    /// Creates the receiver for one more task.
    pub fn subscribe(&self) -> WakeSignal {
        WakeSignal(self.0.subscribe())
    }
}

impl WakeSignal {
    /// Waits for the next wake-up. Returns at once if one arrived while the task was busy.
    pub async fn woken(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending().await // all senders are dropped
        }
    }
}
