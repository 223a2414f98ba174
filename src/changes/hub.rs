//! The hub: the feeds that are followed on this instance.

use super::shared_read::LastRead;
use crate::{
    bus::{Bus, BusEvent, Topic},
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

/// A user's feed that is followed on this instance. It holds no entries, only the fact that there are new ones.
#[derive(Debug)]
pub(super) struct Feed {
    hub: Arc<Hub>,
    user: Id,
    /// Number of times that the feed was woken.
    wakeups: AtomicU64,
    /// The greatest sequence number that this instance has found in the database.
    latest: AtomicI64,
    changed: Notify,
    /// The last query's result, shared by all subscribers at the same position.
    pub last_read: LastRead,
}

impl Feed {
    /// The user whose feed it is.
    pub fn user(&self) -> Id {
        self.user
    }

    /// Number of times that the feed was woken.
    pub fn wakeups(&self) -> u64 {
        self.wakeups.load(Ordering::SeqCst)
    }

    /// Wakes all subscribers: there may be new entries.
    pub fn wake(&self) {
        self.wakeups.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    /// The greatest sequence number that this instance has found.
    pub fn latest(&self) -> i64 {
        self.latest.load(Ordering::SeqCst)
    }

    /// Records that a query found `last` as the greatest sequence number, when `latest` was known before.
    pub fn observed(&self, latest: i64, last: i64) {
        if last < latest {
            // An older backup was restored. Entries beyond it no longer exist and must not keep subscribers awake.
            let _ = self.latest.compare_exchange(latest, last, Ordering::SeqCst, Ordering::SeqCst);
        } else {
            self.reached(last);
        }
    }

    /// Records that there are entries up to `last`, and wakes the subscribers if that is new.
    pub fn reached(&self, last: i64) {
        if self.latest.fetch_max(last, Ordering::SeqCst) < last {
            self.changed.notify_waiters();
        }
    }

    /// Whether there may be entries after `seen`, for a subscriber that last read at this wakeup count.
    pub fn has_moved(&self, seen: i64, wakeups: u64) -> bool {
        self.wakeups() != wakeups || self.latest() > seen
    }

    /// Waits until there may be entries after `seen`.
    pub async fn wait_for_more(&self, seen: i64, wakeups: u64) {
        loop {
            let changed = self.changed.notified(); // created before the check, so that no wakeup is missed
            if self.has_moved(seen, wakeups) {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for Feed {
    /// Removes the feed from the hub when its last subscriber has gone.
    fn drop(&mut self) {
        let mut feeds = self.hub.lock();
        // A new subscriber may have replaced this feed in the meantime.
        if feeds.get(&self.user).is_some_and(|feed| feed.strong_count() == 0) {
            feeds.remove(&self.user);
            drop(feeds);
            self.hub.unsubscribe(self.user);
        }
    }
}

/// The followed feeds, by user.
pub(super) struct Hub {
    feeds: Mutex<HashMap<Id, Weak<Feed>>>,
    bus: Arc<dyn Bus>,
    /// Identifies this instance's own messages on the bus.
    id: String,
}

impl fmt::Debug for Hub {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Hub").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Hub {
    /// Creates an empty hub.
    pub fn new(bus: Arc<dyn Bus>) -> Self {
        Self { feeds: Mutex::default(), bus, id: Id::new().to_string() }
    }

    /// Wakes the subscribers of the user's feed on this instance.
    pub fn wake(&self, user: Id) {
        if let Some(feed) = self.get(user) {
            feed.wake();
        }
    }

    /// Publishes to other instances that the user's feed has new entries.
    pub async fn notify_others(&self, user: Id) {
        if let Err(error) = self.bus.publish(Topic::User(user), self.id.clone()).await {
            tracing::debug!(%error, "cannot notify other instances of a change; they will poll");
        }
    }

    /// Subscribes to the user's topic on the bus.
    fn subscribe(self: &Arc<Self>, user: Id) {
        let hub = Arc::downgrade(self);
        let handle = move |event: BusEvent<'_>| {
            if let Some(hub) = hub.upgrade()
                && event != BusEvent::Message(&hub.id)
            {
                hub.wake(user);
            }
        };
        self.bus.subscribe(Topic::User(user), Arc::new(handle));
        // If the last subscriber has gone before the bus subscription was in place, this undoes it.
        if !self.lock().contains_key(&user) {
            self.bus.unsubscribe(Topic::User(user));
        }
    }

    /// Unsubscribes from the user's topic, unless the feed is followed again.
    fn unsubscribe(self: &Arc<Self>, user: Id) {
        self.bus.unsubscribe(Topic::User(user));
        if self.lock().contains_key(&user) {
            self.subscribe(user);
        }
    }

    /// Returns the user's feed for a new subscriber. The feed stays in the hub until the last clone is dropped.
    pub fn follow(self: &Arc<Self>, user: Id) -> Arc<Feed> {
        let mut feeds = self.lock();
        if let Some(feed) = feeds.get(&user).and_then(Weak::upgrade) {
            return feed;
        }
        let feed = Arc::new(Feed {
            hub: self.clone(),
            user,
            wakeups: AtomicU64::new(0),
            latest: AtomicI64::new(0),
            changed: Notify::new(),
            last_read: LastRead::default(),
        });
        feeds.insert(user, Arc::downgrade(&feed));
        drop(feeds);
        self.subscribe(user);
        feed
    }

    /// The user's feed, if it is followed on this instance.
    pub fn get(&self, user: Id) -> Option<Arc<Feed>> {
        self.lock().get(&user).and_then(Weak::upgrade)
    }

    /// The users whose feeds are followed on this instance.
    pub fn users(&self) -> Vec<Id> {
        self.lock().keys().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, Weak<Feed>>> {
        // No code that can panic runs under this lock, and no feed is dropped under it.
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
    fn a_feed_exists_while_it_is_followed() {
        let (hub, user) = (hub(), Id::new());
        let (one, other) = (hub.follow(user), hub.follow(user));
        assert!(Arc::ptr_eq(&one, &other));
        drop(one);
        assert_eq!(hub.users(), [user]);
        drop(other);
        assert_eq!(hub.users(), []);
        assert!(hub.get(user).is_none());
    }

    #[test]
    fn a_waiting_follower_is_woken_by_a_wakeup_or_a_greater_number() {
        let feed = hub().follow(Id::new());
        feed.reached(3);
        let wakeups = feed.wakeups();
        assert_eq!(feed.wait_for_more(2, wakeups).now_or_never(), Some(()), "entry 3 has not been sent");
        let mut waits = std::pin::pin!(feed.wait_for_more(3, wakeups));
        assert_eq!(waits.as_mut().now_or_never(), None);
        feed.reached(3);
        assert_eq!(waits.as_mut().now_or_never(), None, "nothing new");
        feed.reached(4);
        assert_eq!(waits.as_mut().now_or_never(), Some(()));
        let mut waits = std::pin::pin!(feed.wait_for_more(4, wakeups));
        assert_eq!(waits.as_mut().now_or_never(), None);
        feed.wake();
        assert_eq!(waits.as_mut().now_or_never(), Some(()));
        assert_eq!(feed.wait_for_more(4, wakeups).now_or_never(), Some(()), "a wakeup is remembered");
        feed.observed(4, 1);
        assert_eq!(
            feed.wait_for_more(1, feed.wakeups()).now_or_never(),
            None,
            "an entry that is gone wakes no subscriber"
        );
    }
}
