//! The migrations, embedded in the binary: one folder per database, with the same names.
//!
//! Diesel takes no lock while it migrates, so if several instances started together, all but one would fail. Here each
//! instance waits for its turn and then finds nothing to do.

use super::{Error, Result, sqlite::AsyncSqliteConnection};
use diesel::{SqliteConnection, result::Error::QueryBuilderError};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// The longest wait for a lock. Queries of the same table wait behind the migration meanwhile.
const LOCK_TIMEOUT: &str = "1s";
/// The pause after a lock timeout.
const PAUSE: Duration = Duration::from_secs(3);
/// The time after which no further attempt is made.
const GIVE_UP: Duration = Duration::from_secs(600);

/// Runs the pending migrations, and closes `conn`. Its advisory lock is released with it, even if the instance dies.
///
/// A backup or a long query may hold a lock on a table that a migration changes. The migration does not wait for long,
/// because all other queries would queue behind it. It retries instead.
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
            "the database cannot be migrated yet: a backup, a long query or another instance's migration holds a lock"
        );
        sleep(PAUSE).await;
    }
}

/// Runs the pending migrations, each in its own transaction, and returns the connection.
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

/// Runs all pending migrations in one `BEGIN IMMEDIATE`, for which other processes wait.
pub(super) async fn run_on_sqlite(conn: &mut AsyncSqliteConnection) -> Result<()> {
    let migrate = |conn: &mut SqliteConnection| {
        conn.run_pending_migrations(SQLITE).map(|_| ()).map_err(QueryBuilderError)
    };
    Ok(conn.spawn_blocking(move |conn| conn.immediate_transaction(migrate)).await?)
}
