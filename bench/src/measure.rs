//! What is measured, a file each.

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

/// How many sockets are opened at a time.
const OPENING: usize = 32;

/// With what everything is measured.
pub struct Bench {
    /// The server's binary.
    pub server: PathBuf,
    /// A PostgreSQL server for fresh databases.
    pub postgres: Option<Url>,
    /// A Redis for instances to meet on.
    pub redis: Option<Url>,
    /// How often each figure is taken.
    pub rounds: usize,
}

impl Bench {
    /// A fresh database of each kind there is.
    async fn databases(&self) -> Result<Vec<Database>> {
        let mut databases = vec![Database::Sqlite];
        if let Some(server) = &self.postgres {
            databases.push(Database::on_postgres(server).await?);
        }
        Ok(databases)
    }

    /// Where several instances store and meet; `None`, and told, if there is no such place.
    fn services(&self, measurement: &str) -> Option<Services<'_>> {
        let services = self
            .postgres
            .as_ref()
            .zip(self.redis.as_ref())
            .map(|(postgres, redis)| Services { postgres, redis });
        if services.is_none() {
            eprintln!(
                "confab-bench: {measurement} is skipped: it needs CONFAB_TEST_POSTGRES_URL and CONFAB_TEST_REDIS_URL"
            );
        }
        services
    }
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Measurement {
    /// CPU time for 20 conversations with 20 messages each.
    NestedQuery,
    /// CPU time for an event of a reply with a thousand subscribers.
    ReplyEvent,
    /// Memory for a socket with a subscription on which nothing happens.
    IdleSocket,
    /// Time from a provider's token to a subscriber's socket.
    TokenDelay,
    /// CPU time for the smallest request.
    QueryOverhead,
    /// CPU time for an event of a reply that another instance writes.
    RemoteEvent,
    /// Time that a token takes longer to another instance.
    RemoteDelay,
    /// Time from a new connection to the whole text of a reply in progress.
    Reconnect,
    /// Time from a stop to the end of the provider's connection.
    StopAbort,
    /// CPU time for an event by the number of instances.
    Instances,
    /// CPU time for documents that are refused, and how it grows with their size.
    Hostile,
    /// CPU time for the nested query with all limits off by that with all limits on.
    Limits,
    /// Whether the time to sign in tells that there is an account.
    SignIn,
}

impl Measurement {
    pub const ALL: [Self; 13] = [
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
        }
    }
}

/// Many sockets, each with some subscriptions to one reply that have told the text so far.
async fn followers(api: &Api, reply: &Node, sockets: usize, subscriptions: usize) -> Result<Vec<Follower>> {
    stream::iter(0..sockets)
        .map(|_| Follower::begin(api, reply, subscriptions))
        .buffer_unordered(OPENING)
        .try_collect()
        .await
}
