//! Changes: what happens to a user's conversations, told to each of their devices.
//!
//! Whoever changes something records it in the user's feed, in the same transaction ([`crate::store::changes`]), and
//! [pokes](Changes::poke) once it is stored. Whoever follows holds the number of the last entry they have been told,
//! and reads on from there: the database has the entries, so nothing is queued for anybody, and one who comes back is
//! no special case. The [`hub`] wakes those who follow on this instance, and over the bus those on others; should it be
//! away, the [`watch`] finds what other instances have stored.

mod bookmark;
pub(crate) mod cursor;
mod hub;
mod shared;
mod watch;

pub use bookmark::Bookmark;

use crate::{
    bus::Bus,
    error::Result,
    store::{
        Database, Id,
        changes::{Change, Excerpt},
    },
};
use bookmark::Place;
use futures_util::Stream;
use hub::Hub;
use rand::RngExt;
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;
use tokio_util::task::TaskTracker;

/// How long an entry is kept. The schema tells it too.
pub const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
/// How many entries are read at once.
const PAGE: i64 = 100;
/// Who is further behind than this is told to load everything anew: that costs less than so many events.
const FURTHEST_BEHIND: i64 = 1000;

/// What happens to users' conversations. Cloning it shares it.
#[derive(Clone)]
pub struct Changes {
    store: Database,
    /// The feeds that are followed here.
    hub: Arc<Hub>,
    tasks: TaskTracker,
}

/// Something a follower is told.
#[derive(Clone, Debug)]
pub struct Event {
    /// Where they are after it.
    pub cursor: String,
    /// What they are told.
    pub next: Next,
}

/// What is told next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Something has happened.
    Change(Change),
    /// What lies before is not told: whatever is shown must be loaded anew. Everything later will be told.
    Reload,
}

impl Changes {
    /// The changes of all users in this database; what is told to other instances is told by one of these tasks.
    pub fn new(store: Database, bus: Arc<dyn Bus>, tasks: TaskTracker) -> Self {
        Self { store, hub: Arc::new(Hub::new(bus)), tasks }
    }

    /// Something has happened to this user's conversations, and is stored: whoever follows, here or elsewhere, is to
    /// look. It never waits, and once too often does no harm.
    pub fn poke(&self, user: Id) {
        self.hub.poke(user);
        let hub = self.hub.clone();
        self.tasks.spawn(async move { hub.tell_others(user).await });
    }

    /// What has happened to the owner's conversations after a cursor, and then what happens, for ever. Without a
    /// cursor, and after one that is too old, it begins with [`Next::Reload`]. With a bookmark that another stream of
    /// this subscription has left, it goes on from there instead.
    pub async fn follow(
        &self,
        owner: Id,
        after: Option<&str>,
        bookmark: Bookmark,
    ) -> Result<impl Stream<Item = Result<Event>> + use<>> {
        let (feed, mut seen, mut is_new) = match bookmark.of(owner) {
            Some(Place { feed, seen, .. }) => (feed, Some(seen), false),
            None => {
                let after = after.map(|cursor| cursor::decode(cursor, owner)).transpose()?;
                (self.hub.join(owner), after, true)
            }
        };
        let store = self.store.clone();
        Ok(async_stream::try_stream! {
            loop {
                // Dropped now, the stream could take with it what it has read and not yet told.
                bookmark.clear();
                // Before the look, so that what is stored meanwhile is looked at again.
                let (pokes, latest) = (feed.pokes(), feed.latest());
                // Boxed, so that a follower who waits does not keep room for a query. Who has just come looks by
                // themselves: what others have read may be older than their cursor.
                let read = match seen {
                    Some(seen) if !is_new => Box::pin(feed.read(&store, seen, pokes, latest)).await,
                    _ => Box::pin(feed.read_alone(&store, seen.unwrap_or(i64::MAX))).await,
                };
                let Some(excerpt) = read else {
                    // Very many may have been woken at once.
                    let pause = rand::rng().random_range(1.0..3.0);
                    sleep(Duration::from_secs_f64(pause)).await;
                    continue;
                };
                is_new = false;
                let last = excerpt.last;
                feed.looked(latest, last);
                for (sequence, next) in steps(seen, Excerpt::clone(&excerpt)) {
                    yield Event { cursor: cursor::encode(sequence, owner), next };
                    seen = Some(sequence); // they have it, for they ask for more
                }
                if let Some(seen) = seen
                    && seen >= last
                {
                    bookmark.put(Place { feed: feed.clone(), seen, pokes });
                    feed.more(seen, pokes).await;
                }
            }
        })
    }
}

/// What is told to somebody who has been told everything up to a number, or nothing yet; and where they are after it.
fn steps(seen: Option<i64>, Excerpt { last, changes }: Excerpt) -> Vec<(i64, Next)> {
    let told = seen.filter(|seen| {
        let behind = last - seen;
        // Beyond the end is who has a cursor from before an older state of the database was restored. And what is
        // too old has been removed, from the beginning or wherever the clocks of the instances differed.
        (0..=FURTHEST_BEHIND).contains(&behind)
            && changes.len() as i64 == behind.min(PAGE)
            && changes.iter().zip(seen + 1..).all(|(change, next)| change.sequence == next)
    });
    match told {
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
        let kind = ChangeKind::ConversationChanged;
        Change { user_id, sequence, kind, conversation_id, message_id: None, created_at: Instant(0) }
    }

    /// The numbers told, or none for a reload.
    fn told(seen: Option<i64>, last: i64, there: impl IntoIterator<Item = i64>) -> Option<Vec<i64>> {
        let steps = steps(seen, Excerpt { last, changes: there.into_iter().map(change).collect() });
        if let [(at, Next::Reload)] = steps[..] {
            assert_eq!(at, last);
            return None;
        }
        let numbers = steps.into_iter().map(|(at, next)| {
            assert_eq!(next, Next::Change(change(at)));
            at
        });
        Some(numbers.collect())
    }

    #[test]
    fn what_follows_is_told_in_order() {
        assert_eq!(told(Some(0), 0, []), Some(vec![]));
        assert_eq!(told(Some(7), 7, []), Some(vec![]));
        assert_eq!(told(Some(5), 7, [6, 7]), Some(vec![6, 7]));
        let first = told(Some(0), 1000, 1..=PAGE).expect("as many as may be");
        assert_eq!(first.len() as i64, PAGE);
    }

    #[test]
    fn where_something_lacks_all_is_loaded_anew() {
        assert_eq!(told(None, 7, []), None, "nothing has been told yet");
        assert_eq!(told(Some(5), 7, []), None, "all has been removed");
        assert_eq!(told(Some(5), 7, [7]), None, "the first has been removed");
        assert_eq!(told(Some(5), 8, [6, 8]), None, "one within has been removed");
        assert_eq!(told(Some(5), 8, [6, 7]), None, "the last has been removed");
        assert_eq!(told(Some(8), 7, []), None, "beyond the end");
        assert_eq!(told(Some(0), 1001, 1..=PAGE), None, "too far behind");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_waits_is_woken_by_a_poke_or_a_look_and_can_be_replaced_meanwhile() {
        let (_folder, store, user) = scratch::database().await;
        let bus = Arc::new(MemoryBus::default());
        let changes = Changes::new(store.clone(), bus, TaskTracker::new());
        let bookmark = Bookmark::default();
        let follow =
            async || changes.follow(user.id, None, bookmark.clone()).await.expect("no cursor is bad");
        let mut events = Box::pin(follow().await);
        assert!(changes.more_after(&bookmark).is_none(), "nobody waits yet");
        let reload = events.next().await.expect("it never ends").expect("the database answers");
        assert_eq!(reload.next, Next::Reload);
        for number in 1..=4 {
            {
                let mut next = pin!(events.next());
                // Until it waits; and then nothing but a poke or a look tells it anything.
                let more = loop {
                    assert!(poll!(next.as_mut()).is_pending());
                    match changes.more_after(&bookmark) {
                        Some(more) => break more,
                        None => yield_now().await,
                    }
                };
                let mut more = pin!(more);
                store.insert_conversation(&scratch::conversation(&user, user.created_at)).await.unwrap();
                assert!(poll!(next).is_pending() && poll!(more.as_mut()).is_pending());
                match number % 2 {
                    0 => changes.poke(user.id),
                    _ => changes.look().await.unwrap(),
                }
                assert_eq!(poll!(more), Poll::Ready(()));
                assert!(changes.more_after(&bookmark).is_none(), "there is more by now");
            }
            if number > 2 {
                events = Box::pin(follow().await);
            }
            let event = events.next().await.expect("it never ends").expect("the database answers");
            let Next::Change(change) = event.next else { panic!("all is there: {event:?}") };
            assert_eq!(change.sequence, number);
            assert_eq!(event.cursor, cursor::encode(number, user.id));
            assert!(changes.more_after(&bookmark).is_none(), "who is being told does not wait");
        }
        drop((events, bookmark));
        assert_eq!(changes.hub.users(), []);
    }
}
