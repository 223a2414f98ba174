//! Queries of the data export: its tickets, and each list in pages whose order does not change.

use super::{
    Database, Id, Instant, Result,
    conversations::Conversation,
    messages::Message,
    read,
    schema::{conversations, export_tickets, messages, sessions},
    sessions::Session,
    transact,
};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};

impl Database {
    /// Stores the hash of a user's ticket. The previous ticket becomes invalid.
    pub async fn put_export_ticket(&self, user: Id, hash: &[u8], expires_at: Instant) -> Result<()> {
        transact!(self, async |conn| {
            let ticket = (export_tickets::hash.eq(hash), export_tickets::expires_at.eq(expires_at));
            diesel::insert_into(export_tickets::table)
                .values((export_tickets::user_id.eq(user), ticket))
                .on_conflict(export_tickets::user_id)
                .do_update()
                .set(ticket)
                .execute(conn)
                .await?;
            Ok(())
        })
    }

    /// Redeems a ticket, which works once, and returns its user. `None` if it is invalid or has expired.
    pub async fn take_export_ticket(&self, hash: &[u8], now: Instant) -> Result<Option<Id>> {
        transact!(self, async |conn| {
            let valid = export_tickets::table
                .filter(export_tickets::hash.eq(hash))
                .filter(export_tickets::expires_at.gt(now));
            let taken = diesel::delete(valid).returning(export_tickets::user_id).get_result(conn).await;
            Ok(taken.optional()?)
        })
    }

    /// Counts the messages on the active branches of the owner's conversations.
    pub async fn count_messages_of(&self, owner: Id) -> Result<i64> {
        let counts = conversations::table.filter(conversations::owner_id.eq(owner));
        let total = counts.select(diesel::dsl::sum(conversations::message_count));
        let total: Option<i64> = read!(self, get_result, total)?;
        Ok(total.unwrap_or(0))
    }

    /// Returns the owner's conversations with keys above `after`, ordered by key, at most `limit`.
    pub async fn conversations_after(&self, owner: Id, after: Id, limit: i64) -> Result<Vec<Conversation>> {
        let later = conversations::table
            .filter(conversations::owner_id.eq(owner))
            .filter(conversations::id.gt(after))
            .order(conversations::id)
            .limit(limit);
        Ok(read!(self, load, later.select(Conversation::as_select()))?)
    }

    /// Returns a conversation's messages off the active branch with keys above `after`, ordered by key, at most
    /// `limit`.
    pub async fn messages_off_branch(&self, conversation: Id, after: Id, limit: i64) -> Result<Vec<Message>> {
        let later = messages::table
            .filter(messages::conversation_id.eq(conversation))
            .filter(messages::position.is_null())
            .filter(messages::id.gt(after))
            .order(messages::id)
            .limit(limit);
        Ok(read!(self, load, later.select(Message::as_select()))?)
    }

    /// Returns a user's sessions with keys above `after`, ordered by key, at most `limit`.
    pub async fn sessions_after(&self, user: Id, after: Id, limit: i64) -> Result<Vec<Session>> {
        let later = sessions::table
            .filter(sessions::user_id.eq(user))
            .filter(sessions::id.gt(after))
            .order(sessions::id)
            .limit(limit);
        Ok(read!(self, load, later.select(Session::as_select()))?)
    }
}
