//! The migrations, carried in the binary: twin folders with the same names.
//!
//! Diesel takes no lock around them, so of several instances that start together all but one would fail; here
//! each waits for its turn and then finds nothing left to do.

use super::{Error, Result, database::AsyncSqliteConnection};
use diesel::{SqliteConnection, result::Error::QueryBuilderError};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// `conn` is used up: its advisory lock ends with it, even when the instance dies halfway.
pub(super) async fn run_on_postgres(mut conn: AsyncPgConnection) -> Result<()> {
    conn.batch_execute("SET statement_timeout = 0; SELECT pg_advisory_lock(7233150)").await?;
    // The harness blocks its thread on the connection.
    let migrate = move || AsyncMigrationHarness::new(conn).run_pending_migrations(POSTGRES).map(|_| ());
    tokio::task::spawn_blocking(migrate)
        .await
        .map_err(|panic| Error::Migrate(panic.into()))?
        .map_err(Error::Migrate)
}

/// All of it in one `BEGIN IMMEDIATE`, for which other processes wait.
pub(super) async fn run_on_sqlite(conn: &mut AsyncSqliteConnection) -> Result<()> {
    let migrate = |conn: &mut SqliteConnection| {
        conn.run_pending_migrations(SQLITE).map(|_| ()).map_err(QueryBuilderError)
    };
    Ok(conn.spawn_blocking(move |conn| conn.immediate_transaction(migrate)).await?)
}
