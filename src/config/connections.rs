//! The settings of connections: how long they may take, and how many there may be.

use clap::{Args, value_parser};

/// How long a connection may take, and how many there may be; as many as one likes where that is 0.
#[derive(Args, Clone, Copy, Debug)]
pub struct Connections {
    // nginx and Apache wait for 60 and 20 to 40 seconds, Node for 60: a header is one packet, a body a few hundred.
    /// Seconds a client may take to send a request's header, and again to send its body.
    #[arg(long, env = "CONFAB_REQUEST_TIMEOUT", value_name = "CONFAB_REQUEST_TIMEOUT", default_value = "20",
          value_parser = value_parser!(u64).range(1..=3600))]
    pub request_timeout: u64,

    // As nginx. Proxies give up after 60, as a rule; were we first, they would now and then ask on a connection that
    // is just being closed.
    /// Seconds a connection may be idle between two requests; more than a proxy before it lets it be.
    #[arg(
        long,
        env = "CONFAB_KEEP_ALIVE_TIMEOUT",
        value_name = "CONFAB_KEEP_ALIVE_TIMEOUT",
        default_value = "75",
        value_parser = value_parser!(u64).range(1..=3600)
    )]
    pub keep_alive_timeout: u64,

    /// Most connections at once, WebSockets included (0: no limit). Each needs an open file: see `ulimit -n`.
    #[arg(
        long,
        env = "CONFAB_MAX_CONNECTIONS",
        value_name = "CONFAB_MAX_CONNECTIONS",
        default_value = "10000"
    )]
    pub max_connections: usize,

    // A school or a mobile network may be one address.
    /// Most of them from one address, unless it is a trusted proxy's; and most WebSockets from one that are not signed
    /// in, behind a proxy too (0: no limit).
    #[arg(
        long,
        env = "CONFAB_MAX_CONNECTIONS_PER_ADDRESS",
        value_name = "CONFAB_MAX_CONNECTIONS_PER_ADDRESS",
        default_value = "1000"
    )]
    pub max_connections_per_address: usize,

    // A person has a few tabs on a few devices.
    /// Most WebSockets and event streams of one user on each instance, together (0: no limit).
    #[arg(long, env = "CONFAB_MAX_SOCKETS", value_name = "CONFAB_MAX_SOCKETS", default_value = "100")]
    pub max_sockets: usize,
}
