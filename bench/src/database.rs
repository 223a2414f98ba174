//! The database of the server under test. Each server gets a fresh one.

use crate::usage::Process;
use anyhow::{Context, Result};
use std::{
    fmt,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use tokio_postgres::{Client, NoTls};
use url::Url;

/// A fresh database.
pub enum Database {
    /// A file in the server's folder.
    Sqlite,
    /// A database in a PostgreSQL server.
    Postgres(Box<Postgres>),
}

/// A database in a PostgreSQL server.
pub struct Postgres {
    /// Connected to another database of the same server.
    admin: Client,
    name: String,
    url: Url,
}

impl Database {
    /// Creates a database on a PostgreSQL server.
    pub async fn on_postgres(server: &Url) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (admin, connection) =
            tokio_postgres::connect(server.as_str(), NoTls).await.context("PostgreSQL cannot be reached")?;
        // The task ends when the client is dropped.
        tokio::spawn(connection);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("confab_bench_{}_{count}", std::process::id());
        admin.batch_execute(&format!("create database {name}")).await?;
        let mut url = server.clone();
        url.set_path(&name);
        Ok(Self::Postgres(Box::new(Postgres { admin, name, url })))
    }

    /// Returns `DATABASE_URL` for a server with this folder.
    pub fn url(&self, folder: &Path) -> String {
        match self {
            Self::Sqlite => format!("sqlite:{}", folder.join("confab.db").display()),
            Self::Postgres(postgres) => postgres.url.to_string(),
        }
    }

    /// Returns the CPU time of PostgreSQL's backends; `None` if it is unknown, or if the database runs in the server's
    /// own process.
    pub async fn cpu(&self) -> Option<Duration> {
        self.backends().await?.into_iter().map(|backend| backend.cpu().ok()).sum()
    }

    /// Returns PostgreSQL's backends for the current connections; `None` if they are unknown, or if there are none.
    pub async fn backends(&self) -> Option<Vec<Process>> {
        let Self::Postgres(postgres) = self else {
            return None;
        };
        let backends = postgres
            .admin
            .query("select pid from pg_stat_activity where datname = $1", &[&postgres.name])
            .await
            .ok()?;
        let process =
            |row: &tokio_postgres::Row| Some(Process(row.try_get::<_, i32>(0).ok()?.try_into().ok()?));
        backends.iter().map(process).collect()
    }

    /// Drops the database, which must have no connections.
    pub async fn end(self) -> Result<()> {
        if let Self::Postgres(postgres) = self {
            let Postgres { admin, name, .. } = *postgres;
            admin.batch_execute(&format!("drop database {name}")).await?;
        }
        Ok(())
    }
}

impl fmt::Display for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres(_) => "postgres",
        })
    }
}
