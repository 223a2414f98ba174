//! Where a measured server stores: each has a fresh database.

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
    /// Makes a database in the PostgreSQL server that `server` leads to.
    pub async fn on_postgres(server: &Url) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (admin, connection) =
            tokio_postgres::connect(server.as_str(), NoTls).await.context("PostgreSQL cannot be reached")?;
        // It ends when the client is dropped.
        tokio::spawn(connection);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("confab_bench_{}_{count}", std::process::id());
        admin.batch_execute(&format!("create database {name}")).await?;
        let mut url = server.clone();
        url.set_path(&name);
        Ok(Self::Postgres(Box::new(Postgres { admin, name, url })))
    }

    /// As `DATABASE_URL`, for a server with this folder.
    pub fn url(&self, folder: &Path) -> String {
        match self {
            Self::Sqlite => format!("sqlite:{}", folder.join("confab.db").display()),
            Self::Postgres(postgres) => postgres.url.to_string(),
        }
    }

    /// The CPU time that PostgreSQL has spent for the connections there are now; `None` if it cannot be told, or is
    /// the server's own.
    pub async fn cpu(&self) -> Option<Duration> {
        self.backends().await?.into_iter().map(|backend| backend.cpu().ok()).sum()
    }

    /// The processes that serve the connections there are now; `None` if they cannot be told, or there are none.
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

    /// Removes it. Whoever uses it must have ended.
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
