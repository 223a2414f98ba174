//! Limits the rate of messages on a socket. Most messages are not charged, but each takes processing time, which grows
//! with its length.

use crate::throttle::gcra::Quota;
use std::{num::NonZeroU32, time::Duration};
use tokio::time::Instant;

/// The average time between messages: 100 messages per second.
const INTERVAL: Duration = Duration::from_millis(10);
/// The largest burst: 1,000 messages.
const BURST: NonZeroU32 = NonZeroU32::new(1000).unwrap();
/// The limit on messages.
const QUOTA: Quota = Quota { amount: BURST, per: INTERVAL.saturating_mul(BURST.get()) };
/// Each full 2 KiB of a message count as one more message.
const BYTES: usize = 2048;

/// The rate limit of a socket's messages.
#[derive(Clone, Copy, Debug)]
pub struct MessageRate {
    /// When the full burst will be available again.
    full_at: Instant,
}

impl MessageRate {
    /// Creates a limit whose full burst is available.
    pub fn new(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// Counts a message of this length. Returns false if it exceeds the limit.
    ///
    /// A message that counts as more than the largest burst is allowed when the full burst is available.
    pub fn allows(&mut self, now: Instant, bytes: usize) -> bool {
        let messages = u32::try_from(1 + bytes / BYTES).unwrap_or(u32::MAX);
        let taken = QUOTA.take(self.full_at, now, messages);
        if let Ok((full_at, _)) = taken {
            self.full_at = full_at;
        }
        taken.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_burst_the_rate_is_limited() {
        let start = Instant::now();
        let mut rate = MessageRate::new(start);
        assert!((0..1000).all(|_| rate.allows(start, 100)));
        assert!(!rate.allows(start, 100));
        let later = start + INTERVAL * 3;
        assert_eq!((0..10).filter(|_| rate.allows(later, 100)).count(), 3);
        let much_later = later + QUOTA.per * 5;
        assert_eq!((0..2000).filter(|_| rate.allows(much_later, 100)).count(), 1000);
    }

    #[test]
    fn a_long_message_counts_as_several() {
        let start = Instant::now();
        let mut rate = MessageRate::new(start);
        assert_eq!((0..1000).filter(|_| rate.allows(start, 250 * 1024)).count(), 1000 / 126);
        let mut rate = MessageRate::new(start);
        assert!(rate.allows(start, usize::MAX), "with the full burst, any message is allowed");
        assert!(!rate.allows(start, 0));
    }

    #[test]
    fn a_steady_rate_is_never_limited() {
        let start = Instant::now();
        let mut rate = MessageRate::new(start);
        assert!((1..5000).all(|n| rate.allows(start + INTERVAL * n, 100)));
    }
}
