//! Requests whose length or host two servers could interpret differently (RFC 9112, section 11.2). Behind a proxy, the
//! end of one client's request could be taken for the beginning of another's.

use super::RawConnection;
use crate::support::{Kind, Server};

/// Returns the number of answers, and the status of the first.
fn answers(received: &str) -> (usize, &str) {
    (received.matches("HTTP/1.1 ").count(), received.get(9..12).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_with_an_ambiguous_length_are_refused() {
    let server = Server::start(Kind::Sqlite).await;
    let smuggled = "GET /healthz HTTP/1.1\r\nhost: confab\r\n\r\n";
    for (what, header) in [
        ("two lengths", "content-length: 4\r\ncontent-length: 5\r\n"),
        ("a list of lengths", "content-length: 4, 5\r\n"),
        ("a length with a sign", "content-length: +4\r\n"),
        ("a length below nothing", "content-length: -4\r\n"),
        ("a length in another base", "content-length: 0x4\r\n"),
        ("a length beyond all numbers", "content-length: 99999999999999999999999\r\n"),
        ("chunks within something else", "transfer-encoding: chunked, identity\r\n"),
        ("an unknown coding", "transfer-encoding: xchunked\r\n"),
        ("a folded line", "transfer-encoding:\r\n chunked\r\n"),
        ("a folded length", "x: 1\r\n content-length: 4\r\n"),
        ("a space after the name", "transfer-encoding : chunked\r\n"),
        ("a space before the name", " content-length: 4\r\n"),
        ("no name", ": 4\r\n"),
        ("no colon", "content-length 4\r\n"),
        ("a zero byte", "content-length: 4\0\r\n"),
        ("a lone CR", "x: 1\rcontent-length: 4\r\n"),
    ] {
        let mut connection = RawConnection::to(&server).await;
        let request = format!("POST /graphql HTTP/1.1\r\nhost: confab\r\n{header}\r\n0\r\n\r\n{smuggled}");
        connection.send(&request).await;
        let received = connection.rest().await;
        assert_eq!(answers(&received), (1, "400"), "{what}: {received}");
    }
}

/// If a request has both, `Transfer-Encoding` wins and the connection is closed after the answer (section 6.3), so that
/// the remaining bytes are not taken for another request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn content_length_with_chunks_closes_the_connection() {
    let server = Server::start(Kind::Sqlite).await;
    for header in [
        "content-length: 6\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 6\r\n",
    ] {
        let mut connection = RawConnection::to(&server).await;
        connection.send(&format!(
            "POST /graphql HTTP/1.1\r\nhost: confab\r\ncontent-type: application/json\r\n{header}\r\n0\r\n\r\n\
             GET /healthz HTTP/1.1\r\nhost: confab\r\n\r\n"
        ))
        .await;
        let received = connection.rest().await;
        assert_eq!(answers(&received), (1, "400"), "{header}: {received}");
        assert!(received.to_lowercase().contains("connection: close"), "{received}");
    }
}

/// With two hosts, a proxy may have used the other one (RFC 9112, section 3.2).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_with_an_ambiguous_host_are_refused() {
    let server = Server::start(Kind::Sqlite).await;
    let upgrade = "host: a\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
        sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: graphql-transport-ws\r\n";
    let two_origins = format!("{upgrade}origin: http://a\r\norigin: http://a\r\n");
    for (line, header, status) in [
        ("GET /healthz HTTP/1.1", "host: a\r\n", "200"),
        ("GET /healthz HTTP/1.1", "host:\r\n", "200"),
        ("GET /healthz HTTP/1.0", "", "200"),
        ("GET /healthz HTTP/1.1", "", "400"),
        ("GET /healthz HTTP/1.1", "host: a\r\nhost: a\r\n", "400"),
        ("GET /healthz HTTP/1.1", "host: a\r\nhost: b\r\n", "400"),
        ("GET /healthz HTTP/1.0", "host: a\r\nhost: b\r\n", "400"),
        ("GET /healthz HTTP/1.1", "host: a/b\r\n", "400"),
        ("GET /nope HTTP/1.1", "", "400"),
        ("GET /healthz HTTP/1.1", "host: a\r\norigin: http://a\r\norigin: http://b\r\n", "400"),
        ("GET /graphql HTTP/1.1", &two_origins, "400"),
    ] {
        let mut tcp = RawConnection::to(&server).await;
        let connection = if header.contains("upgrade") { "upgrade" } else { "close" };
        tcp.send(&format!("{line}\r\nconnection: {connection}\r\n{header}\r\n")).await;
        let answer = tcp.until("\r\n\r\n").await;
        assert_eq!(answer.get(9..12), Some(status), "{line} {header}: {answer}");
        assert!(answer.to_lowercase().contains("x-content-type-options: nosniff"), "{answer}");
        assert!(answer.to_lowercase().contains("x-request-id: "), "{answer}");
    }
}
