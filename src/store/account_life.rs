//! What an account goes through: another address, another password, its end.
//!
//! A deleted account is gone at once, and all that is bounded with it. Its conversations may be many and long: they
//! become nobody's in the same transaction, where no account reaches them, and are removed from there in small steps.

use super::{
    Database, Error, Id, Instant, Result, SecurityEventKind,
    removal::NOBODY,
    schema::{conversations, runs, security_events, sessions, users},
    security_events::{SecurityEvent, note},
    transact,
    users::EmailTaken,
};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};

impl Database {
    /// Gives a user another address, or tells that it is taken; false if the user is gone.
    pub async fn change_email(
        &self,
        user: Id,
        email: &str,
        email_key: &str,
        event: &SecurityEvent,
    ) -> Result<Result<bool, EmailTaken>> {
        let changed = transact!(self, async |conn| {
            let changed = diesel::update(users::table.find(user))
                .set((users::email.eq(email), users::email_key.eq(email_key)))
                .execute(conn)
                .await?;
            if changed > 0 {
                note!(conn, event);
            }
            Ok(changed > 0)
        });
        match changed {
            Ok(changed) => Ok(Ok(changed)),
            Err(Error::Taken(_)) => Ok(Err(EmailTaken)),
            Err(error) => Err(error),
        }
    }

    /// Puts a new password's hash in the place of the one that was verified; false if there is another by now.
    pub async fn change_password(
        &self,
        user: Id,
        verified: &str,
        new: &str,
        event: &SecurityEvent,
    ) -> Result<bool> {
        transact!(self, async |conn| {
            let unchanged = users::table.find(user).filter(users::password_hash.eq(verified));
            let changed = diesel::update(unchanged).set(users::password_hash.eq(new)).execute(conn).await?;
            if changed > 0 {
                note!(conn, event);
            }
            Ok(changed > 0)
        })
    }

    /// Ends all sessions of a user but one; how many they were.
    pub async fn delete_sessions(&self, user: Id, except: Option<Id>) -> Result<usize> {
        transact!(self, async |conn| {
            let others = sessions::table
                .filter(sessions::user_id.eq(user))
                .filter(sessions::id.ne(except.unwrap_or(NOBODY))); // which is no session's key
            Ok(diesel::delete(others).execute(conn).await?)
        })
    }

    /// Deletes an account with all that is kept of it; what it has said becomes nobody's. It gives the conversations in
    /// which replies were in progress: nobody may write them any more. `None` if the account is gone already.
    pub async fn delete_user(&self, user: Id, now: Instant) -> Result<Option<Vec<Id>>> {
        transact!(self, async |conn| {
            // Locked in the order that sending and running keep: conversations, runs, feed. Whoever is about to start a
            // conversation holds the user's row until then: that one goes with the user.
            diesel::update(conversations::table.filter(conversations::owner_id.eq(user)))
                .set(conversations::owner_id.eq(NOBODY))
                .execute(conn)
                .await?;
            let nobodys = conversations::table.filter(conversations::owner_id.eq(NOBODY));
            let written = runs::table.filter(runs::conversation_id.eq_any(nobodys.select(conversations::id)));
            let stopped: Vec<Id> =
                diesel::delete(written).returning(runs::conversation_id).get_results(conn).await?;
            if diesel::delete(users::table.find(user)).execute(conn).await? == 0 {
                return Ok(None);
            }
            let event = SecurityEvent {
                id: Id::new(),
                user_id: NOBODY,
                kind: SecurityEventKind::AccountDeleted,
                at: now,
                address: None,
                agent: None,
                detail: None,
            };
            diesel::insert_into(security_events::table).values(&event).execute(conn).await?;
            Ok(Some(stopped))
        })
    }
}
