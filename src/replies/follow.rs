//! Following a reply: from its runner's buffer, or from its mirror if it is written elsewhere.

use super::{Bookmark, Cursor, Replies, progress::Next};
use crate::{
    error::{Error, Result},
    store::{Id, Role},
};
use futures_util::Stream;

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
        // Nothing of an attempt before the one that the database knows of.
        let mut earliest = 0;
        let mut progress = seen.and_then(|_| engine.hub.progress(reply));
        if progress.is_none() {
            // Boxed here and below, so that a subscriber who waits does not keep room for a query.
            let message = Box::pin(engine.store.messages(owner, &[reply])).await?.pop();
            let message = message.ok_or(Error::NotFound("message"))?;
            if message.role != Role::Assistant {
                return Err(Error::input("messageId", "must be a reply's, not a user's message's"));
            }
            if seen.is_none() {
                seen = after.map(|cursor| Cursor::decode(cursor, reply)).transpose()?;
            }
            earliest = message.attempt;
            progress = Some(engine.follow(message));
        }
        Ok(async_stream::try_stream! {
            while let Some(mut followed) = progress.take() {
                loop {
                    let next = {
                        let progress = followed.borrow_and_update();
                        let over = progress.end.is_none() && progress.attempt < earliest;
                        if over { None } else { progress.next(seen) }
                    };
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
                            if followed.changed().await.is_err() {
                                break; // it is forgotten here: the database tells why
                            }
                        }
                    }
                }
                let stored = Box::pin(engine.store.messages(owner, &[reply])).await?.pop();
                let stored = stored.ok_or(Error::NotFound("message"))?;
                earliest = stored.attempt;
                progress = Some(engine.follow(stored));
            }
        })
    }
}
