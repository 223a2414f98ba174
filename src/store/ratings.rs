//! Ratings of replies.

use super::{
    ChangeKind, Database, Id, Instant, MessageStatus, Rating, Result, Role,
    changes::record,
    messages::Message,
    schema::{conversations, messages},
    transact,
};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};

/// The result of rating a reply.
#[derive(Clone, Debug)]
pub enum Rated {
    /// The rating is stored.
    Stored(Box<Message>),
    /// The message does not exist, or the user does not own it.
    NoMessage,
    /// The message is not a reply.
    NotAReply,
    /// The reply is in progress.
    InProgress,
}

impl Database {
    /// Replaces the owner's rating of a reply. `None` removes it.
    pub async fn rate_reply(
        &self,
        owner: Id,
        reply: Id,
        rating: Option<(Rating, Option<&str>)>,
        now: Instant,
    ) -> Result<Rated> {
        transact!(self, async |conn| {
            let found = messages::table
                .inner_join(conversations::table)
                .filter(messages::id.eq(reply).and(conversations::owner_id.eq(owner)))
                .select((messages::conversation_id, messages::role, messages::status));
            let found: Option<(Id, Role, MessageStatus)> = found.first(conn).await.optional()?;
            let Some((conversation, role, status)) = found else { return Ok(Rated::NoMessage) };
            if role != Role::Assistant {
                return Ok(Rated::NotAReply);
            }
            if !status.is_final() {
                return Ok(Rated::InProgress);
            }
            // Changes nothing, but locks the row, because the conversation may be deleted at the same moment.
            let own = conversations::table.find(conversation).filter(conversations::owner_id.eq(owner));
            let locked = diesel::update(own)
                .set(conversations::message_count.eq(conversations::message_count))
                .execute(conn)
                .await?;
            if locked == 0 {
                return Ok(Rated::NoMessage);
            }
            let (rating, note) = rating.unzip();
            let message = diesel::update(messages::table.find(reply))
                .set((messages::rating.eq(rating), messages::rating_note.eq(note.flatten())))
                .returning(Message::as_returning())
                .get_result(conn)
                .await?;
            record!(conn, owner, now, [(ChangeKind::MessageChanged, conversation, Some(reply))]);
            Ok(Rated::Stored(Box::new(message)))
        })
    }
}
