//! The task that removes what nobody needs any more. It runs on every instance, and each chore falls to one of them.

use crate::{
    accounts, changes,
    clock::Clock,
    poke::Poked,
    removal::give_way,
    store::{self, Database, Instant},
};
use std::time::Duration;
use tokio::{
    select,
    time::{interval, timeout},
};
use tokio_util::sync::CancellationToken;

/// How often a chore is due, whichever instance does it.
const EVERY: Duration = Duration::from_secs(3600);
/// How often each instance looks whether one is.
const LOOK_EVERY: Duration = Duration::from_secs(600);
/// How long a chore may take: it is broken off long before it is due again, and goes on then.
const AT_MOST: Duration = Duration::from_secs(900);
/// How long an idempotency key is remembered.
const SENDS: Duration = Duration::from_secs(48 * 3600);

/// How many rows are removed at once.
const BATCH: i64 = 500;

/// What there is to do. Each can be broken off, or done twice, without harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chore {
    /// Forgets sessions that have expired.
    Sessions,
    /// Forgets which sessions were ended, once it makes no difference.
    Revocations,
    /// Forgets idempotency keys that are old.
    Sends,
    /// Forgets what has happened long ago.
    Changes,
    /// Forgets what has happened to accounts long ago.
    SecurityEvents,
}

/// Does what is due now and from then on, until told to leave. It looks by a timer and when poked.
pub async fn keep_house(store: Database, clock: Clock, mut poke: Poked, leaving: CancellationToken) {
    let mut timer = interval(LOOK_EVERY);
    loop {
        select! {
            () = leaving.cancelled() => return,
            _ = timer.tick() => {}
            () = poke.poked() => {}
        }
        for chore in Chore::ALL {
            let done = timeout(AT_MOST, chore.do_if_due(&store, clock.now()));
            let Some(done) = leaving.run_until_cancelled(done).await else { return };
            match done {
                Ok(Ok(Some(rows))) => tracing::debug!(?chore, rows, "cleaned up"),
                Ok(Ok(None)) => {}
                Ok(Err(error)) => tracing::warn!(?chore, %error, "not cleaned up"),
                Err(_) => tracing::warn!(?chore, "not all cleaned up"),
            }
        }
    }
}

impl Chore {
    const ALL: [Self; 5] =
        [Self::Sessions, Self::Revocations, Self::Sends, Self::Changes, Self::SecurityEvents];

    /// As all instances know it.
    fn name(self) -> &'static str {
        match self {
            Self::Sessions => "delete expired sessions",
            Self::Revocations => "delete expired revocations",
            Self::Sends => "delete old sends",
            Self::Changes => "delete old changes",
            Self::SecurityEvents => "delete old security events",
        }
    }

    /// Does it, unless it is not due or another instance does; how many rows were removed.
    async fn do_if_due(self, store: &Database, now: Instant) -> store::Result<Option<usize>> {
        if !store.claim_chore(self.name(), now, now + EVERY).await? {
            return Ok(None);
        }
        let mut rows = 0;
        // In small steps, none of which keeps others waiting.
        loop {
            match give_way(self.step(store, now)).await? {
                0 => return Ok(Some(rows)),
                some => rows += some,
            }
        }
    }

    async fn step(self, store: &Database, now: Instant) -> store::Result<usize> {
        match self {
            Self::Sessions => store.delete_expired_sessions(now, BATCH).await,
            Self::Revocations => store.delete_expired_revocations(now, BATCH).await,
            Self::Sends => store.delete_sends_before(now - SENDS, BATCH).await,
            Self::Changes => store.delete_changes_before(now - changes::KEPT, BATCH).await,
            Self::SecurityEvents => {
                store.delete_security_events_before(now - accounts::EVENTS_KEPT, BATCH).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        revocations::{Ending, Revocation},
        scratch,
        sessions::Session,
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn expired_sessions_and_revocations_are_forgotten_and_others_kept() {
        let (_folder, store, user) = scratch::database().await;
        let now = user.created_at;
        let later = now + Duration::from_secs(1);
        let sessions = [now, later].map(|expires_at| Session { expires_at, ..scratch::session(&user) });
        for session in &sessions {
            store
                .insert_session(session, &scratch::proof(&user), 9, Ending { at: now, until: now })
                .await
                .unwrap();
        }
        assert_eq!(Chore::Sessions.do_if_due(&store, now).await.unwrap(), Some(1));
        let ends = async |session: &Session, until| {
            store.end_session(session.id, None, Ending { at: now, until }).await.unwrap()
        };
        assert_eq!(ends(&sessions[0], now).await, None);
        assert_eq!(ends(&sessions[1], now).await, Some(user.id));
        let lasting = scratch::session(&user);
        store
            .insert_session(&lasting, &scratch::proof(&user), 9, Ending { at: now, until: now })
            .await
            .unwrap();
        assert_eq!(ends(&lasting, later).await, Some(user.id));
        assert_eq!(Chore::Revocations.do_if_due(&store, now).await.unwrap(), Some(1));
        let left = store.revocations_since(now).await.unwrap();
        assert!(matches!(left[..], [Revocation { session_id, .. }] if session_id == lasting.id), "{left:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_chore_is_done_once_until_it_is_due_again() {
        let (_folder, store, user) = scratch::database().await;
        let start = user.created_at;
        let moment = Duration::from_micros(1);
        for at in [start, start + moment, start + EVERY] {
            store.insert_conversation(&scratch::conversation(&user, at)).await.unwrap();
        }
        let week = start + changes::KEPT;
        assert_eq!(Chore::Changes.do_if_due(&store, week + moment).await.unwrap(), Some(1));
        // Another instance comes a little later: there would be something to do, but it is not due.
        assert_eq!(Chore::Changes.do_if_due(&store, week + EVERY).await.unwrap(), None);
        assert_eq!(Chore::Sends.do_if_due(&store, week + EVERY).await.unwrap(), Some(0), "another chore");
        assert_eq!(Chore::Changes.do_if_due(&store, week + moment + EVERY).await.unwrap(), Some(2));
        assert_eq!(store.changes_after(user.id, 3, 10).await.unwrap().last, 3, "the numbers go on");
    }
}
