//! Following a reply, whether this instance or another one writes it.

use super::{Cursor, Replies, ResumePoint, progress::Next};
use crate::{
    error::{Error, Result},
    parts::PartKinds,
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
    /// Streams the parts of these kinds from the cursor `after` to the end of the reply.
    ///
    /// Without a cursor, or with one for other kinds, the stream begins with a snapshot. If `resume_point` holds the
    /// position of an earlier stream of the same subscription, it takes precedence over `after`. Dropping the stream
    /// does not stop the reply.
    ///
    /// Fails with `NOT_FOUND` if the message does not exist, and with `BAD_USER_INPUT` if it is not a reply or the
    /// cursor is invalid.
    pub async fn follow(
        &self,
        owner: Id,
        reply: Id,
        kinds: PartKinds,
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
            let stored = Box::pin(engine.store.reply(owner, reply)).await?;
            let stored = stored.ok_or(Error::NotFound("message"))?;
            if stored.message.role != Role::Assistant {
                return Err(Error::input("messageId", "must be the ID of a reply, not of a user's message."));
            }
            if seen.is_none() {
                let after = after.map(|cursor| Cursor::decode(cursor, reply)).transpose()?;
                // A cursor of a subscription to other kinds counts other bytes.
                seen = after.filter(|after| after.kinds == kinds);
            }
            earliest = stored.message.attempt;
            progress = Some(engine.follow(stored));
        }
        Ok(async_stream::try_stream! {
            while let Some(mut followed) = progress.take() {
                loop {
                    let next = {
                        let progress = followed.borrow_and_update();
                        let outdated = progress.end.is_none() && progress.attempt < earliest;
                        if outdated { None } else { progress.next(seen, kinds) }
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
                let stored = Box::pin(engine.store.reply(owner, reply)).await?;
                let stored = stored.ok_or(Error::NotFound("message"))?;
                earliest = stored.message.attempt;
                progress = Some(engine.follow(stored));
            }
        })
    }
}
