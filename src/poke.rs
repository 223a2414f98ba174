//! A poke: what runs on a timer in the background is to look now.

use tokio::sync::watch;

/// Pokes every background task at once. Its clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Poke(watch::Sender<()>);

/// Is poked.
#[derive(Clone, Debug)]
pub struct Poked(watch::Receiver<()>);

impl Poke {
    /// Wakes them all.
    pub fn all(&self) {
        self.0.send_replace(());
    }

    /// One more that is to be poked.
    pub fn listen(&self) -> Poked {
        Poked(self.0.subscribe())
    }
}

impl Poked {
    /// Waits for the next poke, be it one that came while the task was busy.
    pub async fn poked(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending().await // there is nobody left to poke
        }
    }
}
