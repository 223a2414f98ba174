//! What is kept: one [`Database`], PostgreSQL or SQLite, and one file of queries for each noun.
//!
//! A query is written once, in Diesel's terms, and pasted by [`read!`] or [`transact!`] into the arm of either
//! database. A transaction locks rows in one order: conversation, runs, messages, the user's feed.
//! What changes something that its user sees ends in [`changes::record!`], which takes that last lock. Nothing here
//! knows of GraphQL, of sockets or of assistants; what is not there is `None`.

pub mod access_tokens;
pub mod account_life;
pub mod changes;
mod chores;
pub mod conversations;
mod database;
pub mod export;
pub mod identities;
mod locking;
pub mod messages;
mod migrations;
pub mod paging;
mod pool;
mod postgres;
pub mod removal;
pub mod revocations;
pub mod runs;
pub mod schema;
#[cfg(test)]
pub(crate) mod scratch;
pub mod security_events;
pub mod sends;
pub mod sessions;
mod statements;
pub mod types;
pub mod users;

pub use database::{Database, POSTGRES_SETUP};
pub use statements::Statements;
pub use types::{ChangeKind, FinishReason, Id, Instant, LATEST, MessageStatus, Role, SecurityEventKind};

/// Why a query has no answer. None of it is for a client's eyes.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A row with this unique value is there already.
    #[error("`{0}` is taken")]
    Taken(&'static str),
    /// The row that this one belongs to is gone: the user's, as a rule.
    #[error("what it belongs to is gone")]
    Orphan,
    /// The database refused or failed.
    #[error("database: {0}")]
    Diesel(diesel::result::Error),
    /// No connection could be had in time.
    #[error("no database connection: {0}")]
    Pool(diesel_async::pooled_connection::bb8::RunError),
    /// A connection could not be made.
    #[error("cannot connect to the database: {0}")]
    Connect(diesel::ConnectionError),
    /// The PostgreSQL database cannot hold every character.
    #[error(
        "the database has the encoding {0}, but must have UTF8: create one with \
         `CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`"
    )]
    Encoding(String),
    /// The tables could not be brought up to date.
    #[error("cannot migrate the database: {0}")]
    Migrate(Box<dyn std::error::Error + Send + Sync>),
    /// The task that asked the database has panicked.
    #[error("a task failed: {0}")]
    Task(tokio::task::JoinError),
    /// A user would have more runs than they may: what was to be stored is not.
    #[error("the user has too many runs")]
    TooManyRuns,
    /// The address names no database we know.
    #[error("it must be `sqlite:PATH` or `postgres://…`, not `{0}:…`")]
    Url(String),
}

/// A query's answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

// Told in the message, so not as a source too: whoever prints the chain would print it twice.
impl From<diesel_async::pooled_connection::bb8::RunError> for Error {
    fn from(error: diesel_async::pooled_connection::bb8::RunError) -> Self {
        Self::Pool(error)
    }
}

impl Error {
    /// Whether a transaction has given way to another one, which waited for it while it waited for that one (PostgreSQL
    /// documentation, "Deadlocks"). Nothing of it was done: it may be tried again.
    fn is_deadlock(&self) -> bool {
        match self {
            Self::Diesel(diesel::result::Error::DatabaseError(_, info)) => {
                info.message().contains("deadlock detected")
            }
            _ => false,
        }
    }

    /// Whether the database is busy or away, so that the same may well succeed a little later. What was asked for may have
    /// been done, if a connection was lost.
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
                ) || PASSING.iter().any(|passing| info.message().contains(passing))
            }
            Self::Diesel(Failure::BrokenTransactionManager | Failure::RollbackErrorOnCommit { .. }) => true,
            _ => false,
        }
    }
}

/// What PostgreSQL and then SQLite say when they are busy, about to end, or out of room: Diesel tells no code of theirs.
const PASSING: [&str; 19] = [
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

/// How often a transaction is tried that gives way to others.
const TRIES: usize = 5;

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
            // PostgreSQL names the constraint, SQLite the column.
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

/// Runs one query on whichever database is there, outside a transaction: `read!(database, load, query)`, or `first`,
/// `get_result`, `execute` in the place of `load`. It gives Diesel's result. The query is pasted twice, and must own
/// what it holds: SQLite runs it on a thread that may block, and reads its rows there.
macro_rules! read {
    ($database:expr, $method:ident, $query:expr) => {
        match $database {
            $crate::store::Database::Postgres(pool) => {
                let $crate::store::pool::Connection { conn, trust } = &mut *pool.get().await?;
                let answer = ::diesel_async::RunQueryDsl::$method($query, conn);
                trust.renewed_by($crate::store::database::in_time(answer)).await
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

/// Runs a block of queries as one transaction of whichever database is there. The block is pasted twice, so it
/// may hold `await` and `?`; it ends in a [`Result`].
macro_rules! transact {
    ($database:expr, async |$conn:ident| $body:expr) => {
        match $database {
            $crate::store::Database::Postgres(pool) => {
                let $crate::store::pool::Connection { conn, trust } = &mut *pool.get().await?;
                let done = conn.transaction(async |$conn| $body);
                trust.renewed_by($crate::store::database::in_time(done)).await
            }
            $crate::store::Database::Sqlite { writer, .. } => {
                writer.get().await?.immediate_transaction(async |$conn| $body).await
            }
        }
    };
}

pub(crate) use {read, transact};
