//! The task that removes what nobody needs any more. It may run on any number of instances at once.

use crate::{
    clock::Clock,
    store::{self, Database, Instant},
};
use std::time::Duration;
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(3600);
/// How long an idempotency key is remembered.
const SENDS: Duration = Duration::from_secs(48 * 3600);

/// How many rows are removed at once.
const BATCH: i64 = 500;

/// Cleans up now and every hour, until told to leave.
pub async fn keep_house(store: Database, clock: Clock, leaving: CancellationToken) {
    let mut timer = interval(EVERY);
    while leaving.run_until_cancelled(timer.tick()).await.is_some() {
        match clean(&store, clock.now()).await {
            Ok((sessions, sends)) => tracing::debug!(sessions, sends, "cleaned up"),
            Err(error) => tracing::warn!(%error, "not cleaned up"),
        }
    }
}

/// Forgets expired sessions and old idempotency keys; how many of each.
async fn clean(store: &Database, now: Instant) -> store::Result<(usize, usize)> {
    let (mut sessions, mut sends) = (0, 0);
    // In small steps, none of which keeps others waiting.
    loop {
        let some_sessions = store.delete_expired_sessions(now, BATCH).await?;
        let some_sends = store.delete_sends_before(now - SENDS, BATCH).await?;
        (sessions, sends) = (sessions + some_sessions, sends + some_sends);
        if some_sessions + some_sends == 0 {
            return Ok((sessions, sends));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Id, Statements, sessions::Session, users::User};

    #[tokio::test(flavor = "multi_thread")]
    async fn expired_sessions_are_forgotten_and_others_kept() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let store = Database::connect(&url, &Statements::default()).await.unwrap();
        store.migrate().await.unwrap();
        let now = Clock::default().now();
        let user = User {
            id: Id::new(),
            email: "ada@example.com".into(),
            email_key: "ada@example.com".into(),
            name: "Ada".into(),
            password_hash: String::new(),
            created_at: now,
        };
        store.insert_user(&user).await.unwrap().unwrap();
        for (hash, expires_at) in [(vec![1], now), (vec![2], now + Duration::from_secs(1))] {
            let (user_id, created_at, refreshed_at) = (user.id, now, now);
            let session =
                Session { id: Id::new(), user_id, refresh_hash: hash, created_at, refreshed_at, expires_at };
            store.insert_session(&session).await.unwrap();
        }
        assert_eq!(clean(&store, now).await.unwrap(), (1, 0));
        assert!(!store.delete_session(&[1]).await.unwrap());
        assert!(store.delete_session(&[2]).await.unwrap());
    }
}
