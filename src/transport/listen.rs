//! Accepts connections and serves each in a task of its own, with limits on their time and number.
//!
//! The server has its own accept loop because [`axum::serve()`] has no such limits (axum 0.8.9).
//! [`super::keyed_limiter`] limits the number of connections. The parts that remain hand-written do what hyper 1.12,
//! hyper-util 0.1.21 and tower-http 0.7.1 do not offer:
//!
//! - [`stream`]: timeouts for receiving headers, for idle connections and for writing. hyper's `header_read_timeout`
//!   also runs while a connection is idle. With one timeout, slow headers would get as long as a proxy's idle
//!   connection. `ResponseBodyTimeoutLayer` limits how long the server takes to produce a body, not how long the client
//!   takes to read it. A connection that is closed with unread input would lose its last response, so the stream drains
//!   it.
//! - [`phase`]: tells the stream whether the client or the server has to act.
//! - [`request_body`]: hyper closes a connection whose request was not read, but does not announce that in the response.
//! - [`connection`]: hyper's graceful shutdown waits for the first request without a limit, and so does
//!   `hyper_util::server::graceful`.
//! - [`super::body`]: one timeout for a whole request body. `RequestBodyDeadlineLayer` has that too, but is longer here,
//!   because the body's own limits and the shutdown end the same `select!`.

mod accept;
mod connection;
mod phase;
mod request_body;
mod stream;

use super::{
    TrustedProxies,
    keyed_limiter::{KeyedLimiter, LimitExceeded},
};
use crate::address::ClientAddress;
use axum::Router;
use connection::{refuse, serve};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use stream::Stream;
use tokio::{
    net::{TcpListener, TcpStream},
    select,
    sync::Semaphore,
    task::{JoinError, JoinSet},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Limits of connections.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// The timeout for receiving the headers of a request.
    pub request: Duration,
    /// The idle timeout between two requests.
    pub keep_alive: Duration,
    /// The write timeout: the longest time without any progress.
    pub write: Duration,
    /// The maximum number of open connections; 0 means no limit.
    pub connections: usize,
    /// The maximum number of open connections from one address; 0 means no limit.
    pub per_address: usize,
}

/// The maximum number of refusals sent at the same time. Further connections are closed without a response.
const MAX_REFUSALS: usize = 64;
/// How often the log reports that connections cannot be accepted.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Accepts and serves connections until shutdown, then waits until the open ones have ended.
///
/// Dropping the future closes all connections. Tasks that close connections run on `tasks`.
pub async fn listen(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    proxies: TrustedProxies,
    tasks: TaskTracker,
    shutdown: CancellationToken,
) {
    let limiter = KeyedLimiter::new(limits.connections);
    let mut refusals = Refusals { permits: Arc::new(Semaphore::new(MAX_REFUSALS)), logged_at: None };
    let mut backoff = accept::Backoff::default();
    let mut connections = JoinSet::new();
    loop {
        let (tcp, peer) = select! {
            accepted = backoff.accept(|| listener.accept()) => accepted,
            Some(ended) = connections.join_next() => {
                report(ended);
                continue;
            }
            () = shutdown.cancelled() => break,
        };
        match limiter.acquire(limited_host(peer, &proxies), limits.per_address) {
            Ok(permit) => {
                // Send deltas at once instead of waiting to fill a packet.
                if let Err(error) = tcp.set_nodelay(true) {
                    tracing::debug!(%error, "TCP_NODELAY could not be set");
                }
                let (stream, phase) = Stream::new(tcp, limits, permit, tasks.clone());
                connections.spawn(serve(stream, phase, peer, router.clone(), shutdown.clone()));
            }
            Err(exceeded) => refusals.refuse(&mut connections, tcp, peer, exceeded),
        }
    }
    drop(listener);
    while let Some(ended) = connections.join_next().await {
        report(ended);
    }
}

/// The host whose connections are limited. `None` if the peer is a trusted proxy, which has many clients.
fn limited_host(peer: SocketAddr, proxies: &TrustedProxies) -> Option<ipnet::IpNet> {
    let address = ClientAddress::new(peer.ip());
    (!proxies.trust(address.ip())).then(|| address.host())
}

/// Refuses connections over the limit, and logs that from time to time.
struct Refusals {
    permits: Arc<Semaphore>,
    logged_at: Option<Instant>,
}

impl Refusals {
    fn refuse(
        &mut self,
        connections: &mut JoinSet<()>,
        tcp: TcpStream,
        peer: SocketAddr,
        exceeded: LimitExceeded,
    ) {
        if self.logged_at.is_none_or(|at| at.elapsed() >= LOG_INTERVAL) {
            self.logged_at = Some(Instant::now());
            match exceeded {
                LimitExceeded::Total => {
                    tracing::warn!("connections are refused: CONFAB_MAX_CONNECTIONS is reached");
                }
                LimitExceeded::PerKey => tracing::warn!(
                    peer = %peer.ip(),
                    "connections are refused: CONFAB_MAX_CONNECTIONS_PER_ADDRESS is reached; if this address is your \
                     proxy, add it to CONFAB_TRUSTED_PROXIES"
                ),
            }
        }
        if let Ok(permit) = self.permits.clone().try_acquire_owned() {
            connections.spawn(async move {
                refuse(tcp, exceeded).await;
                drop(permit);
            });
        }
    }
}

fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "the task of a connection panicked");
    }
}
