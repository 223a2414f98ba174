//! Taking the next connection, also when that fails for a while.

use super::TELL;
use std::{io, time::Duration};
use tokio::time::{Instant, sleep};

/// The first pause after a failure, and the longest one.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Pauses between attempts: when files are used up (EMFILE) the connection that waits would wake us without end.
#[derive(Debug, Default)]
pub struct Backoff {
    told: Option<Instant>,
}

impl Backoff {
    /// The next connection, however often it takes. May be dropped and begun again, as when another connection ends:
    /// then there is something to try again for.
    pub async fn accept<T, F: Future<Output = io::Result<T>>>(&mut self, mut accept: impl FnMut() -> F) -> T {
        let (mut pause, longest) = PAUSES;
        loop {
            let error = match accept().await {
                Ok(accepted) => return accepted,
                Err(error) if is_of_one(&error) => continue,
                Err(error) => error,
            };
            if self.told.is_none_or(|told| told.elapsed() >= TELL) {
                tracing::error!(%error, "no connection can be taken; are there too few open files (`ulimit -n`)?");
                self.told = Some(Instant::now());
            }
            sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }
}

/// Whether it concerns nobody but the client that was to come next, and is gone.
fn is_of_one(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::ready;

    /// Linux: "Too many open files".
    const EMFILE: i32 = 24;

    #[tokio::test(start_paused = true)]
    async fn while_files_are_used_up_it_is_tried_now_and_then() {
        let begun = Instant::now();
        let mut attempts = Vec::new();
        let mut backoff = Backoff::default();
        let accepted = backoff.accept(|| {
            attempts.push(begun.elapsed().as_millis());
            ready(if attempts.len() < 11 {
                Err(io::Error::from_raw_os_error(EMFILE))
            } else {
                Ok("connection")
            })
        });
        assert_eq!(accepted.await, "connection");
        assert_eq!(attempts, [0, 10, 30, 70, 150, 310, 630, 1270, 2270, 3270, 4270]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_gone_already_delays_nobody() {
        let begun = Instant::now();
        let mut gone = 3;
        let mut backoff = Backoff::default();
        let accepted = backoff.accept(|| {
            gone -= 1;
            ready(if gone > 0 { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) })
        });
        accepted.await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }
}
