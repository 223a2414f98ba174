//! Database connections: a pool for PostgreSQL; one writer and several readers for SQLite.

use super::{
    Error, Instant, Result, migrations,
    pool::{Connection, ConnectionManager},
    postgres::Postgres,
    sqlite::{self, AsyncSqliteConnection},
    statements::Statements,
    types::sql,
};
use diesel::{ConnectionError, result::DatabaseErrorKind, sql_types::Text};
use diesel_async::{
    AsyncPgConnection, SimpleAsyncConnection,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, PoolError, RecyclingMethod,
        bb8::{Pool, RunError},
    },
};
use futures_util::FutureExt;
use std::{path::Path, time::Duration};
use tokio::time::{Instant as Stopwatch, timeout};

/// The timeout of a query or transaction. It is longer than the limits of the database itself, so it ends only those
/// that get no response at all.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(20);
/// The longest wait for a free connection.
const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(5);
/// The size of the PostgreSQL pool.
const POSTGRES_CONNECTIONS: u32 = 16;
/// The number of SQLite readers.
const SQLITE_READERS: u32 = 4;

/// Settings of each connection to PostgreSQL.
///
/// - A dropped request leaves its query running on the server, so statements have a timeout.
/// - Each prepared statement is planned once per connection, and again when the statistics change. By default
///   PostgreSQL plans a list of few IDs at each use, which takes longer than finding the rows.
/// - Every query has one good plan for all values and table sizes: by an index, row by row. For a range with unknown
///   bounds, PostgreSQL assumes a third of the table and would scan all of it. So the other plans are disabled.
/// - JIT compilation is off. Without an index PostgreSQL still scans the table, but would compile the query first.
pub const POSTGRES_SETUP: &str = "SET statement_timeout = '10s'; SET idle_in_transaction_session_timeout = '30s'; \
                                  SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; \
                                  SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off";

/// The database, chosen by its URL. Clones share the connections.
#[derive(Clone)]
pub enum Database {
    /// PostgreSQL, which any number of instances may share.
    Postgres(bb8::Pool<ConnectionManager>),
    /// SQLite, which allows one writer at a time. A pool of one lets writers queue in order; readers never wait for
    /// them.
    Sqlite {
        /// The only connection that writes, always in `BEGIN IMMEDIATE`.
        writer: Pool<AsyncSqliteConnection>,
        /// The read-only connections.
        readers: Pool<AsyncSqliteConnection>,
    },
}

impl Database {
    /// Connects to `sqlite:PATH` or `postgres://…`, and counts the statements sent. Does not run migrations.
    pub async fn connect(url: &str, statements: &Statements) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
            if path.is_empty() || path.starts_with(":memory:") {
                return Err(Error::Url("sqlite::memory".into())); // each connection would open another database
            }
            if let Some(folder) = Path::new(path).parent() {
                std::fs::create_dir_all(folder).map_err(|error| {
                    ConnectionError::BadConnection(format!("cannot create {}: {error}", folder.display()))
                })?;
            }
            return Ok(Self::Sqlite {
                writer: sqlite_pool(path, 1, "", statements).await?,
                readers: sqlite_pool(path, SQLITE_READERS, "PRAGMA query_only = ON;", statements).await?,
            });
        }
        if !url.starts_with("postgres:") && !url.starts_with("postgresql:") {
            // Only the scheme is reported, because the rest may contain a password.
            return Err(Error::Url(url.split(':').next().unwrap_or_default().to_owned()));
        }
        let postgres = Postgres::parse(url)?;
        // Checked before building the pool, which would retry for a while and then hide the cause.
        check_encoding(&mut postgres.connect().await?).await?;
        let statements = statements.clone();
        let mut config = ManagerConfig::default();
        config.recycling_method = RecyclingMethod::Verified;
        config.custom_setup = Box::new(move |_| {
            let (postgres, statements) = (postgres.clone(), statements.clone());
            async move {
                let mut conn = postgres.connect().await?;
                let setup = conn.batch_execute(POSTGRES_SETUP).await;
                setup.map_err(ConnectionError::CouldntSetupConfiguration)?;
                statements.instrument(&mut conn);
                Ok(conn)
            }
            .boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config(url, config);
        let pool = bb8::Pool::builder()
            .max_size(POSTGRES_CONNECTIONS)
            .min_idle(Some(1))
            .connection_timeout(CHECKOUT_TIMEOUT)
            .build(ConnectionManager::new(manager))
            .await
            .map_err(pool_error)?;
        Ok(Self::Postgres(pool))
    }

    /// Runs the pending migrations. Instances that start together take turns.
    pub async fn migrate(&self) -> Result<()> {
        match self {
            Self::Postgres(pool) => {
                let Connection { conn, .. } = pool.dedicated_connection().await.map_err(pool_error)?;
                migrations::run_on_postgres(conn).await
            }
            Self::Sqlite { writer, .. } => migrations::run_on_sqlite(&mut *writer.get().await?).await,
        }
    }

    /// Returns the time of the database's clock and the duration of the query. `None` on SQLite, which has no clock
    /// of its own.
    pub async fn time(&self) -> Result<Option<(Instant, Duration)>> {
        let Self::Postgres(pool) = self else { return Ok(None) };
        let Connection { conn, trust } = &mut *pool.get().await?;
        let asked = Stopwatch::now();
        // Not `now()`, which returns the start time of the transaction.
        let time = diesel::select(diesel::dsl::sql::<sql::Instant>("clock_timestamp()"));
        let answer = diesel_async::RunQueryDsl::get_result(time, conn);
        let time = trust.renew_after(with_timeout(answer)).await?;
        Ok(Some((time, asked.elapsed())))
    }

    /// Checks that the database responds.
    pub async fn ping(&self) -> Result<()> {
        super::read!(self, execute, diesel::sql_query("SELECT 1"))?;
        Ok(())
    }
}

async fn sqlite_pool(
    path: &str,
    size: u32,
    more_setup: &'static str,
    statements: &Statements,
) -> Result<Pool<AsyncSqliteConnection>> {
    let statements = statements.clone();
    let mut config = ManagerConfig::default();
    config.recycling_method = RecyclingMethod::Fast; // without a network, connections do not break
    config.custom_setup = Box::new(move |path| {
        let (path, statements) = (path.to_owned(), statements.clone());
        async move {
            let mut conn = sqlite::connect(&path, more_setup).await?;
            statements.instrument(&mut conn);
            Ok(conn)
        }
        .boxed()
    });
    Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        .connection_timeout(CHECKOUT_TIMEOUT)
        .build(AsyncDieselConnectionManager::new_with_config(path, config))
        .await
        .map_err(pool_error)
}

/// Rejects a database with an encoding other than UTF8, which would fail at some characters in the middle of a
/// conversation.
async fn check_encoding(conn: &mut AsyncPgConnection) -> Result<()> {
    let encoding = diesel::dsl::sql::<Text>("current_setting('server_encoding')");
    let encoding: String = diesel_async::RunQueryDsl::get_result(diesel::select(encoding), conn).await?;
    if encoding == "UTF8" { Ok(()) } else { Err(Error::Encoding(encoding)) }
}

/// Applies the response timeout. A transaction that times out leaves its connection unusable for the pool.
pub(super) async fn with_timeout<T, E: From<diesel::result::Error>>(
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    timeout(RESPONSE_TIMEOUT, answer).await.unwrap_or_else(|_| {
        let what = Box::new("the database did not respond in time".to_owned());
        Err(diesel::result::Error::DatabaseError(DatabaseErrorKind::ClosedConnection, what).into())
    })
}

/// Converts an error of building the pool, or of its connections, into the error that a query would return.
pub(super) fn pool_error(error: PoolError) -> Error {
    Error::Pool(RunError::User(error))
}
