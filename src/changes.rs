//! The change feed: reports what happens to a user's conversations to each of the user's devices.
//!
//! A transaction that changes a conversation also adds an entry, with the next sequence number, to the user's feed
//! ([`crate::store::changes`]). After the commit its caller calls [`Changes::notify`]. A subscriber is a
//! client's subscription that follows the feed ([`Changes::follow`]). It holds the sequence number of the last entry it
//! has sent and reads the database from there. There are no queues, and a client that reconnects continues from its
//! last cursor.
//!
//! The [`hub`] wakes the subscribers on this instance, and over the bus those on other instances. If a bus message is
//! lost, the [`poll`] task finds the entry within seconds.

pub(crate) mod cursor;
mod hub;
mod poll;
mod resume_point;
mod shared_read;

pub use resume_point::ResumePoint;

use crate::{
    bus::Bus,
    error::Result,
    random,
    store::{
        Database, Id,
        changes::{Change, FeedExcerpt},
    },
};
use futures_util::Stream;
use hub::Hub;
use resume_point::Position;
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;
use tokio_util::task::TaskTracker;

/// How long an entry is kept. The schema's description states it as well.
pub const RETENTION: Duration = Duration::from_secs(7 * 24 * 3600);
/// Maximum number of entries read by one query.
const PAGE_SIZE: i64 = 100;
/// A subscriber that lacks more entries than this gets a reload, which costs less than so many events.
const MAX_BEHIND: i64 = 1000;

/// The change feeds of all users. Clones share the same state.
#[derive(Clone)]
pub struct Changes {
    store: Database,
    /// The feeds that are followed on this instance.
    hub: Arc<Hub>,
    tasks: TaskTracker,
}

/// An event of a subscription to changes.
#[derive(Clone, Debug)]
pub struct Event {
    /// The subscriber's cursor after this event.
    pub cursor: String,
    /// The content of the event.
    pub next: Next,
}

/// The content of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// A change.
    Change(Change),
    /// Earlier changes are unavailable: the client must reload everything that it displays. Later changes will follow.
    Reload,
}

impl Changes {
    /// Creates the change feeds of a database. `tasks` tracks the tasks that notify other instances.
    pub fn new(store: Database, bus: Arc<dyn Bus>, tasks: TaskTracker) -> Self {
        Self { store, hub: Arc::new(Hub::new(bus)), tasks }
    }

    /// Wakes the subscribers of a user's feed on every instance, after a change has been stored.
    ///
    /// Returns at once. An unnecessary call is harmless.
    pub fn notify(&self, user: Id) {
        self.hub.wake(user);
        let hub = self.hub.clone();
        self.tasks.spawn(async move { hub.notify_others(user).await });
    }

    /// Streams the owner's changes after a cursor, without an end.
    ///
    /// The stream begins with [`Next::Reload`] if there is no cursor, or if the cursor is too old. If `resume_point`
    /// holds the position of an earlier stream of the same subscription, it takes precedence over `after`.
    ///
    /// Fails with `BAD_USER_INPUT` if the cursor is invalid.
    pub async fn follow(
        &self,
        owner: Id,
        after: Option<&str>,
        resume_point: ResumePoint,
    ) -> Result<impl Stream<Item = Result<Event>> + use<>> {
        let (feed, mut seen, mut is_new) = match resume_point.of(owner) {
            Some(Position { feed, seen, .. }) => (feed, Some(seen), false),
            None => {
                let after = after.map(|cursor| cursor::decode(cursor, owner)).transpose()?;
                (self.hub.follow(owner), after, true)
            }
        };
        let store = self.store.clone();
        Ok(async_stream::try_stream! {
            loop {
                // There is no resume point while entries are read and sent: a stream dropped here would lose them.
                resume_point.clear();
                // Read before the query, so that an entry stored during the query causes another query.
                let (wakeups, latest) = (feed.wakeups(), feed.latest());
                // Boxed, so that a waiting subscriber does not hold the memory of a query. A new subscriber reads for
                // itself, because the shared result may be older than its cursor.
                let read = match seen {
                    Some(seen) if !is_new => Box::pin(feed.read(&store, seen, wakeups, latest)).await,
                    _ => Box::pin(feed.read_alone(&store, seen.unwrap_or(i64::MAX))).await,
                };
                let Some(excerpt) = read else {
                    // Spread the retries: many subscribers may have been woken at the same time.
                    let pause = 1.0 + 2.0 * random::fraction();
                    sleep(Duration::from_secs_f64(pause)).await;
                    continue;
                };
                is_new = false;
                let last = excerpt.last;
                feed.observed(latest, last);
                for (sequence, next) in next_events(seen, FeedExcerpt::clone(&excerpt)) {
                    yield Event { cursor: cursor::encode(sequence, owner), next };
                    seen = Some(sequence); // The client has received it, because the stream was polled again.
                }
                if let Some(seen) = seen
                    && seen >= last
                {
                    resume_point.put(Position { feed: feed.clone(), seen, wakeups });
                    feed.wait_for_more(seen, wakeups).await;
                }
            }
        })
    }
}

/// The events for a subscriber at `seen` (`None` for a new one), each with the subscriber's position after it.
fn next_events(seen: Option<i64>, FeedExcerpt { last, changes }: FeedExcerpt) -> Vec<(i64, Next)> {
    let complete = seen.filter(|seen| {
        let behind = last - seen;
        // A cursor beyond the end was issued before an older backup of the database was restored. Old entries have been
        // removed, from the beginning or, if the instances' clocks differ, with gaps.
        (0..=MAX_BEHIND).contains(&behind)
            && changes.len() as i64 == behind.min(PAGE_SIZE)
            && changes.iter().zip(seen + 1..).all(|(change, next)| change.sequence == next)
    });
    match complete {
        Some(_) => changes.into_iter().map(|change| (change.sequence, Next::Change(change))).collect(),
        None => vec![(last, Next::Reload)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bus::memory::MemoryBus,
        store::{ChangeKind, Instant, scratch},
    };
    use futures_util::{StreamExt, poll};
    use std::{pin::pin, task::Poll};
    use tokio::task::yield_now;

    fn change(sequence: i64) -> Change {
        let (user_id, conversation_id) = (Id(uuid::Uuid::nil()), Id(uuid::Uuid::nil()));
        Change::new(user_id, sequence, (ChangeKind::ConversationChanged, conversation_id, None), Instant(0))
    }

    /// The sequence numbers sent; `None` for a reload.
    fn sent(seen: Option<i64>, last: i64, stored: impl IntoIterator<Item = i64>) -> Option<Vec<i64>> {
        let events =
            next_events(seen, FeedExcerpt { last, changes: stored.into_iter().map(change).collect() });
        if let [(at, Next::Reload)] = events[..] {
            assert_eq!(at, last);
            return None;
        }
        let numbers = events.into_iter().map(|(at, next)| {
            assert_eq!(next, Next::Change(change(at)));
            at
        });
        Some(numbers.collect())
    }

    #[test]
    fn later_changes_are_sent_in_order() {
        assert_eq!(sent(Some(0), 0, []), Some(vec![]));
        assert_eq!(sent(Some(7), 7, []), Some(vec![]));
        assert_eq!(sent(Some(5), 7, [6, 7]), Some(vec![6, 7]));
        let first = sent(Some(0), 1000, 1..=PAGE_SIZE).expect("a full page is sent");
        assert_eq!(first.len() as i64, PAGE_SIZE);
    }

    #[test]
    fn a_gap_causes_a_reload() {
        assert_eq!(sent(None, 7, []), None, "a new subscriber");
        assert_eq!(sent(Some(5), 7, []), None, "all later changes were removed");
        assert_eq!(sent(Some(5), 7, [7]), None, "the first change was removed");
        assert_eq!(sent(Some(5), 8, [6, 8]), None, "a change in the middle was removed");
        assert_eq!(sent(Some(5), 8, [6, 7]), None, "the last change was removed");
        assert_eq!(sent(Some(8), 7, []), None, "beyond the end");
        assert_eq!(sent(Some(0), 1001, 1..=PAGE_SIZE), None, "too far behind");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_waiting_follower_is_woken_and_can_be_replaced() {
        let (_folder, store, user) = scratch::database().await;
        let bus = Arc::new(MemoryBus::default());
        let changes = Changes::new(store.clone(), bus, TaskTracker::new());
        let resume_point = ResumePoint::default();
        let follow = async || {
            changes.follow(user.id, None, resume_point.clone()).await.expect("there is no cursor to reject")
        };
        let mut events = Box::pin(follow().await);
        assert!(changes.more_after(&resume_point).is_none(), "the subscriber does not wait yet");
        let reload = events.next().await.expect("the stream never ends").expect("the database answers");
        assert_eq!(reload.next, Next::Reload);
        for number in 1..=4 {
            {
                let mut next = pin!(events.next());
                // Poll until the stream waits. From then on only a notification or a poll of the database can wake it.
                let more = loop {
                    assert!(poll!(next.as_mut()).is_pending());
                    match changes.more_after(&resume_point) {
                        Some(more) => break more,
                        None => yield_now().await,
                    }
                };
                let mut more = pin!(more);
                store.insert_conversation(&scratch::conversation(&user, user.created_at)).await.unwrap();
                assert!(poll!(next).is_pending() && poll!(more.as_mut()).is_pending());
                match number % 2 {
                    0 => changes.notify(user.id),
                    _ => changes.poll().await.unwrap(),
                }
                assert_eq!(poll!(more), Poll::Ready(()));
                assert!(changes.more_after(&resume_point).is_none(), "there is something to send");
            }
            if number > 2 {
                events = Box::pin(follow().await);
            }
            let event = events.next().await.expect("the stream never ends").expect("the database answers");
            let Next::Change(change) = event.next else { panic!("not a change: {event:?}") };
            assert_eq!(change.sequence, number);
            assert_eq!(event.cursor, cursor::encode(number, user.id));
            assert!(changes.more_after(&resume_point).is_none(), "the subscriber reads and does not wait");
        }
        drop((events, resume_point));
        assert_eq!(changes.hub.users(), []);
    }
}
