//! Identities: the users of identity providers, by the provider's identifier.

use super::{
    Database, Error, Id, Instant, Result, read,
    schema::{identities, revocations, users},
    security_events::{SecurityEvent, insert_event},
    transact,
    users::User,
};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde::Serialize;

/// A row of `identities`. The export serialises it, without the owner.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Identifiable, Insertable, Serialize)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = identities)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The key, computed from the issuer and the subject.
    pub id: Id,
    /// The user on this server.
    #[serde(skip)]
    pub user_id: Id,
    /// The issuer.
    pub issuer: String,
    /// The provider's identifier of the user.
    pub subject: String,
    /// When the user first authenticated here.
    pub created_at: Instant,
    /// When the previous account of this identity was deleted. Tokens issued until then are rejected.
    pub deleted_at: Option<Instant>,
}

impl Database {
    /// Returns the identity with this key.
    pub async fn identity(&self, id: Id) -> Result<Option<Identity>> {
        let named = identities::table.find(id);
        Ok(read!(self, first, named.select(Identity::as_select())).optional()?)
    }

    /// Returns a user's identities.
    pub async fn identities_of(&self, user: Id) -> Result<Vec<Identity>> {
        let own = identities::table.filter(identities::user_id.eq(user)).order(identities::id);
        Ok(read!(self, load, own.select(Identity::as_select()))?)
    }

    /// Inserts a user with their identity. Returns false if a concurrent request has inserted the identity.
    ///
    /// Fails with [`Error::Orphan`] if the token was issued before the user deleted their previous account.
    pub async fn insert_identity(
        &self,
        user: &User,
        identity: &Identity,
        issued_at: Instant,
        event: &SecurityEvent,
    ) -> Result<bool> {
        let inserted = transact!(self, async |conn| {
            diesel::insert_into(users::table).values(user).execute(conn).await?;
            // Waits for a concurrent deletion of the previous account. Its revocation is visible afterwards.
            diesel::insert_into(identities::table).values(identity).execute(conn).await?;
            let deleted = revocations::table.find(identity.id).select(revocations::revoked_at);
            let deleted: Option<Instant> = deleted.first(conn).await.optional()?;
            if deleted.is_some_and(|at| issued_at <= at) {
                return Err(Error::Orphan);
            }
            let own = identities::table.find(identity.id);
            diesel::update(own).set(identities::deleted_at.eq(deleted)).execute(conn).await?;
            insert_event!(conn, event);
            Ok(())
        });
        match inserted {
            Ok(()) => Ok(true),
            Err(Error::Taken(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
