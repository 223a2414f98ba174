//! How quickly a client may talk on a socket. Most of what it says costs nobody's purse anything, but each message costs
//! us something, and a long one more than a short one.

use std::time::Duration;
use tokio::time::Instant;

/// How long each message takes to be forgotten: a hundred in a second may go on for ever.
const EACH: Duration = Duration::from_millis(10);
/// How many bytes count as one more message.
const BYTES: usize = 2048;
/// How long all that may come at once takes: a thousand messages.
const AT_ONCE: Duration = EACH.saturating_mul(1000);

/// What a client has said lately.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// When all of it will be forgotten.
    free_at: Instant,
}

impl Pace {
    /// Nothing yet.
    pub fn new(now: Instant) -> Self {
        Self { free_at: now }
    }

    /// Another message of so many bytes is heard; false if it comes too soon.
    pub fn keep(&mut self, now: Instant, bytes: usize) -> bool {
        let messages = u32::try_from(1 + bytes / BYTES).unwrap_or(u32::MAX);
        let free_at = self.free_at.max(now) + EACH.saturating_mul(messages).min(AT_ONCE);
        let kept = free_at - now <= AT_ONCE;
        if kept {
            self.free_at = free_at;
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_at_once_and_then_no_more_than_come_back() {
        let begun = Instant::now();
        let mut pace = Pace::new(begun);
        assert!((0..1000).all(|_| pace.keep(begun, 100)));
        assert!(!pace.keep(begun, 100));
        let later = begun + EACH * 3;
        assert_eq!((0..10).filter(|_| pace.keep(later, 100)).count(), 3);
        let much_later = later + AT_ONCE * 5;
        assert_eq!((0..2000).filter(|_| pace.keep(much_later, 100)).count(), 1000);
    }

    #[test]
    fn a_long_message_counts_as_several() {
        let begun = Instant::now();
        let mut pace = Pace::new(begun);
        assert_eq!((0..1000).filter(|_| pace.keep(begun, 250 * 1024)).count(), 1000 / 126);
        let mut pace = Pace::new(begun);
        assert!(pace.keep(begun, usize::MAX), "one may always come");
        assert!(!pace.keep(begun, 0));
    }

    #[test]
    fn a_steady_client_never_comes_too_soon() {
        let begun = Instant::now();
        let mut pace = Pace::new(begun);
        assert!((1..5000).all(|n| pace.keep(begun + EACH * n, 100)));
    }
}
