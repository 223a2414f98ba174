//! Wakes background tasks before their timer fires, for tests and on `SIGHUP`.

use tokio::sync::watch;

/// Wakes all background tasks at once. Clones wake the same tasks.
#[derive(Clone, Debug, Default)]
pub struct Poke(watch::Sender<()>);

/// A background task's receiver of wake-ups.
#[derive(Clone, Debug)]
pub struct Poked(watch::Receiver<()>);

impl Poke {
    /// Wakes all tasks.
    pub fn all(&self) {
        self.0.send_replace(());
    }

    /// Creates the receiver for one more task.
    pub fn listen(&self) -> Poked {
        Poked(self.0.subscribe())
    }
}

impl Poked {
    /// Waits for the next wake-up. Returns at once if one arrived while the task was busy.
    pub async fn poked(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending().await // all senders are dropped
        }
    }
}
