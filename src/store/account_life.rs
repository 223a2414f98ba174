//! What an account goes through: another name, another address, another password, its end.
//!
//! A deleted account is gone at once, and all that is bounded with it. Its conversations may be many and long: they
//! become nobody's in the same transaction, where no account reaches them, and are removed from there in small steps.

use super::{
    Database, Error, Id, Result, SecurityEventKind, TRIES,
    removal::NOBODY,
    revocations::{Ending, revoke},
    schema::{access_tokens, changes, conversations, feeds, identities, runs, security_events, users},
    security_events::{SecurityEvent, note},
    sessions::end_all,
    transact,
    users::{EmailTaken, Proof, hold},
};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use std::time::Duration;

/// How long it is remembered when an identity's account was deleted: by then no token from before is taken.
pub const REMEMBERED: Duration = Duration::from_secs(2 * 24 * 3600);

/// What went with an account, and must be told of.
#[derive(Clone, Debug)]
pub struct Gone {
    /// The conversations in which replies were in progress: nobody may write them any more.
    pub stopped: Vec<Id>,
    /// The sessions and the personal access tokens; and the user, if they sign in elsewhere.
    pub ended: Vec<Id>,
}

impl Database {
    /// Gives a user another name, if they are still there.
    pub async fn change_name(&self, user: Id, name: &str) -> Result<()> {
        transact!(self, async |conn| {
            diesel::update(users::table.find(user)).set(users::name.eq(name)).execute(conn).await?;
            Ok(())
        })
    }

    /// Gives a user another address, or tells that it is taken; false if the proof is not good any more.
    pub async fn change_email(
        &self,
        proof: &Proof,
        email: &str,
        email_key: &str,
        event: impl Fn() -> SecurityEvent + Send + Sync,
    ) -> Result<Result<bool, EmailTaken>> {
        let changed = transact!(self, async |conn| {
            if !hold!(conn, proof) {
                return Ok(false);
            }
            diesel::update(users::table.find(proof.user))
                .set((users::email.eq(email), users::email_key.eq(email_key)))
                .execute(conn)
                .await?;
            note!(conn, &event());
            Ok(true)
        });
        match changed {
            Ok(changed) => Ok(Ok(changed)),
            Err(Error::Taken(_)) => Ok(Err(EmailTaken)),
            Err(error) => Err(error),
        }
    }

    /// Puts a new password's hash in the place of the one that was verified, and ends all sessions but the one that is
    /// asked by; which they were. `None` if the proof is not good any more.
    pub async fn change_password(
        &self,
        proof: &Proof,
        new: &str,
        ending: Ending,
        event: impl Fn() -> SecurityEvent + Send + Sync,
    ) -> Result<Option<Vec<Id>>> {
        transact!(self, async |conn| {
            if !hold!(conn, proof) {
                return Ok(None);
            }
            let own = users::table.find(proof.user);
            diesel::update(own).set(users::password_hash.eq(new)).execute(conn).await?;
            note!(conn, &event());
            Ok(Some(end_all!(conn, proof.user, proof.session, ending)))
        })
    }

    /// Deletes an account with all that is kept of it; what it has said becomes nobody's. `None` if the proof is not good
    /// any more, or the account is gone already.
    pub async fn delete_user(&self, proof: &Proof, ending: Ending) -> Result<Option<Gone>> {
        // What goes with the user is locked in an order of the database's own: whoever writes a reply of theirs may wait
        // for us while we wait for them.
        for _ in 1..TRIES {
            match self.try_delete_user(proof, ending).await {
                Err(error) if error.is_deadlock() => {}
                done => return done,
            }
        }
        self.try_delete_user(proof, ending).await
    }

    async fn try_delete_user(&self, proof: &Proof, ending: Ending) -> Result<Option<Gone>> {
        let user = proof.user;
        transact!(self, async |conn| {
            // Locked in the order that sending and running keep: conversations, runs, user, feed. (What is added to the
            // feed holds nobody's row.) Whoever is about to start a conversation holds the user's row until then: that one
            // goes with the user.
            diesel::update(conversations::table.filter(conversations::owner_id.eq(user)))
                .set(conversations::owner_id.eq(NOBODY))
                .execute(conn)
                .await?;
            let nobodys = conversations::table.filter(conversations::owner_id.eq(NOBODY));
            let written = runs::table.filter(runs::conversation_id.eq_any(nobodys.select(conversations::id)));
            let stopped: Vec<Id> =
                diesel::delete(written).returning(runs::conversation_id).get_results(conn).await?;
            // Whoever is about to sign in or to make a token holds the user's row likewise: from here on nobody does.
            if !hold!(conn, proof) {
                return Err(Error::Orphan); // what has been done so far is undone
            }
            let mut ended = end_all!(conn, user, None, ending);
            let theirs = access_tokens::table.filter(access_tokens::user_id.eq(user));
            let tokens: Vec<Id> =
                diesel::delete(theirs).returning(access_tokens::id).get_results(conn).await?;
            revoke!(conn, &tokens, ending);
            ended.extend(tokens);
            let theirs = identities::table.filter(identities::user_id.eq(user)).select(identities::id);
            let identities: Vec<Id> = theirs.load(conn).await?;
            if !identities.is_empty() {
                // By this the instances know the sockets of who signs in elsewhere.
                revoke!(conn, &[user], ending);
                ended.push(user);
            }
            revoke!(conn, &identities, Ending { until: ending.at + REMEMBERED, ..ending });
            // This waits for those who are about to send; what they add to the feed comes before it is removed.
            diesel::delete(users::table.find(user)).execute(conn).await?;
            diesel::delete(changes::table.filter(changes::user_id.eq(user))).execute(conn).await?;
            diesel::delete(feeds::table.find(user)).execute(conn).await?;
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
            Ok(Some(Gone { stopped, ended }))
        })
    }
}
