//! Removal of deleted conversations in small steps.

use super::{
    Database, Id, Result,
    schema::{conversations, messages},
    transact,
};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};

/// The placeholder user who owns deleted conversations until they are removed. No one can sign in as this user.
pub const DELETED_OWNER: Id = Id(uuid::Uuid::nil());

impl Database {
    /// Removes at most `limit` messages of deleted conversations, or one empty conversation. Returns false if nothing
    /// is left. Several instances may call it at once.
    pub async fn remove_deleted(&self, limit: i64) -> Result<bool> {
        transact!(self, async |conn| {
            let next: Option<Id> = conversations::table
                .filter(conversations::owner_id.eq(DELETED_OWNER))
                .order((conversations::updated_at.desc(), conversations::id.desc()))
                .select(conversations::id)
                .first(conn)
                .await
                .optional()?;
            let Some(conversation) = next else { return Ok(false) };
            // Changes nothing, but locks the row. Concurrent calls run one after the other.
            diesel::update(conversations::table.find(conversation))
                .set(conversations::message_count.eq(conversations::message_count))
                .execute(conn)
                .await?;
            // From the leaves upwards. Deleting a message cascades to those that follow it, and a long chain exceeds
            // the database's recursion limit. Messages off the active branch descend from it, so they come first (see
            // `super::branches` for their order).
            let off_branch = messages::table
                .filter(messages::conversation_id.eq(conversation))
                .filter(messages::position.is_null())
                .order((messages::branch, messages::depth.desc()))
                .limit(limit);
            let mut leaves: Vec<Id> = off_branch.select(messages::id).load(conn).await?;
            if leaves.is_empty() {
                let last = messages::table
                    .filter(messages::conversation_id.eq(conversation))
                    .filter(messages::position.is_not_null())
                    .order(messages::position.desc())
                    .limit(limit);
                leaves = last.select(messages::id).load(conn).await?;
            }
            if leaves.is_empty() {
                diesel::delete(conversations::table.find(conversation)).execute(conn).await?;
            } else {
                for leaf in leaves {
                    diesel::delete(messages::table.find(leaf)).execute(conn).await?;
                }
            }
            Ok(true)
        })
    }
}
