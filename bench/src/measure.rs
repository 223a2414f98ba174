//! The measurements, one file each.

mod branches;
mod hostile;
mod idle_socket;
mod instances;
mod limits;
mod nested_query;
mod query_overhead;
mod reconnect;
mod remote_delay;
mod remote_event;
mod reply_event;
mod search;
mod sign_in;
mod stop_abort;
mod token_delay;

use crate::{
    api::{Api, Node},
    cluster::Services,
    database::Database,
    follower::Follower,
    report::Report,
};
use anyhow::Result;
use clap::ValueEnum;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::path::PathBuf;
use url::Url;

/// The number of sockets that are opened at the same time.
const OPENING: usize = 32;

/// The environment of all measurements.
pub struct Bench {
    /// The server's binary.
    pub server: PathBuf,
    /// A PostgreSQL server for fresh databases.
    pub postgres: Option<Url>,
    /// A Redis that instances share.
    pub redis: Option<Url>,
    /// The number of rounds.
    pub rounds: usize,
}

impl Bench {
    /// Creates a fresh database of each available kind.
    async fn databases(&self) -> Result<Vec<Database>> {
        let mut databases = vec![Database::Sqlite];
        if let Some(server) = &self.postgres {
            databases.push(Database::on_postgres(server).await?);
        }
        Ok(databases)
    }

    /// Returns the services for several instances. If they are not configured, prints that the measurement is skipped
    /// and returns `None`.
    fn services(&self, measurement: &str) -> Option<Services<'_>> {
        let services = self
            .postgres
            .as_ref()
            .zip(self.redis.as_ref())
            .map(|(postgres, redis)| Services { postgres, redis });
        if services.is_none() {
            eprintln!(
                "confab-bench: {measurement} is skipped, because it needs CONFAB_TEST_POSTGRES_URL and CONFAB_TEST_REDIS_URL"
            );
        }
        services
    }
}

/// A measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Measurement {
    /// CPU time of a query for 20 conversations with 20 messages each.
    NestedQuery,
    /// CPU time per event of a reply with a thousand subscribers.
    ReplyEvent,
    /// Memory of a socket with an idle subscription.
    IdleSocket,
    /// Latency of a token from the provider to a subscriber.
    TokenDelay,
    /// CPU time of small requests.
    QueryOverhead,
    /// CPU time per event of a reply that another instance runs.
    RemoteEvent,
    /// Additional latency of a token on another instance.
    RemoteDelay,
    /// Time to catch up with a running reply after a reconnect.
    Reconnect,
    /// Time from a stop to the abort of the provider's request.
    StopAbort,
    /// CPU time per event by number of instances.
    Instances,
    /// CPU time of refused requests, and its growth with their size.
    Hostile,
    /// Throughput with all limits relative to that without limits.
    Limits,
    /// Whether the time of a sign-in reveals if an account exists.
    SignIn,
    /// Time of regenerations and switches in a long conversation.
    Branches,
    /// Time of searches over 100,000 messages.
    Search,
}

impl Measurement {
    pub const ALL: [Self; 15] = [
        Self::NestedQuery,
        Self::ReplyEvent,
        Self::IdleSocket,
        Self::TokenDelay,
        Self::QueryOverhead,
        Self::RemoteEvent,
        Self::RemoteDelay,
        Self::Reconnect,
        Self::StopAbort,
        Self::Instances,
        Self::Hostile,
        Self::Limits,
        Self::SignIn,
        Self::Branches,
        Self::Search,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::NestedQuery => nested_query::NAME,
            Self::ReplyEvent => reply_event::NAME,
            Self::IdleSocket => idle_socket::NAME,
            Self::TokenDelay => token_delay::NAME,
            Self::QueryOverhead => query_overhead::NAME,
            Self::RemoteEvent => remote_event::NAME,
            Self::RemoteDelay => remote_delay::NAME,
            Self::Reconnect => reconnect::NAME,
            Self::StopAbort => stop_abort::NAME,
            Self::Instances => instances::NAME,
            Self::Hostile => hostile::NAME,
            Self::Limits => limits::NAME,
            Self::SignIn => sign_in::NAME,
            Self::Branches => branches::NAME,
            Self::Search => search::NAME,
        }
    }

    pub async fn run(self, bench: &Bench, report: &mut Report) -> Result<()> {
        match self {
            Self::NestedQuery => nested_query::run(bench, report).await,
            Self::ReplyEvent => reply_event::run(bench, report).await,
            Self::IdleSocket => idle_socket::run(bench, report).await,
            Self::TokenDelay => token_delay::run(bench, report).await,
            Self::QueryOverhead => query_overhead::run(bench, report).await,
            Self::RemoteEvent => remote_event::run(bench, report).await,
            Self::RemoteDelay => remote_delay::run(bench, report).await,
            Self::Reconnect => reconnect::run(bench, report).await,
            Self::StopAbort => stop_abort::run(bench, report).await,
            Self::Instances => instances::run(bench, report).await,
            Self::Hostile => hostile::run(bench, report).await,
            Self::Limits => limits::run(bench, report).await,
            Self::SignIn => sign_in::run(bench, report).await,
            Self::Branches => branches::run(bench, report).await,
            Self::Search => search::run(bench, report).await,
        }
    }
}

/// Opens many sockets, each with some subscriptions to a reply, and waits for the first event of each subscription.
async fn followers(api: &Api, reply: &Node, sockets: usize, subscriptions: usize) -> Result<Vec<Follower>> {
    stream::iter(0..sockets)
        .map(|_| Follower::begin(api, reply, subscriptions))
        .buffer_unordered(OPENING)
        .try_collect()
        .await
}
