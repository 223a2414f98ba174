//! Several instances over one PostgreSQL, which meet on one Redis.

use crate::{
    api::Api,
    database::Database,
    measure::Bench,
    provider::Provider,
    redis,
    server::Server,
    usage::{Process, Threads},
};
use anyhow::{Context, Result};
use url::Url;

/// Signs tokens that are good on all instances.
const SECRET: &str = "a secret that all instances of a bench have";

/// Where instances store and meet.
#[derive(Clone, Copy, Debug)]
pub struct Services<'a> {
    pub postgres: &'a Url,
    pub redis: &'a Url,
}

/// Some instances.
pub struct Cluster {
    pub servers: Vec<Server>,
    /// The same user on each.
    pub users: Vec<Api>,
    pub database: Database,
    pub redis: Process,
}

impl Cluster {
    /// Starts so many instances that have this provider.
    pub async fn start(
        bench: &Bench,
        services: Services<'_>,
        provider: &Provider,
        instances: usize,
    ) -> Result<Self> {
        let database = Database::on_postgres(services.postgres).await?;
        let redis = redis::process(services.redis).await?;
        let mut settings = provider.settings();
        settings
            .extend([("REDIS_URL", services.redis.to_string()), ("CONFAB_JWT_SECRET", SECRET.to_string())]);
        let mut servers = Vec::with_capacity(instances);
        for _ in 0..instances {
            servers.push(Server::start(bench, &database, &settings).await?);
        }
        let user = Api::register(servers.first().context("a cluster of none")?).await?;
        let users = servers.iter().map(|server| user.at(server)).collect();
        Ok(Self { servers, users, database, redis })
    }

    /// What one instance has used.
    pub fn cpu(&self, instance: usize) -> Result<Threads> {
        Threads::of(&[self.servers[instance].usage()])
    }

    /// Ends them, and removes the database.
    pub async fn end(self) -> Result<()> {
        for server in self.servers {
            server.end()?;
        }
        self.database.end().await
    }
}
