//! The timeouts of an answer.

use std::time::Duration;
use tokio::time::Instant;

/// Time to wait for the usage, or for further text, after the model has reported why it stopped.
const TRAILER_TIMEOUT: Duration = Duration::from_secs(2);

/// The timeouts of requests to a provider.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Time to connect, and to read a whole list of models.
    pub connect: Duration,
    /// Time from the request to the first data.
    pub first_token: Duration,
    /// Time from each piece of data to the next.
    pub idle: Duration,
    /// Time without any text, whatever other data arrives.
    pub thinking: Duration,
}

/// The deadline of a streaming answer.
///
/// - Before the first text, any data extends the deadline by the idle timeout, even comments and empty chunks. Many
///   providers send nothing else while a model reasons.
/// - After the first text, only progress extends it: text, reasoning, a tool call or the finish reason. Comments and
///   empty chunks do not.
/// - In both cases an answer fails if it has no new text for longer than the thinking timeout.
/// - After the finish reason, a short fixed time remains for the usage. Only further text extends it.
#[derive(Debug)]
pub struct Deadline {
    timeouts: Timeouts,
    /// The end of the idle timeout.
    idle_until: Instant,
    /// The end of the thinking timeout.
    reasoning_until: Instant,
    /// The end of the wait for the usage, once the model has reported why it stopped.
    trailer_until: Option<Instant>,
    has_begun: bool,
}

impl Deadline {
    /// The deadline for a request that is about to be sent.
    pub fn new(timeouts: Timeouts) -> Self {
        let now = Instant::now();
        Self {
            timeouts,
            idle_until: now + timeouts.first_token,
            reasoning_until: now + timeouts.thinking,
            trailer_until: None,
            has_begun: false,
        }
    }

    /// The moment at which the answer times out if nothing happens.
    pub fn at(&self) -> Instant {
        self.trailer_until.unwrap_or(self.idle_until.min(self.reasoning_until))
    }

    /// Whether the thinking timeout ends before the idle timeout.
    pub fn is_reasoning(&self) -> bool {
        self.reasoning_until < self.idle_until
    }

    /// Records that data of any kind has arrived.
    pub fn on_data(&mut self) {
        if !self.has_begun {
            self.idle_until = self.idle_until.max(Instant::now() + self.timeouts.idle);
        }
    }

    /// Records progress of the model.
    pub fn on_progress(&mut self, has_text: bool, has_ended: bool) {
        let now = Instant::now();
        if has_text {
            self.has_begun = true;
            self.reasoning_until = now + self.timeouts.thinking;
        }
        if self.has_begun {
            self.idle_until = now + self.timeouts.idle;
        }
        if has_ended && (has_text || self.trailer_until.is_none()) {
            self.trailer_until = Some(now + TRAILER_TIMEOUT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn deadline() -> (Deadline, Instant) {
        let timeouts = Timeouts {
            connect: seconds(1),
            first_token: seconds(10),
            idle: seconds(5),
            thinking: seconds(60),
        };
        (Deadline::new(timeouts), Instant::now())
    }

    #[tokio::test(start_paused = true)]
    async fn before_the_first_text_any_data_extends_the_wait_up_to_a_limit() {
        let (mut deadline, started) = deadline();
        deadline.on_data();
        assert_eq!(deadline.at(), started + seconds(10), "the first timeout is not shortened");
        advance(seconds(9)).await;
        deadline.on_data();
        assert_eq!(deadline.at(), started + seconds(14));
        advance(seconds(50)).await;
        deadline.on_data();
        assert_eq!((deadline.at(), deadline.is_reasoning()), (started + seconds(60), true));
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_first_text_only_progress_extends_the_wait() {
        let (mut deadline, started) = deadline();
        deadline.on_progress(true, false);
        advance(seconds(4)).await;
        deadline.on_data();
        assert_eq!(deadline.at(), started + seconds(5));
        deadline.on_progress(false, false);
        assert_eq!(deadline.at(), started + seconds(9), "reasoning is progress");
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_finish_reason_only_text_extends_the_wait() {
        let (mut deadline, started) = deadline();
        deadline.on_progress(true, true);
        assert_eq!(deadline.at(), started + TRAILER_TIMEOUT);
        advance(seconds(1)).await;
        deadline.on_data();
        deadline.on_progress(false, true);
        assert_eq!(deadline.at(), started + TRAILER_TIMEOUT);
        deadline.on_progress(true, true);
        assert_eq!(deadline.at(), started + seconds(1) + TRAILER_TIMEOUT);
    }
}
