//! The limits of one socket, and of one user's sockets.

use crate::support::{Client, Closed, HttpResponse, Kind, Server, Socket, Sql, code, wait_for};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{future::pending, time::Duration};
use tokio::{select, task::yield_now};
use tokio_tungstenite::tungstenite::Message;

const CHANGES: &str = "subscription { changes { cursor } }";

/// Opens a socket for a client. Returns the close code if the server refuses it.
async fn open(server: &Server, client: &Client) -> Result<Socket, Closed> {
    let mut socket = Socket::connect(server.address).await;
    let authorization = client.token.as_ref().map(|token| format!("Bearer {token}"));
    socket.send(json!({ "type": "connection_init", "payload": { "authorization": authorization } })).await;
    socket.receive().await.map(|_| socket)
}

/// Subscribes and returns the first message of the subscription.
async fn begin(socket: &mut Socket, id: &str, variables: &Value) -> Value {
    socket.subscribe(id, CHANGES, variables.clone()).await;
    let message = socket.receive().await.expect("the socket stays open");
    assert_eq!(message["id"], id);
    message
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_length_of_operation_ids_is_limited() {
    let server = Server::start(Kind::Sqlite).await;
    let stranger = server.anonymous();
    let mut socket = server.socket(&stranger).await;
    let longest = "é".repeat(100);
    socket.subscribe(&longest, "{ __typename }", json!({})).await;
    assert_eq!(socket.receive().await.expect("a result")["id"], *longest);
    for message in [
        json!({ "id": "x".repeat(201), "type": "subscribe", "payload": { "query": "{ __typename }" } }),
        json!({ "id": "x".repeat(201), "type": "complete" }),
    ] {
        let mut socket = server.socket(&stranger).await;
        socket.send(message).await;
        assert_eq!(socket.receive().await, Err(Closed(4400)));
    }
}

/// A subscription keeps its request in memory, including the parts that it does not use.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_of_active_requests_per_socket_is_limited() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let mut socket = server.socket(&client).await;
    let large = json!({ "unused": "x".repeat(250_000) });
    for id in ["1", "2", "3", "4"] {
        assert_eq!(begin(&mut socket, id, &large).await["type"], "next");
    }
    for _ in 0..2 {
        let refused = begin(&mut socket, "5", &large).await;
        assert_eq!(refused["type"], "error", "{refused}");
        assert_eq!(code(&refused["payload"][0]), "RATE_LIMITED");
    }
    // A small request still fits, and completing a subscription frees its memory.
    assert_eq!(begin(&mut socket, "small", &json!({})).await["type"], "next");
    socket.send(json!({ "id": "2", "type": "complete" })).await;
    assert_eq!(begin(&mut socket, "5", &large).await["type"], "next");
    // Another socket has its own limit.
    assert_eq!(begin(&mut server.socket(&client).await, "1", &large).await["type"], "next");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_per_user_are_limited() {
    let server = Server::with(Kind::Sqlite, |config| config.connections.max_sockets = 2).await;
    let (ada, eve) = (server.register().await, server.register().await);
    let mut first = server.socket(&ada).await;
    let mut second = server.socket(&ada).await;
    assert_eq!(open(&server, &ada).await.err(), Some(Closed(4429)));
    for socket in [&mut first, &mut second] {
        assert_eq!(socket.ping().await, [Value::Null; 0], "the open sockets are not affected");
    }
    open(&server, &eve).await.expect("other users have their own limit");
    let mut anonymous = Vec::new();
    for _ in 0..4 {
        let socket = open(&server, &server.anonymous()).await;
        anonymous.push(socket.expect("sockets without a user count for their address"));
    }
    first.0.close(None).await.expect("it was open");
    let again = async {
        while open(&server, &ada).await.is_err() {
            yield_now().await;
        }
    };
    wait_for("a free permit", again).await;
}

/// Behind a proxy, connections are not counted per address. Still no address may use all sockets.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anonymous_sockets_per_address_are_limited() {
    let server = Server::with(Kind::Sqlite, |config| {
        config.trusted_proxies = "127.0.0.1".parse().expect("an address");
        config.connections.max_connections_per_address = 3;
    })
    .await;
    let client = server.register().await;
    let from = async |address: &str| {
        let headers = [("sec-websocket-protocol", "graphql-transport-ws"), ("x-forwarded-for", address)];
        Socket::connect_with_headers(server.address, &headers).await
    };
    let mut first = from("2001:db8:1:1::1").await.expect("there is place");
    let mut second = from("2001:db8:1:1::2").await.expect("there is place");
    first.init(None).await;
    second.init(None).await;
    let mut third = from("2001:db8:1:1::3").await.expect("there is place");
    assert_eq!(
        from("2001:db8:1:1::4").await.err(),
        Some(429),
        "a socket before `connection_init` counts too"
    );
    for elsewhere in ["2001:db8:1:2::1", "192.0.2.1"] {
        from(elsewhere).await.expect("other addresses have their own limit").init(None).await;
    }
    assert_eq!(first.ping().await, [Value::Null; 0], "the open sockets are not affected");

    // A socket that signs in no longer counts for the address.
    third.init(client.token.as_deref()).await;
    let mut signed_in = from("2001:db8:1:1::4").await.expect("there is place");
    signed_in.init(client.token.as_deref()).await;
    let _fifth = from("2001:db8:1:1::5").await.expect("there is place");
    assert_eq!(from("2001:db8:1:1::6").await.err(), Some(429));

    // Closing a socket frees its permit.
    second.0.close(None).await.expect("it was open");
    let again = async {
        loop {
            match from("2001:db8:1:1::6").await {
                Ok(socket) => return socket,
                Err(status) => assert_eq!(status, 429),
            }
            yield_now().await;
        }
    };
    let mut sixth = wait_for("a free permit", again).await;
    sixth.init(None).await;
    assert_eq!(from("2001:db8:1:1::7").await.err(), Some(429));
    assert_eq!(signed_in.ping().await, [Value::Null; 0]);
}

/// The server repeats the payload, also before the client is authenticated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_size_of_ping_payloads_is_limited() {
    let server = Server::start(Kind::Sqlite).await;
    let sized = |size: usize| json!({ "type": "ping", "payload": { "a": "x".repeat(size - 8) } });
    for early in [true, false] {
        let open = async || match early {
            true => Socket::connect(server.address).await,
            false => server.socket(&server.anonymous()).await,
        };
        let mut socket = open().await;
        socket.send(sized(1024)).await;
        assert_eq!(socket.receive().await.expect("a pong")["payload"], sized(1024)["payload"]);
        socket.send(sized(1025)).await;
        assert_eq!(socket.receive().await, Err(Closed(4400)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_messages_closes_the_socket() {
    let server = Server::start(Kind::Sqlite).await;
    let mut other = server.socket(&server.anonymous()).await;
    type MakeMessage = fn(u32) -> Value;
    let said: [(bool, MakeMessage); 4] = [
        (true, |_| json!({ "type": "ping" })),
        (false, |_| json!({ "type": "pong" })),
        (false, |n| json!({ "id": n.to_string(), "type": "complete" })),
        (false, |n| json!({ "id": n.to_string(), "type": "subscribe", "payload": { "query": "{" } })),
    ];
    for (early, message) in said {
        let socket = match early {
            true => Socket::connect(server.address).await,
            false => server.socket(&server.anonymous()).await,
        };
        let (mut mouth, mut ear) = socket.0.split();
        let flood = async {
            let mut messages = (0..).map(|n| Message::text(message(n).to_string()));
            while mouth.send(messages.next().expect("it is endless")).await.is_ok() {}
            pending().await // the close frame is still to be received
        };
        let close = async {
            while let Some(Ok(message)) = ear.next().await {
                if let Message::Close(Some(frame)) = message {
                    return Some(u16::from(frame.code));
                }
            }
            None
        };
        let close = wait_for("the server to close the socket", async {
            select! {
                close = close => close,
                () = flood => unreachable!(),
            }
        });
        assert_eq!(close.await, Some(4429), "{}", message(0));
    }
    assert_eq!(other.ping().await, [Value::Null; 0], "other sockets are not affected");
}

/// These messages cost the server work without executing anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_subscribe_messages_may_be_long() {
    let server = Server::start(Kind::Sqlite).await;
    let padding = "x".repeat(4096);
    for message in [
        json!({ "type": "pong", "payload": { "a": padding } }),
        json!({ "type": "complete", "id": "1", "a": padding }),
        json!({ "type": "ping", "a": padding }),
    ] {
        let mut socket = server.socket(&server.anonymous()).await;
        socket.send(message).await;
        assert_eq!(socket.receive().await, Err(Closed(4400)));
    }
    let mut socket = server.socket(&server.anonymous()).await;
    socket.send(json!({ "type": "pong", "payload": { "a": &padding[..4000] } })).await;
    assert_eq!(socket.ping().await, [Value::Null; 0]);
}

/// Reading a long request takes longer than answering it. HTTP charges the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_request_costs_more_than_a_short_one() {
    let server = Server::start(Kind::Sqlite).await;
    let mut socket = server.socket(&server.anonymous()).await;
    for (kilobytes, cost) in [(0, 1), (10, 1 + 10 * 4), (200, 1 + 200 * 4)] {
        let payload = json!({ "query": "{ __typename }", "extensions": { "cost": true },
            "variables": { "unused": "x".repeat(kilobytes * 1024) } });
        let answer = HttpResponse::to(server.post().json(&payload)).await.json();
        assert_eq!(answer["extensions"]["cost"]["requested"], cost, "{kilobytes}");
        socket.send(json!({ "id": "1", "type": "subscribe", "payload": payload })).await;
        let message = socket.receive().await.expect("a result");
        assert_eq!(message["payload"]["extensions"]["cost"]["requested"], cost, "{kilobytes}");
        assert_eq!(socket.receive().await.expect("it ends")["type"], "complete");
    }
}

/// The server executes few operations for a client that does not read their results.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unread_answers_are_limited() {
    const ASKED: usize = 60;
    let server =
        Server::with(Kind::Sqlite, |config| config.tuning.write_timeout = Duration::from_secs(3600)).await;
    let client = server.register().await;
    let create = "mutation { createConversation { conversation { id } } }";
    let created = client.data(create, json!({})).await;
    let id = created["createConversation"]["conversation"]["id"].as_str().expect("an id").to_owned();
    let mut sql = Sql::of(&server).await;
    sql.add_messages(&id, 20, 200_000).await;
    // The database counts the executed mutations. Each has an answer of 4 MB.
    let update =
        "mutation($id: ID!, $title: String!) { updateConversation(input: { id: $id, title: $title }) {
        conversation { messages(first: 20) { nodes { content } } } } }";
    let mut socket = server.socket(&client).await;
    for number in 0..ASKED {
        let payload = json!({ "query": update, "variables": { "id": id, "title": number.to_string() } });
        let message = json!({ "id": number.to_string(), "type": "subscribe", "payload": payload });
        socket.0.feed(Message::text(message.to_string())).await.expect("the socket is open");
    }
    socket.0.flush().await.expect("the socket is open");
    let mut made = async || {
        let last = "SELECT CAST(last_sequence AS TEXT) AS value FROM feeds WHERE last_sequence > 0";
        sql.values(last).await[0].parse::<usize>().expect("a number") - 1
    };
    wait_for("some answers", async { while made().await < 4 {} }).await;
    // Writers take turns, so these mutations finish after those that the socket has started.
    for title in ["a", "b", "c"] {
        client.data(update, json!({ "id": id, "title": title })).await;
    }
    // Answers in the system's buffers do not count.
    let made = made().await - 3;
    assert!(made < ASKED / 2, "{made} of {ASKED} have been made");
    let mut complete = 0;
    while complete < ASKED {
        let message = socket.receive().await.expect("the socket stays open");
        assert_ne!(message["type"], "error", "{message}");
        complete += usize::from(message["type"] == "complete");
    }
}
