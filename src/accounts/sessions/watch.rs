//! The task that finds the sessions which other instances have ended: it looks twice a second, whether or not the bus
//! has told. It also notes now and then which sessions have been used.

use super::Sessions;
use crate::store::{self, Instant};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, time::Duration};
use tokio::{
    select,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;

/// How often it looks. An access token is to die with its session within a second.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a look may take.
const AT_MOST: Duration = Duration::from_secs(5);
/// How far it looks back. A row bears the time of its transaction's beginning: it may be stored as much later as the
/// database lets a transaction take, and by an instance whose clock is not quite ours.
const LOOK_BACK: Duration = Duration::from_secs(60);
/// How often it is noted what has been used.
const NOTE_EVERY: Duration = Duration::from_secs(60);
/// How many are noted at once.
const BATCH: usize = 500;

impl Sessions {
    /// Looks from a moment on, until told to leave.
    pub async fn keep_watch(&self, mut since: Instant, leaving: CancellationToken) {
        let (mut look, mut note) = (interval(LOOK_EVERY), interval(NOTE_EVERY));
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        note.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut well = true;
        loop {
            select! {
                () = leaving.cancelled() => break,
                _ = look.tick() => {
                    // Should a look panic (the hook logs it), the next one may fare better.
                    let looked = AssertUnwindSafe(timeout(AT_MOST, self.look(since))).catch_unwind().await;
                    match looked {
                        Ok(Ok(Ok(next))) => {
                            since = next;
                            well = true;
                            continue;
                        }
                        // Told once, not twice a second.
                        Ok(Ok(Err(error))) if well => {
                            tracing::warn!(%error, "sessions ended on other instances are not looked for");
                        }
                        Ok(Err(_)) if well => {
                            tracing::warn!("to look for sessions ended on other instances takes too long");
                        }
                        _ => {}
                    }
                    well = false;
                }
                _ = note.tick() => self.note_seen().await,
            }
        }
        self.note_seen().await;
    }

    /// Looks once for what was ended from a moment on; from when to look the next time.
    pub async fn look(&self, since: Instant) -> store::Result<Instant> {
        let next = self.clock.now() - LOOK_BACK;
        for revocation in self.store.revocations_since(since).await? {
            self.known.end(revocation.session_id, revocation.expires_at);
        }
        Ok(next)
    }

    /// Notes which sessions have been used since the last time, and forgets what cannot matter any more.
    pub(super) async fn note_seen(&self) {
        let now = self.clock.now();
        self.known.forget(now);
        for ids in self.known.take_seen().chunks(BATCH) {
            match timeout(AT_MOST, self.store.see_sessions(ids, now)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, "not noted which sessions are used"),
                Err(_) => tracing::debug!("to note which sessions are used takes too long"),
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
            sessions::{MOST, Terms},
        },
        bus::memory::MemoryBus,
        clock::Clock,
        store::{Database, Id, revocations::Ending, scratch},
    };
    use std::sync::Arc;
    use tokio_util::task::TaskTracker;

    fn sessions(store: &Database, clock: &Clock) -> Sessions {
        let tokens = RefreshTokens::new(&Secret::from_secret("0".repeat(32).into()).unwrap());
        let second = Duration::from_secs(1);
        let terms = Terms { session: second * 3600, access_token: second * 900, grace: second * 10 };
        let bus = Arc::new(MemoryBus::default());
        Sessions::new(store.clone(), clock.clone(), tokens, terms, bus, TaskTracker::new())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_end_that_is_stored_late_is_found_by_the_next_look() {
        let (_folder, store, user) = scratch::database().await;
        let clock = Clock::default();
        let sessions = sessions(&store, &clock);
        let since = sessions.look(Instant(0)).await.unwrap();
        let (session, _) = sessions.open(&user, &Caller::default()).await.unwrap().unwrap();
        let watch = sessions.watch(session.id);
        // Elsewhere, by a transaction that began before the look.
        let at = clock.now() - Duration::from_secs(45);
        store
            .end_session(session.id, None, Ending { at, until: at + Duration::from_secs(960) })
            .await
            .unwrap();
        assert!(sessions.see(session.id).is_ok());
        sessions.look(since).await.unwrap();
        assert!(sessions.see(session.id).is_err());
        watch.ended().await;
        // It is forgotten when it makes no difference.
        clock.advance(Duration::from_secs(900));
        sessions.note_seen().await;
        assert!(sessions.see(session.id).is_err());
        clock.advance(Duration::from_secs(60));
        sessions.note_seen().await;
        assert!(sessions.see(session.id).is_ok());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_is_noted_which_sessions_are_used() {
        let (_folder, store, user) = scratch::database().await;
        let clock = Clock::default();
        let sessions = sessions(&store, &clock);
        let (used, _) = sessions.open(&user, &Caller::default()).await.unwrap().unwrap();
        let (idle, _) = sessions.open(&user, &Caller::default()).await.unwrap().unwrap();
        clock.advance(Duration::from_secs(300));
        sessions.see(used.id).unwrap();
        sessions.note_seen().await;
        let listed = sessions.of(user.id).await.unwrap();
        assert_eq!(listed.iter().map(|session| session.id).collect::<Vec<_>>(), [used.id, idle.id]);
        assert!(listed[0].last_seen_at >= used.last_seen_at + Duration::from_secs(300));
        assert_eq!(listed[1].last_seen_at, idle.last_seen_at);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_signs_in_too_often_loses_what_was_longest_unused() {
        let (_folder, store, user) = scratch::database().await;
        let clock = Clock::default();
        let sessions = sessions(&store, &clock);
        let mut opened: Vec<Id> = Vec::new();
        for _ in 0..MOST {
            opened.push(sessions.open(&user, &Caller::default()).await.unwrap().unwrap().0.id);
            clock.advance(Duration::from_millis(1));
        }
        sessions.see(opened[0]).unwrap();
        sessions.note_seen().await;
        opened.push(sessions.open(&user, &Caller::default()).await.unwrap().unwrap().0.id);
        let lost = opened.remove(1);
        assert!(sessions.see(lost).is_err());
        assert!(opened.iter().all(|id| sessions.see(*id).is_ok()));
        assert_eq!(sessions.of(user.id).await.unwrap().len() as i64, MOST);
        let kept = opened[7];
        sessions.end_others(Viewer::in_person(user.id, kept)).await.unwrap();
        assert!(opened.iter().all(|id| sessions.see(*id).is_ok() == (*id == kept)));
        assert_eq!(sessions.of(user.id).await.unwrap().len(), 1);
    }
}
