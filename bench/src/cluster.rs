//! Several instances that share a PostgreSQL and a Redis.

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

/// The secret that signs tokens on all instances.
const SECRET: &str = "a secret that all instances of a bench have";

/// The services that the instances share.
#[derive(Clone, Copy, Debug)]
pub struct Services<'a> {
    pub postgres: &'a Url,
    pub redis: &'a Url,
}

/// A cluster of instances.
pub struct Cluster {
    pub servers: Vec<Server>,
    /// Clients of the same user, one for each instance.
    pub users: Vec<Api>,
    pub database: Database,
    pub redis: Process,
}

impl Cluster {
    /// Starts instances that use this provider.
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
        let user = Api::register(servers.first().context("a cluster needs an instance")?).await?;
        let users = servers.iter().map(|server| user.at(server)).collect();
        Ok(Self { servers, users, database, redis })
    }

    /// Returns the CPU time of one instance.
    pub fn cpu(&self, instance: usize) -> Result<Threads> {
        Threads::of(&[self.servers[instance].usage()])
    }

    /// Shuts the instances down and drops the database.
    pub async fn end(self) -> Result<()> {
        for server in self.servers {
            server.end()?;
        }
        self.database.end().await
    }
}
