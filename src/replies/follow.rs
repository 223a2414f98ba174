//! Following a reply, whether this instance or another one writes it.

use super::{Cursor, Replies, ResumePoint, progress::Next};
use crate::{
    error::{Error, Result},
    store::{Id, Role},
};
use futures_util::Stream;

/// An event of a subscription to a reply.
#[derive(Clone, Debug)]
pub struct Event {
    /// The subscriber's cursor after this event.
    pub cursor: String,
    /// The content of the event.
    pub next: Next,
}

impl Replies {
    /// Streams the reply from the cursor `after` to its end.
    ///
    /// Without a cursor the stream begins with a snapshot. If `resume_point` holds the position of an earlier stream of
    /// the same subscription, it takes precedence over `after`. Dropping the stream does not stop the reply.
    ///
    /// Fails with `NOT_FOUND` if the message does not exist, and with `BAD_USER_INPUT` if it is not a reply or the
    /// cursor is invalid.
    pub async fn follow(
        &self,
        owner: Id,
        reply: Id,
        after: Option<&str>,
        resume_point: ResumePoint,
    ) -> Result<impl Stream<Item = Result<Event>> + use<>> {
        let engine = self.0.clone();
        let mut seen = resume_point.of(reply);
        // The attempt that the database has. Events of earlier attempts are not sent.
        let mut earliest = 0;
        let mut progress = seen.and_then(|_| engine.hub.progress(reply));
        if progress.is_none() {
            // Boxed, here and below, so that a waiting subscriber does not hold the memory of a query.
            let message = Box::pin(engine.store.messages(owner, &[reply])).await?.pop();
            let message = message.ok_or(Error::NotFound("message"))?;
            if message.role != Role::Assistant {
                return Err(Error::input("messageId", "must be the ID of a reply, not of a user's message."));
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
                        let outdated = progress.end.is_none() && progress.attempt < earliest;
                        if outdated { None } else { progress.next(seen) }
                    };
                    match next {
                        Some((next, cursor)) => {
                            seen = Some(cursor);
                            let is_last = matches!(next, Next::Finished { .. });
                            yield Event { cursor: cursor.encode(reply), next };
                            if is_last {
                                return;
                            }
                        }
                        None => {
                            resume_point.put(reply, seen);
                            if followed.changed().await.is_err() {
                                break; // The hub has removed the reply. The database has the reason.
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
