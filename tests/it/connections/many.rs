//! The limits of connections, in total and per address.

use super::RawConnection;
use crate::support::{Kind, Server};

/// Retries a health check until it succeeds: a permit becomes free a moment after a client has disconnected.
async fn healthy_in_time(server: &Server) {
    let asked = async {
        loop {
            let mut connection = RawConnection::to(server).await;
            // A refused connection is closed, possibly before the request is sent.
            connection.send("GET /healthz HTTP/1.1\r\nhost: confab\r\nconnection: close\r\n\r\n").await;
            if connection.rest().await.starts_with("HTTP/1.1 200 ") {
                return;
            }
        }
    };
    crate::support::wait_for("a free permit", asked).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_over_the_limit_gets_503() {
    let server = Server::with(Kind::Sqlite, |config| config.connections.max_connections = 3).await;
    let mut within = [RawConnection::to(&server).await, RawConnection::to(&server).await];
    for connection in &mut within {
        connection.healthy().await;
    }
    let mut socket = server.socket(&server.anonymous()).await;
    for _ in 0..5 {
        let received = RawConnection::to(&server).await.rest().await;
        assert!(received.starts_with("HTTP/1.1 503 "), "{received}");
        for part in ["connection: close", "retry-after: 5", "x-content-type-options: nosniff"] {
            assert!(received.contains(part), "{part}: {received}");
        }
        let (_, reason) = received.split_once("\r\n\r\n").expect("an answer has a header");
        assert_ne!(reason, "");
        for connection in &mut within {
            connection.healthy().await;
        }
        socket.ping().await;
    }
    drop(within);
    healthy_in_time(&server).await;
}

/// A WebSocket holds its permit for as long as it is open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_socket_frees_its_connection_permit() {
    let server = Server::with(Kind::Sqlite, |config| config.connections.max_connections = 1).await;
    for _ in 0..3 {
        let mut socket = server.socket(&server.anonymous()).await;
        let received = RawConnection::to(&server).await.rest().await;
        assert!(received.starts_with("HTTP/1.1 503 "), "{received}");
        socket.ping().await;
        drop(socket);
        healthy_in_time(&server).await;
        // The permit of that connection is free only after the server has seen its end.
        healthy_in_time(&server).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_per_address_are_limited() {
    let server =
        Server::with(Kind::Sqlite, |config| config.connections.max_connections_per_address = 2).await;
    let mut greedy =
        [RawConnection::from("127.0.0.2", &server).await, RawConnection::from("127.0.0.2", &server).await];
    for connection in &mut greedy {
        connection.healthy().await;
    }
    let received = RawConnection::from("127.0.0.2", &server).await.rest().await;
    assert!(received.starts_with("HTTP/1.1 429 "), "{received}");
    RawConnection::from("127.0.0.3", &server).await.healthy().await;
    for connection in &mut greedy {
        connection.healthy().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_of_a_trusted_proxy_are_not_limited() {
    let server = Server::with(Kind::Sqlite, |config| {
        config.connections.max_connections_per_address = 1;
        config.trusted_proxies = "127.0.0.2".parse().expect("an address");
    })
    .await;
    let mut connections = Vec::new();
    for _ in 0..5 {
        let mut connection = RawConnection::from("127.0.0.2", &server).await;
        connection.healthy().await;
        connections.push(connection);
    }
}
