//! Imports of conversations: their tickets, and each conversation with its messages in one transaction.

use super::{
    Database, Id, Instant, Result,
    conversations::{Conversation, MAX_PINNED},
    messages::Message,
    removal::DELETED_OWNER,
    schema::{conversations, feeds, import_tickets, messages, users},
    search::{SearchEntry, SearchIndex},
    transact,
};
use diesel::{dsl::exists, prelude::*};
use diesel_async::{AsyncConnection, RunQueryDsl};

/// The result of importing a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imported {
    /// It is stored.
    Stored,
    /// The owner has it already.
    Present,
    /// The owner deleted it a moment ago, and it is not removed yet.
    BeingRemoved,
}

impl Database {
    /// Stores the hash of a user's ticket. The previous ticket becomes invalid.
    pub async fn put_import_ticket(&self, user: Id, hash: &[u8], expires_at: Instant) -> Result<()> {
        transact!(self, async |conn| {
            let ticket = (import_tickets::hash.eq(hash), import_tickets::expires_at.eq(expires_at));
            diesel::insert_into(import_tickets::table)
                .values((import_tickets::user_id.eq(user), ticket))
                .on_conflict(import_tickets::user_id)
                .do_update()
                .set(ticket)
                .execute(conn)
                .await?;
            Ok(())
        })
    }

    /// Redeems a ticket, which works once, and returns its user. `None` if it is invalid or has expired.
    pub async fn take_import_ticket(&self, hash: &[u8], now: Instant) -> Result<Option<Id>> {
        transact!(self, async |conn| {
            let valid = import_tickets::table
                .filter(import_tickets::hash.eq(hash))
                .filter(import_tickets::expires_at.gt(now));
            let taken = diesel::delete(valid).returning(import_tickets::user_id).get_result(conn).await;
            Ok(taken.optional()?)
        })
    }

    /// Stores a conversation with its messages, each of which follows its parent, unless the owner has a conversation with
    /// its ID or with `original`. If the owner has the maximum number of pinned conversations, it is not pinned.
    ///
    /// The feed has no entry for it. [`Database::reload_feed`] reports all conversations of an import.
    pub async fn import_conversation(
        &self,
        conversation: &Conversation,
        original: Option<Id>,
        new: &[Message],
    ) -> Result<Imported> {
        let (owner, mut row) = (conversation.owner_id, conversation.clone());
        transact!(self, async |conn| {
            let ids = [Some(row.id), original];
            let known = conversations::table.filter(conversations::id.eq_any(ids.into_iter().flatten()));
            let known: Vec<(Id, Id)> =
                known.select((conversations::id, conversations::owner_id)).load(conn).await?;
            if known.iter().any(|(_, of)| *of == owner) {
                return Ok(Imported::Present);
            }
            if known.iter().any(|(id, of)| *id == row.id && *of == DELETED_OWNER) {
                return Ok(Imported::BeingRemoved);
            }
            if row.pinned_at.is_some() {
                let pinned = conversations::table
                    .filter(conversations::owner_id.eq(owner))
                    .filter(conversations::pinned_at.is_not_null());
                let pinned: i64 = pinned.count().get_result(conn).await?;
                row.pinned_at = row.pinned_at.filter(|_| pinned < MAX_PINNED);
            }
            // Another import of the same user, on another instance, may have stored it.
            let inserted = diesel::insert_into(conversations::table)
                .values(&row)
                .on_conflict_do_nothing()
                .execute(conn)
                .await?;
            if inserted == 0 {
                return Ok(Imported::Present);
            }
            for message in new {
                diesel::insert_into(messages::table).values(message).execute(conn).await?;
                conn.index(&SearchEntry::of_message(owner, row.id, message.id, &message.content)).await?;
            }
            conn.index(&SearchEntry::of_title(owner, row.id, &row.title)).await?;
            Ok(Imported::Stored)
        })
    }

    /// Leaves out a number in a user's feed, so that every subscriber gets a reload. Does nothing if the account has been
    /// deleted.
    pub async fn reload_feed(&self, owner: Id) -> Result<()> {
        transact!(self, async |conn| {
            let account = diesel::select(exists(users::table.find(owner)));
            if !account.get_result::<bool>(conn).await? {
                return Ok(());
            }
            diesel::insert_into(feeds::table)
                .values((feeds::user_id.eq(owner), feeds::last_sequence.eq(1)))
                .on_conflict(feeds::user_id)
                .do_update()
                .set(feeds::last_sequence.eq(feeds::last_sequence + 1))
                .execute(conn)
                .await?;
            Ok(())
        })
    }
}
