//! A TCP proxy in front of PostgreSQL that counts round trips and can drop connections silently.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener as BlockingListener},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    select,
};
use url::Url;

/// The first message of a client that wants TLS (PostgreSQL documentation, "Message Formats").
const SSL_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();

/// A proxy between a server and its PostgreSQL. Clones share their state.
#[derive(Clone, Default)]
pub struct PostgresProxy(Arc<Counts>);

#[derive(Default)]
struct Counts {
    round_trips: AtomicU64,
    /// The number of calls of [`PostgresProxy::drop_connections`].
    drops: AtomicU64,
}

impl PostgresProxy {
    /// Starts a proxy in front of a database. Returns it with its own URL.
    pub fn to(database: &str) -> (Self, String) {
        let listener = BlockingListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        listener.set_nonblocking(true).expect("a new socket");
        let listener = TcpListener::from_std(listener).expect("a runtime");
        let mut url: Url = database.parse().expect("a URL");
        let address = url.socket_addrs(|| Some(5432)).expect("it resolves")[0];
        let proxy_address = listener.local_addr().expect("it is bound");
        url.set_ip_host(proxy_address.ip()).expect("it has a host");
        url.set_port(Some(proxy_address.port())).expect("it has a host");
        let proxy = Self::default();
        tokio::spawn(proxy.clone().listen(listener, address));
        (proxy, url.into())
    }

    /// Returns how often a client has waited for PostgreSQL.
    pub fn round_trips(&self) -> u64 {
        self.0.round_trips.load(Ordering::Relaxed)
    }

    /// Drops the current connections as a firewall does: neither side notices. A connection breaks when its client
    /// sends the next message.
    pub fn drop_connections(&self) {
        self.0.drops.fetch_add(1, Ordering::Relaxed);
    }

    async fn listen(self, listener: TcpListener, database: SocketAddr) {
        while let Ok((client, _)) = listener.accept().await {
            let proxy = self.clone();
            tokio::spawn(async move {
                let server = TcpStream::connect(database).await.expect("PostgreSQL listens");
                for stream in [&client, &server] {
                    stream.set_nodelay(true).expect("it is connected");
                }
                let (from_client, mut to_client) = client.into_split();
                let (mut from_server, to_server) = server.into_split();
                // When one direction ends, both are closed.
                select! {
                    _ = proxy.forward(from_client, to_server) => {}
                    _ = copy(&mut from_server, &mut to_client) => {}
                }
            });
        }
    }

    /// Forwards a client's messages until the connection is dropped or ends.
    async fn forward(&self, mut client: OwnedReadHalf, mut server: OwnedWriteHalf) -> io::Result<()> {
        let drops = self.0.drops.load(Ordering::Relaxed);
        // The first messages have no type byte.
        while forward_message(None, &mut client, &mut server).await? == SSL_REQUEST {}
        loop {
            let kind = client.read_u8().await?;
            if self.0.drops.load(Ordering::Relaxed) > drops {
                return Ok(());
            }
            // PostgreSQL answers Query and Sync with ReadyForQuery.
            if matches!(kind, b'Q' | b'S') {
                self.0.round_trips.fetch_add(1, Ordering::Relaxed);
            }
            forward_message(Some(kind), &mut client, &mut server).await?;
        }
    }
}

/// Forwards a message, whose type byte has been read if it has one. Returns the four bytes after its length.
async fn forward_message(
    kind: Option<u8>,
    client: &mut OwnedReadHalf,
    server: &mut OwnedWriteHalf,
) -> io::Result<[u8; 4]> {
    let length = client.read_u32().await?;
    let mut body = vec![0; length.saturating_sub(4) as usize];
    client.read_exact(&mut body).await?;
    let message = [kind.as_slice(), &length.to_be_bytes(), &body].concat();
    server.write_all(&message).await?;
    Ok(body.first_chunk().copied().unwrap_or_default())
}
