//! How long a provider is waited for.

use std::time::Duration;
use tokio::time::Instant;

/// How long to wait for the usage, or for text after all, once the model has told why it stopped.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection to be made; of the list of models, for the whole of it.
    pub connect: Duration,
    /// From the request to the first sign of life.
    pub first_token: Duration,
    /// From each sign of life to the next.
    pub idle: Duration,
    /// Without any text, however lively the provider is.
    pub thinking: Duration,
}

/// When an answer is given up.
///
/// - Before the first text, any byte is a sign of life, comments and empty chunks included: many providers send nothing else
///   while a model reasons. Each extends the wait by the idle limit.
/// - After the first text, only progress is: text, reasoning, a tool call or the reason for the end. Empty chunks and comments
///   do not extend the wait.
/// - In either case no answer goes without text for longer than the thinking limit.
/// - After the reason for the end, a short fixed wait remains for the usage, which only more text extends.
#[derive(Debug)]
pub struct Deadline {
    patience: Patience,
    /// When the provider may be silent until.
    silent: Instant,
    /// When the model may think until.
    thinking: Instant,
    /// When the last words may come until, once the model has told why it stopped.
    last_words: Option<Instant>,
    spoken: bool,
}

impl Deadline {
    /// For a request that is about to be made.
    pub fn new(patience: Patience) -> Self {
        let now = Instant::now();
        Self {
            patience,
            silent: now + patience.first_token,
            thinking: now + patience.thinking,
            last_words: None,
            spoken: false,
        }
    }

    /// The moment at which it is given up if nothing happens.
    pub fn at(&self) -> Instant {
        self.last_words.unwrap_or(self.silent.min(self.thinking))
    }

    /// Whether it is the thinking that takes too long, rather than silence.
    pub fn is_thinking(&self) -> bool {
        self.thinking < self.silent
    }

    /// Something has arrived, of whatever kind.
    pub fn heard(&mut self) {
        if !self.spoken {
            self.silent = self.silent.max(Instant::now() + self.patience.idle);
        }
    }

    /// The model has gone on, with text or without.
    pub fn progress(&mut self, has_text: bool, has_ended: bool) {
        let now = Instant::now();
        if has_text {
            self.spoken = true;
            self.thinking = now + self.patience.thinking;
        }
        if self.spoken {
            self.silent = now + self.patience.idle;
        }
        if has_ended && (has_text || self.last_words.is_none()) {
            self.last_words = Some(now + LAST_WORDS);
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
        let patience = Patience {
            connect: seconds(1),
            first_token: seconds(10),
            idle: seconds(5),
            thinking: seconds(60),
        };
        (Deadline::new(patience), Instant::now())
    }

    #[tokio::test(start_paused = true)]
    async fn before_the_first_text_any_sign_of_life_counts_up_to_a_limit() {
        let (mut deadline, begun) = deadline();
        deadline.heard();
        assert_eq!(deadline.at(), begun + seconds(10), "the wait for the first token is not cut short");
        advance(seconds(9)).await;
        deadline.heard();
        assert_eq!(deadline.at(), begun + seconds(14));
        advance(seconds(50)).await;
        deadline.heard();
        assert_eq!((deadline.at(), deadline.is_thinking()), (begun + seconds(60), true));
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_first_text_only_progress_counts() {
        let (mut deadline, begun) = deadline();
        deadline.progress(true, false);
        advance(seconds(4)).await;
        deadline.heard();
        assert_eq!(deadline.at(), begun + seconds(5));
        deadline.progress(false, false);
        assert_eq!(deadline.at(), begun + seconds(9), "reasoning is progress");
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_end_only_text_counts() {
        let (mut deadline, begun) = deadline();
        deadline.progress(true, true);
        assert_eq!(deadline.at(), begun + LAST_WORDS);
        advance(seconds(1)).await;
        deadline.heard();
        deadline.progress(false, true);
        assert_eq!(deadline.at(), begun + LAST_WORDS);
        deadline.progress(true, true);
        assert_eq!(deadline.at(), begun + seconds(1) + LAST_WORDS);
    }
}
