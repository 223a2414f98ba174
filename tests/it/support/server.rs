//! A complete server in the test's process, on a free port.

use super::{Client, Kind, Socket, TIMEOUT, http, redis_url, wait_for};
use clap::{Args, Command, FromArgMatches};
use confab::{
    app::{App, AppOverrides},
    bus::memory::MemoryBus,
    clock::Clock,
    config::{Config, Environment, Throttling},
    graphql::execution::panics::PanicAt,
    store::Statements,
    waker::Waker,
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// How long a subscription is silent until it is parked: so short that most tests park subscriptions.
pub const PARK_AFTER: Duration = Duration::from_millis(3);

/// No rate limits: most tests have many fast users at one address.
pub const UNTHROTTLED: Throttling = Throttling {
    login_rate_per_address: 0,
    login_rate_per_account: 0,
    register_rate_per_address: 0,
    send_rate: 0,
    max_running: 0,
    cost_rate: 0,
};

/// Returns the default settings.
pub fn default_settings() -> Config {
    let matches = Config::augment_args(Command::new("test")).get_matches_from(["test"]);
    Config::from_arg_matches(&matches).expect("the defaults are valid")
}

/// Applies the settings of a production server.
pub fn in_production(config: &mut Config) {
    config.env = Environment::Production;
    config.jwt_secret = Some("5f0c6d1e9a7b48c3e2f1a0b9d8c7e6f5".to_owned().into());
}

/// A running server. Dropping it stops it.
pub struct Server {
    pub address: SocketAddr,
    pub clock: Clock,
    pub statements: Statements,
    pub waker: Waker,
    pub database_url: String,
    pub config: Config,
    http: reqwest::Client,
    settings: Vec<(String, String)>,
    bus: MemoryBus,
    folder: Arc<TempDir>,
    shutdown: CancellationToken,
    running: JoinHandle<()>,
}

impl Server {
    /// Starts a server with the default settings, except that the built-in models do not pause.
    pub async fn start(kind: Kind) -> Self {
        Self::with(kind, |_| {}).await
    }

    /// Starts a server with changed settings.
    pub async fn with(kind: Kind, change: impl FnOnce(&mut Config)) -> Self {
        Self::with_providers(kind, &[], change).await
    }

    /// Starts a server with environment variables of model providers.
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
        config.drain = Duration::ZERO;
        config.throttling = UNTHROTTLED;
        // A test that runs on both databases thus runs on both buses.
        config.redis_url = (kind == Kind::Postgres).then(|| redis_url().into());
        change(&mut config);
        let settings = settings.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let (folder, bus) = (Arc::new(folder), MemoryBus::default());
        Self::launch(config, settings, database_url, folder, Clock::default(), bus, None).await
    }

    /// Starts another instance over the same database and the same bus.
    pub async fn another_instance(&self) -> Self {
        self.another_instance_with_clock(self.clock.clone()).await
    }

    /// Starts another instance in which the resolver of a field panics.
    pub async fn another_instance_with_panic(&self, panic_at: PanicAt) -> Self {
        let (config, settings, url) = (self.config.clone(), self.settings.clone(), self.database_url.clone());
        let (folder, clock, bus) = (self.folder.clone(), self.clock.clone(), self.bus.clone());
        Self::launch(config, settings, url, folder, clock, bus, Some(panic_at)).await
    }

    /// Starts another instance with its own clock.
    pub async fn another_instance_with_clock(&self, clock: Clock) -> Self {
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
        let complete = config.resolve(setting).expect("the settings are valid");
        let (statements, shutdown) = (Statements::recording(), CancellationToken::new());
        let waker = Waker::default();
        let around = AppOverrides {
            clock: clock.clone(),
            statements: statements.clone(),
            park_after: PARK_AFTER,
            // A slow Redis on a busy machine must not change the result of a test.
            redis_timeout: TIMEOUT,
            bus: bus.clone(),
            waker: waker.clone(),
            panic_at,
        };
        let app = App::build(&config, complete, around).await.expect("the server can be built");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let signal = shutdown.clone().cancelled_owned();
        let running =
            tokio::spawn(async move { app.run(listener, signal).await.expect("it ends without an error") });
        Self {
            address,
            clock,
            statements,
            waker,
            database_url,
            config,
            http: http::client(),
            settings,
            bus,
            folder,
            shutdown,
            running,
        }
    }

    /// Shuts the server down as SIGTERM does, and starts another over the same database.
    pub async fn restart(self) -> Self {
        self.shutdown.cancel();
        wait_for("the server to shut down", self.running).await.expect("it does not panic");
        Self::launch(self.config, self.settings, self.database_url, self.folder, self.clock, self.bus, None)
            .await
    }

    /// Starts the shutdown.
    pub fn shut_down(&self) {
        self.shutdown.cancel();
    }

    /// Waits until the server has shut down.
    pub async fn wait(self) {
        wait_for("the server to shut down", self.running).await.expect("it does not panic");
    }

    /// Registers a new user.
    pub async fn register(&self) -> Client {
        Client::register(self.address).await
    }

    /// Returns a client that is not signed in.
    pub fn anonymous(&self) -> Client {
        Client::new(self.address, None)
    }

    /// Opens a socket for a client; `connection_init` is acknowledged.
    pub async fn socket(&self, client: &Client) -> Socket {
        let mut socket = Socket::connect(self.address).await;
        socket.init(client.token.as_deref()).await;
        socket
    }

    /// Returns a GET request for a path.
    pub fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(self.url(path))
    }

    /// Returns a request of any method for a path.
    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, self.url(path))
    }

    /// Returns a POST request to `/graphql`, without a body.
    pub fn post(&self) -> reqwest::RequestBuilder {
        self.http.post(self.url("/graphql"))
    }

    /// Returns the URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}
