//! Connections: taken one by one, each served by a task of its own, under limits of time and number.
//!
//! It is the server's own loop because [`axum::serve()`] has no limits. Whatever a client can make wait has one here:
//! to send a header, to be idle, to read an answer ([`stream`]), to be one of many ([`places`]). Only the body of a
//! request is waited for by whoever reads it ([`super::body`]).

mod accept;
mod asked;
mod connection;
mod places;
mod stream;
mod turn;

use super::TrustedProxies;
use crate::address::ClientAddress;
use axum::Router;
use connection::{converse, refuse};
use places::{Full, Places};
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

/// What connections may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a client may take to send a header.
    pub request: Duration,
    /// How long it may ask for nothing after it has asked for something.
    pub keep_alive: Duration,
    /// How long it may take to read some of what is written to it.
    pub write: Duration,
    /// The most connections at once; 0 is no limit.
    pub connections: usize,
    /// The most of them from one address; 0 is no limit.
    pub per_address: usize,
}

/// How many may be told at once that there is no place. Who comes then is left without a word.
const REFUSALS: usize = 64;
/// How often the log is told that something keeps connections from being taken.
const TELL: Duration = Duration::from_secs(10);

/// Takes connections and serves them until the server leaves; then ends when they have ended. Dropping it ends them. The
/// tasks are those that close connections.
pub async fn listen(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    proxies: TrustedProxies,
    tasks: TaskTracker,
    leaving: CancellationToken,
) {
    let places = Places::new(limits.connections, limits.per_address);
    let mut refusals = Refusals { at_once: Arc::new(Semaphore::new(REFUSALS)), told: None };
    let mut backoff = accept::Backoff::default();
    let mut connections = JoinSet::new();
    loop {
        let (tcp, peer) = select! {
            accepted = backoff.accept(|| listener.accept()) => accepted,
            Some(ended) = connections.join_next() => {
                report(ended);
                continue;
            }
            () = leaving.cancelled() => break,
        };
        match places.take(counted_as(peer, &proxies)) {
            Ok(place) => {
                // A token must not wait in the kernel for another to share its packet.
                if let Err(error) = tcp.set_nodelay(true) {
                    tracing::debug!(%error, "small packets are delayed");
                }
                let (stream, turns) = Stream::new(tcp, limits, place, tasks.clone());
                connections.spawn(converse(stream, turns, peer, router.clone(), leaving.clone()));
            }
            Err(full) => refusals.turn_away(&mut connections, tcp, peer, full),
        }
    }
    drop(listener);
    while let Some(ended) = connections.join_next().await {
        report(ended);
    }
}

/// All that count as one with a peer; `None` if it is a proxy, behind which there are many.
fn counted_as(peer: SocketAddr, proxies: &TrustedProxies) -> Option<ipnet::IpNet> {
    let address = ClientAddress::new(peer.ip());
    (!proxies.trust(address.ip())).then(|| address.host())
}

/// Tells those for whom there is no place, and now and then the log.
struct Refusals {
    at_once: Arc<Semaphore>,
    told: Option<Instant>,
}

impl Refusals {
    fn turn_away(&mut self, connections: &mut JoinSet<()>, tcp: TcpStream, peer: SocketAddr, full: Full) {
        if self.told.is_none_or(|told| told.elapsed() >= TELL) {
            self.told = Some(Instant::now());
            match full {
                Full::All => tracing::warn!("connections are refused: there are CONFAB_MAX_CONNECTIONS"),
                Full::Host => tracing::warn!(
                    peer = %peer.ip(),
                    "connections are refused: there are CONFAB_MAX_CONNECTIONS_PER_ADDRESS; is this your proxy? Then \
                     name it in CONFAB_TRUSTED_PROXIES"
                ),
            }
        }
        if let Ok(permit) = self.at_once.clone().try_acquire_owned() {
            connections.spawn(async move {
                refuse(tcp, full).await;
                drop(permit);
            });
        }
    }
}

fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task has failed");
    }
}
