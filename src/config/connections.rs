//! Settings that limit the time and number of connections.

use super::seconds;
use clap::Args;
use std::time::Duration;

/// Connection limits. A limit of 0 connections means no limit.
#[derive(Args, Clone, Copy, Debug)]
pub struct Connections {
    // The default of nginx. Proxies usually close idle connections after 60 s. If the server closed first, a proxy
    // would sometimes send a request on a connection that is just being closed.
    /// Idle timeout of a connection between two requests, in seconds. Set it higher than that of your proxy.
    #[arg(
        long,
        env = "CONFAB_KEEP_ALIVE_TIMEOUT",
        default_value = "75",
        value_parser = seconds(1..=3600)
    )]
    pub keep_alive_timeout: Duration,

    /// Maximum number of open connections, including WebSockets (0: no limit). Each needs an open file; see `ulimit
    /// -n`.
    #[arg(long, env = "CONFAB_MAX_CONNECTIONS", default_value = "10000")]
    pub max_connections: usize,

    // All users of a school or a mobile network may share one address.
    /// Maximum number of open connections from one address, except from trusted proxies (0: no limit). It also limits
    /// the WebSockets and event streams of clients that are not signed in, per client address, behind a proxy too.
    #[arg(long, env = "CONFAB_MAX_CONNECTIONS_PER_ADDRESS", default_value = "1000")]
    pub max_connections_per_address: usize,

    // A user has a few tabs on a few devices.
    /// Maximum number of WebSockets and event streams, counted together, per user and instance (0: no limit).
    #[arg(long, env = "CONFAB_MAX_SOCKETS", default_value = "100")]
    pub max_sockets: usize,
}
