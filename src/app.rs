//! Builds everything once, and runs it until it is told to end.

use crate::{
    accounts::{
        AccessTokens, Accounts, Audit, Deletion, Exports, IdentityProvider, Passwords, RefreshTokens,
        Sessions, sessions::Terms,
    },
    assistant::{catalog::Catalog, openai::Patience},
    bus::{Bus, memory::MemoryBus, redis::RedisBus},
    changes::Changes,
    clock::Clock,
    config::{Complete, Config, Environment, Registration},
    conversations::Conversations,
    graphql::{
        self, Domain,
        document::Documents,
        panics::PanicAt,
        service::{Dues, GraphqlService},
    },
    housekeeping::keep_house,
    poke::Poke,
    removal::Removal,
    replies::{self, Replies},
    store::{Database, Instant, Statements},
    throttle::{self, Throttle},
    transport::{self, ConnectionLimits, OpenStreams, Readiness, SocketLimits, Transport, TrustedProxies},
};
use anyhow::Context;
use std::{sync::Arc, thread::available_parallelism, time::Duration};
use tokio::{net::TcpListener, time::timeout};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};

/// How long what is in progress may take to end, besides the replies.
const LEAVE_WITHIN: Duration = Duration::from_secs(10);

/// A server that is ready to listen.
pub struct App {
    router: axum::Router,
    connections: ConnectionLimits,
    trusted_proxies: TrustedProxies,
    replies: Replies,
    poke: Poke,
    /// Listens to the other instances until the last reply has left.
    _listening: Option<AbortOnDropHandle<()>>,
    tasks: TaskTracker,
    leaving: CancellationToken,
    /// How long replies may go on when the server is to end.
    drain: Duration,
}

/// How long a new subscription is silent until it is parked. Words of a reply follow each other more quickly, as a rule.
/// It is short because memory is not always given back: what counts is how many that are silent are not yet parked
/// when very many clients come at once.
const PARK_AFTER: Duration = Duration::from_millis(200);

/// What a test hands in, and an ordinary start takes as it comes.
#[derive(Clone)]
pub struct Surroundings {
    /// The time; a test sets it forward.
    pub clock: Clock,
    /// Counts what is sent to the database.
    pub statements: Statements,
    /// How long a new subscription is silent until it is parked.
    pub park_after: Duration,
    /// How long Redis may take to tell whether a limit is kept.
    pub throttle_patience: Duration,
    /// Makes what runs in the background look now.
    pub poke: Poke,
    /// Where instances of one process meet, if they are not to meet on Redis.
    pub bus: MemoryBus,
    /// The field whose resolver panics.
    pub panic_at: Option<PanicAt>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            clock: Clock::default(),
            statements: Statements::default(),
            park_after: PARK_AFTER,
            throttle_patience: throttle::PATIENCE,
            poke: Poke::default(),
            bus: MemoryBus::default(),
            panic_at: None,
        }
    }
}

impl App {
    /// Connects to the database, brings its tables up to date, and builds everything.
    pub async fn build(config: &Config, complete: Complete, around: Surroundings) -> anyhow::Result<Self> {
        let Surroundings { clock, statements, park_after, throttle_patience, poke, bus, panic_at } = around;
        let store = Database::connect(&complete.database_url, &statements).await.context("DATABASE_URL")?;
        store.migrate().await.context("DATABASE_URL")?;
        Accounts::canonicalize_emails(&store).await.context("DATABASE_URL")?;
        clock.set_by(&store).await.context("DATABASE_URL")?;
        let seconds = Duration::from_secs;
        let patience = Patience {
            connect: seconds(config.connect_timeout),
            first_token: seconds(config.first_token_timeout),
            idle: seconds(config.idle_timeout),
            thinking: seconds(config.thinking_timeout),
        };
        let pace = Duration::from_millis(config.pace_ms);
        let catalog = Catalog::new(&complete.providers, pace, patience, config.default_model.clone())
            .context("no client for the providers")?;
        let catalog = Arc::new(catalog);
        let (tasks, leaving) = (TaskTracker::new(), CancellationToken::new());
        let redis = complete.redis.as_ref().map(RedisBus::connection);
        let rates = config.throttling.rates();
        let throttle = Arc::new(Throttle::new(rates, clock.clone(), redis, throttle_patience));
        let (bus, listening): (Arc<dyn Bus>, _) = match complete.redis {
            None => (Arc::new(bus), None),
            Some(redis) => {
                let redis = Arc::new(redis);
                let listens = redis.clone();
                let listening = tokio::spawn(async move { listens.listen().await });
                (redis, Some(AbortOnDropHandle::new(listening)))
            }
        };
        let terms = Terms {
            session: seconds(config.refresh_token_ttl),
            access_token: config.access_token_ttl(),
            grace: seconds(config.refresh_grace),
        };
        let refresh_tokens = RefreshTokens::new(&complete.secret);
        let (times, told_by, told_in) = (clock.clone(), bus.clone(), tasks.clone());
        let sessions = Sessions::new(store.clone(), times, refresh_tokens, terms, told_by, told_in);
        let known_from = sessions.look(Instant(0)).await.context("DATABASE_URL")?;
        let identity_provider = complete.identity_provider.map(|settings| {
            IdentityProvider::new(settings, clock.clone())
                .map(Arc::new)
                .context("no client for the identity provider")
        });
        let identity_provider = identity_provider.transpose()?;
        if let Some(provider) = identity_provider.clone() {
            let (poked, until) = (poke.listen(), leaving.clone());
            tasks.spawn(async move { until.run_until_cancelled(provider.keep_keys(poked)).await });
        }
        let accounts = Arc::new(Accounts {
            store: store.clone(),
            clock: clock.clone(),
            passwords: Passwords::new(available_parallelism().map_or(2, usize::from)),
            access_tokens: AccessTokens::new(complete.keys, config.access_token_ttl()),
            sessions,
            identity_provider,
            open: config.identities.registration == Registration::Open,
            audit: Audit::new(store.clone(), clock.clone(), tasks.clone()),
            exports: Exports::default(),
            throttle: throttle.clone(),
        });
        let settings = replies::Settings {
            history_tokens: config.history_tokens,
            lease: seconds(config.lease),
            attempts: config.reply_attempts,
            most_running: config.throttling.max_running,
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
        let (lists, until, poked) = (catalog.clone(), leaving.clone(), poke.listen());
        tasks.spawn(async move { until.run_until_cancelled(lists.keep_lists(poked)).await });
        let (time, times, until) = (clock.clone(), store.clone(), leaving.clone());
        tasks.spawn(async move { until.run_until_cancelled(time.keep_set_by(&times)).await });
        tasks.spawn(keep_house(store.clone(), clock, poke.listen(), leaving.clone()));
        tasks.spawn(removal.keep_removing(poke.listen(), leaving.clone()));
        tasks.spawn(changes.clone().keep_watch(leaving.clone()));
        let (watches, until) = (accounts.clone(), leaving.clone());
        tasks.spawn(async move { watches.sessions.keep_watch(known_from, until).await });
        let mut trusted = complete.trusted_documents;
        trusted.add(&transport::page_documents()).map_err(anyhow::Error::msg)?;
        let service = Arc::new(GraphqlService {
            schema: graphql::schema(domain, panic_at),
            documents: Documents::new(&graphql::sdl(), config.document_limits(), trusted)?,
            store: store.clone(),
            replies: replies.clone(),
            changes,
            throttle: throttle.clone(),
            dues: Dues::default(),
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
            body_time: seconds(config.connections.request_timeout),
            allowed_origins: config.allowed_origins(),
            tasks: tasks.clone(),
            leaving: leaving.clone(),
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
            poke,
            _listening: listening,
            tasks,
            leaving,
            drain,
        })
    }

    /// Serves until `shutdown` ends; then tells the sockets, lets replies finish for a while, checkpoints the others,
    /// and ends.
    pub async fn run(self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> anyhow::Result<()> {
        let Self { router, connections, trusted_proxies, replies, poke, _listening, tasks, leaving, drain } =
            self;
        replies.start(poke.listen());
        let served =
            transport::listen(listener, router, connections, trusted_proxies, tasks.clone(), leaving.clone());
        // Its end, at the latest when everything else has had its time, is the end of all connections.
        let mut served = AbortOnDropHandle::new(tasks.spawn(served));
        tokio::select! {
            () = shutdown => {}
            ended = &mut served => return ended.context("the server has panicked"),
        }
        tracing::info!(
            "leaving: replies in progress have up to {} s; a second signal ends at once",
            drain.as_secs()
        );
        leaving.cancel();
        tasks.close();
        let left = async {
            tokio::join!(replies.leave(drain), tasks.wait());
            replies.leave(Duration::ZERO).await; // what the last requests have begun
        };
        if timeout(drain + LEAVE_WITHIN, left).await.is_err() {
            tracing::warn!("left before everything had ended");
        }
        Ok(())
    }
}
