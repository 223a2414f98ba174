//! Sessions: one for each signing in, kept alive by its refresh token.

use super::{Database, Id, Instant, Result, schema::sessions, transact};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};

/// A row of `sessions`.
#[derive(Clone, Queryable, Selectable, Identifiable, Insertable)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = sessions)]
pub struct Session {
    /// The key.
    pub id: Id,
    /// Who signed in.
    pub user_id: Id,
    /// SHA-256 of the refresh token that is good now.
    pub refresh_hash: Vec<u8>,
    /// When they signed in.
    pub created_at: Instant,
    /// When the refresh token was last exchanged; until then, when they signed in.
    pub refreshed_at: Instant,
    /// From when its refresh token is not good any more.
    pub expires_at: Instant,
}

impl Database {
    /// Opens a session.
    pub async fn insert_session(&self, session: &Session) -> Result<()> {
        transact!(self, async |conn| {
            diesel::insert_into(sessions::table).values(session).execute(conn).await?;
            Ok(())
        })
    }

    /// Puts a new refresh token in the place of a good one. `None` if it is not, or no longer, good.
    pub async fn rotate_session(
        &self,
        old_hash: &[u8],
        new_hash: &[u8],
        now: Instant,
        expires_at: Instant,
    ) -> Result<Option<Session>> {
        transact!(self, async |conn| {
            let good = sessions::table
                .filter(sessions::refresh_hash.eq(old_hash))
                .filter(sessions::expires_at.gt(now));
            Ok(diesel::update(good)
                .set((
                    sessions::refresh_hash.eq(new_hash),
                    sessions::refreshed_at.eq(now),
                    sessions::expires_at.eq(expires_at),
                ))
                .returning(Session::as_returning())
                .get_result(conn)
                .await
                .optional()?)
        })
    }

    /// Ends the session whose refresh token this is, and tells whose it was; `None` if there is none.
    pub async fn delete_session(&self, refresh_hash: &[u8]) -> Result<Option<Id>> {
        transact!(self, async |conn| {
            let ended = sessions::table.filter(sessions::refresh_hash.eq(refresh_hash));
            let user = diesel::delete(ended).returning(sessions::user_id).get_result(conn).await;
            Ok(user.optional()?)
        })
    }

    /// Forgets some of the sessions that have expired, at most `limit`; how many they were.
    pub async fn delete_expired_sessions(&self, now: Instant, limit: i64) -> Result<usize> {
        transact!(self, async |conn| {
            let expired = sessions::table.filter(sessions::expires_at.le(now)).limit(limit);
            let ids: Vec<Id> = expired.select(sessions::id).load(conn).await?;
            Ok(diesel::delete(sessions::table.filter(sessions::id.eq_any(&ids))).execute(conn).await?)
        })
    }
}
