//! A wire to PostgreSQL that counts what goes over it, and can lose its connections.

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

/// What a client says first where it would like TLS (PostgreSQL documentation, "Message Formats").
const SSL_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();

/// A wire from a server to its PostgreSQL. Cloning it shares it.
#[derive(Clone, Default)]
pub struct Wire(Arc<Counts>);

#[derive(Default)]
struct Counts {
    round_trips: AtomicU64,
    /// How often the connections of the moment have been forgotten.
    forgotten: AtomicU64,
}

impl Wire {
    /// Puts a wire before a database; gives it with the URL that leads through it.
    pub fn to(database: &str) -> (Self, String) {
        let listener = BlockingListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        listener.set_nonblocking(true).expect("it is ours");
        let listener = TcpListener::from_std(listener).expect("a runtime is there");
        let mut url: Url = database.parse().expect("a URL");
        let address = url.socket_addrs(|| Some(5432)).expect("it resolves")[0];
        let wire_address = listener.local_addr().expect("it is bound");
        url.set_ip_host(wire_address.ip()).expect("it has a host");
        url.set_port(Some(wire_address.port())).expect("it has a host");
        let wire = Self::default();
        tokio::spawn(wire.clone().listen(listener, address));
        (wire, url.into())
    }

    /// How often a client has waited for PostgreSQL.
    pub fn round_trips(&self) -> u64 {
        self.0.round_trips.load(Ordering::Relaxed)
    }

    /// Forgets the connections of the moment, as a firewall does: neither side hears of it, until a client says
    /// something on one of them. Then that one breaks.
    pub fn forget(&self) {
        self.0.forgotten.fetch_add(1, Ordering::Relaxed);
    }

    async fn listen(self, listener: TcpListener, database: SocketAddr) {
        while let Ok((client, _)) = listener.accept().await {
            let wire = self.clone();
            tokio::spawn(async move {
                let server = TcpStream::connect(database).await.expect("PostgreSQL listens");
                for stream in [&client, &server] {
                    stream.set_nodelay(true).expect("it is connected");
                }
                let (from_client, mut to_client) = client.into_split();
                let (mut from_server, to_server) = server.into_split();
                // Whichever ends takes the other with it.
                select! {
                    _ = wire.pass_on(from_client, to_server) => {}
                    _ = copy(&mut from_server, &mut to_client) => {}
                }
            });
        }
    }

    /// Passes on what a client says, message by message, until the connection is forgotten or ends.
    async fn pass_on(&self, mut client: OwnedReadHalf, mut server: OwnedWriteHalf) -> io::Result<()> {
        let forgotten = self.0.forgotten.load(Ordering::Relaxed);
        // The first messages have no type.
        while pass_on_message(None, &mut client, &mut server).await? == SSL_REQUEST {}
        loop {
            let kind = client.read_u8().await?;
            if self.0.forgotten.load(Ordering::Relaxed) > forgotten {
                return Ok(());
            }
            // Query and Sync: PostgreSQL answers that it is ready for more.
            if matches!(kind, b'Q' | b'S') {
                self.0.round_trips.fetch_add(1, Ordering::Relaxed);
            }
            pass_on_message(Some(kind), &mut client, &mut server).await?;
        }
    }
}

/// Passes on a message whose type has been read, if it has one; gives the four bytes after its length.
async fn pass_on_message(
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
