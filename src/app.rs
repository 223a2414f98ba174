//! Builds all parts of the server, runs them, and shuts them down.

use crate::{
    accounts::{
        AccessTokens, Accounts, Audit, Deletion, DownloadLimiter, IdentityProvider, Passwords, RefreshTokens,
        Sessions, sessions::SessionLifetimes,
    },
    assistant::{catalog::Catalog, openai::Timeouts},
    background::Background,
    bus::{Bus, memory::MemoryBus, redis::RedisBus},
    changes::Changes,
    clock::Clock,
    config::{Config, Environment, Registration, ResolvedConfig},
    conversations::Conversations,
    graphql::{
        self,
        document::Documents,
        execution::{
            panics::PanicAt,
            service::{ChargeQueues, GraphqlService},
        },
        schema::Domain,
    },
    housekeeping,
    removal::Removal,
    replies::{self, Replies},
    store::{Database, Instant, Statements},
    throttle::{self, Throttle},
    transport::{self, ConnectionLimits, OpenStreams, Readiness, SocketLimits, Transport, TrustedProxies},
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

impl App {
    /// Connects to the database, brings its schema up to date, and builds all parts.
    pub async fn build(
        config: &Config,
        resolved: ResolvedConfig,
        overrides: AppOverrides,
    ) -> anyhow::Result<Self> {
        let AppOverrides { clock, statements, park_after, redis_timeout, waker, bus, panic_at } = overrides;
        let store = Database::connect(&resolved.database_url, &statements).await.context("DATABASE_URL")?;
        store.migrate().await.context("DATABASE_URL")?;
        Accounts::canonicalize_emails(&store).await.context("DATABASE_URL")?;
        clock.synchronize(&store).await.context("DATABASE_URL")?;
        let seconds = Duration::from_secs;
        let timeouts = Timeouts {
            connect: seconds(config.connect_timeout),
            first_token: seconds(config.first_token_timeout),
            idle: seconds(config.idle_timeout),
            thinking: seconds(config.thinking_timeout),
        };
        let pace = Duration::from_millis(config.pace_ms);
        let catalog = Catalog::new(&resolved.providers, pace, timeouts, config.default_model.clone())
            .context("the HTTP client for the providers could not be built")?;
        let catalog = Arc::new(catalog);
        let (tasks, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let background = Background::new(tasks.clone(), shutdown.clone(), waker.clone());
        let redis = resolved.redis.as_ref().map(RedisBus::connection);
        let rates = config.throttling.rates();
        let throttle = Arc::new(Throttle::new(rates, clock.clone(), redis, redis_timeout));
        let (bus, bus_receiver): (Arc<dyn Bus>, _) = match resolved.redis {
            None => (Arc::new(bus), None),
            Some(redis) => {
                let redis = Arc::new(redis);
                let receiver = redis.clone();
                let receiver = tokio::spawn(async move { receiver.listen().await });
                (redis, Some(AbortOnDropHandle::new(receiver)))
            }
        };
        let lifetimes = SessionLifetimes {
            session: seconds(config.refresh_token_ttl),
            access_token: config.access_token_ttl(),
            grace: seconds(config.refresh_grace),
        };
        let refresh_tokens = RefreshTokens::new(&resolved.secret);
        let sessions = Sessions::new(
            store.clone(),
            clock.clone(),
            refresh_tokens,
            lifetimes,
            bus.clone(),
            tasks.clone(),
        );
        let known_from = sessions.poll_revocations(Instant(0)).await.context("DATABASE_URL")?;
        let identity_provider = resolved.identity_provider.map(|settings| {
            IdentityProvider::new(settings, clock.clone())
                .map(Arc::new)
                .context("the HTTP client for the identity provider could not be built")
        });
        let identity_provider = identity_provider.transpose()?;
        if let Some(provider) = identity_provider.clone() {
            provider.keep_keys(&background);
        }
        let accounts = Arc::new(Accounts {
            store: store.clone(),
            clock: clock.clone(),
            passwords: Passwords::new(available_parallelism().map_or(2, usize::from)),
            access_tokens: AccessTokens::new(resolved.keys, config.access_token_ttl()),
            sessions,
            identity_provider,
            open: config.identities.registration == Registration::Open,
            audit: Audit::new(store.clone(), clock.clone(), tasks.clone()),
            exports: DownloadLimiter::default(),
            throttle: throttle.clone(),
        });
        let settings = replies::Settings {
            history_tokens: config.history_tokens,
            lease: seconds(config.lease),
            attempts: config.reply_attempts,
            max_running: config.throttling.max_running,
        };
        let changes = Changes::new(store.clone(), bus.clone(), tasks.clone());
        let replies = Replies::new(
            store.clone(),
            catalog.clone(),
            bus,
            clock.clone(),
            changes.clone(),
            throttle.clone(),
            settings,
        );
        let removal = Removal::new(store.clone());
        let conversations = Conversations {
            store: store.clone(),
            clock: clock.clone(),
            replies: replies.clone(),
            changes: changes.clone(),
            removal: removal.clone(),
        };
        let deletion =
            Deletion { accounts: accounts.clone(), replies: replies.clone(), removal: removal.clone() };
        let domain = Domain {
            store: store.clone(),
            accounts: accounts.clone(),
            deletion,
            conversations,
            catalog: catalog.clone(),
            replies: replies.clone(),
            changes: changes.clone(),
        };
        catalog.clone().refresh_lists(&background);
        clock.clone().keep_synchronized(store.clone(), &background);
        housekeeping::start(store.clone(), clock, &background);
        removal.start(&background);
        changes.clone().start_polling(&background);
        let (watcher, token) = (accounts.clone(), shutdown.clone());
        tasks.spawn(async move { watcher.sessions.run_revocation_poll(known_from, token).await });
        let mut trusted = resolved.trusted_documents;
        trusted.add(&transport::page_documents()).map_err(anyhow::Error::msg)?;
        let service = Arc::new(GraphqlService {
            schema: graphql::schema::build(domain, panic_at),
            documents: Documents::new(&graphql::schema::sdl(), config.document_limits(), trusted)?,
            store: store.clone(),
            replies: replies.clone(),
            changes,
            throttle: throttle.clone(),
            charge_queues: ChargeQueues::default(),
            tasks: tasks.clone(),
            park_after,
        });
        let router = transport::router(Transport {
            service,
            accounts,
            store,
            readiness: Readiness::default(),
            throttle,
            trusted_proxies: config.trusted_proxies.clone(),
            behind_tls: config.env == Environment::Production,
            sockets: SocketLimits {
                init: seconds(config.init_timeout),
                ping: seconds(config.ping_interval),
                write: seconds(config.write_timeout),
                operations: config.max_operations,
            },
            open_streams: OpenStreams::new(
                config.connections.max_sockets,
                config.connections.max_connections_per_address,
            ),
            playground: config.playground(),
            max_body: config.max_body,
            body_timeout: seconds(config.connections.request_timeout),
            allowed_origins: config.allowed_origins(),
            tasks: tasks.clone(),
            shutdown: shutdown.clone(),
        });
        let drain = seconds(config.drain);
        let connections = ConnectionLimits {
            request: seconds(config.connections.request_timeout),
            keep_alive: seconds(config.connections.keep_alive_timeout),
            write: seconds(config.write_timeout),
            connections: config.connections.max_connections,
            per_address: config.connections.max_connections_per_address,
        };
        let trusted_proxies = config.trusted_proxies.clone();
        Ok(Self {
            router,
            connections,
            trusted_proxies,
            replies,
            waker,
            _bus_receiver: bus_receiver,
            tasks,
            shutdown,
            drain,
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
