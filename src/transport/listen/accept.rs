//! Accepts connections, with a backoff while that fails.

use super::LOG_INTERVAL;
use std::{io, time::Duration};
use tokio::time::{Instant, sleep};

/// The shortest and the longest pause after a failure.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Pauses between failed attempts. When the process has no free file descriptors (EMFILE), a waiting connection would
/// otherwise make the loop spin.
#[derive(Debug, Default)]
pub struct Backoff {
    logged_at: Option<Instant>,
}

impl Backoff {
    /// Retries until a connection is accepted.
    ///
    /// Cancel-safe. A caller that restarts it after another connection has ended retries at once, when a file
    /// descriptor may be free.
    pub async fn accept<T, F: Future<Output = io::Result<T>>>(&mut self, mut accept: impl FnMut() -> F) -> T {
        let (mut pause, longest) = PAUSES;
        loop {
            let error = match accept().await {
                Ok(accepted) => return accepted,
                Err(error) if concerns_one_client(&error) => continue,
                Err(error) => error,
            };
            if self.logged_at.is_none_or(|at| at.elapsed() >= LOG_INTERVAL) {
                tracing::error!(%error, "connections cannot be accepted; check the limit on open files (`ulimit -n`)");
                self.logged_at = Some(Instant::now());
            }
            sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }
}

/// Whether the error concerns only the next client, which has already disconnected.
fn concerns_one_client(error: &io::Error) -> bool {
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
    async fn pauses_grow_while_there_are_no_free_file_descriptors() {
        let started = Instant::now();
        let mut attempts = Vec::new();
        let mut backoff = Backoff::default();
        let accepted = backoff.accept(|| {
            attempts.push(started.elapsed().as_millis());
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
    async fn aborted_connections_cause_no_pause() {
        let started = Instant::now();
        let mut aborted = 3;
        let mut backoff = Backoff::default();
        let accepted = backoff.accept(|| {
            aborted -= 1;
            ready(if aborted > 0 { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) })
        });
        accepted.await;
        assert_eq!(started.elapsed(), Duration::ZERO);
    }
}
