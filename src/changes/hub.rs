//! The feeds that are followed on this instance.

use super::shared::LastRead;
use crate::{
    bus::{Bus, Heard, Topic},
    store::Id,
};
use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};
use tokio::sync::Notify;

/// A user's feed while somebody follows it here. It holds nothing of what has happened, only that something has.
#[derive(Debug)]
pub(super) struct Feed {
    hub: Arc<Hub>,
    user: Id,
    /// How often it has been told that there is more.
    pokes: AtomicU64,
    /// The greatest number that anybody here has found in the database.
    latest: AtomicI64,
    changed: Notify,
    /// What was read last, for all who have come as far.
    pub last_read: LastRead,
}

impl Feed {
    /// Whose feed it is.
    pub fn user(&self) -> Id {
        self.user
    }

    /// How often it has been poked.
    pub fn pokes(&self) -> u64 {
        self.pokes.load(Ordering::SeqCst)
    }

    /// Something has happened; nobody says what.
    pub fn poke(&self) {
        self.pokes.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    /// The greatest number that has been found.
    pub fn latest(&self) -> i64 {
        self.latest.load(Ordering::SeqCst)
    }

    /// Somebody has looked and found this number, having known `latest` before.
    pub fn looked(&self, latest: i64, last: i64) {
        if last < latest {
            // An older state of the database was restored: what is beyond it must not keep anybody awake.
            let _ = self.latest.compare_exchange(latest, last, Ordering::SeqCst, Ordering::SeqCst);
        } else {
            self.reached(last);
        }
    }

    /// There are entries up to this number. Who has not been told them all is woken.
    pub fn reached(&self, last: i64) {
        if self.latest.fetch_max(last, Ordering::SeqCst) < last {
            self.changed.notify_waiters();
        }
    }

    /// Whether there may be more than somebody has seen who had last looked after so many pokes.
    pub fn has_moved(&self, seen: i64, pokes: u64) -> bool {
        self.pokes() != pokes || self.latest() > seen
    }

    /// Waits until that is so.
    pub async fn more(&self, seen: i64, pokes: u64) {
        loop {
            let changed = self.changed.notified(); // before the look, so that none is missed
            if self.has_moved(seen, pokes) {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for Feed {
    /// The last one who followed it here has gone.
    fn drop(&mut self) {
        let mut feeds = self.hub.lock();
        // Somebody may have come meanwhile, and found this one gone.
        if feeds.get(&self.user).is_some_and(|feed| feed.strong_count() == 0) {
            feeds.remove(&self.user);
            drop(feeds);
            self.hub.listen_no_more(self.user);
        }
    }
}

/// The followed feeds by their users.
pub(super) struct Hub {
    feeds: Mutex<HashMap<Id, Weak<Feed>>>,
    bus: Arc<dyn Bus>,
    /// By which this instance knows what it has told itself.
    name: String,
}

impl fmt::Debug for Hub {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Hub").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Hub {
    /// A hub that nobody follows anything on yet.
    pub fn new(bus: Arc<dyn Bus>) -> Self {
        Self { feeds: Mutex::default(), bus, name: Id::new().to_string() }
    }

    /// Wakes those who follow the user's feed here.
    pub fn poke(&self, user: Id) {
        if let Some(feed) = self.get(user) {
            feed.poke();
        }
    }

    /// Wakes those who follow the user's feed elsewhere.
    pub async fn tell_others(&self, user: Id) {
        if let Err(error) = self.bus.tell(Topic::User(user), self.name.clone()).await {
            tracing::debug!(%error, "others find the change when they look");
        }
    }

    /// Listens for what others tell of the user's feed, if it is followed.
    fn listen(self: &Arc<Self>, user: Id) {
        let hub = Arc::downgrade(self);
        let hear = move |heard: Heard<'_>| {
            if let Some(hub) = hub.upgrade()
                && heard != Heard::Told(&hub.name)
            {
                hub.poke(user);
            }
        };
        self.bus.join(Topic::User(user), Arc::new(hear));
        // The last may have gone meanwhile, and left before this has joined.
        if !self.lock().contains_key(&user) {
            self.bus.leave(Topic::User(user));
        }
    }

    /// Listens no more, unless the feed is followed again.
    fn listen_no_more(self: &Arc<Self>, user: Id) {
        self.bus.leave(Topic::User(user));
        if self.lock().contains_key(&user) {
            self.listen(user);
        }
    }

    /// The user's feed, for one more follower. It is followed until the last clone is dropped.
    pub fn join(self: &Arc<Self>, user: Id) -> Arc<Feed> {
        let mut feeds = self.lock();
        if let Some(feed) = feeds.get(&user).and_then(Weak::upgrade) {
            return feed;
        }
        // The first one here.
        let feed = Arc::new(Feed {
            hub: self.clone(),
            user,
            pokes: AtomicU64::new(0),
            latest: AtomicI64::new(0),
            changed: Notify::new(),
            last_read: LastRead::default(),
        });
        feeds.insert(user, Arc::downgrade(&feed));
        drop(feeds);
        self.listen(user);
        feed
    }

    /// The user's feed, if it is followed here.
    pub fn get(&self, user: Id) -> Option<Arc<Feed>> {
        self.lock().get(&user).and_then(Weak::upgrade)
    }

    /// Whose feeds are followed here.
    pub fn users(&self) -> Vec<Id> {
        self.lock().keys().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, Weak<Feed>>> {
        // Nothing that could panic is done under the lock, and no feed is dropped under it.
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::memory::MemoryBus;
    use futures_util::FutureExt;

    fn hub() -> Arc<Hub> {
        Arc::new(Hub::new(Arc::new(MemoryBus::default())))
    }

    #[test]
    fn a_feed_is_there_while_somebody_follows_it() {
        let (hub, user) = (hub(), Id::new());
        let (one, other) = (hub.join(user), hub.join(user));
        assert!(Arc::ptr_eq(&one, &other));
        drop(one);
        assert_eq!(hub.users(), [user]);
        drop(other);
        assert_eq!(hub.users(), []);
        assert!(hub.get(user).is_none());
    }

    #[test]
    fn who_waits_is_woken_by_a_poke_or_by_a_greater_number() {
        let feed = hub().join(Id::new());
        feed.reached(3);
        let pokes = feed.pokes();
        assert_eq!(feed.more(2, pokes).now_or_never(), Some(()), "3 has not been told");
        let mut waits = std::pin::pin!(feed.more(3, pokes));
        assert_eq!(waits.as_mut().now_or_never(), None);
        feed.reached(3);
        assert_eq!(waits.as_mut().now_or_never(), None, "nothing new");
        feed.reached(4);
        assert_eq!(waits.as_mut().now_or_never(), Some(()));
        let mut waits = std::pin::pin!(feed.more(4, pokes));
        assert_eq!(waits.as_mut().now_or_never(), None);
        feed.poke();
        assert_eq!(waits.as_mut().now_or_never(), Some(()));
        assert_eq!(feed.more(4, pokes).now_or_never(), Some(()), "a poke is not forgotten");
        feed.looked(4, 1);
        assert_eq!(feed.more(1, feed.pokes()).now_or_never(), None, "what is no more wakes nobody");
    }
}
