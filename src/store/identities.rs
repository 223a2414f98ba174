//! Identities: the users of other providers, by what those call them.

use super::{
    Database, Error, Id, Instant, Result, read,
    schema::{identities, revocations, users},
    security_events::{SecurityEvent, note},
    transact,
    users::User,
};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};

/// A row of `identities`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Identifiable, Insertable)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = identities)]
pub struct Identity {
    /// The key, made from the issuer and the subject.
    pub id: Id,
    /// Who it is here.
    pub user_id: Id,
    /// The provider.
    pub issuer: String,
    /// What the provider calls them.
    pub subject: String,
    /// When they were first seen.
    pub created_at: Instant,
    /// When an account that they had before was deleted: no token from until then is good.
    pub deleted_at: Option<Instant>,
}

impl Database {
    /// The identity with this key.
    pub async fn identity(&self, id: Id) -> Result<Option<Identity>> {
        let named = identities::table.find(id);
        Ok(read!(self, first, named.select(Identity::as_select())).optional()?)
    }

    /// A user's identities.
    pub async fn identities_of(&self, user: Id) -> Result<Vec<Identity>> {
        let own = identities::table.filter(identities::user_id.eq(user)).order(identities::id);
        Ok(read!(self, load, own.select(Identity::as_select()))?)
    }

    /// Adds a user with their identity; false if somebody else has just done so. By a token that was issued before they
    /// deleted their account it is not done, and that is [`Error::Orphan`].
    pub async fn insert_identity(
        &self,
        user: &User,
        identity: &Identity,
        issued_at: Instant,
        event: &SecurityEvent,
    ) -> Result<bool> {
        let inserted = transact!(self, async |conn| {
            diesel::insert_into(users::table).values(user).execute(conn).await?;
            // Waits for whoever deletes the account meanwhile; what they leave is seen afterwards.
            diesel::insert_into(identities::table).values(identity).execute(conn).await?;
            let deleted = revocations::table.find(identity.id).select(revocations::revoked_at);
            let deleted: Option<Instant> = deleted.first(conn).await.optional()?;
            if deleted.is_some_and(|at| issued_at <= at) {
                return Err(Error::Orphan);
            }
            let own = identities::table.find(identity.id);
            diesel::update(own).set(identities::deleted_at.eq(deleted)).execute(conn).await?;
            note!(conn, event);
            Ok(())
        });
        match inserted {
            Ok(()) => Ok(true),
            Err(Error::Taken(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
