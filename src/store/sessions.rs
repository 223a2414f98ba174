//! Sessions: one for each signing in, kept alive by its refresh tokens.
//!
//! Whatever ends a session before its time leaves a row in `revocations`, in the same transaction: an access token of
//! the session may still be about, and every instance must come to know ([`super::revocations`]). Several sessions are
//! ended in the order of their ids, so that no two transactions wait for each other.

use super::{
    Database, Id, Instant, Result,
    database::in_time,
    pool::Connection,
    read,
    revocations::Ending,
    schema::sessions,
    transact,
    users::{Proof, hold},
};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use std::time::Duration;

/// A row of `sessions`.
#[derive(Clone, Debug, Queryable, Selectable, Identifiable, Insertable)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = sessions)]
pub struct Session {
    /// The key.
    pub id: Id,
    /// Who signed in.
    pub user_id: Id,
    /// The number of the refresh token that is good now; the first has 0.
    pub generation: i32,
    /// When they signed in.
    pub created_at: Instant,
    /// When the refresh token was last exchanged; until then, when they signed in.
    pub refreshed_at: Instant,
    /// From when its refresh token is not good any more.
    pub expires_at: Instant,
    /// When it was last used, to a minute or so.
    pub last_seen_at: Instant,
    /// Where it was signed in or last refreshed from.
    pub address: Option<String>,
    /// By what, as that program calls itself.
    pub agent: Option<String>,
}

/// A session's refresh token that is presented for the next one.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The session.
    pub id: Id,
    /// The token's number.
    pub generation: i32,
    /// From when the next token will not be good any more.
    pub expires_at: Instant,
    /// Where it is presented from.
    pub address: Option<String>,
    /// By what.
    pub agent: Option<String>,
    /// How long the last token but one may be presented again.
    pub grace: Duration,
}

/// What comes of it.
#[derive(Clone, Debug)]
pub enum Exchanged {
    /// The next token is good in its place.
    Next(Session),
    /// It was exchanged a moment ago: its successor is good still.
    Again(Session),
    /// It was exchanged before, and not a moment ago: somebody has a copy. The session of this user has been ended.
    Reused(Id),
    /// There is no such session, or not any more.
    Unknown,
}

/// Ends those of the sessions that are there, within a transaction; they are told.
macro_rules! end {
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
/// Ends all sessions of a user but one, if one is named, within a transaction; they are told.
macro_rules! end_all {
    ($conn:expr, $user:expr, $but:expr, $ending:expr) => {{
        use $crate::store::{Id, schema::sessions};
        let all = sessions::table.filter(sessions::user_id.eq($user)).select(sessions::id);
        let but: Option<Id> = $but;
        let all: Vec<Id> = all.load($conn).await?;
        let others = all.into_iter().filter(|id| Some(*id) != but).collect();
        $crate::store::sessions::end!($conn, others, $ending)
    }};
}
pub(super) use {end, end_all};

impl Database {
    /// Opens a session for whoever has shown the password; `None` if it is another one by now. A user has at most so
    /// many: those beyond, the longest unused, are ended and told.
    pub async fn insert_session(
        &self,
        session: &Session,
        proof: &Proof,
        most: i64,
        ending: Ending,
    ) -> Result<Option<Vec<Id>>> {
        transact!(self, async |conn| {
            if !hold!(conn, proof) {
                return Ok(None);
            }
            diesel::insert_into(sessions::table).values(session).execute(conn).await?;
            let surplus = sessions::table
                .filter(sessions::user_id.eq(session.user_id))
                .filter(sessions::id.ne(session.id))
                .order((sessions::last_seen_at.desc(), sessions::id.desc()))
                .offset(most - 1)
                .select(sessions::id);
            Ok(Some(end!(conn, surplus.load(conn).await?, ending)))
        })
    }

    /// Exchanges a refresh token that has been found to be one of the session's. Of two at once, on whatever instance,
    /// one gets the next token and the other the same again.
    pub async fn exchange(&self, exchange: &Exchange, ending: Ending) -> Result<Exchanged> {
        let Exchange { id, generation, .. } = *exchange;
        let now = ending.at;
        transact!(self, async |conn| {
            let good = sessions::table
                .find(id)
                .filter(sessions::generation.eq(generation))
                .filter(sessions::expires_at.gt(now));
            let next: Option<Session> = diesel::update(good)
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
            let alive = sessions::table.find(id).filter(sessions::expires_at.gt(now));
            let session: Option<Session> = alive.select(Session::as_select()).first(conn).await.optional()?;
            Ok(match session {
                Some(session)
                    if session.generation == generation + 1
                        && now < session.refreshed_at + exchange.grace =>
                {
                    Exchanged::Again(session)
                }
                Some(session) if session.generation > generation => {
                    end!(conn, vec![id], ending);
                    Exchanged::Reused(session.user_id)
                }
                // A greater number than was ever given: an older state of the database was restored.
                Some(_) | None => Exchanged::Unknown,
            })
        })
    }

    /// Ends a session, if it is there, and the user's where one is named; whose it was.
    pub async fn end_session(&self, id: Id, user: Option<Id>, ending: Ending) -> Result<Option<Id>> {
        transact!(self, async |conn| {
            let owner = sessions::table.find(id).select(sessions::user_id);
            let owner: Option<Id> = owner.first(conn).await.optional()?;
            let Some(owner) = owner.filter(|owner| user.is_none_or(|user| user == *owner)) else {
                return Ok(None);
            };
            let ended: Vec<Id> = end!(conn, vec![id], ending);
            Ok((!ended.is_empty()).then_some(owner))
        })
    }

    /// Ends all of a user's sessions but one; which they were.
    pub async fn end_other_sessions(&self, user: Id, but: Id, ending: Ending) -> Result<Vec<Id>> {
        transact!(self, async |conn| { Ok(end_all!(conn, user, Some(but), ending)) })
    }

    /// A user's sessions, the last used first.
    pub async fn sessions_of(&self, user: Id, now: Instant) -> Result<Vec<Session>> {
        let alive = sessions::table.filter(sessions::user_id.eq(user)).filter(sessions::expires_at.gt(now));
        let order = (sessions::last_seen_at.desc(), sessions::id.desc());
        Ok(read!(self, load, alive.order(order).select(Session::as_select()))?)
    }

    /// Of these sessions, the ones that are the user's, in no order.
    pub async fn sessions(&self, user: Id, ids: &[Id]) -> Result<Vec<Session>> {
        let own =
            sessions::table.filter(sessions::id.eq_any(ids.to_vec())).filter(sessions::user_id.eq(user));
        Ok(read!(self, load, own.select(Session::as_select()))?)
    }

    /// Sessions have been used. Those that somebody else has under way are left out: it waits for nobody.
    pub async fn see_sessions(&self, ids: &[Id], now: Instant) -> Result<()> {
        let seen = sessions::table.filter(sessions::id.eq_any(ids)).filter(sessions::last_seen_at.lt(now));
        match self {
            Self::Postgres(pool) => {
                let Connection { conn, trust } = &mut *pool.get().await?;
                let see = conn.transaction(async |conn| {
                    let free = seen.select(sessions::id).for_update().skip_locked();
                    let ids: Vec<Id> = free.load(conn).await?;
                    diesel::update(sessions::table.filter(sessions::id.eq_any(ids)))
                        .set(sessions::last_seen_at.eq(now))
                        .execute(conn)
                        .await?;
                    Ok(())
                });
                trust.renewed_by(in_time(see)).await
            }
            Self::Sqlite { writer, .. } => {
                let mut conn = writer.get().await?;
                let see = async |conn: &mut super::database::AsyncSqliteConnection| {
                    diesel::update(seen).set(sessions::last_seen_at.eq(now)).execute(conn).await?;
                    Ok(())
                };
                conn.immediate_transaction(see).await
            }
        }
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
