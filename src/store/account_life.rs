//! What an account goes through: another address, another password, its end.
//!
//! A deleted account is gone at once, and all that is bounded with it. Its conversations may be many and long: they
//! become nobody's in the same transaction, where no account reaches them, and are removed from there in small steps.

use super::{
    Database, Error, Id, Result, SecurityEventKind,
    removal::NOBODY,
    revocations::{Ending, revoke},
    schema::{access_tokens, conversations, identities, runs, security_events, users},
    security_events::{SecurityEvent, note},
    sessions::end_all,
    transact,
    users::EmailTaken,
};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use std::time::Duration;

/// How long a token of the identity provider makes no new account for whoever has just deleted theirs: it may still be
/// good, and in use.
pub const FORGOTTEN: Duration = Duration::from_secs(3600);

/// What went with an account, and must be told of.
#[derive(Clone, Debug)]
pub struct Gone {
    /// The conversations in which replies were in progress: nobody may write them any more.
    pub stopped: Vec<Id>,
    /// The sessions and the personal access tokens.
    pub ended: Vec<Id>,
    /// The identities: they are nobody's until [`FORGOTTEN`] is over.
    pub identities: Vec<Id>,
}

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

    /// Puts a new password's hash in the place of the one that was verified, and ends all sessions but one; which they
    /// were. `None` if there is another password by now.
    pub async fn change_password(
        &self,
        user: Id,
        (verified, new): (&str, &str),
        but: Id,
        ending: Ending,
        event: &SecurityEvent,
    ) -> Result<Option<Vec<Id>>> {
        transact!(self, async |conn| {
            let unchanged = users::table.find(user).filter(users::password_hash.eq(verified));
            if diesel::update(unchanged).set(users::password_hash.eq(new)).execute(conn).await? == 0 {
                return Ok(None);
            }
            note!(conn, event);
            Ok(Some(end_all!(conn, user, Some(but), ending)))
        })
    }

    /// Deletes an account with all that is kept of it; what it has said becomes nobody's. `None` if the account is gone
    /// already.
    pub async fn delete_user(&self, user: Id, ending: Ending) -> Result<Option<Gone>> {
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
            // Whoever is about to sign in or to make a token holds the user's row likewise: from here on nobody does.
            let locked = diesel::update(users::table.find(user)).set(users::name.eq(users::name));
            if locked.execute(conn).await? == 0 {
                return Ok(None);
            }
            let mut ended = end_all!(conn, user, None, ending);
            let theirs = access_tokens::table.filter(access_tokens::user_id.eq(user));
            let tokens: Vec<Id> =
                diesel::delete(theirs).returning(access_tokens::id).get_results(conn).await?;
            revoke!(conn, &tokens, ending);
            ended.extend(tokens);
            let theirs = identities::table.filter(identities::user_id.eq(user)).select(identities::id);
            let identities: Vec<Id> = theirs.load(conn).await?;
            revoke!(conn, &identities, Ending { until: ending.at + FORGOTTEN, ..ending });
            diesel::delete(users::table.find(user)).execute(conn).await?;
            let event = SecurityEvent {
                id: Id::new(),
                user_id: NOBODY,
                kind: SecurityEventKind::AccountDeleted,
                at: ending.at,
                address: None,
                agent: None,
                detail: None,
            };
            diesel::insert_into(security_events::table).values(&event).execute(conn).await?;
            Ok(Some(Gone { stopped, ended, identities }))
        })
    }
}
