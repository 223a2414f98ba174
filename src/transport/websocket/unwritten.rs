//! How much may wait to be written on one socket, for a client that asks for much and reads nothing.
//!
//! Of answers nobody knows the size before they are made. So only a few operations are executed while what came of
//! others has not been taken for writing; and what has been taken is bounded by its bytes.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most queries and mutations that are being executed, or have an answer that has not been taken for writing.
const ANSWERS: usize = 4;
/// From so many bytes on, nothing more is taken before they are written.
const BYTES: usize = 256 * 1024;

/// What waits on one socket.
pub struct Unwritten {
    answers: Arc<Semaphore>,
    taken: Taken,
}

/// The bytes that have been taken for writing. Cloning it shares it; all who use it are the socket's own task.
#[derive(Clone, Default)]
pub struct Taken(Arc<AtomicUsize>);

impl Unwritten {
    /// Nothing, on a new socket.
    pub fn new() -> Self {
        Self { answers: Arc::new(Semaphore::new(ANSWERS)), taken: Taken::default() }
    }

    /// A place for an answer.
    pub fn answers(&self) -> Arc<Semaphore> {
        self.answers.clone()
    }

    /// The bytes.
    pub fn taken(&self) -> &Taken {
        &self.taken
    }
}

/// Kept until the answer is taken for writing.
pub type Permit = OwnedSemaphorePermit;

impl Taken {
    /// Whether more may be taken.
    pub fn has_room(&self) -> bool {
        self.0.load(Relaxed) < BYTES
    }

    /// Takes a message of so many bytes.
    pub fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes, Relaxed);
    }

    /// All of it has been written.
    pub fn written(&self) {
        self.0.store(0, Relaxed);
    }
}
