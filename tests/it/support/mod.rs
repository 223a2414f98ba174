//! What the tests stand on.

mod client;
mod cluster;
mod database;
mod follower;
mod http;
mod identity_provider;
mod process;
mod provider;
mod server;
mod service;
mod socket;
mod sql;
mod wire;

pub use client::{Client, PASSWORD, code, codes, content_of};
pub use cluster::{Cluster, Nodes};
pub use database::{Kind, redis_url};
pub use follower::{Follower, Heard};
pub use http::{Answer, GRAPHQL, JSON};
pub use identity_provider::{AUDIENCE, IdentityProvider};
pub use process::Process;
pub use provider::{Call, Provider};
pub use server::{PARK_AFTER, Server, UNTHROTTLED, default_settings, in_production};
pub use service::Service;
pub use socket::{Closed, Socket};
pub use sql::Sql;
pub use wire::Wire;

use std::time::Duration;
use tokio::time::timeout;

/// Far longer than anything takes: a test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What a future gives, or a failed test that says what it waited for.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// Makes two tests of one function: it is given the kind of database.
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
