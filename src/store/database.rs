//! The connections: a pool on PostgreSQL; one writer and several readers on SQLite.

use super::{
    Error, Instant, Result, migrations,
    pool::{Connection, Connections},
    postgres::Postgres,
    statements::Statements,
    types::sql,
};
use diesel::{
    ConnectionError, ConnectionResult, SqliteConnection, result::DatabaseErrorKind, sql_types::Text,
};
use diesel_async::{
    AsyncConnection, AsyncPgConnection, SimpleAsyncConnection,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, PoolError, RecyclingMethod,
        bb8::{Pool, RunError},
    },
    sync_connection_wrapper::SyncConnectionWrapper,
};
use futures_util::FutureExt;
use std::{path::Path, time::Duration};
use tokio::time::{Instant as Stopwatch, timeout};

/// SQLite's connection, each of its calls made on a thread that may block.
pub(super) type AsyncSqliteConnection = SyncConnectionWrapper<SqliteConnection>;

/// The longest that a query or a transaction may take: longer than the database itself allows, so that only one that
/// will never be answered is given up.
const ANSWER: Duration = Duration::from_secs(20);
/// The longest wait for a free connection.
const CHECKOUT: Duration = Duration::from_secs(5);
/// PostgreSQL's pool.
const POSTGRES_CONNECTIONS: u32 = 16;
/// SQLite's readers.
const SQLITE_READERS: u32 = 4;

/// Settings of each connection to PostgreSQL.
///
/// A dropped request leaves its query running there, so no statement may take long. Each prepared statement is planned
/// once per connection, and again when the statistics change. By itself PostgreSQL plans a list of few ids at each use,
/// which takes longer than to find the rows. Every query here has one good plan, whatever its values and however many rows
/// there are: by an index, row by row. PostgreSQL guesses that a range without known ends is a third of the table, and would
/// read all of it; so the other ways are turned off. (Where there is no index it reads the table all the same, but would
/// compile the query first.)
pub const POSTGRES_SETUP: &str = "SET statement_timeout = '10s'; SET idle_in_transaction_session_timeout = '30s'; \
                                  SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; \
                                  SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off";

/// What each connection to SQLite is told first. `synchronous = FULL` keeps an acknowledged message through a
/// power cut, not only through a crash of ours.
const SQLITE_SETUP: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                            PRAGMA foreign_keys = ON;";

/// The database, told apart by its URL. Cloning it shares the connections.
#[derive(Clone)]
pub enum Database {
    /// Any number of instances share it.
    Postgres(bb8::Pool<Connections>),
    /// SQLite has one writer at a time: a pool of one lets writers queue in order, beside readers that never wait.
    Sqlite {
        /// The one connection that writes, always under `BEGIN IMMEDIATE`.
        writer: Pool<AsyncSqliteConnection>,
        /// Connections that cannot write.
        readers: Pool<AsyncSqliteConnection>,
    },
}

impl Database {
    /// Connects to `sqlite:PATH` or `postgres://…` and counts the statements sent. The tables are left alone.
    pub async fn connect(url: &str, statements: &Statements) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
            if path.is_empty() || path.starts_with(":memory:") {
                return Err(Error::Url("sqlite::memory".into())); // each connection would have a database of its own
            }
            if let Some(folder) = Path::new(path).parent() {
                std::fs::create_dir_all(folder).map_err(|error| {
                    ConnectionError::BadConnection(format!("cannot make {}: {error}", folder.display()))
                })?;
            }
            return Ok(Self::Sqlite {
                writer: sqlite_pool(path, 1, "", statements).await?,
                readers: sqlite_pool(path, SQLITE_READERS, "PRAGMA query_only = ON;", statements).await?,
            });
        }
        if !url.starts_with("postgres:") && !url.starts_with("postgresql:") {
            // Only the scheme is told: the rest may hold a password.
            return Err(Error::Url(url.split(':').next().unwrap_or_default().to_owned()));
        }
        let postgres = Postgres::parse(url)?;
        // The pool would try for a while and then not say what was wrong.
        check_encoding(&mut postgres.connect().await?).await?;
        let statements = statements.clone();
        let mut config = ManagerConfig::default();
        config.recycling_method = RecyclingMethod::Verified;
        config.custom_setup = Box::new(move |_| {
            let (postgres, statements) = (postgres.clone(), statements.clone());
            async move {
                let mut conn = postgres.connect().await?;
                set_up(&mut conn, POSTGRES_SETUP).await?;
                statements.watch(&mut conn);
                Ok(conn)
            }
            .boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config(url, config);
        let pool = bb8::Pool::builder()
            .max_size(POSTGRES_CONNECTIONS)
            .min_idle(Some(1))
            .connection_timeout(CHECKOUT)
            .build(Connections::new(manager))
            .await
            .map_err(pool_error)?;
        Ok(Self::Postgres(pool))
    }

    /// Brings the tables up to date. Instances that start together take turns.
    pub async fn migrate(&self) -> Result<()> {
        match self {
            Self::Postgres(pool) => {
                let Connection { conn, .. } = pool.dedicated_connection().await.map_err(pool_error)?;
                migrations::run_on_postgres(conn).await
            }
            Self::Sqlite { writer, .. } => migrations::run_on_sqlite(&mut *writer.get().await?).await,
        }
    }

    /// The time by the database's clock, and how long it took to ask; `None` on SQLite, which has none of its own.
    pub async fn time(&self) -> Result<Option<(Instant, Duration)>> {
        let Self::Postgres(pool) = self else { return Ok(None) };
        let Connection { conn, trust } = &mut *pool.get().await?;
        let asked = Stopwatch::now();
        // Not the transaction's, as `now()` would tell it.
        let time = diesel::select(diesel::dsl::sql::<sql::Instant>("clock_timestamp()"));
        let answer = diesel_async::RunQueryDsl::get_result(time, conn);
        let time = trust.renewed_by(in_time(answer)).await?;
        Ok(Some((time, asked.elapsed())))
    }

    /// Whether the database answers.
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
    config.recycling_method = RecyclingMethod::Fast; // there is no network that could have broken
    config.custom_setup = Box::new(move |path| {
        let (path, statements) = (path.to_owned(), statements.clone());
        async move {
            let mut conn = AsyncSqliteConnection::establish(&path).await?;
            set_up(&mut conn, &format!("{SQLITE_SETUP} {more_setup}")).await?;
            statements.watch(&mut conn);
            Ok(conn)
        }
        .boxed()
    });
    Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        .connection_timeout(CHECKOUT)
        .build(AsyncDieselConnectionManager::new_with_config(path, config))
        .await
        .map_err(pool_error)
}

/// A database in another encoding would refuse some characters, in the middle of a conversation.
async fn check_encoding(conn: &mut AsyncPgConnection) -> Result<()> {
    let encoding = diesel::dsl::sql::<Text>("current_setting('server_encoding')");
    let encoding: String = diesel_async::RunQueryDsl::get_result(diesel::select(encoding), conn).await?;
    if encoding == "UTF8" { Ok(()) } else { Err(Error::Encoding(encoding)) }
}

async fn set_up(conn: &mut impl SimpleAsyncConnection, statements: &str) -> ConnectionResult<()> {
    conn.batch_execute(statements).await.map_err(ConnectionError::CouldntSetupConfiguration)
}

/// What PostgreSQL answers, or that it does not. A transaction that is given up makes its connection unfit for the pool.
pub(super) async fn in_time<T, E: From<diesel::result::Error>>(
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    timeout(ANSWER, answer).await.unwrap_or_else(|_| {
        let what = Box::new("no answer".to_owned());
        Err(diesel::result::Error::DatabaseError(DatabaseErrorKind::ClosedConnection, what).into())
    })
}

/// A pool that could not be built, or a connection it could not make, as a query would meet it.
pub(super) fn pool_error(error: PoolError) -> Error {
    Error::Pool(RunError::User(error))
}
