//! Personal access tokens, with which scripts authenticate until the owner deletes them or they expire.

use super::{
    Database, Error, Id, Instant, Result, read,
    revocations::{RevocationTimes, revoke},
    schema::{access_tokens, users},
    security_events::{SecurityEvent, insert_event},
    transact,
};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde::Serialize;

/// A row of `access_tokens`. The export serialises it.
///
/// `hash` is skipped, because it identifies the token, which is a secret. `user_id` is skipped, because every row of an
/// export belongs to the same user.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Identifiable, Insertable, Serialize)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = access_tokens)]
#[serde(rename_all = "camelCase")]
pub struct AccessToken {
    /// The key.
    pub id: Id,
    /// The owner.
    #[serde(skip)]
    pub user_id: Id,
    /// The name that the owner gave it.
    pub name: String,
    /// SHA-256 of the token.
    #[serde(skip)]
    pub hash: Vec<u8>,
    /// Whether it may change conversations and send messages. Every token may read.
    pub can_write: bool,
    /// When it was created.
    pub created_at: Instant,
    /// When it expires.
    pub expires_at: Instant,
    /// When it was last used, to the minute; `None` if it never was.
    pub last_used_at: Option<Instant>,
}

impl Database {
    /// Inserts a token. Returns false if its owner has `max` tokens already.
    pub async fn insert_access_token(
        &self,
        token: &AccessToken,
        max: i64,
        event: &SecurityEvent,
    ) -> Result<bool> {
        transact!(self, async |conn| {
            // Changes nothing, but locks the row, so that concurrent inserts count each other.
            let locked = diesel::update(users::table.find(token.user_id))
                .set(users::name.eq(users::name))
                .execute(conn)
                .await?;
            if locked == 0 {
                return Err(Error::Orphan);
            }
            let own = access_tokens::table.filter(access_tokens::user_id.eq(token.user_id));
            if own.count().get_result::<i64>(conn).await? >= max {
                return Ok(false);
            }
            diesel::insert_into(access_tokens::table).values(token).execute(conn).await?;
            insert_event!(conn, event);
            Ok(true)
        })
    }

    /// Returns a user's tokens, the newest first.
    pub async fn access_tokens(&self, owner: Id) -> Result<Vec<AccessToken>> {
        let own =
            access_tokens::table.filter(access_tokens::user_id.eq(owner)).order(access_tokens::id.desc());
        Ok(read!(self, load, own.select(AccessToken::as_select()))?)
    }

    /// Returns the user's tokens among these IDs, whether expired or not, in no particular order.
    pub async fn access_tokens_by_id(&self, owner: Id, ids: &[Id]) -> Result<Vec<AccessToken>> {
        let own = access_tokens::table
            .filter(access_tokens::id.eq_any(ids.to_vec()))
            .filter(access_tokens::user_id.eq(owner));
        Ok(read!(self, load, own.select(AccessToken::as_select()))?)
    }

    /// Returns the token with this hash, whether expired or not.
    pub async fn access_token_by_hash(&self, hash: &[u8]) -> Result<Option<AccessToken>> {
        let named = access_tokens::table.filter(access_tokens::hash.eq(hash.to_vec()));
        Ok(read!(self, first, named.select(AccessToken::as_select())).optional()?)
    }

    /// Returns whether a token exists, expired or not.
    pub async fn has_access_token(&self, id: Id) -> Result<bool> {
        let found: Option<Id> =
            read!(self, first, access_tokens::table.find(id).select(access_tokens::id)).optional()?;
        Ok(found.is_some())
    }

    /// Records that a token is used, unless its use was recorded after `since`.
    pub async fn touch_access_token(&self, id: Id, now: Instant, since: Instant) -> Result<()> {
        transact!(self, async |conn| {
            let stale = access_tokens::last_used_at.is_null().or(access_tokens::last_used_at.le(since));
            diesel::update(access_tokens::table.find(id).filter(stale))
                .set(access_tokens::last_used_at.eq(now))
                .execute(conn)
                .await?;
            Ok(())
        })
    }

    /// Deletes one of the owner's tokens and returns its name. `None` if it does not exist.
    pub async fn delete_access_token(
        &self,
        owner: Id,
        id: Id,
        event: &SecurityEvent,
        ending: RevocationTimes,
    ) -> Result<Option<String>> {
        transact!(self, async |conn| {
            let own = access_tokens::table.find(id).filter(access_tokens::user_id.eq(owner));
            let name: Option<String> =
                diesel::delete(own).returning(access_tokens::name).get_result(conn).await.optional()?;
            if let Some(name) = &name {
                let event = SecurityEvent { detail: Some(name.clone()), ..event.clone() };
                insert_event!(conn, &event);
                revoke!(conn, &[id], ending);
            }
            Ok(name)
        })
    }
}
