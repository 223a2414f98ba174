//! `graphql-transport-ws`: its messages, its close codes, and the isolation of operations and sockets.

mod closing;
mod limits;

use crate::support::{Client, Closed, Kind, Provider, Server, Socket, code, codes, wait_for};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{future::pending, time::Duration};
use tokio::{io::AsyncReadExt, select, time::interval};
use tokio_tungstenite::{
    MaybeTlsStream,
    tungstenite::{Bytes, Message, protocol::frame::coding::CloseCode},
};
use tokio_util::sync::CancellationToken;

const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");
const CREATE: &str = "mutation { createConversation(input: { title: \"t\" }) { conversation { title } } }";

/// Starts a server, and opens a socket that is not signed in.
async fn signed_out() -> (Server, Socket) {
    let server = Server::start(Kind::Sqlite).await;
    let socket = server.socket(&server.anonymous()).await;
    (server, socket)
}

/// Starts a server and a long reply. Returns them with a client and its socket.
async fn long_reply() -> (Server, Client, Socket, String) {
    let server = Server::with(Kind::Sqlite, |config| {
        config.pace_ms = 10;
        config.tuning.max_operations = 3;
    })
    .await;
    let client = server.register().await;
    let (_, reply) = client.send_echo(&"word ".repeat(2000), None).await;
    let socket = server.socket(&client).await;
    (server, client, socket, reply)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_subprotocols_are_refused() {
    let server = Server::start(Kind::Sqlite).await;
    for offered in [None, Some("graphql-ws"), Some("graphql-transport-ws2"), Some("")] {
        let headers: Vec<_> = offered.map(|offered| (PROTOCOL.0, offered)).into_iter().collect();
        let mut socket = Socket::connect_with_headers(server.address, &headers).await.expect("it opens");
        assert_eq!(socket.receive().await, Err(Closed(4406)), "{offered:?}");
    }
    // This client requires an answer with one of the subprotocols that it offered.
    let mut socket =
        Socket::connect_with_protocol(server.address, Some("graphql-ws, graphql-transport-ws")).await;
    socket.init(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connection_init_is_required_once_and_in_time() {
    let server =
        Server::with(Kind::Sqlite, |config| config.tuning.init_timeout = Duration::from_secs(1)).await;
    let mut silent = Socket::connect(server.address).await;
    // A ping is allowed meanwhile, but does not extend the timeout.
    assert_eq!(silent.ping().await, [Value::Null; 0]);
    assert_eq!(silent.receive().await, Err(Closed(4408)));

    // `complete` is allowed before the socket is acknowledged.
    let mut early = Socket::connect(server.address).await;
    early.send(json!({ "type": "complete", "id": "1" })).await;
    early.init(None).await;

    let mut hasty = Socket::connect(server.address).await;
    hasty.subscribe("1", CREATE, json!({})).await;
    assert_eq!(hasty.receive().await, Err(Closed(4401)));

    let mut twice = server.socket(&server.anonymous()).await;
    twice.send(json!({ "type": "connection_init" })).await;
    assert_eq!(twice.receive().await, Err(Closed(4429)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_token_is_refused() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let good = format!("Bearer {}", client.token.as_deref().expect("signed in"));
    let refused = async |authorization: &str| {
        let mut socket = Socket::connect(server.address).await;
        let payload = json!({ "authorization": authorization });
        socket.send(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.receive().await, Err(Closed(4403)), "{authorization:?}");
    };
    for authorization in ["", "Bearer", "Bearer ", "Bearer nonsense", "Basic YTpi", &good[7..]] {
        refused(authorization).await;
    }
    let mut socket = Socket::connect(server.address).await;
    socket.send(json!({ "type": "connection_init", "payload": { "authorization": good } })).await;
    assert_eq!(socket.receive().await, Ok(json!({ "type": "connection_ack" })));
    server.clock.advance(server.config.access_token_ttl);
    refused(&good).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_token_the_socket_is_anonymous() {
    let server = Server::start(Kind::Sqlite).await;
    for init in [
        json!({ "type": "connection_init" }),
        json!({ "type": "connection_init", "payload": null }),
        json!({ "type": "connection_init", "payload": { "theme": "dark" } }),
    ] {
        let mut socket = Socket::connect(server.address).await;
        socket.send(init).await;
        assert_eq!(socket.receive().await, Ok(json!({ "type": "connection_ack" })));
        socket.subscribe("1", "{ me { id } }", json!({})).await;
        let payload = json!({ "data": { "me": null } });
        assert_eq!(socket.receive().await, Ok(json!({ "id": "1", "type": "next", "payload": payload })));
        assert_eq!(socket.receive().await, Ok(json!({ "id": "1", "type": "complete" })));
        socket.follow("message_00000000000000000000000000000000", None).await;
        let refusal = socket.receive().await.expect("an error");
        assert_eq!((&refusal["type"], code(&refusal["payload"][0])), (&json!("error"), "UNAUTHENTICATED"));
        assert_eq!(socket.ping().await, [Value::Null; 0], "nothing follows an error");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_messages_close_the_socket() {
    let (server, _) = signed_out().await;
    for text in [
        "",
        "nonsense",
        "null",
        "\"ping\"",
        "[]",
        "[\"ping\"]",
        "{}",
        r#"{"type":5}"#,
        r#"{"type":"nope"}"#,
        r#"{"type":"connection_ack"}"#,
        r#"{"type":"next","id":"1","payload":{}}"#,
        r#"{"type":"start","id":"1","payload":{"query":"{ me { id } }"}}"#,
        r#"{"type":"subscribe","payload":{"query":"{ me { id } }"}}"#,
        r#"{"type":"subscribe","id":null,"payload":{"query":"{ me { id } }"}}"#,
        r#"{"type":"subscribe","id":1,"payload":{"query":"{ me { id } }"}}"#,
        r#"{"type":"subscribe","id":"1"}"#,
        r#"{"type":"subscribe","id":"1","payload":null}"#,
        r#"{"type":"subscribe","id":"1","payload":{}}"#,
        r#"{"type":"subscribe","id":"1","payload":"{ me { id } }"}"#,
        r#"{"type":"subscribe","id":"1","payload":["{ me { id } }",null,null]}"#,
        r#"["subscribe",{"id":"1","payload":{"query":"{ me { id } }"}}]"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":5}}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":"{ me { id } }","variables":[]}}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":"{ me { id } }","operationName":1}}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":"{ me { id } }","extensions":[]}}"#,
        r#"{"type":"subscribe","id":"","payload":{"query":"{ me { id } }"}}"#,
        r#"{"type":"subscribe","id":"\ud800","payload":{"query":"{ me { id } }"}}"#,
        r#"{"type":"subscribe","id":"","payload":{"query":"\ud800"}}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":"\ud8"}}"#,
        r#"{"type":"complete"}"#,
        r#"{"type":"complete","id":1}"#,
        r#"{"type":"complete","id":""}"#,
        r#"{"type":"ping","payload":[]}"#,
        r#"{"type":"ping","payload":"text"}"#,
        r#"{"type":"ping","payload":0}"#,
        r#"{"type":"pong","payload":[]}"#,
        r#"{"type":"pong","payload":false}"#,
    ] {
        let mut socket = server.socket(&server.anonymous()).await;
        socket.send_text(text).await;
        assert_eq!(socket.receive().await, Err(Closed(4400)), "{text}");
    }
    let mut deep = server.socket(&server.anonymous()).await;
    deep.send_text(&"{\"type\":".repeat(20_000)).await;
    assert_eq!(deep.receive().await, Err(Closed(4400)));
    let mut early = Socket::connect(server.address).await;
    early.send_text("nonsense").await;
    assert_eq!(early.receive().await, Err(Closed(4400)));
    let mut binary = server.socket(&server.anonymous()).await;
    let ping = Message::binary(Bytes::from_static(br#"{"type":"ping"}"#));
    binary.0.send(ping).await.expect("the socket is open");
    assert_eq!(binary.receive().await, Err(Closed(4400)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pings_are_answered_with_their_payload() {
    let (_server, mut socket) = signed_out().await;
    for payload in [json!({ "a": [1, "two"] }), json!({})] {
        socket.send(json!({ "type": "ping", "payload": payload })).await;
        assert_eq!(socket.receive().await, Ok(json!({ "type": "pong", "payload": payload })));
    }
    socket.send(json!({ "type": "ping", "payload": null })).await;
    assert_eq!(socket.receive().await, Ok(json!({ "type": "pong" })));
    socket.send(json!({ "type": "pong", "payload": null })).await;
    socket.send(json!({ "type": "pong" })).await;
    socket.send(json!({ "type": "pong", "payload": { "any": "thing" } })).await;
    socket.send(json!({ "type": "ping" })).await;
    assert_eq!(socket.receive().await, Ok(json!({ "type": "pong" })), "a pong is not answered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_and_mutations_work_on_a_socket() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let mut socket = server.socket(&client).await;
    let mut answer = async |query: &str, variables: Value| {
        socket.subscribe("one id", query, variables).await;
        let mut next = socket.receive().await.expect("a result");
        assert_eq!((&next["type"], &next["id"]), (&json!("next"), &json!("one id")), "{next}");
        assert_eq!(socket.receive().await, Ok(json!({ "id": "one id", "type": "complete" })));
        next["payload"].take()
    };
    let created = answer(CREATE, json!({})).await;
    assert_eq!(created, json!({ "data": { "createConversation": { "conversation": { "title": "t" } } } }));
    let counted = answer("{ me { email conversations { totalCount } } }", json!({})).await;
    assert_eq!(counted["data"]["me"], json!({ "email": client.email, "conversations": { "totalCount": 1 } }));
    // An error in a field is part of the result.
    let partial =
        answer("query($id: ID!) { node(id: $id) { id } models { id } }", json!({ "id": "x" })).await;
    assert_eq!(codes(&partial), ["BAD_USER_INPUT"]);
    assert_eq!(partial["errors"][0]["path"], json!(["node"]));
    assert!(partial["data"]["models"].is_array());
    let stop = "mutation($id: ID!) { stopReply(input: { messageId: $id }) { message { id } } }";
    let failed = answer(stop, json!({ "id": "message_00000000000000000000000000000000" })).await;
    assert_eq!((codes(&failed), &failed["data"]), (vec!["NOT_FOUND"], &Value::Null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn request_errors_end_the_operation() {
    let (_server, mut socket) = signed_out().await;
    for (query, expected) in [
        ("{ me {", "GRAPHQL_PARSE_FAILED"),
        (r#"{ node(id: "\ud800") { id } }"#, "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nope }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "subscription { a: reply(messageId: \"x\") { cursor } b: reply(messageId: \"x\") { cursor } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("{ me { ...F } } fragment F on User { ...F }", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        socket.subscribe("1", query, json!({})).await;
        let refusal = socket.receive().await.expect("an error");
        assert_eq!((&refusal["type"], &refusal["id"]), (&json!("error"), &json!("1")), "{query}");
        assert_eq!(code(&refusal["payload"][0]), expected, "{query}");
        assert_eq!(socket.ping().await, [Value::Null; 0], "nothing else is sent");
    }
}

/// The message is valid JSON, so the socket stays open. But no string can hold a lone surrogate.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undecodable_payload_fails_only_its_operation() {
    let (server, client, mut socket, reply) = long_reply().await;
    let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for payload in [
        r#"{"query":"{ node(id: \"\ud800\") { id } }"}"#,
        r#"{"query":"{ me { id } }","variables":{"id":"\udc00 alone"}}"#,
        r#"{"query":"{ me { id } }","operationName":"\ud800\ud800"}"#,
        r#"{"query":"{ me { id } }","variables":{"n":1e999}}"#,
        &format!(r#"{{"query":"{{ me {{ id }} }}","variables":{{"deep":{nested}}}}}"#),
    ] {
        socket.send_text(&format!(r#"{{"type":"subscribe","id":"1","payload":{payload}}}"#)).await;
        let refusal = socket.receive().await.expect("the socket stays open");
        assert_eq!((&refusal["type"], &refusal["id"]), (&json!("error"), &json!("1")), "{payload}");
        assert_eq!(code(&refusal["payload"][0]), "BAD_USER_INPUT", "{payload}");
        assert_eq!(socket.ping().await, [Value::Null; 0], "nothing else is sent");
    }
    // A pair of surrogates is valid.
    socket
        .send_text(r#"{"type":"subscribe","id":"1","payload":{"query":"{ me { id } } # \ud83d\ude00"}}"#)
        .await;
    assert_eq!(socket.receive().await.expect("a result")["type"], "next");
    socket.receive().await.expect("`complete`");
    // The ID must be free in this case too.
    socket.follow(&reply, None).await;
    socket.until("word").await;
    socket
        .send_text(&format!(r#"{{"type":"subscribe","id":"{reply}","payload":{{"query":"\ud800"}}}}"#))
        .await;
    assert_eq!(socket.closed().await, 4409);
    let mut hasty = Socket::connect(server.address).await;
    hasty.send_text(r#"{"type":"subscribe","id":"1","payload":{"query":"\ud800"}}"#).await;
    assert_eq!(hasty.receive().await, Err(Closed(4401)));
    drop(client);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_is_in_use_until_its_operation_ends() {
    let (server, client, mut socket, reply) = long_reply().await;
    // Operations that the server ended, with `complete` and with `error`.
    for query in ["{ me { id } }", "{ nope }", "{ me { id } }"] {
        socket.subscribe(&reply, query, json!({})).await;
        while socket.receive().await.expect("the socket stays open")["type"] == "next" {}
    }
    // An operation that the client ended.
    socket.follow(&reply, None).await;
    socket.until("word").await;
    socket.send(json!({ "id": reply, "type": "complete" })).await;
    socket.follow(&reply, None).await;
    socket.until("word").await;
    // An operation in progress.
    socket.follow(&reply, None).await;
    assert_eq!(socket.closed().await, 4409);
    assert_eq!(server.socket(&client).await.ping().await, [Value::Null; 0], "other sockets are not affected");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_per_socket_are_limited() {
    let (_server, _, mut socket, reply) = long_reply().await;
    let following = format!("subscription {{ reply(messageId: \"{reply}\") {{ cursor }} }}");
    for id in ["1", "2"] {
        socket.subscribe(id, &following, json!({})).await;
    }
    // Many operations use the third permit, one after the other.
    for _ in 0..5 {
        socket.subscribe("3", "{ me { id } }", json!({})).await;
        let done = json!({ "id": "3", "type": "complete" });
        while socket.receive().await.expect("the socket stays open") != done {}
    }
    socket.send(json!({ "id": "1", "type": "complete" })).await;
    socket.subscribe("4", &following, json!({})).await;
    socket.subscribe("5", &following, json!({})).await;
    socket.ping().await;
    socket.subscribe("6", &following, json!({})).await;
    assert_eq!(socket.closed().await, 4429);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn complete_from_the_client_ends_the_operation() {
    let (_server, client, mut socket, reply) = long_reply().await;
    socket.follow(&reply, None).await;
    socket.until("word word").await;
    socket.send(json!({ "id": reply, "type": "complete" })).await;
    // Completing an operation that has ended or never existed has no effect.
    socket.send(json!({ "id": reply, "type": "complete" })).await;
    socket.send(json!({ "id": "nobody", "type": "complete" })).await;
    socket.ping().await;
    assert_eq!(client.stop(&reply).await["status"], "STOPPED", "the reply continued");
    assert_eq!(socket.ping().await, [Value::Null; 0], "but no events were sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_oversized_message_closes_the_socket() {
    let server = Server::with(Kind::Sqlite, |config| config.max_body = 2048).await;
    let mut other = server.socket(&server.anonymous()).await;
    let mut socket = server.socket(&server.anonymous()).await;
    let sized = |size: usize| format!("{:size$}", json!({ "type": "ping" }).to_string());
    socket.send_text(&sized(2048)).await;
    assert_eq!(socket.receive().await, Ok(json!({ "type": "pong" })));
    socket.send_text(&sized(2049)).await;
    socket.gone().await;
    assert_eq!(other.ping().await, [Value::Null; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_answers_no_pings_is_disconnected() {
    let server =
        Server::with(Kind::Sqlite, |config| config.tuning.ping_interval = Duration::from_secs(1)).await;
    let silent = server.socket(&server.anonymous()).await;
    let mut listening = server.socket(&server.anonymous()).await;
    // A client that only reads raw bytes answers no pings.
    let MaybeTlsStream::Plain(mut bytes) = silent.0.into_inner() else { panic!("there is no TLS here") };
    let mut received = Vec::new();
    let hung_up = wait_for("the server to close the connection", bytes.read_to_end(&mut received));
    select! {
        read = hung_up => { read.expect("it is closed in order"); }
        // This client library answers pings while it reads.
        message = listening.receive() => panic!("{message:?} to a client that answers"),
    }
    let close = received.iter().rposition(|byte| *byte == 0x88).expect("a close frame");
    assert_eq!(received[close + 2..close + 4], 4408_u16.to_be_bytes(), "{received:?}");
    assert_eq!(listening.ping().await, [Value::Null; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn busy_subscriptions_do_not_starve_other_operations() {
    let mut provider = Provider::start().await;
    let settings = [("OPENAI_BASE_URL", &*provider.base_url())];
    let server = Server::with_providers(Kind::Sqlite, &settings, |_| {}).await;
    let client = server.register().await;
    let sent = client.send(json!({ "content": "talk" })).await;
    let mut call = provider.call().await;
    let enough = CancellationToken::new();
    let until = enough.clone();
    // A provider that sends text without pause.
    let talking = tokio::spawn(async move {
        while !until.is_cancelled() {
            call.send_text("word ").await;
        }
        call.finish("stop").await;
    });
    let mut socket = server.socket(&client).await;
    let reply = sent["reply"]["id"].as_str().expect("an id");
    let following = format!("subscription {{ reply(messageId: \"{reply}\") {{ cursor }} }}");
    for i in 0..20 {
        socket.subscribe(&format!("hot {i}"), &following, json!({})).await;
    }
    for i in 0..20 {
        let cold = format!("cold {i}");
        socket.subscribe(&cold, "{ me { email } }", json!({})).await;
        let mut others = 0;
        loop {
            let message = socket.receive().await.expect("the socket stays open");
            if message["id"] == *cold && message["type"] == "complete" {
                break;
            }
            assert_ne!(message["type"], "complete", "the other subscriptions continue");
            others += 1;
        }
        assert!(others < 50_000, "{others} messages came first");
        assert!(socket.ping().await.len() < 50_000);
    }
    enough.cancel();
    talking.await.expect("the model ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_close_at_shutdown() {
    let (server, client, mut following, reply) = long_reply().await;
    following.follow(&reply, None).await;
    following.until("word").await;
    let mut idle = server.socket(&client).await;
    let mut new = Socket::connect(server.address).await;
    new.ping().await;
    server.shut_down();
    for socket in [&mut following, &mut idle, &mut new] {
        assert_eq!(socket.closed().await, 1012);
    }
    server.wait().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_socket_closes_at_shutdown() {
    let server = Server::with(Kind::Sqlite, |config| config.drain = Duration::from_secs(3600)).await;
    let socket = server.socket(&server.anonymous()).await;
    let (mut mouth, mut ear) = socket.0.split();
    let ping = Message::text(json!({ "type": "ping" }).to_string());
    // As fast as the rate limit allows.
    let mut beat = interval(Duration::from_millis(5));
    let talk = async {
        while mouth.send(ping.clone()).await.is_ok() {
            beat.tick().await;
        }
        pending().await // the close frame is still to be received
    };
    let listen = async {
        while let Some(Ok(message)) = ear.next().await {
            match message {
                Message::Close(Some(frame)) => return Some(frame.code),
                _ => server.shut_down(),
            }
        }
        None
    };
    let close = async {
        select! {
            () = talk => unreachable!(),
            close = listen => close,
        }
    };
    assert_eq!(wait_for("a close frame", close).await, Some(CloseCode::Restart));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_origins_may_not_connect() {
    let listed = "https://chat.example";
    let server = Server::with(Kind::Sqlite, |config| config.allowed_origins = vec![listed.into()]).await;
    let connect = async |origin: &str| {
        let socket = Socket::connect_with_headers(server.address, &[PROTOCOL, ("origin", origin)]).await?;
        Ok(socket)
    };
    for origin in [
        "https://evil.example",
        "https://chat.example.evil.example",
        "http://chat.example",
        "https://chat.example:444",
        "http://127.0.0.1",
        "null",
        "",
    ] {
        assert_eq!(connect(origin).await.err(), Some(403), "{origin}");
    }
    for origin in [listed, &format!("http://{}", server.address)] {
        connect(origin).await.expect("it may connect").init(None).await;
    }
    assert_eq!(
        Socket::connect(server.address).await.ping().await,
        [Value::Null; 0],
        "a client that is not a browser"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mutation_completes_although_its_socket_closes() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    for _ in 0..10 {
        let mut socket = server.socket(&client).await;
        socket.subscribe("1", CREATE, json!({})).await;
        socket.0.close(None).await.expect("it was open");
    }
    let all = async {
        let query = "{ me { conversations { totalCount } } }";
        while client.data(query, json!({})).await["me"]["conversations"]["totalCount"] != 10 {}
    };
    wait_for("all mutations to be carried out", all).await;
}
