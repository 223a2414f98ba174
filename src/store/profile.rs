//! Changes of a user's name, e-mail address and password, and deletion of the account.
//!
//! Deleting an account immediately deletes everything of limited size. Its conversations may be many and long, so the
//! same transaction gives them to a placeholder user, where no account can reach them. They are removed from there in
//! small steps.

use super::{
    Database, Error, Id, MAX_ATTEMPTS, Result, SecurityEventKind,
    removal::DELETED_OWNER,
    revocations::{RevocationTimes, revoke},
    schema::{access_tokens, changes, conversations, feeds, identities, runs, security_events, users},
    security_events::{SecurityEvent, insert_event},
    sessions::end_all_sessions,
    transact,
    users::{EmailTaken, Proof, lock_user},
};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use std::time::Duration;

/// The time for which the deletion of an identity's account is remembered. Older tokens are rejected by their age.
pub const REMEMBERED: Duration = Duration::from_secs(2 * 24 * 3600);

/// The parts of a deleted account that other components must handle.
#[derive(Clone, Debug)]
pub struct DeletedAccount {
    /// The replies in progress, which must stop.
    pub stopped: Vec<Id>,
    /// The revoked keys: sessions, personal access tokens, and the user if an identity provider authenticates them.
    pub revoked: Vec<Id>,
}

impl Database {
    /// Changes a user's name, if the user exists.
    pub async fn change_name(&self, user: Id, name: &str) -> Result<()> {
        transact!(self, async |conn| {
            diesel::update(users::table.find(user)).set(users::name.eq(name)).execute(conn).await?;
            Ok(())
        })
    }

    /// Changes a user's e-mail address, unless it is taken. Returns false if the proof is no longer valid.
    pub async fn change_email(
        &self,
        proof: &Proof,
        email: &str,
        email_key: &str,
        event: impl Fn() -> SecurityEvent + Send + Sync,
    ) -> Result<Result<bool, EmailTaken>> {
        let changed = transact!(self, async |conn| {
            if !lock_user!(conn, proof) {
                return Ok(false);
            }
            diesel::update(users::table.find(proof.user))
                .set((users::email.eq(email), users::email_key.eq(email_key)))
                .execute(conn)
                .await?;
            insert_event!(conn, &event());
            Ok(true)
        });
        match changed {
            Ok(changed) => Ok(Ok(changed)),
            Err(Error::Taken(_)) => Ok(Err(EmailTaken)),
            Err(error) => Err(error),
        }
    }

    /// Replaces the password hash, and ends all sessions except the one in the proof. Returns the IDs of the ended
    /// sessions, or `None` if the proof is no longer valid.
    pub async fn change_password(
        &self,
        proof: &Proof,
        new: &str,
        ending: RevocationTimes,
        event: impl Fn() -> SecurityEvent + Send + Sync,
    ) -> Result<Option<Vec<Id>>> {
        transact!(self, async |conn| {
            if !lock_user!(conn, proof) {
                return Ok(None);
            }
            let own = users::table.find(proof.user);
            diesel::update(own).set(users::password_hash.eq(new)).execute(conn).await?;
            insert_event!(conn, &event());
            Ok(Some(end_all_sessions!(conn, proof.user, proof.session, ending)))
        })
    }

    /// Deletes an account and its data. Returns `None` if the proof is no longer valid, or the account is deleted
    /// already.
    pub async fn delete_user(
        &self,
        proof: &Proof,
        ending: RevocationTimes,
    ) -> Result<Option<DeletedAccount>> {
        // The database locks the rows that cascade in its own order, so this may deadlock with the runner of a reply.
        for _ in 1..MAX_ATTEMPTS {
            match self.try_delete_user(proof, ending).await {
                Err(error) if error.is_deadlock() => {}
                done => return done,
            }
        }
        self.try_delete_user(proof, ending).await
    }

    async fn try_delete_user(
        &self,
        proof: &Proof,
        ending: RevocationTimes,
    ) -> Result<Option<DeletedAccount>> {
        let user = proof.user;
        transact!(self, async |conn| {
            // Lock order, as in sending and running: conversations, runs, user, feed. (Appending to the feed locks no
            // other row.) A transaction that is starting a conversation holds a lock on the user's row. Locking that row
            // waits for it, and the cascade deletes the new conversation.
            diesel::update(conversations::table.filter(conversations::owner_id.eq(user)))
                .set(conversations::owner_id.eq(DELETED_OWNER))
                .execute(conn)
                .await?;
            let deleted = conversations::table.filter(conversations::owner_id.eq(DELETED_OWNER));
            let running = runs::table.filter(runs::conversation_id.eq_any(deleted.select(conversations::id)));
            let stopped: Vec<Id> =
                diesel::delete(running).returning(runs::message_id).get_results(conn).await?;
            // Signing in and creating a token lock the user's row too, so from here on none can start.
            if !lock_user!(conn, proof) {
                return Err(Error::Orphan); // rolls the transaction back
            }
            let mut revoked = end_all_sessions!(conn, user, None, ending);
            let own = access_tokens::table.filter(access_tokens::user_id.eq(user));
            let tokens: Vec<Id> = diesel::delete(own).returning(access_tokens::id).get_results(conn).await?;
            revoke!(conn, &tokens, ending);
            revoked.extend(tokens);
            let own = identities::table.filter(identities::user_id.eq(user)).select(identities::id);
            let identities: Vec<Id> = own.load(conn).await?;
            if !identities.is_empty() {
                // Connections authenticated by the identity provider are known by the user's ID.
                revoke!(conn, &[user], ending);
                revoked.push(user);
            }
            revoke!(conn, &identities, RevocationTimes { until: ending.at + REMEMBERED, ..ending });
            // Waits for transactions that are sending. Their changes are in the feed before it is deleted.
            diesel::delete(users::table.find(user)).execute(conn).await?;
            diesel::delete(changes::table.filter(changes::user_id.eq(user))).execute(conn).await?;
            diesel::delete(feeds::table.find(user)).execute(conn).await?;
            let event = SecurityEvent {
                id: Id::new(),
                user_id: DELETED_OWNER,
                kind: SecurityEventKind::AccountDeleted,
                at: ending.at,
                address: None,
                agent: None,
                detail: None,
            };
            diesel::insert_into(security_events::table).values(&event).execute(conn).await?;
            Ok(Some(DeletedAccount { stopped, revoked }))
        })
    }
}
