//! What an instance knows of sessions without asking the database.

use crate::store::{Id, Instant};
use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_util::sync::CancellationToken;

/// How many sessions are remembered to have been seen. Were there more, some would look idle until they are seen again.
const MOST_SEEN: usize = 100_000;

/// The sessions that have been ended, those that something here lives by, and those that were lately used.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Until when each must be known.
    ended: HashMap<Id, Instant>,
    alive: HashMap<Id, Watched>,
    seen: HashSet<Id>,
}

#[derive(Debug)]
struct Watched {
    end: CancellationToken,
    watchers: usize,
}

/// Somebody's interest in a session's end.
#[derive(Debug)]
pub struct Watch {
    known: Arc<Known>,
    session: Id,
    end: CancellationToken,
}

impl Watch {
    /// Waits until the session is ended. That it expires is not told: it outlives its access tokens.
    pub async fn ended(&self) {
        self.end.cancelled().await;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut state = self.known.lock();
        if let Some(watched) = state.alive.get_mut(&self.session) {
            watched.watchers -= 1;
            if watched.watchers == 0 {
                state.alive.remove(&self.session);
            }
        }
    }
}

impl Known {
    /// A session is used: false if it has been ended.
    pub fn see(&self, session: Id) -> bool {
        let mut state = self.lock();
        let alive = !state.ended.contains_key(&session);
        if alive && state.seen.len() < MOST_SEEN {
            state.seen.insert(session);
        }
        alive
    }

    /// Tells when a session is ended, which may be so already.
    pub fn watch(self: &Arc<Self>, session: Id) -> Watch {
        let mut state = self.lock();
        let end = if state.ended.contains_key(&session) {
            let over = CancellationToken::new();
            over.cancel();
            over
        } else {
            let fresh = || Watched { end: CancellationToken::new(), watchers: 0 };
            let watched = state.alive.entry(session).or_insert_with(fresh);
            watched.watchers += 1;
            watched.end.clone()
        };
        drop(state);
        Watch { known: self.clone(), session, end }
    }

    /// A session has been ended, perhaps as was known already.
    pub fn end(&self, session: Id, until: Instant) {
        let mut state = self.lock();
        let known = state.ended.entry(session).or_insert(until);
        *known = until.max(*known);
        state.seen.remove(&session);
        let watched = state.alive.remove(&session);
        drop(state); // whoever wakes drops its watch
        if let Some(watched) = watched {
            watched.end.cancel();
        }
    }

    /// Forgets those of whom no access token can be good any more.
    pub fn forget(&self, now: Instant) {
        self.lock().ended.retain(|_, until| *until > now);
    }

    /// The sessions that have been used since this was last asked.
    pub fn take_seen(&self) -> Vec<Id> {
        mem::take(&mut self.lock().seen).into_iter().collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that could panic is done under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn an_ended_session_is_told_to_all_who_watch_and_to_nobody_else() {
        let known = Arc::new(Known::default());
        let (one, other) = (Id::new(), Id::new());
        let watches = [known.watch(one), known.watch(one), known.watch(other)];
        assert!(watches.iter().all(|watch| watch.ended().now_or_never().is_none()));
        known.end(one, Instant(10));
        known.end(one, Instant(5));
        assert!(watches.iter().map(|watch| watch.ended().now_or_never()).eq([Some(()), Some(()), None]));
        assert_eq!(known.watch(one).ended().now_or_never(), Some(()), "it has been ended before");
        assert!(!known.see(one) && known.see(other) && known.see(other));
        assert_eq!((known.take_seen(), known.take_seen()), (vec![other], vec![]));
        known.forget(Instant(9));
        assert!(!known.see(one));
        known.forget(Instant(10));
        assert!(known.see(one), "nothing is left of it");
        drop(watches);
        assert!(known.lock().alive.is_empty());
    }
}
