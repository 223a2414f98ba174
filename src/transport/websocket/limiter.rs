//! Limits the operations in progress on one socket: their number, and the memory of their requests.
//!
//! A subscription keeps its request in memory until it ends, even while it is parked.

use super::SocketLimits;
use crate::graphql::execution::request::Request;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The minimum of the memory limit, in bytes.
const MIN_BYTES: usize = 1024 * 1024;
/// The memory limit, as a multiple of the largest message.
const LARGEST_MESSAGES: usize = 4;

/// The limits of one socket's operations.
pub struct OperationLimiter {
    operations: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    max_bytes: u32,
}

/// A permit for one operation. Dropping it makes room for another.
pub struct OperationPermit {
    _operation: OwnedSemaphorePermit,
    _bytes: OwnedSemaphorePermit,
}

/// The limit that an operation would exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitExceeded {
    /// The limit on the number of operations.
    Operations,
    /// The limit on the memory of their requests.
    Bytes,
}

impl OperationLimiter {
    /// Creates the limiter of a socket whose messages have at most `largest_message` bytes.
    pub fn new(limits: SocketLimits, largest_message: usize) -> Self {
        let max_bytes = MIN_BYTES.max(largest_message.saturating_mul(LARGEST_MESSAGES));
        let max_bytes = u32::try_from(max_bytes).unwrap_or(u32::MAX);
        Self {
            operations: Arc::new(Semaphore::new(limits.operations)),
            bytes: Arc::new(Semaphore::new(max_bytes as usize)),
            max_bytes,
        }
    }

    /// Takes a permit for a request. A request larger than the memory limit is allowed if it is the only one.
    pub fn acquire(&self, request: &Request) -> Result<OperationPermit, LimitExceeded> {
        let weight = u32::try_from(request.memory_size()).unwrap_or(u32::MAX).min(self.max_bytes);
        let operation = self.operations.clone().try_acquire_owned().map_err(|_| LimitExceeded::Operations)?;
        let bytes = self.bytes.clone().try_acquire_many_owned(weight).map_err(|_| LimitExceeded::Bytes)?;
        Ok(OperationPermit { _operation: operation, _bytes: bytes })
    }
}
