//! Whether requests should be sent here: the database answers and can be written, and the server is not about to end.
//!
//! Anybody may ask, as often as they like. So the database is asked by one of those who ask, and what it says is believed
//! for a moment. A write costs the disk more than a question, so it is made less often.

use super::Transport;
use crate::{
    clock::Clock,
    store::{self, Database},
};
use axum::{extract::State, http::StatusCode};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::timeout};

/// The longest wait for the database.
const AT_MOST: Duration = Duration::from_secs(3);
/// How long its answer is believed.
const BELIEVED: Duration = Duration::from_secs(1);
/// How long a write that was done shows that the database can be written.
const WRITABLE: Duration = Duration::from_secs(5);

/// What was found last. Whoever asks the database has the lock, and the others wait for what it says.
#[derive(Debug, Default)]
pub struct Readiness(Mutex<Option<Found>>);

/// What the database said, and when, by the clock's uptime.
#[derive(Clone, Copy, Debug)]
struct Found {
    at: Duration,
    /// When it was last written. `None` if the last attempt failed.
    written_at: Option<Duration>,
    answer: Result<(), &'static str>,
}

/// `GET /readyz`.
pub async fn get(State(transport): State<Arc<Transport>>) -> (StatusCode, &'static str) {
    if transport.leaving.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "leaving\n");
    }
    let look = transport.readiness.look(&transport.store, &transport.accounts.clock);
    // Who waits for another's look may have to look when that one hangs up.
    match timeout(AT_MOST * 2, look).await.unwrap_or(Err(SILENT)) {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason),
    }
}

const SILENT: &str = "the database does not answer\n";
const UNWRITABLE: &str = "the database cannot be written\n";

impl Readiness {
    async fn look(&self, store: &Database, clock: &Clock) -> Result<(), &'static str> {
        let mut found = self.0.lock().await;
        let now = clock.uptime();
        if let Some(found) = *found
            && now < found.at + BELIEVED
        {
            return found.answer;
        }
        let written_at = found.and_then(|found| found.written_at).filter(|at| now < *at + WRITABLE);
        let asked = async {
            match written_at {
                Some(_) => store.ping().await,
                None => store.try_to_write(clock.now()).await,
            }
        };
        let answer = match timeout(AT_MOST, asked).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::warn!(%error, "not ready");
                match error {
                    store::Error::Diesel(_) if written_at.is_none() => Err(UNWRITABLE),
                    _ => Err(SILENT),
                }
            }
            Err(_) => Err(SILENT),
        };
        let written_at = answer.is_ok().then_some(written_at.unwrap_or(now));
        *found = Some(Found { at: clock.uptime(), written_at, answer });
        answer
    }
}
