//! The migrations, carried in the binary: twin folders with the same names.
//!
//! Diesel takes no lock around them, so of several instances that start together all but one would fail; here
//! each waits for its turn and then finds nothing left to do.

use super::{Error, Result, database::AsyncSqliteConnection};
use diesel::{SqliteConnection, result::Error::QueryBuilderError};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// The longest wait for a lock. Whoever uses the table meanwhile waits behind the migration.
const LOCK_TIMEOUT: &str = "1s";
/// The pause after a lock was not to be had.
const PAUSE: Duration = Duration::from_secs(3);
/// How long to go on trying.
const GIVE_UP: Duration = Duration::from_secs(600);

/// `conn` is used up: its advisory lock ends with it, even when the instance dies halfway.
///
/// A backup or a long query may hold a lock on a table that a migration changes. The migration does not wait in that line,
/// for everybody else would wait behind it, but tries again and again.
pub(super) async fn run_on_postgres(mut conn: AsyncPgConnection) -> Result<()> {
    conn.batch_execute(&format!("SET statement_timeout = 0; SET lock_timeout = '{LOCK_TIMEOUT}'")).await?;
    let give_up = Instant::now() + GIVE_UP;
    loop {
        let error = match conn.batch_execute("SELECT pg_advisory_lock(7233150)").await {
            Ok(()) => {
                let migrated;
                (conn, migrated) = migrate(conn).await?;
                match migrated {
                    Ok(()) => return Ok(()),
                    Err(error) => error,
                }
            }
            Err(error) => error.into(),
        };
        if !error.to_string().contains("lock timeout") || Instant::now() >= give_up {
            return Err(Error::Migrate(error));
        }
        tracing::warn!(
            retry_in_s = PAUSE.as_secs(),
            "the tables cannot be brought up to date yet: a backup, a long query or another instance's migration holds a \
             lock"
        );
        sleep(PAUSE).await;
    }
}

/// Runs what is pending, each migration in a transaction of its own, and gives the connection back.
async fn migrate(conn: AsyncPgConnection) -> Result<(AsyncPgConnection, Outcome)> {
    // The harness blocks its thread on the connection.
    let migrate = move || {
        let mut harness = AsyncMigrationHarness::new(conn);
        let migrated = harness.run_pending_migrations(POSTGRES).map(|_| ());
        (harness.into_inner(), migrated)
    };
    tokio::task::spawn_blocking(migrate).await.map_err(|panic| Error::Migrate(panic.into()))
}

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// All of it in one `BEGIN IMMEDIATE`, for which other processes wait.
pub(super) async fn run_on_sqlite(conn: &mut AsyncSqliteConnection) -> Result<()> {
    let migrate = |conn: &mut SqliteConnection| {
        conn.run_pending_migrations(SQLITE).map(|_| ()).map_err(QueryBuilderError)
    };
    Ok(conn.spawn_blocking(move |conn| conn.immediate_transaction(migrate)).await?)
}
