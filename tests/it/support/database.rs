//! A new database for each test.

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use std::path::Path;
use uuid::Uuid;

/// Returns the URL of the Redis that `make test` starts.
pub fn redis_url() -> String {
    std::env::var("CONFAB_TEST_REDIS_URL")
        .expect("CONFAB_TEST_REDIS_URL must name a Redis to test on: run `make test`")
}

/// The database that a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    /// Creates an empty database and returns its URL. SQLite's file is in `folder`; a database of PostgreSQL stays
    /// until the server that `make test` starts is removed.
    pub async fn create(self, folder: &Path) -> String {
        match self {
            Self::Sqlite => format!("sqlite:{}", folder.join("test.db").display()),
            Self::Postgres => {
                let server = std::env::var("CONFAB_TEST_POSTGRES_URL")
                    .expect("CONFAB_TEST_POSTGRES_URL must name a PostgreSQL to test on: run `make test`");
                let mut conn = AsyncPgConnection::establish(&server).await.expect("PostgreSQL answers");
                let name = format!("test_{}", Uuid::now_v7().simple());
                conn.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a database can be made");
                let (address, _) = server.rsplit_once('/').expect("the URL names a database");
                format!("{address}/{name}")
            }
        }
    }
}
