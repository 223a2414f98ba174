//! Following a reply, from the runner's buffer where it runs here, else from the database.

use super::{Bookmark, Cursor, Replies, progress::Next, progress::Progress};
use crate::{
    error::{Error, Result},
    store::{Id, Role},
};
use futures_util::Stream;
use std::time::Duration;
use tokio::time::timeout;

/// How often the database is looked at for a reply that does not run here.
const POLL: Duration = Duration::from_millis(500);

/// Something a subscriber is told.
#[derive(Clone, Debug)]
pub struct Event {
    /// Where they are after it.
    pub cursor: String,
    /// What they are told.
    pub next: Next,
}

impl Replies {
    /// What there is of a reply after a cursor, and then what follows, to its end. Leaving it stops nothing. With a
    /// bookmark that another stream of this subscription has left, it goes on from there instead.
    pub async fn follow(
        &self,
        owner: Id,
        reply: Id,
        after: Option<&str>,
        bookmark: Bookmark,
    ) -> Result<impl Stream<Item = Result<Event>> + use<>> {
        let engine = self.0.clone();
        let mut seen = bookmark.of(reply);
        if seen.is_none() {
            // Boxed here and below, so that a subscriber who waits does not keep room for a query.
            let message = Box::pin(engine.store.messages(owner, &[reply])).await?.pop();
            if message.ok_or(Error::NotFound("message"))?.role != Role::Assistant {
                return Err(Error::input("messageId", "must be a reply's, not a user's message's"));
            }
            seen = after.map(|cursor| Cursor::decode(cursor, reply)).transpose()?;
        }
        Ok(async_stream::try_stream! {
            loop {
                if let Some(mut progress) = engine.hub.get(reply).map(|live| live.progress.subscribe()) {
                    loop {
                        let next = progress.borrow_and_update().next(seen);
                        match next {
                            Some((next, cursor)) => {
                                seen = Some(cursor);
                                let over = matches!(next, Next::Finished { .. });
                                yield Event { cursor: cursor.encode(reply), next };
                                if over {
                                    return;
                                }
                            }
                            None => {
                                bookmark.put(reply, seen);
                                if progress.changed().await.is_err() {
                                    break; // it does not run here any more
                                }
                            }
                        }
                    }
                }
                let mut stored = Box::pin(engine.store.messages(owner, &[reply])).await?;
                let progress = Progress::of(stored.pop().ok_or(Error::NotFound("message"))?);
                while let Some((next, cursor)) = progress.next(seen) {
                    seen = Some(cursor);
                    let over = matches!(next, Next::Finished { .. });
                    yield Event { cursor: cursor.encode(reply), next };
                    if over {
                        return;
                    }
                }
                // For a while, or until it is begun here.
                let _ = timeout(POLL, engine.hub.entered(reply)).await;
            }
        })
    }
}
