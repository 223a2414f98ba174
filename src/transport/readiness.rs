//! Whether requests should be sent here: the database answers, and the server is not about to end.
//!
//! Anybody may ask, as often as they like. So the database is asked by one of those who ask, and what it says is believed
//! for a moment.

use super::Transport;
use crate::{
    clock::Clock,
    store::{Database, Instant},
};
use axum::{extract::State, http::StatusCode};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::timeout};

/// The longest wait for the database.
const AT_MOST: Duration = Duration::from_secs(3);
/// How long its answer is believed.
const BELIEVED: Duration = Duration::from_secs(1);

/// What the database said last, and when. Whoever asks it has the lock, and the others wait for what it says.
#[derive(Debug, Default)]
pub struct Readiness(Mutex<Option<(Instant, bool)>>);

/// `GET /readyz`.
pub async fn get(State(transport): State<Arc<Transport>>) -> (StatusCode, &'static str) {
    if transport.leaving.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "leaving\n");
    }
    let look = transport.readiness.look(&transport.store, &transport.accounts.clock);
    // Who waits for another's look may have to look when that one hangs up.
    match timeout(AT_MOST * 2, look).await.unwrap_or(false) {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}

impl Readiness {
    async fn look(&self, store: &Database, clock: &Clock) -> bool {
        let mut last = self.0.lock().await;
        // A clock that is set back makes an answer old.
        if let Some((at, ready)) = *last
            && (at..at + BELIEVED).contains(&clock.now())
        {
            return ready;
        }
        let ready = match timeout(AT_MOST, store.ping()).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(%error, "not ready");
                false
            }
            Err(_) => false,
        };
        *last = Some((clock.now(), ready));
        ready
    }
}
