//! Bodies that are small only as long as nobody inflates them.

use crate::support::{Answer, GRAPHQL, JSON, Kind, Server, code};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use std::io::Write;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_compressed_is_refused_unread() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let query = "{ me { id } }";
    let plain = json!({ "query": query }).to_string();
    // Seventeen kilobytes that would be sixteen megabytes.
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(plain.as_bytes()).expect("a vector takes all");
    bomb.write_all(&vec![b' '; 16 << 20]).expect("a vector takes all");
    let bomb = bomb.finish().expect("a vector takes all");
    assert!(bomb.len() < server.config.max_body, "{}", bomb.len());
    let post = |coding: &'static str, body: Vec<u8>| {
        let request = server.post().bearer_auth(client.token.as_deref().expect("signed in"));
        let request = request.header("content-type", JSON).header("accept", GRAPHQL);
        Answer::to(request.header("content-encoding", coding).body(body))
    };
    for coding in
        ["gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "identity, gzip", "gzip, gzip", "nonsense"]
    {
        let answer = post(coding, bomb.clone()).await;
        assert_eq!(answer.status, 415, "{coding}");
        assert_eq!(answer.header("accept-encoding"), "identity", "{coding}");
        let refusal = answer.refusal();
        assert_eq!(code(&refusal), "BAD_USER_INPUT", "{coding}");
        assert_eq!(refusal["message"], "`request` must not be compressed", "{coding}");
    }
    // Who only forgot to say so is no better off.
    assert_eq!(post("", bomb).await.status, 400);
    for coding in ["", "identity", "Identity, identity"] {
        assert_eq!(post(coding, plain.clone().into_bytes()).await.status, 200, "{coding}");
    }
}
