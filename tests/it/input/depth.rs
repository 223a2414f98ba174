//! Deeply nested values, wherever a value can contain another.

use super::world::World;
use crate::support::{Closed, GRAPHQL, HttpResponse, Socket, code, on_both_databases, wait_for};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const DEEP: usize = 100_000;
const ME: &str = "{ me { id } }";

fn nested(open: &str, close: &str, levels: usize) -> String {
    open.repeat(levels) + &close.repeat(levels)
}

on_both_databases! {
    async fn deeply_nested_json_is_refused_everywhere(kind) {
        let world = World::new(kind).await;
        let with = |part: &str, value: &str| format!("{{\"query\":\"{ME}\",\"{part}\":{value}}}");
        for deep in [nested("[", "]", DEEP), "[".repeat(DEEP), "{\"a\":".repeat(DEEP / 2), nested("[{\"a\":", "}]", DEEP / 10)] {
            let mut bodies = vec![deep.clone()];
            for part in ["query", "operationName", "variables", "extensions"] {
                bodies.push(with(part, &deep));
                bodies.push(with(part, &format!("{{\"a\":{deep}}}")));
            }
            for body in bodies {
                assert_eq!(world.error_codes_by_post(body.clone().into()).await, ["BAD_USER_INPUT"], "{body:.70}");
                // A payload that is JSON but too deep to decode fails only its own operation.
                let on_a_socket = world.error_codes_on_a_socket(body.as_bytes()).await;
                assert!(["4400", "BAD_USER_INPUT"].contains(&&*on_a_socket.join(" ")), "{body:.70}: {on_a_socket:?}");
            }
            for message in ["ping", "pong", "connection_init"] {
                let mut socket = Socket::connect(world.server.address).await;
                socket.send_text(&format!("{{\"type\":\"{message}\",\"id\":\"1\",\"payload\":{deep}}}")).await;
                assert_eq!(socket.receive().await, Err(Closed(4400)), "{message}: {deep:.50}");
            }
            world.assert_healthy().await;
        }
    }

    async fn deeply_nested_parameters_of_get_are_refused(kind) {
        let world = World::new(kind).await;
        let by_get = async |parameter: &str, levels: usize| {
            let address = format!("/graphql?query=%7Bme%7Bid%7D%7D&{parameter}={}", nested("[", "]", levels));
            HttpResponse::to(world.server.get(&address).header("accept", GRAPHQL)).await
        };
        for (parameter, levels) in [("variables", 70), ("variables", 7_000), ("extensions", 70), ("extensions", 7_000)] {
            let answer = by_get(parameter, levels).await;
            assert_eq!((answer.status, code(&answer.refusal())), (400, "BAD_USER_INPUT"), "{levels} levels");
        }
        // A longer URL is not read at all.
        let mut stream = TcpStream::connect(world.server.address).await.expect("the server listens");
        let address = format!("/graphql?query=%7Bme%7Bid%7D%7D&variables={}", nested("[", "]", DEEP));
        let request = format!("GET {address} HTTP/1.1\r\nhost: x\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("it is taken");
        let mut status = [0; 12];
        wait_for("an answer", stream.read_exact(&mut status)).await.expect("the server answers");
        assert!(status.starts_with(b"HTTP/1.1 4"), "{}", status.escape_ascii());
        world.assert_healthy().await;
    }

    async fn deeply_nested_documents_are_refused(kind) {
        let world = World::new(kind).await;
        for levels in [70, 1_000, 10_000, 25_000] {
            let list = nested("[", "]", levels);
            for document in [
                format!("{{ node(id: {list}) {{ id }} }}"),
                format!("{{ node(id: {}) {{ id }} }}", "[".repeat(levels)),
                format!("{{ node(id: {}1{}) {{ id }} }}", "{a:".repeat(levels), "}".repeat(levels)),
                format!("query($a: [String] = {list}) {{ node(id: $a) {{ id }} }}"),
                format!("query($a: {}ID{}) {{ node(id: $a) {{ id }} }}", "[".repeat(levels), "]".repeat(levels)),
                format!("query($a: {}ID{}) {{ node(id: $a) {{ id }} }}", "[".repeat(levels), "!]".repeat(levels)),
                format!("{{ me @skip(if: {list}) {{ id }} }}"),
                format!("query @a(b: {list}) {{ me {{ id }} }}"),
                format!("{{ me {} }}", "{ me ".repeat(levels) + &"}".repeat(levels)),
                format!("{{ {} me {{ id }} {} }}", "... {".repeat(levels), "}".repeat(levels)),
                format!("{{ {} me {{ id }} {} }}", "... on Query {".repeat(levels.min(10_000)), "}".repeat(levels.min(10_000))),
                "{a".repeat(levels),
                "(".repeat(levels),
                format!("{{ a{} }}", "(b:{c".repeat(levels)),
                format!("\"{}", "\\\"".repeat(levels)),
            ] {
                let body = json!({ "query": document }).to_string();
                for codes in [world.error_codes_by_post(body.clone().into()).await, world.error_codes_on_a_socket(body.as_bytes()).await] {
                    let stable = ["GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"];
                    let refused = codes.iter().all(|code| stable.contains(&code.as_str()));
                    assert!(refused && !codes.is_empty(), "{levels} levels: {document:.70}: {codes:?}");
                }
            }
            world.assert_healthy().await;
        }
    }
}
