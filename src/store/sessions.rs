//! Sessions: one per sign-in, kept alive by its refresh tokens.
//!
//! Revoking a session before it expires also inserts a row into `revocations`, in the same transaction, because an
//! access token of the session may be unexpired and every instance must reject it ([`super::revocations`]). Several
//! sessions are ended in the order of their IDs, so that transactions do not deadlock.

use super::{
    Database, Id, Instant, Result,
    database::with_timeout,
    pool::Connection,
    read,
    revocations::RevocationTimes,
    schema::sessions,
    transact,
    users::{Proof, lock_user},
};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde::Serialize;
use std::time::Duration;

/// A row of `sessions`. The export serialises it.
///
/// `generation` is skipped, because it is a part of the valid refresh token. `user_id` is skipped, because every row of
/// an export belongs to the same user.
#[derive(Clone, Debug, Queryable, Selectable, Identifiable, Insertable, Serialize)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = sessions)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The key.
    pub id: Id,
    /// The user who signed in.
    #[serde(skip)]
    pub user_id: Id,
    /// The generation of the valid refresh token, counted from 0.
    #[serde(skip)]
    pub generation: i32,
    /// When the user signed in.
    pub created_at: Instant,
    /// When the refresh token was last exchanged; before the first exchange, when the user signed in.
    pub refreshed_at: Instant,
    /// When the refresh token expires.
    pub expires_at: Instant,
    /// When the session was last used, to about a minute.
    pub last_seen_at: Instant,
    /// The network address of the sign-in or the last refresh.
    pub address: Option<String>,
    /// The client's description of itself at the same moment.
    pub agent: Option<String>,
    /// When the user authenticated at the identity provider. `None` if the user signed in with the password.
    pub authenticated_at: Option<Instant>,
}

/// A refresh token to be exchanged for its successor.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The session.
    pub id: Id,
    /// The token's generation.
    pub generation: i32,
    /// When the next token will expire.
    pub expires_at: Instant,
    /// The network address of the request.
    pub address: Option<String>,
    /// The client's description of itself.
    pub agent: Option<String>,
    /// The time during which the previous token may be presented again.
    pub grace: Duration,
}

/// The result of an exchange.
#[derive(Clone, Debug)]
pub enum Exchanged {
    /// The token was valid. Its successor replaces it.
    Next(Session),
    /// The token was exchanged within the grace period. Its successor is still valid.
    Again(Session),
    /// The token was exchanged before the grace period, so it was probably stolen. The session of this user has been
    /// revoked.
    Reused(Id),
    /// The session does not exist or has ended.
    Unknown,
}

/// Ends the sessions that exist among these, within a transaction. Evaluates to their IDs.
macro_rules! end_sessions {
    ($conn:expr, $ids:expr, $ending:expr) => {{
        use $crate::store::{Id, revocations::revoke, schema::sessions};
        let mut ids: Vec<Id> = $ids;
        ids.sort_unstable();
        let mut ended = Vec::new();
        for id in ids {
            if diesel::delete(sessions::table.find(id)).execute($conn).await? > 0 {
                ended.push(id);
            }
        }
        revoke!($conn, &ended, $ending);
        ended
    }};
}
/// Ends all sessions of a user except one, if it is given, within a transaction. Evaluates to their IDs.
macro_rules! end_all_sessions {
    ($conn:expr, $user:expr, $except:expr, $ending:expr) => {{
        use $crate::store::{Id, schema::sessions};
        let all = sessions::table.filter(sessions::user_id.eq($user)).select(sessions::id);
        let except: Option<Id> = $except;
        let all: Vec<Id> = all.load($conn).await?;
        let others = all.into_iter().filter(|id| Some(*id) != except).collect();
        $crate::store::sessions::end_sessions!($conn, others, $ending)
    }};
}
pub(super) use {end_all_sessions, end_sessions};

impl Database {
    /// Inserts a session. Returns `None` if the user's password has been changed since it was verified.
    ///
    /// A user has at most `max` sessions. Surplus ones, unused for longest, are ended; the result contains their IDs.
    pub async fn insert_session(
        &self,
        session: &Session,
        proof: &Proof,
        max: i64,
        ending: RevocationTimes,
    ) -> Result<Option<Vec<Id>>> {
        transact!(self, async |conn| {
            if !lock_user!(conn, proof) {
                return Ok(None);
            }
            diesel::insert_into(sessions::table).values(session).execute(conn).await?;
            let surplus = sessions::table
                .filter(sessions::user_id.eq(session.user_id))
                .filter(sessions::id.ne(session.id))
                .order((sessions::last_seen_at.desc(), sessions::id.desc()))
                .offset(max - 1)
                .select(sessions::id);
            Ok(Some(end_sessions!(conn, surplus.load(conn).await?, ending)))
        })
    }

    /// Exchanges a refresh token with a valid MAC. Of two concurrent exchanges, on any instances, one gets the next
    /// token and the other the same token again.
    pub async fn exchange(&self, exchange: &Exchange, ending: RevocationTimes) -> Result<Exchanged> {
        let Exchange { id, generation, .. } = *exchange;
        let now = ending.at;
        transact!(self, async |conn| {
            let valid = sessions::table
                .find(id)
                .filter(sessions::generation.eq(generation))
                .filter(sessions::expires_at.gt(now));
            let next: Option<Session> = diesel::update(valid)
                .set((
                    sessions::generation.eq(generation + 1),
                    sessions::refreshed_at.eq(now),
                    sessions::expires_at.eq(exchange.expires_at),
                    sessions::last_seen_at.eq(now),
                    sessions::address.eq(&exchange.address),
                    sessions::agent.eq(&exchange.agent),
                ))
                .returning(Session::as_returning())
                .get_result(conn)
                .await
                .optional()?;
            if let Some(session) = next {
                return Ok(Exchanged::Next(session));
            }
            let active = sessions::table.find(id).filter(sessions::expires_at.gt(now));
            let session: Option<Session> =
                active.select(Session::as_select()).first(conn).await.optional()?;
            Ok(match session {
                Some(session)
                    if session.generation == generation + 1
                        && now < session.refreshed_at + exchange.grace =>
                {
                    Exchanged::Again(session)
                }
                Some(session) if session.generation > generation => {
                    end_sessions!(conn, vec![id], ending);
                    Exchanged::Reused(session.user_id)
                }
                // A higher generation was never issued. The database was restored from an older backup.
                Some(_) | None => Exchanged::Unknown,
            })
        })
    }

    /// Ends a session, if it exists and belongs to `user`, if given. Returns its owner.
    pub async fn end_session(&self, id: Id, user: Option<Id>, ending: RevocationTimes) -> Result<Option<Id>> {
        transact!(self, async |conn| {
            let owner = sessions::table.find(id).select(sessions::user_id);
            let owner: Option<Id> = owner.first(conn).await.optional()?;
            let Some(owner) = owner.filter(|owner| user.is_none_or(|user| user == *owner)) else {
                return Ok(None);
            };
            let ended: Vec<Id> = end_sessions!(conn, vec![id], ending);
            Ok((!ended.is_empty()).then_some(owner))
        })
    }

    /// Ends all of a user's sessions except one. Returns their IDs.
    pub async fn end_other_sessions(&self, user: Id, except: Id, ending: RevocationTimes) -> Result<Vec<Id>> {
        transact!(self, async |conn| { Ok(end_all_sessions!(conn, user, Some(except), ending)) })
    }

    /// Returns a user's sessions, the most recently used first.
    pub async fn sessions_of(&self, user: Id, now: Instant) -> Result<Vec<Session>> {
        let active = sessions::table.filter(sessions::user_id.eq(user)).filter(sessions::expires_at.gt(now));
        let order = (sessions::last_seen_at.desc(), sessions::id.desc());
        Ok(read!(self, load, active.order(order).select(Session::as_select()))?)
    }

    /// Returns the user's sessions among these IDs, in no particular order.
    pub async fn sessions(&self, user: Id, ids: &[Id]) -> Result<Vec<Session>> {
        let own =
            sessions::table.filter(sessions::id.eq_any(ids.to_vec())).filter(sessions::user_id.eq(user));
        Ok(read!(self, load, own.select(Session::as_select()))?)
    }

    /// Sets the last use of these sessions. Skips rows that another transaction has locked, so that it never waits for
    /// them.
    pub async fn touch_sessions(&self, ids: &[Id], now: Instant) -> Result<()> {
        let older = sessions::table.filter(sessions::id.eq_any(ids)).filter(sessions::last_seen_at.lt(now));
        match self {
            Self::Postgres(pool) => {
                let Connection { conn, trust } = &mut *pool.get().await?;
                let touch = conn.transaction(async |conn| {
                    let free = older.select(sessions::id).for_update().skip_locked();
                    let ids: Vec<Id> = free.load(conn).await?;
                    diesel::update(sessions::table.filter(sessions::id.eq_any(ids)))
                        .set(sessions::last_seen_at.eq(now))
                        .execute(conn)
                        .await?;
                    Ok(())
                });
                trust.renew_after(with_timeout(touch)).await
            }
            Self::Sqlite { writer, .. } => {
                let mut conn = writer.get().await?;
                let touch = async |conn: &mut super::sqlite::AsyncSqliteConnection| {
                    diesel::update(older).set(sessions::last_seen_at.eq(now)).execute(conn).await?;
                    Ok(())
                };
                conn.immediate_transaction(touch).await
            }
        }
    }

    /// Deletes at most `limit` expired sessions, and returns their number.
    pub async fn delete_expired_sessions(&self, now: Instant, limit: i64) -> Result<usize> {
        transact!(self, async |conn| {
            let expired = sessions::table.filter(sessions::expires_at.le(now)).limit(limit);
            let ids: Vec<Id> = expired.select(sessions::id).load(conn).await?;
            Ok(diesel::delete(sessions::table.filter(sessions::id.eq_any(&ids))).execute(conn).await?)
        })
    }
}
