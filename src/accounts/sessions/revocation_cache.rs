//! Sessions that this instance knows to be revoked or in use, without asking the database.

use crate::store::{Id, Instant};
use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_util::sync::CancellationToken;

/// The maximum number of used sessions between two writes. Further ones appear idle until they are used again.
const MAX_USED: usize = 100_000;

/// The revoked sessions, the sessions that are watched here, and the sessions that were used recently.
#[derive(Debug, Default)]
pub(super) struct RevocationCache(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Revoked sessions, and the time until which each must be remembered.
    revoked: HashMap<Id, Instant>,
    watched: HashMap<Id, WatchedSession>,
    used: HashSet<Id>,
}

#[derive(Debug)]
struct WatchedSession {
    revoked: CancellationToken,
    watchers: usize,
}

/// A watch for the revocation of a session.
#[derive(Debug)]
pub struct SessionWatch {
    cache: Arc<RevocationCache>,
    session: Id,
    revoked: CancellationToken,
}

impl SessionWatch {
    /// Waits until the session is revoked. Expiry is not reported, because a session outlives its access tokens.
    pub async fn revoked(&self) {
        self.revoked.cancelled().await;
    }
}

impl Drop for SessionWatch {
    fn drop(&mut self) {
        let mut state = self.cache.lock();
        if let Some(watched) = state.watched.get_mut(&self.session) {
            watched.watchers -= 1;
            if watched.watchers == 0 {
                state.watched.remove(&self.session);
            }
        }
    }
}

impl RevocationCache {
    /// Records that a session is used. Returns false if it has been revoked.
    pub fn record_use(&self, session: Id) -> bool {
        let mut state = self.lock();
        let active = !state.revoked.contains_key(&session);
        if active && state.used.len() < MAX_USED {
            state.used.insert(session);
        }
        active
    }

    /// Watches a session. The watch resolves immediately if the session is already revoked.
    pub fn watch(self: &Arc<Self>, session: Id) -> SessionWatch {
        let mut state = self.lock();
        let revoked = if state.revoked.contains_key(&session) {
            let already = CancellationToken::new();
            already.cancel();
            already
        } else {
            let fresh = || WatchedSession { revoked: CancellationToken::new(), watchers: 0 };
            let watched = state.watched.entry(session).or_insert_with(fresh);
            watched.watchers += 1;
            watched.revoked.clone()
        };
        drop(state);
        SessionWatch { cache: self.clone(), session, revoked }
    }

    /// Marks a session as revoked until a time. A repeated revocation keeps the later time.
    pub fn revoke(&self, session: Id, until: Instant) {
        let mut state = self.lock();
        let remembered = state.revoked.entry(session).or_insert(until);
        *remembered = until.max(*remembered);
        state.used.remove(&session);
        let watched = state.watched.remove(&session);
        drop(state); // a woken task drops its watch, which takes the lock
        if let Some(watched) = watched {
            watched.revoked.cancel();
        }
    }

    /// Forgets revoked sessions whose access tokens have all expired.
    pub fn forget_expired(&self, now: Instant) {
        self.lock().revoked.retain(|_, until| *until > now);
    }

    /// Returns and clears the sessions that were used since the last call.
    pub fn take_used(&self) -> Vec<Id> {
        mem::take(&mut self.lock().used).into_iter().collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code under the lock can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn a_revocation_resolves_the_watches_of_that_session_only() {
        let cache = Arc::new(RevocationCache::default());
        let (one, other) = (Id::new(), Id::new());
        let watches = [cache.watch(one), cache.watch(one), cache.watch(other)];
        assert!(watches.iter().all(|watch| watch.revoked().now_or_never().is_none()));
        cache.revoke(one, Instant(10));
        cache.revoke(one, Instant(5));
        assert!(watches.iter().map(|watch| watch.revoked().now_or_never()).eq([Some(()), Some(()), None]));
        assert_eq!(cache.watch(one).revoked().now_or_never(), Some(()), "already revoked");
        assert!(!cache.record_use(one) && cache.record_use(other) && cache.record_use(other));
        assert_eq!((cache.take_used(), cache.take_used()), (vec![other], vec![]));
        cache.forget_expired(Instant(9));
        assert!(!cache.record_use(one));
        cache.forget_expired(Instant(10));
        assert!(cache.record_use(one), "the revocation is forgotten");
        drop(watches);
        assert!(cache.lock().watched.is_empty());
    }
}
