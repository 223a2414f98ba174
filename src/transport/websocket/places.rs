//! What the operations of one socket may take together: so many at once, and so much memory for their requests. A
//! subscription keeps its request as long as it lasts, parked or not.

use super::Limits;
use crate::graphql::request::Request;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much the requests in progress may hold together, in bytes: as much as several of the largest messages, and at
/// least this.
const LEAST: usize = 1024 * 1024;
/// How many of the largest messages.
const LARGEST: usize = 4;

/// The places of one socket.
pub struct Places {
    operations: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    most_bytes: u32,
}

/// An operation's place, until it is dropped.
pub struct Place {
    _operation: OwnedSemaphorePermit,
    _bytes: OwnedSemaphorePermit,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// There are too many operations.
    Operations,
    /// Their requests are too large together.
    Bytes,
}

impl Places {
    /// All free, on a socket whose messages have at most so many bytes.
    pub fn new(limits: Limits, largest_message: usize) -> Self {
        let most_bytes = LEAST.max(largest_message.saturating_mul(LARGEST));
        let most_bytes = u32::try_from(most_bytes).unwrap_or(u32::MAX);
        Self {
            operations: Arc::new(Semaphore::new(limits.operations)),
            bytes: Arc::new(Semaphore::new(most_bytes as usize)),
            most_bytes,
        }
    }

    /// Takes a place for a request. One that weighs more than all may is let in alone.
    pub fn take(&self, request: &Request) -> Result<Place, Full> {
        let weight = u32::try_from(request.weight()).unwrap_or(u32::MAX).min(self.most_bytes);
        let operation = self.operations.clone().try_acquire_owned().map_err(|_| Full::Operations)?;
        let bytes = self.bytes.clone().try_acquire_many_owned(weight).map_err(|_| Full::Bytes)?;
        Ok(Place { _operation: operation, _bytes: bytes })
    }
}
