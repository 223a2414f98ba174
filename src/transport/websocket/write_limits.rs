//! Limits the responses that wait to be written on one socket, for clients that send requests but read slowly.
//!
//! The size of a response is unknown before it exists. So only a few queries and mutations may be in execution or
//! have a response that is not serialized yet. Serialized messages are limited by their bytes.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The maximum number of queries and mutations that are in execution or have an unserialized response.
const MAX_RESPONSES: usize = 4;
/// From this number of unwritten bytes on, no more messages are serialized.
const MAX_BYTES: usize = 256 * 1024;

/// The limits of one socket's responses.
pub struct WriteLimits {
    responses: Arc<Semaphore>,
    unwritten: UnwrittenBytes,
}

/// The number of bytes that are serialized but not written. Clones share it. Only the socket's task uses it.
#[derive(Clone, Default)]
pub struct UnwrittenBytes(Arc<AtomicUsize>);

impl WriteLimits {
    /// Creates the limits of a new socket.
    pub fn new() -> Self {
        Self { responses: Arc::new(Semaphore::new(MAX_RESPONSES)), unwritten: UnwrittenBytes::default() }
    }

    /// The semaphore that gives out permits for responses.
    pub fn responses(&self) -> Arc<Semaphore> {
        self.responses.clone()
    }

    /// The number of unwritten bytes.
    pub fn unwritten(&self) -> &UnwrittenBytes {
        &self.unwritten
    }
}

/// A permit that is held until a response is serialized.
pub type ResponsePermit = OwnedSemaphorePermit;

impl UnwrittenBytes {
    /// Whether another message may be serialized.
    pub fn has_room(&self) -> bool {
        self.0.load(Relaxed) < MAX_BYTES
    }

    /// Adds the bytes of a serialized message.
    pub fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes, Relaxed);
    }

    /// Resets the count after all messages were written.
    pub fn reset(&self) {
        self.0.store(0, Relaxed);
    }
}
