//! The database: one [`Database`], PostgreSQL or SQLite, and one file of queries per noun.
//!
//! Each query is written once, with Diesel. The macros [`read!`] and [`transact!`] expand it for both databases. Every
//! transaction locks rows in the same order: conversation, runs, messages, the user's feed. A transaction that changes
//! something visible to its user ends with [`changes::record!`], which takes the last of these locks.
//!
//! This module depends on nothing above it: GraphQL, sockets or assistants. A row that does not exist is `None`.

pub mod access_tokens;
pub mod branches;
pub mod changes;
pub mod conversations;
mod database;
pub mod export;
pub mod identities;
pub mod imports;
mod locking;
mod maintenance;
pub mod messages;
mod migrations;
pub mod paging;
pub mod parts;
mod pool;
mod postgres;
pub mod profile;
pub mod ratings;
pub mod removal;
pub mod revocations;
pub mod runs;
pub mod schema;
#[cfg(test)]
pub(crate) mod scratch;
pub mod search;
pub mod security_events;
pub mod sends;
pub mod sessions;
mod sqlite;
mod statements;
pub mod titles;
pub mod types;
pub mod users;

pub use database::{Database, POSTGRES_SETUP};
pub use statements::Statements;
pub use types::{
    ChangeKind, FinishReason, Id, Instant, MAX_MICROS, MessageStatus, Rating, Role, SecurityEventKind,
};

/// The reason why a query failed. It is not meant for clients.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A row with this unique value already exists.
    #[error("`{0}` already exists")]
    Taken(&'static str),
    /// The parent row, usually the user, has been deleted.
    #[error("the parent row has been deleted")]
    Orphan,
    /// The database rejected the query or failed.
    #[error("database: {0}")]
    Diesel(diesel::result::Error),
    /// No connection became available in time.
    #[error("no database connection: {0}")]
    Pool(diesel_async::pooled_connection::bb8::RunError),
    /// Connecting failed.
    #[error("cannot connect to the database: {0}")]
    Connect(diesel::ConnectionError),
    /// The PostgreSQL database has an encoding other than UTF8, so it cannot store every character.
    #[error(
        "the database has the encoding {0}, but must have UTF8; create one with \
         `CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`"
    )]
    Encoding(String),
    /// Running the migrations failed.
    #[error("cannot migrate the database: {0}")]
    Migrate(Box<dyn std::error::Error + Send + Sync>),
    /// The task that ran the query panicked.
    #[error("a task failed: {0}")]
    Task(tokio::task::JoinError),
    /// The message cannot be stored. The transaction was rolled back.
    #[error("the message cannot be stored")]
    Rejected(sends::Rejection),
    /// The user has the maximum number of pinned conversations. Nothing was stored.
    #[error("the user has the maximum number of pinned conversations")]
    TooManyPinned,
    /// The URL has an unsupported scheme.
    #[error("the URL must start with `sqlite:` or `postgres://`, not with `{0}:`")]
    Url(String),
}

/// The result of a query.
pub type Result<T, E = Error> = std::result::Result<T, E>;

// Not `#[from]`, because the message contains the cause: a printed error chain would contain it twice.
impl From<diesel_async::pooled_connection::bb8::RunError> for Error {
    fn from(error: diesel_async::pooled_connection::bb8::RunError) -> Self {
        Self::Pool(error)
    }
}

impl Error {
    /// Returns whether PostgreSQL aborted the transaction to resolve a deadlock (PostgreSQL documentation,
    /// "Deadlocks"). The transaction had no effect and may be retried.
    fn is_deadlock(&self) -> bool {
        match self {
            Self::Diesel(diesel::result::Error::DatabaseError(_, info)) => {
                info.message().contains("deadlock detected")
            }
            _ => false,
        }
    }

    /// Returns whether the database is busy or unreachable, so that a retry may succeed. If a connection was lost, the
    /// query may have been executed.
    pub fn is_unavailable(&self) -> bool {
        use diesel::result::{
            DatabaseErrorKind::{
                ClosedConnection, ReadOnlyTransaction, SerializationFailure, UnableToSendCommand,
            },
            Error as Failure,
        };
        match self {
            Self::Pool(_) | Self::Connect(_) => true,
            Self::Diesel(Failure::DatabaseError(kind, info)) => {
                matches!(
                    kind,
                    ClosedConnection | ReadOnlyTransaction | SerializationFailure | UnableToSendCommand
                ) || TRANSIENT.iter().any(|text| info.message().contains(text))
            }
            Self::Diesel(Failure::BrokenTransactionManager | Failure::RollbackErrorOnCommit { .. }) => true,
            _ => false,
        }
    }
}

/// Messages of PostgreSQL, then of SQLite, when they are busy, shutting down or out of space. Diesel does not expose
/// their error codes.
const TRANSIENT: [&str; 19] = [
    "canceling statement due to",
    "deadlock detected",
    "terminating connection",
    "the database system is",
    "too many clients",
    "remaining connection slots",
    "out of shared memory",
    "out of memory",
    "No space left on device",
    "could not extend file",
    "could not write",
    "read-only transaction",
    "database is locked",
    "table is locked",
    "database or disk is full",
    "readonly database",
    "disk I/O error",
    "unable to open database file",
    "interrupted",
];

/// The maximum number of attempts at a transaction that is aborted by deadlocks.
const MAX_ATTEMPTS: usize = 5;

impl From<diesel::ConnectionError> for Error {
    fn from(error: diesel::ConnectionError) -> Self {
        Self::Connect(error)
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{
            DatabaseErrorKind::{ForeignKeyViolation, UniqueViolation},
            Error::DatabaseError,
        };
        match &error {
            // PostgreSQL reports the constraint, SQLite the column.
            DatabaseError(UniqueViolation, info)
                if info.constraint_name() == Some("users_email_key")
                    || info.message().ends_with("users.email_key") =>
            {
                Self::Taken("users.email")
            }
            DatabaseError(UniqueViolation, info)
                if info.constraint_name() == Some("identities_pkey")
                    || info.message().ends_with("identities.id") =>
            {
                Self::Taken("identities.id")
            }
            DatabaseError(ForeignKeyViolation, _) => Self::Orphan,
            _ => Self::Diesel(error),
        }
    }
}

/// Runs one query outside a transaction: `read!(database, load, query)`, or `first`, `get_result` or `execute` instead
/// of `load`. Returns Diesel's result. The query is expanded once for each database. It must own its values, because
/// SQLite runs it and reads its rows on a blocking thread.
macro_rules! read {
    ($database:expr, $method:ident, $query:expr) => {
        match $database {
            $crate::store::Database::Postgres(pool) => {
                let $crate::store::pool::Connection { conn, trust } = &mut *pool.get().await?;
                let answer = ::diesel_async::RunQueryDsl::$method($query, conn);
                trust.renew_after($crate::store::database::with_timeout(answer)).await
            }
            $crate::store::Database::Sqlite { readers, .. } => {
                let query = $query;
                let read =
                    move |conn: &mut ::diesel::SqliteConnection| ::diesel::RunQueryDsl::$method(query, conn);
                readers.get().await?.spawn_blocking(read).await
            }
        }
    };
}

/// Runs a block of queries as one transaction. The block is expanded once for each database, so it may use `await` and
/// `?`. It evaluates to a [`Result`].
macro_rules! transact {
    ($database:expr, async |$conn:ident| $body:expr) => {
        match $database {
            $crate::store::Database::Postgres(pool) => {
                let $crate::store::pool::Connection { conn, trust } = &mut *pool.get().await?;
                let work = conn.transaction(async |$conn| $body);
                trust.renew_after($crate::store::database::with_timeout(work)).await
            }
            $crate::store::Database::Sqlite { writer, .. } => {
                writer.get().await?.immediate_transaction(async |$conn| $body).await
            }
        }
    };
}

pub(crate) use {read, transact};
