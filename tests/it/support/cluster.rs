//! Several real servers over one PostgreSQL and one Redis.

use super::{Client, Kind, Process, Service};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

/// The settings of all instances. The lease is the shortest that can be set.
const SETTINGS: [(&str, &str); 7] = [
    ("CONFAB_JWT_SECRET", "the-same-secret-on-all-instances"),
    ("CONFAB_LEASE", "3"),
    ("CONFAB_LOG", "warn"),
    ("CONFAB_REGISTER_RATE_PER_ADDRESS", "0"),
    ("CONFAB_SEND_RATE", "0"),
    ("CONFAB_MAX_RUNNING", "0"),
    ("CONFAB_COST_RATE", "0"),
];

/// Limits the number of clusters that run at the same time.
static CLUSTERS: Semaphore = Semaphore::const_new(2);

/// Instances that share a database and a Redis. Dropping it kills them.
pub struct Cluster {
    /// The addresses of the instances. A restart changes them.
    pub nodes: Nodes,
    processes: Vec<Option<Process>>,
    /// A Redis of the cluster's own, so that a test can kill it.
    pub redis: Service,
    /// A PostgreSQL of the cluster's own. `None` if the cluster uses a database of the shared server.
    pub postgres: Option<Service>,
    settings: Vec<(String, String)>,
    folder: TempDir,
    _permit: SemaphorePermit<'static>,
}

impl Cluster {
    /// Starts instances over a new database, with these additional settings.
    pub async fn start(instances: usize, settings: &[(&str, &str)]) -> Self {
        Self::with(None, instances, settings).await
    }

    /// Starts instances over a PostgreSQL of their own.
    pub async fn with_postgres(instances: usize, settings: &[(&str, &str)]) -> Self {
        Self::with(Some(Service::postgres().await), instances, settings).await
    }

    async fn with(postgres: Option<Service>, instances: usize, more: &[(&str, &str)]) -> Self {
        let permit = CLUSTERS.acquire().await.expect("the semaphore is never closed");
        let folder = tempfile::tempdir().expect("a folder can be made");
        let redis = Service::redis().await;
        let database = match &postgres {
            Some(postgres) => postgres.postgres_url(),
            None => Kind::Postgres.create(folder.path()).await,
        };
        let redis_url = redis.redis_url();
        let own = [("DATABASE_URL", &*database), ("REDIS_URL", &*redis_url)];
        let settings = [&SETTINGS[..], &own, more].concat();
        let settings =
            settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let (nodes, processes) = (Nodes::default(), Vec::new());
        let mut cluster = Self { nodes, processes, redis, postgres, settings, folder, _permit: permit };
        for node in 0..instances {
            cluster.nodes.set(node, SocketAddr::from(([127, 0, 0, 1], 1)));
            cluster.processes.push(None);
            cluster.start_node(node).await;
        }
        cluster
    }

    /// Starts an instance that has been stopped.
    pub async fn start_node(&mut self, node: usize) {
        let settings: Vec<_> = self.settings.iter().map(|(name, value)| (&**name, &**value)).collect();
        let (process, address) = Process::serve(self.folder.path(), &[], &settings).await;
        self.nodes.set(node, address);
        self.processes[node] = Some(process);
    }

    /// Kills an instance with SIGKILL.
    pub async fn kill(&mut self, node: usize) {
        let process = self.processes[node].take().expect("the instance runs");
        process.signal("KILL");
        process.wait().await;
    }

    /// Terminates an instance with SIGTERM, and checks that it exits with success.
    pub async fn terminate(&mut self, node: usize) {
        let process = self.processes[node].take().expect("the instance runs");
        process.signal("TERM");
        let ended = process.wait().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }

    /// Registers a new user at the first instance.
    pub async fn register(&self) -> Client {
        Client::register(self.nodes.at(0)).await
    }
}

/// The addresses of the instances. Clones share them.
#[derive(Clone, Default)]
pub struct Nodes(Arc<Mutex<Vec<SocketAddr>>>);

impl Nodes {
    /// Returns an instance's address; indexes wrap around.
    pub fn at(&self, node: usize) -> SocketAddr {
        let nodes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        nodes[node % nodes.len()]
    }

    /// Returns a random instance's address.
    pub fn any(&self) -> SocketAddr {
        self.at(rand::random_range(0..usize::MAX))
    }

    fn set(&self, node: usize, address: SocketAddr) {
        let mut nodes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = nodes.len().max(node + 1);
        nodes.resize(count, address);
        nodes[node] = address;
    }
}
