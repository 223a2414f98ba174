//! Builds all parts of the server, runs them, and shuts them down.

use crate::{
    accounts::{
        AccessTokens, Accounts, Audit, Deletion, DownloadLimiter, IdentityProvider, Keys, Passwords,
        ProviderSettings, RefreshTokens, Secret, Sessions,
    },
    assistant::{catalog::Catalog, providers::Providers},
    background::Background,
    bus::{Bus, memory::MemoryBus, redis::RedisBus},
    changes::Changes,
    clock::Clock,
    config::{Config, Registration, ResolvedConfig},
    conversations::Conversations,
    graphql::{
        document::{Documents, TrustedDocuments},
        execution::{
            panics::PanicAt,
            service::{ChargeQueues, GraphqlService},
        },
        schema::{self, Domain},
    },
    imports::Imports,
    maintenance,
    removal::Removal,
    replies::Replies,
    search::Indexing,
    store::{self, Database, Instant, Statements},
    throttle::{self, Throttle},
    transport::{
        self, ConnectionLimits, KeyedLimiter, MAX_IMPORTS, OpenStreams, Readiness, Transport, TrustedProxies,
    },
    waker::Waker,
};
use anyhow::Context;
use std::{sync::Arc, thread::available_parallelism, time::Duration};
use tokio::{net::TcpListener, time::timeout};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};

/// How long tasks other than replies may take to end during shutdown.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// A server that is ready to listen.
pub struct App {
    router: axum::Router,
    connections: ConnectionLimits,
    trusted_proxies: TrustedProxies,
    replies: Replies,
    waker: Waker,
    /// Receives messages from other instances until the last reply has ended or been handed over.
    _bus_receiver: Option<AbortOnDropHandle<()>>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
    /// How long replies may continue during shutdown.
    drain: Duration,
}

/// How long a new subscription must be silent before it is parked. Words of a reply usually follow each other faster.
///
/// It is short because the process does not return all freed memory to the system. When very many clients connect at
/// once, peak memory depends on the number of silent subscriptions that are not parked yet.
const PARK_AFTER: Duration = Duration::from_millis(200);

/// Parts that tests replace. An ordinary start uses the defaults.
#[derive(Clone)]
pub struct AppOverrides {
    /// The clock, which tests can advance.
    pub clock: Clock,
    /// A recorder of the SQL statements that are sent to the database.
    pub statements: Statements,
    /// How long a new subscription must be silent before it is parked.
    pub park_after: Duration,
    /// How long the rate limiter waits for Redis.
    pub redis_timeout: Duration,
    /// Wakes the background tasks.
    pub waker: Waker,
    /// The bus between instances in the same process. It is used if Redis is not configured.
    pub bus: MemoryBus,
    /// The field whose resolver panics.
    pub panic_at: Option<PanicAt>,
}

impl Default for AppOverrides {
    fn default() -> Self {
        Self {
            clock: Clock::default(),
            statements: Statements::default(),
            park_after: PARK_AFTER,
            redis_timeout: throttle::REDIS_TIMEOUT,
            waker: Waker::default(),
            bus: MemoryBus::default(),
            panic_at: None,
        }
    }
}

/// What all parts of the server share.
#[derive(Clone)]
struct Base {
    store: Database,
    clock: Clock,
    bus: Arc<dyn Bus>,
    throttle: Arc<Throttle>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

impl Base {
    fn accounts(
        &self,
        config: &Config,
        secret: &Secret,
        keys: Keys,
        identity_provider: Option<ProviderSettings>,
    ) -> anyhow::Result<Arc<Accounts>> {
        let Self { store, clock, bus, throttle, tasks, .. } = self;
        let sessions = Sessions::new(
            store.clone(),
            clock.clone(),
            RefreshTokens::new(secret),
            config.session_lifetimes(),
            bus.clone(),
            tasks.clone(),
        );
        Ok(Arc::new(Accounts {
            store: store.clone(),
            clock: clock.clone(),
            passwords: Passwords::new(available_parallelism().map_or(2, usize::from)),
            access_tokens: AccessTokens::new(keys, config.access_token_ttl),
            sessions,
            identity_provider: build_identity_provider(identity_provider, secret, clock)?,
            open: config.identities.registration == Registration::Open,
            audit: Audit::new(store.clone(), clock.clone(), tasks.clone()),
            exports: DownloadLimiter::default(),
            throttle: throttle.clone(),
        }))
    }

    fn replies(&self, config: &Config, catalog: Arc<Catalog>, changes: Changes) -> Replies {
        let Self { store, clock, bus, throttle, .. } = self.clone();
        Replies::new(store, catalog, bus, clock, changes, throttle, config.reply_settings())
    }

    fn imports(&self, catalog: Arc<Catalog>, changes: Changes) -> Imports {
        Imports { store: self.store.clone(), clock: self.clock.clone(), catalog, changes }
    }

    /// Starts the background tasks, which end at shutdown. Those of the reply engine start with the server.
    fn spawn_background(&self, domain: &Domain, known_from: Instant, waker: &Waker) {
        let Domain { store, accounts, catalog, changes, conversations, .. } = domain;
        let background = Background::new(self.tasks.clone(), self.shutdown.clone(), waker.clone());
        if let Some(provider) = accounts.identity_provider.clone() {
            provider.keep_keys(&background);
        }
        catalog.clone().refresh_lists(&background);
        accounts.clock.clone().keep_synchronized(store.clone(), &background);
        maintenance::start(store.clone(), accounts.clock.clone(), &background);
        conversations.removal.clone().start(&background);
        Indexing::new(store.clone(), accounts.clock.clone()).start(&background);
        changes.clone().start_polling(&background);
        let (watcher, token) = (accounts.clone(), self.shutdown.clone());
        self.tasks.spawn(async move { watcher.sessions.run_revocation_poll(known_from, token).await });
    }
}

impl App {
    /// Connects to the database, brings its schema up to date, and builds all parts.
    pub async fn build(
        config: &Config,
        resolved: ResolvedConfig,
        overrides: AppOverrides,
    ) -> anyhow::Result<Self> {
        let AppOverrides { clock, statements, park_after, redis_timeout, waker, bus, panic_at } = overrides;
        let store =
            open_database(&resolved.database_url, &statements, &clock).await.context("DATABASE_URL")?;
        let redis = resolved.redis.as_ref().map(RedisBus::connection);
        let throttle =
            Arc::new(Throttle::new(config.throttling.rates(), clock.clone(), redis, redis_timeout));
        let (bus, bus_receiver) = connect_bus(resolved.redis, bus);
        let (tasks, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let base = Base { store, clock, bus, throttle, tasks, shutdown };
        let catalog = build_catalog(config, &resolved.providers)?;
        let accounts = base.accounts(config, &resolved.secret, resolved.keys, resolved.identity_provider)?;
        let known_from = accounts.sessions.poll_revocations(Instant(0)).await.context("DATABASE_URL")?;
        let changes = Changes::new(base.store.clone(), base.bus.clone(), base.tasks.clone());
        let replies = base.replies(config, catalog.clone(), changes.clone());
        let imports = base.imports(catalog.clone(), changes.clone());
        let domain = build_domain(accounts.clone(), catalog, replies.clone(), changes.clone());
        base.spawn_background(&domain, known_from, &waker);
        let Base { store, throttle, tasks, shutdown, .. } = base;
        let service = Arc::new(GraphqlService {
            schema: schema::build(domain, panic_at),
            documents: build_documents(config, resolved.trusted_documents)?,
            store: store.clone(),
            replies: replies.clone(),
            changes,
            throttle: throttle.clone(),
            charge_queues: ChargeQueues::default(),
            tasks: tasks.clone(),
            park_after,
        });
        let connections = config.connection_limits();
        let router = transport::router(Transport {
            settings: config.transport_settings(),
            service,
            accounts,
            store,
            readiness: Readiness::default(),
            imports: Arc::new(imports),
            imports_in_progress: KeyedLimiter::new(MAX_IMPORTS),
            throttle,
            open_streams: OpenStreams::new(config.connections.max_sockets, connections.per_address),
            tasks: tasks.clone(),
            shutdown: shutdown.clone(),
        });
        Ok(Self {
            router,
            connections,
            trusted_proxies: config.trusted_proxies.clone(),
            replies,
            waker,
            _bus_receiver: bus_receiver,
            tasks,
            shutdown,
            drain: config.drain,
        })
    }

    /// Serves clients until `stop` completes, then shuts down.
    ///
    /// Shutdown closes the sockets, lets replies in progress continue for the drain time, saves a checkpoint of those
    /// that have not finished, and waits for all tasks.
    pub async fn run(self, listener: TcpListener, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let Self {
            router,
            connections,
            trusted_proxies,
            replies,
            waker,
            _bus_receiver,
            tasks,
            shutdown,
            drain,
        } = self;
        replies.start(waker.subscribe());
        let server = transport::listen(
            listener,
            router,
            connections,
            trusted_proxies,
            tasks.clone(),
            shutdown.clone(),
        );
        // Dropping this handle, at the latest after the timeout below, closes all connections.
        let mut server = AbortOnDropHandle::new(tasks.spawn(server));
        tokio::select! {
            () = stop => {}
            ended = &mut server => return ended.context("the server has panicked"),
        }
        tracing::info!(
            "shutting down: replies in progress may continue for up to {} s; a second signal stops the server at once",
            drain.as_secs()
        );
        shutdown.cancel();
        tasks.close();
        let ended = async {
            tokio::join!(replies.shut_down(drain), tasks.wait());
            replies.shut_down(Duration::ZERO).await; // replies that the last requests have started
        };
        if timeout(drain + SHUTDOWN_TIMEOUT, ended).await.is_err() {
            tracing::warn!("shutdown timed out: some tasks had not ended");
        }
        Ok(())
    }
}

/// Connects to the database and brings its schema and contents up to date. Synchronizes the clock with it.
async fn open_database(url: &str, statements: &Statements, clock: &Clock) -> store::Result<Database> {
    let store = Database::connect(url, statements).await?;
    store.migrate().await?;
    Accounts::canonicalize_emails(&store).await?;
    clock.synchronize(&store).await?;
    Ok(store)
}

fn build_catalog(config: &Config, providers: &Providers) -> anyhow::Result<Arc<Catalog>> {
    let pace = Duration::from_millis(config.pace_ms);
    Catalog::new(providers, pace, config.provider_timeouts(), config.default_model.clone())
        .map(Arc::new)
        .context("the HTTP client for the providers could not be built")
}

/// Returns the bus over Redis and the task that receives its messages, or the bus in memory.
fn connect_bus(redis: Option<RedisBus>, memory: MemoryBus) -> (Arc<dyn Bus>, Option<AbortOnDropHandle<()>>) {
    let Some(redis) = redis.map(Arc::new) else { return (Arc::new(memory), None) };
    let receiver = redis.clone();
    let receiver = tokio::spawn(async move { receiver.listen().await });
    (redis, Some(AbortOnDropHandle::new(receiver)))
}

fn build_identity_provider(
    settings: Option<ProviderSettings>,
    secret: &Secret,
    clock: &Clock,
) -> anyhow::Result<Option<Arc<IdentityProvider>>> {
    let provider =
        settings.map(|settings| IdentityProvider::new(settings, secret, clock.clone()).map(Arc::new));
    provider.transpose().context("the HTTP client for the identity provider could not be built")
}

fn build_domain(
    accounts: Arc<Accounts>,
    catalog: Arc<Catalog>,
    replies: Replies,
    changes: Changes,
) -> Domain {
    let (store, clock) = (accounts.store.clone(), accounts.clock.clone());
    let removal = Removal::new(store.clone());
    let conversations = Conversations {
        store: store.clone(),
        clock,
        replies: replies.clone(),
        changes: changes.clone(),
        removal: removal.clone(),
    };
    let deletion = Deletion { accounts: accounts.clone(), replies: replies.clone(), removal };
    Domain { store, accounts, deletion, conversations, catalog, replies, changes }
}

/// Creates the checks of documents. Those of the chat page are trusted.
fn build_documents(config: &Config, mut trusted: TrustedDocuments) -> anyhow::Result<Documents> {
    trusted.add(&transport::page_documents()).map_err(anyhow::Error::msg)?;
    Documents::new(&schema::sdl(), config.document_limits(), trusted)
}
