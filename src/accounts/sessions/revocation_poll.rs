//! The task that polls for sessions revoked by other instances, twice a second, in case the bus lost a message. It
//! also records once a minute which sessions have been used.

use super::Sessions;
use crate::store::{self, Instant};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, time::Duration};
use tokio::{
    select,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;

/// The poll interval. An access token must stop working within a second after its session is revoked.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// The timeout of one query.
const QUERY_TIMEOUT: Duration = Duration::from_secs(5);
/// The overlap of consecutive polls. A row carries the start time of its transaction. It may become visible as much
/// later as the database lets a transaction take, and the clock of the writing instance may differ.
const OVERLAP: Duration = Duration::from_secs(60);
/// The interval at which the use of sessions is recorded.
const RECORD_INTERVAL: Duration = Duration::from_secs(60);
/// The number of sessions per update.
const BATCH: usize = 500;

impl Sessions {
    /// Polls for revocations since `since` until `leaving` is cancelled.
    pub async fn run_revocation_poll(&self, mut since: Instant, leaving: CancellationToken) {
        let (mut poll, mut record) = (interval(POLL_INTERVAL), interval(RECORD_INTERVAL));
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        record.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut healthy = true;
        loop {
            select! {
                () = leaving.cancelled() => break,
                _ = poll.tick() => {
                    // If a poll panics (the panic hook logs it), the next one may succeed.
                    let polled = AssertUnwindSafe(timeout(QUERY_TIMEOUT, self.poll_revocations(since))).catch_unwind().await;
                    match polled {
                        Ok(Ok(Ok(next))) => {
                            since = next;
                            healthy = true;
                            continue;
                        }
                        // Logged once per outage, not twice a second.
                        Ok(Ok(Err(error))) if healthy => {
                            tracing::warn!(%error, "polling for revoked sessions failed");
                        }
                        Ok(Err(_)) if healthy => {
                            tracing::warn!("polling for revoked sessions timed out");
                        }
                        _ => {}
                    }
                    healthy = false;
                }
                _ = record.tick() => self.record_last_seen().await,
            }
        }
        self.record_last_seen().await;
    }

    /// Polls once for revocations since `since`. Returns the start of the next poll.
    pub async fn poll_revocations(&self, since: Instant) -> store::Result<Instant> {
        let next = self.clock.now() - OVERLAP;
        for revocation in self.store.revocations_since(since).await? {
            self.cache.revoke(revocation.session_id, revocation.expires_at);
        }
        Ok(next)
    }

    /// Stores which sessions have been used since the last call, and forgets expired revocations.
    pub(super) async fn record_last_seen(&self) {
        let now = self.clock.now();
        self.cache.forget_expired(now);
        for ids in self.cache.take_used().chunks(BATCH) {
            match timeout(QUERY_TIMEOUT, self.store.touch_sessions(ids, now)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, "recording the use of sessions failed"),
                Err(_) => tracing::debug!("recording the use of sessions timed out"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        accounts::{
            Caller, RefreshTokens, Secret, Viewer,
            sessions::{MAX_PER_USER, SessionLifetimes},
        },
        bus::memory::MemoryBus,
        clock::Clock,
        store::{Database, Id, revocations::RevocationTimes, scratch},
    };
    use std::sync::Arc;
    use tokio_util::task::TaskTracker;

    fn sessions(store: &Database, clock: &Clock) -> Sessions {
        let tokens = RefreshTokens::new(&Secret::from_secret("0".repeat(32).into()).unwrap());
        let second = Duration::from_secs(1);
        let lifetimes =
            SessionLifetimes { session: second * 3600, access_token: second * 900, grace: second * 10 };
        let bus = Arc::new(MemoryBus::default());
        Sessions::new(store.clone(), clock.clone(), tokens, lifetimes, bus, TaskTracker::new())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_revocation_that_is_stored_late_is_found_by_the_next_poll() {
        let (_folder, store, user) = scratch::database().await;
        let clock = Clock::default();
        let sessions = sessions(&store, &clock);
        let since = sessions.poll_revocations(Instant(0)).await.unwrap();
        let (session, _) = sessions.open(&user, None, &Caller::default()).await.unwrap().unwrap();
        let watch = sessions.watch(session.id);
        // Another instance revokes the session, in a transaction that began before the poll.
        let at = clock.now() - Duration::from_secs(45);
        store
            .end_session(session.id, None, RevocationTimes { at, until: at + Duration::from_secs(960) })
            .await
            .unwrap();
        assert!(sessions.check(session.id).is_ok());
        sessions.poll_revocations(since).await.unwrap();
        assert!(sessions.check(session.id).is_err());
        watch.revoked().await;
        // The revocation is forgotten when all of the session's access tokens have expired.
        clock.advance(Duration::from_secs(900));
        sessions.record_last_seen().await;
        assert!(sessions.check(session.id).is_err());
        clock.advance(Duration::from_secs(60));
        sessions.record_last_seen().await;
        assert!(sessions.check(session.id).is_ok());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_use_of_a_session_is_recorded() {
        let (_folder, store, user) = scratch::database().await;
        let clock = Clock::default();
        let sessions = sessions(&store, &clock);
        let (used, _) = sessions.open(&user, None, &Caller::default()).await.unwrap().unwrap();
        let (idle, _) = sessions.open(&user, None, &Caller::default()).await.unwrap().unwrap();
        clock.advance(Duration::from_secs(300));
        sessions.check(used.id).unwrap();
        sessions.record_last_seen().await;
        let listed = sessions.of(user.id).await.unwrap();
        assert_eq!(listed.iter().map(|session| session.id).collect::<Vec<_>>(), [used.id, idle.id]);
        assert!(listed[0].last_seen_at >= used.last_seen_at + Duration::from_secs(300));
        assert_eq!(listed[1].last_seen_at, idle.last_seen_at);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn signing_in_too_often_revokes_the_session_unused_for_longest() {
        let (_folder, store, user) = scratch::database().await;
        let clock = Clock::default();
        let sessions = sessions(&store, &clock);
        let mut opened: Vec<Id> = Vec::new();
        for _ in 0..MAX_PER_USER {
            opened.push(sessions.open(&user, None, &Caller::default()).await.unwrap().unwrap().0.id);
            clock.advance(Duration::from_millis(1));
        }
        sessions.check(opened[0]).unwrap();
        sessions.record_last_seen().await;
        opened.push(sessions.open(&user, None, &Caller::default()).await.unwrap().unwrap().0.id);
        let revoked = opened.remove(1);
        assert!(sessions.check(revoked).is_err());
        assert!(opened.iter().all(|id| sessions.check(*id).is_ok()));
        assert_eq!(sessions.of(user.id).await.unwrap().len() as i64, MAX_PER_USER);
        let kept = opened[7];
        sessions.revoke_others(Viewer::with_session(user.id, kept)).await.unwrap();
        assert!(opened.iter().all(|id| sessions.check(*id).is_ok() == (*id == kept)));
        assert_eq!(sessions.of(user.id).await.unwrap().len(), 1);
    }
}
