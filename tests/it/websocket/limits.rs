//! What one socket, and one user, may take.

use crate::support::{Client, Closed, Kind, Server, Socket, code, soon};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::future::pending;
use tokio::{select, task::yield_now};
use tokio_tungstenite::tungstenite::Message;

const CHANGES: &str = "subscription { changes { cursor } }";

/// A socket that somebody would open; how it is closed if they may not.
async fn open(server: &Server, client: &Client) -> Result<Socket, Closed> {
    let mut socket = Socket::connect(server.address).await;
    let authorization = client.token.as_ref().map(|token| format!("Bearer {token}"));
    socket.say(json!({ "type": "connection_init", "payload": { "authorization": authorization } })).await;
    socket.hear().await.map(|_| socket)
}

/// Subscribes; what is said to that.
async fn begin(socket: &mut Socket, id: &str, variables: &Value) -> Value {
    socket.subscribe(id, CHANGES, variables.clone()).await;
    let told = socket.hear().await.expect("the socket stays open");
    assert_eq!(told["id"], id);
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operations_id_is_short() {
    let server = Server::start(Kind::Sqlite).await;
    let stranger = server.stranger();
    let mut socket = server.socket(&stranger).await;
    let longest = "é".repeat(100);
    socket.subscribe(&longest, "{ __typename }", json!({})).await;
    assert_eq!(socket.hear().await.expect("a result")["id"], *longest);
    for message in [
        json!({ "id": "x".repeat(201), "type": "subscribe", "payload": { "query": "{ __typename }" } }),
        json!({ "id": "x".repeat(201), "type": "complete" }),
    ] {
        let mut socket = server.socket(&stranger).await;
        socket.say(message).await;
        assert_eq!(socket.hear().await, Err(Closed(4400)));
    }
}

/// A subscription keeps its request, and what of it nobody uses too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_requests_hold_on_a_socket_has_a_bound() {
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
    // What is small still goes in, and with one that ends there is place for another.
    assert_eq!(begin(&mut socket, "small", &json!({})).await["type"], "next");
    socket.say(json!({ "id": "2", "type": "complete" })).await;
    assert_eq!(begin(&mut socket, "5", &large).await["type"], "next");
    // Another socket has its own.
    assert_eq!(begin(&mut server.socket(&client).await, "1", &large).await["type"], "next");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_has_so_many_sockets_and_no_more() {
    let server = Server::with(Kind::Sqlite, |config| config.connections.max_sockets = 2).await;
    let (ada, eve) = (server.register().await, server.register().await);
    let mut first = server.socket(&ada).await;
    let mut second = server.socket(&ada).await;
    assert_eq!(open(&server, &ada).await.err(), Some(Closed(4429)));
    for socket in [&mut first, &mut second] {
        assert_eq!(socket.ping().await, [Value::Null; 0], "those within are not concerned");
    }
    open(&server, &eve).await.expect("others have their own");
    let mut nobodys = Vec::new();
    for _ in 0..4 {
        nobodys
            .push(open(&server, &server.stranger()).await.expect("nobody is no user: their address counts"));
    }
    first.0.close(None).await.expect("it was open");
    let again = async {
        while open(&server, &ada).await.is_err() {
            yield_now().await;
        }
    };
    soon("the place to be free", again).await;
}

/// Behind a proxy connections are counted for no address: there, too, nobody is to have all of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_has_so_many_sockets_of_nobody_and_no_more() {
    let server = Server::with(Kind::Sqlite, |config| {
        config.trusted_proxies = "127.0.0.1".parse().expect("an address");
        config.connections.max_connections_per_address = 3;
    })
    .await;
    let client = server.register().await;
    let from = async |address: &str| {
        let headers = [("sec-websocket-protocol", "graphql-transport-ws"), ("x-forwarded-for", address)];
        Socket::ask_for(server.address, &headers).await
    };
    let mut first = from("2001:db8:1:1::1").await.expect("there is place");
    let mut second = from("2001:db8:1:1::2").await.expect("there is place");
    first.init(None).await;
    second.init(None).await;
    let mut third = from("2001:db8:1:1::3").await.expect("there is place");
    assert_eq!(from("2001:db8:1:1::4").await.err(), Some(429), "who has said nothing yet is nobody too");
    for elsewhere in ["2001:db8:1:2::1", "192.0.2.1"] {
        from(elsewhere).await.expect("other addresses have their own").init(None).await;
    }
    assert_eq!(first.ping().await, [Value::Null; 0], "those within are not concerned");

    // Who signs in is somebody, and makes room for another.
    third.init(client.token.as_deref()).await;
    let mut signed_in = from("2001:db8:1:1::4").await.expect("there is place");
    signed_in.init(client.token.as_deref()).await;
    let _fifth = from("2001:db8:1:1::5").await.expect("there is place");
    assert_eq!(from("2001:db8:1:1::6").await.err(), Some(429));

    // So does who leaves.
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
    let mut sixth = soon("the place to be free", again).await;
    sixth.init(None).await;
    assert_eq!(from("2001:db8:1:1::7").await.err(), Some(429));
    assert_eq!(signed_in.ping().await, [Value::Null; 0]);
}

/// It is said again, before anybody has told who they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pings_payload_is_small() {
    let server = Server::start(Kind::Sqlite).await;
    let sized = |size: usize| json!({ "type": "ping", "payload": { "a": "x".repeat(size - 8) } });
    for early in [true, false] {
        let open = async || match early {
            true => Socket::connect(server.address).await,
            false => server.socket(&server.stranger()).await,
        };
        let mut socket = open().await;
        socket.say(sized(1024)).await;
        assert_eq!(socket.hear().await.expect("a pong")["payload"], sized(1024)["payload"]);
        socket.say(sized(1025)).await;
        assert_eq!(socket.hear().await, Err(Closed(4400)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_messages_ends_the_socket() {
    let server = Server::start(Kind::Sqlite).await;
    let mut other = server.socket(&server.stranger()).await;
    type Said = fn(u32) -> Value;
    let said: [(bool, Said); 4] = [
        (true, |_| json!({ "type": "ping" })),
        (false, |_| json!({ "type": "pong" })),
        (false, |n| json!({ "id": n.to_string(), "type": "complete" })),
        (false, |n| json!({ "id": n.to_string(), "type": "subscribe", "payload": { "query": "{" } })),
    ];
    for (early, message) in said {
        let socket = match early {
            true => Socket::connect(server.address).await,
            false => server.socket(&server.stranger()).await,
        };
        let (mut mouth, mut ear) = socket.0.split();
        let flood = async {
            let mut messages = (0..).map(|n| Message::text(message(n).to_string()));
            while mouth.send(messages.next().expect("it is endless")).await.is_ok() {}
            pending().await // what the server said last is still to be heard
        };
        let told = async {
            while let Some(Ok(heard)) = ear.next().await {
                if let Message::Close(Some(frame)) = heard {
                    return Some(u16::from(frame.code));
                }
            }
            None
        };
        let told = soon("the server to hang up", async {
            select! {
                told = told => told,
                () = flood => unreachable!(),
            }
        });
        assert_eq!(told.await, Some(4429), "{}", message(0));
    }
    assert_eq!(other.ping().await, [Value::Null; 0], "others are not concerned");
}
