//! A whole server in the test's process, on a port of its own.

use super::{Client, Kind, PATIENCE, Socket, http, redis_url, soon};
use clap::{Args, Command, FromArgMatches};
use confab::{
    app::{App, Surroundings},
    bus::memory::MemoryBus,
    clock::Clock,
    config::{Config, Environment, Throttling},
    graphql::panics::PanicAt,
    poke::Poke,
    store::Statements,
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// How long a new subscription is silent until it is parked: so short that many are, all the time.
pub const PARK_AFTER: Duration = Duration::from_millis(3);

/// No limits: of most tests' users there are many at one address, and they are quick.
pub const UNTHROTTLED: Throttling = Throttling {
    login_rate_per_address: 0,
    login_rate_per_account: 0,
    register_rate_per_address: 0,
    send_rate: 0,
    max_running: 0,
    cost_rate: 0,
};

/// The settings where nothing is set.
pub fn default_settings() -> Config {
    let matches = Config::augment_args(Command::new("test")).get_matches_from(["test"]);
    Config::from_arg_matches(&matches).expect("the defaults are good")
}

/// What must be set on the internet.
pub fn in_production(config: &mut Config) {
    config.env = Environment::Production;
    config.jwt_secret = Some("5f0c6d1e9a7b48c3e2f1a0b9d8c7e6f5".to_owned().into());
}

/// A running server. Dropping it ends it.
pub struct Server {
    pub address: SocketAddr,
    pub clock: Clock,
    pub statements: Statements,
    pub poke: Poke,
    pub database_url: String,
    pub config: Config,
    http: reqwest::Client,
    settings: Vec<(String, String)>,
    bus: MemoryBus,
    folder: Arc<TempDir>,
    leave: CancellationToken,
    running: JoinHandle<()>,
}

impl Server {
    /// A server with the default settings, but built-in models that do not pause.
    pub async fn start(kind: Kind) -> Self {
        Self::with(kind, |_| {}).await
    }

    /// A server with some settings changed.
    pub async fn with(kind: Kind, change: impl FnOnce(&mut Config)) -> Self {
        Self::with_providers(kind, &[], change).await
    }

    /// A server with variables of providers set.
    pub async fn with_providers(
        kind: Kind,
        settings: &[(&str, &str)],
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let database_url = kind.create(folder.path()).await;
        let mut config = default_settings();
        config.data_dir = folder.path().to_owned();
        config.database_url = Some(database_url.clone().into());
        config.pace_ms = 0;
        config.drain = 0;
        config.throttling = UNTHROTTLED;
        // So that both buses are gone through by every test that runs on both databases.
        config.redis_url = (kind == Kind::Postgres).then(|| redis_url().into());
        change(&mut config);
        let settings = settings.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let (folder, bus) = (Arc::new(folder), MemoryBus::default());
        Self::launch(config, settings, database_url, folder, Clock::default(), bus, None).await
    }

    /// Another instance over the same database and the same bus.
    pub async fn beside(&self) -> Self {
        self.beside_with_clock(self.clock.clone()).await
    }

    /// Another instance over the same database, where the resolver of a field panics.
    pub async fn beside_with_panic(&self, panic_at: PanicAt) -> Self {
        let (config, settings, url) = (self.config.clone(), self.settings.clone(), self.database_url.clone());
        let (folder, clock, bus) = (self.folder.clone(), self.clock.clone(), self.bus.clone());
        Self::launch(config, settings, url, folder, clock, bus, Some(panic_at)).await
    }

    /// Another instance, on a machine whose clock is wrong.
    pub async fn beside_with_clock(&self, clock: Clock) -> Self {
        let (config, settings, url) = (self.config.clone(), self.settings.clone(), self.database_url.clone());
        Self::launch(config, settings, url, self.folder.clone(), clock, self.bus.clone(), None).await
    }

    async fn launch(
        config: Config,
        settings: Vec<(String, String)>,
        database_url: String,
        folder: Arc<TempDir>,
        clock: Clock,
        bus: MemoryBus,
        panic_at: Option<PanicAt>,
    ) -> Self {
        let setting =
            |name: &str| settings.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let complete = config.complete(setting).expect("the settings are good");
        let (statements, leave) = (Statements::recording(), CancellationToken::new());
        let poke = Poke::default();
        let around = Surroundings {
            clock: clock.clone(),
            statements: statements.clone(),
            park_after: PARK_AFTER,
            // On a busy machine Redis is slow, and to find that out is not what most tests are for.
            throttle_patience: PATIENCE,
            bus: bus.clone(),
            poke: poke.clone(),
            panic_at,
        };
        let app = App::build(&config, complete, around).await.expect("the server can be built");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let shutdown = leave.clone().cancelled_owned();
        let running =
            tokio::spawn(async move { app.run(listener, shutdown).await.expect("it ends in peace") });
        Self {
            address,
            clock,
            statements,
            poke,
            database_url,
            config,
            http: http::client(),
            settings,
            bus,
            folder,
            leave,
            running,
        }
    }

    /// Ends the server as SIGTERM does, and starts another over the same database.
    pub async fn restart(self) -> Self {
        self.leave.cancel();
        soon("the server to end", self.running).await.expect("it does not panic");
        Self::launch(self.config, self.settings, self.database_url, self.folder, self.clock, self.bus, None)
            .await
    }

    /// Tells the server to end.
    pub fn leave(&self) {
        self.leave.cancel();
    }

    /// Waits for the server to have ended.
    pub async fn ended(self) {
        soon("the server to end", self.running).await.expect("it does not panic");
    }

    /// A new user's client.
    pub async fn register(&self) -> Client {
        Client::register(self.address).await
    }

    /// A client that is not signed in.
    pub fn stranger(&self) -> Client {
        Client::new(self.address, None)
    }

    /// A socket that has said `connection_init` for the client, and has been answered.
    pub async fn socket(&self, client: &Client) -> Socket {
        let mut socket = Socket::connect(self.address).await;
        socket.init(client.token.as_deref()).await;
        socket
    }

    /// A GET of one of its addresses.
    pub fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(self.url(path))
    }

    /// A request of any method.
    pub fn ask(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, self.url(path))
    }

    /// A POST to `/graphql`, yet without a body and its type.
    pub fn post(&self) -> reqwest::RequestBuilder {
        self.http.post(self.url("/graphql"))
    }

    /// An address of this server.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}
