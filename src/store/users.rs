//! The people with an account.

use super::{Database, Error, Id, Instant, Result, read, schema::users, transact};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};

/// A row of `users`.
#[derive(Clone, Queryable, Selectable, Identifiable, Insertable)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = users)]
pub struct User {
    /// The key.
    pub id: Id,
    /// The address as its owner wrote it, or as the identity provider told it, if it did.
    pub email: Option<String>,
    /// The address as it is compared; of whoever signs in elsewhere, the user's key.
    pub email_key: String,
    /// What the user is called.
    pub name: String,
    /// A PHC string. `None` of whoever signs in elsewhere.
    pub password_hash: Option<String>,
    /// When the account was made.
    pub created_at: Instant,
}

impl Database {
    /// Adds a user, or tells that the address is taken.
    pub async fn insert_user(&self, user: &User) -> Result<Result<(), EmailTaken>> {
        let inserted: Result<usize> = transact!(self, async |conn| {
            Ok(diesel::insert_into(users::table).values(user).execute(conn).await?)
        });
        match inserted {
            Ok(_) => Ok(Ok(())),
            Err(Error::Taken(_)) => Ok(Err(EmailTaken)),
            Err(error) => Err(error),
        }
    }

    /// The user with this address, as it is compared.
    pub async fn user_by_email(&self, email_key: &str) -> Result<Option<User>> {
        let own = users::table.filter(users::email_key.eq(email_key.to_owned()));
        Ok(read!(self, first, own.select(User::as_select())).optional()?)
    }

    /// The users with these keys, in no order.
    pub async fn users(&self, ids: &[Id]) -> Result<Vec<User>> {
        let named = users::table.filter(users::id.eq_any(ids.to_vec()));
        Ok(read!(self, load, named.select(User::as_select()))?)
    }
}

/// The address has an account already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmailTaken;
