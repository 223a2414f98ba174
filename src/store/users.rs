//! Users: everyone who has an account.

use super::{Database, Error, Id, Instant, Result, read, schema::users, transact};
use diesel::{dsl::sql, prelude::*, sql_types::Bool};
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde::Serialize;
use std::fmt;

/// A row of `users`. The export serialises it.
///
/// `password_hash` is skipped, because whoever reads an export could search for the password offline. `email_key` is
/// skipped, because it is an internal form of `email`.
#[derive(Clone, Queryable, Selectable, Identifiable, Insertable, Serialize)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = users)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The key.
    pub id: Id,
    /// The e-mail address as its owner wrote it, or from the identity provider. `None` if the provider sends none.
    pub email: Option<String>,
    /// The canonical form of the address, for comparison. For a user of the identity provider, the user's key.
    #[serde(skip)]
    pub email_key: String,
    /// The display name.
    pub name: String,
    /// The password hash as a PHC string. `None` for a user of the identity provider.
    #[serde(skip)]
    pub password_hash: Option<String>,
    /// When the account was created.
    pub created_at: Instant,
}

impl Database {
    /// Inserts a user, unless the address is taken.
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

    /// Returns the user with this canonical address. If another user has the former key, that user is returned
    /// instead.
    pub async fn user_by_email(&self, email_key: &str, former_key: &str) -> Result<Option<User>> {
        let own = users::table.filter(users::email_key.eq_any([email_key.to_owned(), former_key.to_owned()]));
        let mut found: Vec<User> = read!(self, load, own.select(User::as_select()))?;
        found.sort_by_key(|user| user.email_key == former_key);
        Ok(found.pop())
    }

    /// Returns users whose address has non-ASCII letters or a domain in `xn--` form: the first `limit` with an ID
    /// above `after`, each with the address and its key.
    pub async fn international_emails(
        &self,
        after: Id,
        limit: i64,
    ) -> Result<Vec<(Id, Option<String>, String)>> {
        let international =
            sql::<Bool>("(octet_length(email_key) <> length(email_key) OR email_key LIKE '%xn--%')");
        let some =
            users::table.filter(users::id.gt(after)).filter(international).order(users::id).limit(limit);
        Ok(read!(self, load, some.select((users::id, users::email, users::email_key)))?)
    }

    /// Replaces a user's address key, unless it has been changed since, or the new key is taken.
    pub async fn replace_email_key(&self, user: Id, from: &str, to: &str) -> Result<Result<(), EmailTaken>> {
        let replaced: Result<usize> = transact!(self, async |conn| {
            let own = users::table.find(user).filter(users::email_key.eq(from));
            Ok(diesel::update(own).set(users::email_key.eq(to)).execute(conn).await?)
        });
        match replaced {
            Ok(_) => Ok(Ok(())),
            Err(Error::Taken(_)) => Ok(Err(EmailTaken)),
            Err(error) => Err(error),
        }
    }

    /// Returns the users with these IDs, in no particular order.
    pub async fn users(&self, ids: &[Id]) -> Result<Vec<User>> {
        let named = users::table.filter(users::id.eq_any(ids.to_vec()));
        Ok(read!(self, load, named.select(User::as_select()))?)
    }
}

/// The credentials that were verified for a change of an account. The change is made only if they are still valid.
/// `Debug` prints the user only.
#[derive(Clone)]
pub struct Proof {
    /// The user.
    pub user: Id,
    /// The hash that the password was verified against; `None` for a user of the identity provider.
    pub password_hash: Option<String>,
    /// The session of the request, if there is one.
    pub session: Option<Id>,
}

impl fmt::Debug for Proof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Proof").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Locks the user's row until the transaction ends. Evaluates to false if the proof is no longer valid.
macro_rules! lock_user {
    ($conn:expr, $proof:expr) => {{
        use $crate::store::{
            Id,
            schema::{sessions, users},
            users::Proof,
        };
        let Proof { user, password_hash, session }: &Proof = $proof;
        let row = diesel::update(users::table.find(*user)).set(users::name.eq(users::name));
        let row = row.returning(users::password_hash).get_result::<Option<String>>($conn);
        let held = row.await.optional()?.is_some_and(|now| now == *password_hash);
        let there: Option<Id> = match session {
            Some(id) if held => {
                let own = sessions::table.find(*id).filter(sessions::user_id.eq(*user));
                own.select(sessions::id).first($conn).await.optional()?
            }
            _ => None,
        };
        held && (session.is_none() || there.is_some())
    }};
}
pub(super) use lock_user;

/// Another account has this e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmailTaken;
