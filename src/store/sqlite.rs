//! Connections to SQLite.

use diesel::{ConnectionError, ConnectionResult, SqliteConnection};
use diesel_async::{AsyncConnection, SimpleAsyncConnection, sync_connection_wrapper::SyncConnectionWrapper};

/// A connection to SQLite that makes each call on a blocking thread.
pub type AsyncSqliteConnection = SyncConnectionWrapper<SqliteConnection>;

/// Settings of each connection. `synchronous = FULL` keeps an acknowledged message through a power failure, not only
/// through a crash of the process.
const SETUP: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                     PRAGMA foreign_keys = ON;";

/// Opens a connection and applies [`SETUP`] and the additional settings.
pub async fn connect(path: &str, more_setup: &str) -> ConnectionResult<AsyncSqliteConnection> {
    let mut conn = AsyncSqliteConnection::establish(path).await?;
    let setup = conn.batch_execute(&format!("{SETUP} {more_setup}")).await;
    setup.map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}
