//! Request bodies: compression, declared lengths, byte order marks.

use crate::support::{GRAPHQL, HttpResponse, JSON, Kind, Server, code, wait_for};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use std::io::Write;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compressed_bodies_are_refused() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let query = "{ me { id } }";
    let plain = json!({ "query": query }).to_string();
    // 17 KB that inflate to 16 MB.
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(plain.as_bytes()).expect("a vector takes all");
    bomb.write_all(&vec![b' '; 16 << 20]).expect("a vector takes all");
    let bomb = bomb.finish().expect("a vector takes all");
    assert!(bomb.len() < server.config.max_body, "{}", bomb.len());
    let post = |coding: &'static str, body: Vec<u8>| {
        let request = server.post().bearer_auth(client.token.as_deref().expect("signed in"));
        let request = request.header("content-type", JSON).header("accept", GRAPHQL);
        HttpResponse::to(request.header("content-encoding", coding).body(body))
    };
    for coding in
        ["gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "identity, gzip", "gzip, gzip", "nonsense"]
    {
        let answer = post(coding, bomb.clone()).await;
        assert_eq!(answer.status, 415, "{coding}");
        assert_eq!(answer.header("accept-encoding"), "identity", "{coding}");
        let refusal = answer.refusal();
        assert_eq!(code(&refusal), "BAD_USER_INPUT", "{coding}");
        assert_eq!(refusal["extensions"]["field"], "request", "{coding}");
    }
    // A compressed body without `Content-Encoding` is invalid JSON.
    assert_eq!(post("", bomb).await.status, 400);
    for coding in ["", "identity", "Identity, identity"] {
        assert_eq!(post(coding, plain.clone().into_bytes()).await.status, 200, "{coding}");
    }
}

/// Sends a POST request with these headers and no body. Returns the status line of the answer.
async fn first_line(server: &Server, headers: &str) -> String {
    let mut tcp = TcpStream::connect(server.address).await.expect("the server listens");
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: {}\r\ncontent-type: {JSON}\r\n{headers}\r\n",
        server.address
    );
    tcp.write_all(head.as_bytes()).await.expect("it is open");
    let mut line = String::new();
    wait_for("an answer", BufReader::new(tcp).read_line(&mut line)).await.expect("it is text");
    line.trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declared_length_above_the_limit_is_refused_at_once() {
    let server = Server::with(Kind::Sqlite, |config| config.max_body = 1000).await;
    for expect in ["", "expect: 100-continue\r\n"] {
        let refused = first_line(&server, &format!("content-length: 1001\r\n{expect}")).await;
        assert_eq!(refused, "HTTP/1.1 413 Payload Too Large", "{expect}");
    }
    let invited = first_line(&server, "content-length: 1000\r\nexpect: 100-continue\r\n").await;
    assert_eq!(invited, "HTTP/1.1 100 Continue");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_byte_order_mark_is_ignored() {
    let server = Server::start(Kind::Sqlite).await;
    let post = |body: Vec<u8>| HttpResponse::to(server.post().header("content-type", JSON).body(body));
    let body = json!({ "query": "{ __typename }" }).to_string();
    let mark = "\u{feff}".as_bytes();
    assert_eq!(post([mark, body.as_bytes()].concat()).await.status, 200);
    for mark in [[mark, mark].concat(), b"\xfe\xff".to_vec(), b"\xef\xbb".to_vec()] {
        assert_eq!(post([&mark, body.as_bytes()].concat()).await.status, 400, "{mark:?}");
    }
}
