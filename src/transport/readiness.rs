//! The readiness check: the database responds and can be written, and the server is not shutting down.
//!
//! Anyone can call it at any rate. Concurrent requests therefore share one check, and its result is cached for a
//! moment. A write is more expensive than a ping, so it happens less often.

use super::Transport;
use crate::{
    clock::Clock,
    store::{self, Database},
};
use axum::{extract::State, http::StatusCode};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::timeout};

/// The timeout for the database.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a result is cached.
const RESULT_TTL: Duration = Duration::from_secs(1);
/// How long after a successful write the database counts as writable.
const WRITE_TTL: Duration = Duration::from_secs(5);

/// The result of the last check. The request that runs a check holds the lock; the others wait for its result.
#[derive(Debug, Default)]
pub struct Readiness(Mutex<Option<Check>>);

/// The result of a check. Times are uptimes of the clock.
#[derive(Clone, Copy, Debug)]
struct Check {
    at: Duration,
    /// When the last write succeeded. `None` if the last check failed.
    written_at: Option<Duration>,
    result: Result<(), &'static str>,
}

/// `GET /readyz`.
pub async fn get(State(transport): State<Arc<Transport>>) -> (StatusCode, &'static str) {
    if transport.shutdown.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n");
    }
    let check = transport.readiness.check(&transport.store, &transport.accounts.clock);
    // If the client that runs a check disconnects, a waiting request has to start another. Hence twice the timeout.
    match timeout(DATABASE_TIMEOUT * 2, check).await.unwrap_or(Err(UNREACHABLE)) {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason),
    }
}

const UNREACHABLE: &str = "the database does not respond\n";
const UNWRITABLE: &str = "the database cannot be written\n";

impl Readiness {
    async fn check(&self, store: &Database, clock: &Clock) -> Result<(), &'static str> {
        let mut last = self.0.lock().await;
        let now = clock.uptime();
        if let Some(last) = *last
            && now < last.at + RESULT_TTL
        {
            return last.result;
        }
        let written_at = last.and_then(|last| last.written_at).filter(|at| now < *at + WRITE_TTL);
        let response = async {
            match written_at {
                Some(_) => store.ping().await,
                None => store.try_to_write(clock.now()).await,
            }
        };
        let result = match timeout(DATABASE_TIMEOUT, response).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::warn!(%error, "not ready");
                match error {
                    store::Error::Diesel(_) if written_at.is_none() => Err(UNWRITABLE),
                    _ => Err(UNREACHABLE),
                }
            }
            Err(_) => Err(UNREACHABLE),
        };
        let written_at = result.is_ok().then_some(written_at.unwrap_or(now));
        *last = Some(Check { at: clock.uptime(), written_at, result });
        result
    }
}
