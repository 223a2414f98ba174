//! Connections that are slow, silent, too many or malformed: each is closed in time and affects no other.

mod files;
mod many;
mod smuggling;

use crate::support::{GRAPHQL, JSON, Kind, Server, Socket, code, wait_for};
use confab::config::Config;
use serde_json::{Value, json};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::interval,
};

/// A valid request that keeps the connection open.
const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: confab\r\n\r\n";

/// Sets all timeouts to their minimum.
fn shortest_timeouts(config: &mut Config) {
    config.tuning.request_timeout = Duration::from_secs(1);
    config.connections.keep_alive_timeout = Duration::from_secs(1);
    config.tuning.write_timeout = Duration::from_secs(1);
}

/// A TCP connection on which a test sends any bytes.
struct RawConnection(TcpStream);

impl RawConnection {
    async fn to(server: &Server) -> Self {
        Self(TcpStream::connect(server.address).await.expect("the server listens"))
    }

    /// Connects from another loopback address of this machine.
    async fn from(source: &str, server: &Server) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket can be made");
        socket.bind(SocketAddr::new(source.parse().expect("an address"), 0)).expect("it is ours");
        Self(socket.connect(server.address).await.expect("the server listens"))
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.expect("it is open");
    }

    /// Reads up to `end`, inclusive.
    async fn until(&mut self, end: &str) -> String {
        let mut received = Vec::new();
        while !received.ends_with(end.as_bytes()) {
            let byte = wait_for("an answer", self.0.read_u8()).await;
            received.push(byte.unwrap_or_else(|_| {
                panic!("the connection ended after {:?}", String::from_utf8_lossy(&received))
            }));
        }
        String::from_utf8(received).expect("text")
    }

    /// Sends a health check and expects success on a connection that stays open.
    async fn healthy(&mut self) {
        self.send(HEALTH).await;
        let answer = self.until("ok\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }

    /// Reads until the server closes the connection.
    async fn rest(&mut self) -> String {
        let mut received = Vec::new();
        wait_for("the server to close the connection", self.0.read_to_end(&mut received))
            .await
            .expect("it is closed in order");
        String::from_utf8(received).expect("text")
    }

    /// Reads until the server closes the connection, while the client keeps sending `text` byte by byte.
    async fn rest_while_dripping(mut self, text: &str) -> String {
        let (mut reading, mut writing) = self.0.split();
        let mut received = Vec::new();
        let mut bytes = text.bytes().cycle();
        let mut drop = interval(Duration::from_millis(50));
        let dripping = async {
            loop {
                drop.tick().await;
                let byte = bytes.next().expect("an endless iterator");
                if writing.write_all(&[byte]).await.is_err() {
                    std::future::pending::<()>().await; // reading reports the reason
                }
            }
        };
        tokio::select! {
            // The connection may be reset or closed: the client was sending when it ended.
            _ = wait_for("the server to close the connection", reading.read_to_end(&mut received)) => {}
            () = dripping => {}
        }
        String::from_utf8(received).expect("text")
    }
}

/// Returns the head of a POST request with a body of `length` bytes.
fn post(length: usize) -> String {
    format!(
        "POST /graphql HTTP/1.1\r\nhost: confab\r\ncontent-type: {JSON}\r\naccept: {GRAPHQL}\r\n\
         content-length: {length}\r\n\r\n"
    )
}

/// Returns the first error in an answer's body.
fn error_of(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").expect("an answer has a header");
    let body: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"));
    body["errors"][0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incomplete_header_times_out() {
    let server = Server::with(Kind::Sqlite, shortest_timeouts).await;
    for begun in
        ["", "G", "\r\n", "GET /healthz HTTP/1.1\r\n", "GET /healthz HTTP/1.1\r\nhost: confab\r\nx: "]
    {
        let mut connection = RawConnection::to(&server).await;
        connection.send(begun).await;
        assert_eq!(connection.rest().await, "", "{begun:?}");
    }
    for dripped in ["x", "\r\n", "x-drop: 1\r\n"] {
        let mut connection = RawConnection::to(&server).await;
        connection.send(if dripped == "\r\n" { "" } else { "GET /healthz HTTP/1.1\r\n" }).await;
        assert_eq!(connection.rest_while_dripping(dripped).await, "", "{dripped:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_is_closed() {
    let server =
        Server::with(Kind::Sqlite, |config| config.connections.keep_alive_timeout = Duration::from_secs(1))
            .await;
    let mut connection = RawConnection::to(&server).await;
    for _ in 0..3 {
        connection.healthy().await;
    }
    assert_eq!(connection.rest().await, "");
    // The two timeouts are independent.
    let server =
        Server::with(Kind::Sqlite, |config| config.tuning.request_timeout = Duration::from_secs(1)).await;
    let mut connection = RawConnection::to(&server).await;
    connection.healthy().await;
    connection.send("GET /healthz").await;
    assert_eq!(connection.rest().await, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incomplete_body_gets_408() {
    let server = Server::with(Kind::Sqlite, shortest_timeouts).await;
    let mut connection = RawConnection::to(&server).await;
    connection.send(&post(100)).await;
    let silent = connection.rest().await;
    let mut connection = RawConnection::to(&server).await;
    connection.send(&post(100_000)).await;
    let dripping = connection.rest_while_dripping(" ").await;
    for answer in [silent, dripping] {
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert_eq!(code(&error_of(&answer)), "BAD_USER_INPUT");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_is_disconnected() {
    let server = Server::with(Kind::Sqlite, shortest_timeouts).await;
    let mut connection = RawConnection::to(&server).await;
    let requests = HEALTH.repeat(100);
    // The client sends until all buffers are full, and would then block forever.
    let asking = async { while connection.0.write_all(requests.as_bytes()).await.is_ok() {} };
    wait_for("the server to close the connection", asking).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribers_may_be_silent_for_longer_than_the_timeouts() {
    let slow = |config: &mut Config| {
        shortest_timeouts(config);
        config.pace_ms = 2500; // longer than all timeouts
    };
    let server = Server::with(Kind::Sqlite, slow).await;
    let client = server.register().await;
    let mut socket = server.socket(&client).await;
    let (_, reply) = client.send_echo("word", None).await;
    let events = server.post().header("accept", "text/event-stream");
    let events = events.bearer_auth(client.token.as_deref().expect("signed in"));
    let query = "subscription($id: ID!) { reply(messageId: $id) { __typename } }";
    let events = events.json(&json!({ "query": query, "variables": { "id": reply } })).send();
    let events = async { events.await.expect("the server answers").text().await.expect("it is whole") };
    let ((text, _), events) =
        wait_for("the reply", async { tokio::join!(socket.follow_to_end(&reply), events) }).await;
    assert_eq!(text, "word");
    assert!(events.contains("ReplyFinished") && events.contains("event: complete"), "{events}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_size_of_headers_is_limited() {
    let server = Server::start(Kind::Sqlite).await;
    let header =
        |lines: &str| format!("GET /healthz HTTP/1.1\r\nhost: confab\r\nconnection: close\r\n{lines}\r\n");
    let many = |count: usize| (0..count).map(|i| format!("x-{i}: 1\r\n")).collect::<String>();
    let long = |size: usize| format!("x-long: {}\r\n", "x".repeat(size));
    for (what, lines, expected) in [
        ("long", long(15_000), "200"),
        ("too long", long(17_000), "431"),
        ("far too long", long(2_000_000), "431"),
        ("many", many(98), "200"),
        ("too many", many(99), "431"),
        ("far too many", many(100_000), "431"),
    ] {
        let mut connection = RawConnection::to(&server).await;
        // The server stops reading, but its answer still arrives.
        let (mut reading, mut writing) = connection.0.split();
        let request = header(&lines);
        let mut answer = vec![0; 12];
        let (_, read) = wait_for("an answer", async {
            tokio::join!(writing.write_all(request.as_bytes()), reading.read_exact(&mut answer))
        })
        .await;
        read.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(String::from_utf8_lossy(&answer), format!("HTTP/1.1 {expected}"), "{what}");
    }
    RawConnection::to(&server).await.healthy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn incomplete_requests_do_not_delay_the_shutdown() {
    let patient = |config: &mut Config| {
        config.tuning.request_timeout = Duration::from_secs(3600);
        config.connections.keep_alive_timeout = Duration::from_secs(3600);
        config.drain = Duration::from_secs(3600); // the shutdown must not need this
    };
    let server = Server::with(Kind::Sqlite, patient).await;
    let mut lines = Vec::new();
    for begun in ["", "GET /healthz HTTP/1.1\r\nhost:", &post(100)] {
        for before in [false, true] {
            let mut connection = RawConnection::to(&server).await;
            if before {
                connection.healthy().await;
            }
            connection.send(begun).await;
            lines.push(connection);
        }
    }
    server.shut_down();
    for mut connection in lines {
        // The server may reset the connection if it has not read the last bytes.
        let _ =
            wait_for("the server to close the connection", connection.0.read_to_end(&mut Vec::new())).await;
    }
    server.wait().await;
}

/// The server decompresses nothing: neither request bodies nor WebSocket messages.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn websocket_compression_is_not_offered() {
    let server = Server::start(Kind::Sqlite).await;
    let mut connection = RawConnection::to(&server).await;
    connection
        .send(
            "GET /graphql HTTP/1.1\r\nhost: confab\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-protocol: graphql-transport-ws\r\n\
         sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n\r\n",
        )
        .await;
    let answer = connection.until("\r\n\r\n").await.to_lowercase();
    assert!(answer.starts_with("http/1.1 101 "), "{answer}");
    assert!(!answer.contains("sec-websocket-extensions"), "{answer}");
    // A compressed message all the same: FIN, RSV1, text; masked, without payload.
    connection.0.write_all(&[0xc1, 0x80, 0, 0, 0, 0]).await.expect("it is open");
    let mut closing = [0; 4];
    wait_for("a close frame", connection.0.read_exact(&mut closing)).await.expect("it is there");
    let (opcode, status) = (closing[0], u16::from_be_bytes([closing[2], closing[3]]));
    assert_eq!((opcode, status), (0x88, 4400));
    // Other sockets are not affected.
    Socket::connect(server.address).await.init(None).await;
}
