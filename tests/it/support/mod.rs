//! Support code of the integration tests.

mod client;
mod cluster;
mod database;
mod follower;
mod http;
mod identity_provider;
mod parts;
mod postgres_proxy;
mod process;
mod provider;
mod server;
mod service;
mod socket;
mod sql;

pub use client::{Client, PASSWORD, code, codes, content_of};
pub use cluster::{Cluster, Nodes};
pub use database::{Kind, redis_url};
pub use follower::{Follower, FollowerEvent};
pub use http::{GRAPHQL, HttpResponse, JSON};
pub use identity_provider::{AUDIENCE, Browser, IdentityProvider};
pub use parts::ReplyParts;
pub use postgres_proxy::PostgresProxy;
pub use process::Process;
pub use provider::{Call, Provider};
pub use server::{PARK_AFTER, Server, UNTHROTTLED, default_settings, in_production};
pub use service::Service;
pub use socket::{Closed, Socket};
pub use sql::Sql;

use std::time::Duration;
use tokio::time::timeout;

/// Far longer than any operation takes: a test that waits this long has failed.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// Awaits a future. After [`TIMEOUT`] the test fails and names what it waited for.
pub async fn wait_for<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(TIMEOUT, future).await.unwrap_or_else(|_| panic!("timeout while waiting for {what}"))
}

/// Runs a test on both databases; its parameter is the database.
macro_rules! on_both_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($kind:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            $(#[$attribute])*
            async fn test($kind: $crate::support::Kind) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                test($crate::support::Kind::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                test($crate::support::Kind::Postgres).await;
            }
        }
    )+};
}
pub(crate) use on_both_databases;
