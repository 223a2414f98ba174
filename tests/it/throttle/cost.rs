//! The cost limit: operations, exports, events and refused requests.

use super::{behind_proxy, network, retry_after};
use crate::{
    changes::{Device, create},
    support::{
        Client, Closed, GRAPHQL, HttpResponse, JSON, Kind, Server, Socket, Sql, UNTHROTTLED, code,
        on_both_databases,
    },
};
use confab::{accounts::PersonalToken, config::Throttling};
use reqwest::RequestBuilder;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::Duration;

/// Costs 2.
const ME: &str = "{ me { id } }";
/// Costs 71.
const PAGE: &str = "{ me { conversations { nodes { id title } } } }";
/// Costs 91.
const EXPENSIVE_PAGE: &str = "{ me { conversations { nodes { id title createdAt } } } }";

async fn limited_server(kind: Kind, cost_rate: u32) -> Server {
    behind_proxy(kind, Throttling { cost_rate, ..UNTHROTTLED }).await
}

/// Adds messages to the latest conversation.
async fn fill(server: &Server, client: &Client, messages: usize) {
    let data = client.data("{ me { conversations { nodes { id } } } }", json!({})).await;
    let id = data["me"]["conversations"]["nodes"][0]["id"].as_str().expect("an id");
    Sql::of(server).await.add_messages(id, messages, 1).await;
}

async fn post(server: &Server, client: &Client, accept: &str, from: &str, request: Value) -> HttpResponse {
    let mut post = server.post().header("accept", accept).header("x-forwarded-for", from).json(&request);
    if let Some(token) = &client.token {
        post = post.bearer_auth(token);
    }
    HttpResponse::to(post).await
}

fn with_cost(query: &str) -> Value {
    json!({ "query": query, "extensions": { "cost": true, "other": [1] } })
}

fn cost(requested: u64, remaining: u64) -> Value {
    json!({ "cost": { "requested": requested, "remaining": remaining, "limit": 130 } })
}

on_both_databases! {
    async fn the_cost_budget_refills_within_a_minute(kind) {
        let server = limited_server(kind, 130).await;
        let home = format!("{}::1", network());
        // Each user has a budget of their own, whatever their address.
        let client = server.register().await;
        let answer = post(&server, &client, JSON, &home, with_cost(ME)).await.json();
        assert_eq!(answer["extensions"], cost(2, 128));
        let silent = post(&server, &client, JSON, &home, json!({ "query": ME, "extensions": null })).await;
        assert_eq!(silent.json().get("extensions"), None);
        let answer = post(&server, &client, JSON, &home, with_cost(PAGE)).await.json();
        assert_eq!(answer["extensions"]["cost"]["requested"], 71);
        for accept in [GRAPHQL, JSON, "text/event-stream"] {
            let elsewhere = format!("{}::1", network());
            // Twice: a refused operation costs nothing.
            for _ in 0..2 {
                let refused = post(&server, &client, accept, &elsewhere, with_cost(EXPENSIVE_PAGE)).await;
                let wait = retry_after(&refused);
                assert!((10..=17).contains(&wait), "{wait}");
                assert_eq!(refused.json().get("data"), None, "nothing was executed");
            }
        }
        assert_eq!(post(&server, &client, JSON, &home, with_cost(ME)).await.status, 200, "a cheaper operation");
        assert_eq!(post(&server, &server.anonymous(), JSON, &home, with_cost(PAGE)).await.status, 200);
        assert_eq!(post(&server, &server.register().await, JSON, &home, with_cost(PAGE)).await.status, 200);
        server.clock.advance(Duration::from_secs(60));
        let answer = post(&server, &client, JSON, &home, with_cost(ME)).await.json();
        assert_eq!(answer["extensions"], cost(2, 128));
    }

    async fn anonymous_operations_are_charged_to_the_address(kind) {
        let server = limited_server(kind, 150).await;
        let (home, stranger) = (format!("{}::1", network()), server.anonymous());
        for _ in 0..2 {
            assert_eq!(post(&server, &stranger, JSON, &home, with_cost(PAGE)).await.status, 200);
        }
        retry_after(&post(&server, &stranger, JSON, &home, with_cost(PAGE)).await);
        let elsewhere = format!("{}::1", network());
        assert_eq!(post(&server, &stranger, JSON, &elsewhere, with_cost(PAGE)).await.status, 200);
        // For an authenticated user the address does not matter.
        let client = server.register().await;
        assert_eq!(post(&server, &client, JSON, &home, with_cost(PAGE)).await.status, 200);
    }

    async fn a_clock_set_back_blocks_nobody(kind) {
        let server = limited_server(kind, 100).await;
        let (home, stranger) = (format!("{}::1", network()), server.anonymous());
        assert_eq!(post(&server, &stranger, JSON, &home, with_cost(PAGE)).await.status, 200);
        server.clock.set_back(Duration::from_secs(3600));
        let wait = retry_after(&post(&server, &stranger, JSON, &home, with_cost(PAGE)).await);
        assert!(wait <= 60, "{wait}");
        server.clock.advance(Duration::from_secs(wait));
        assert_eq!(post(&server, &stranger, JSON, &home, with_cost(PAGE)).await.status, 200);
    }

    async fn exports_are_charged_by_their_size(kind) {
        let server = limited_server(kind, 2500).await;
        let client = server.register().await;
        let download = || HttpResponse::to(server.get("/export").bearer_auth(client.token.as_deref().expect("signed in")));
        for _ in 0..2 {
            assert_eq!(download().await.status, 200);
        }
        // A download costs at least 1,000, so the budget does not cover a third one.
        let wait = retry_after(&download().await);
        server.clock.advance(Duration::from_secs(wait));
        assert_eq!(download().await.status, 200);
        server.clock.advance(Duration::from_secs(60));
        create(&client, "much").await; // 1,000
        fill(&server, &client, 140).await;
        server.clock.advance(Duration::from_secs(60));
        assert_eq!(download().await.status, 200, "1,000, and 10 for each message");
        retry_after(&download().await);
        // Every export can be downloaded: it costs at most the budget of one minute.
        server.clock.advance(Duration::from_secs(60));
        create(&client, "more").await;
        fill(&server, &client, 400).await;
        server.clock.advance(Duration::from_secs(60));
        assert_eq!(download().await.status, 200);
    }

    async fn invalid_tickets_are_charged_to_the_address(kind) {
        let server = limited_server(kind, 10).await;
        let home = format!("{}::1", network());
        let download = || HttpResponse::to(server.get("/export?ticket=AAAA").header("x-forwarded-for", &home));
        let mut answers = 0;
        let limited = loop {
            let answer = download().await;
            if answer.status != 401 {
                break answer;
            }
            answers += 1;
            assert!(answers < 100, "the address is not limited");
        };
        retry_after(&limited);
        assert!(answers >= 10, "{answers}");
    }

    /// A request that is refused before execution is charged to the address, because refusing it takes work: here it
    /// must be found out that the token does not exist.
    async fn requests_refused_early_are_charged_to_the_address(kind) {
        let server = limited_server(kind, 10).await;
        let client = server.register().await;
        let forged = || PersonalToken::random().expose_secret().to_owned();
        let query = "/graphql?query={__typename}";
        type MakeRequest<'a> = &'a dyn Fn() -> RequestBuilder;
        let ways: [(&str, u16, MakeRequest<'_>); 11] = [
            ("forged", 401, &|| server.post().bearer_auth(forged()).json(&with_cost(ME))),
            ("no token", 401, &|| server.post().bearer_auth("nonsense").json(&with_cost(ME))),
            ("two tokens", 401, &|| server.post().bearer_auth("a").bearer_auth("b").json(&with_cost(ME))),
            ("by events", 401, &|| {
                server.post().header("accept", "text/event-stream").bearer_auth(forged()).json(&with_cost(ME))
            }),
            ("by GET", 401, &|| server.get(query).bearer_auth(forged())),
            ("an export", 401, &|| server.get("/export").bearer_auth(forged())),
            ("GET of nothing", 400, &|| server.get("/graphql?variables=7").header("accept", JSON)),
            ("no JSON", 400, &|| server.post().header("content-type", JSON).body("{\"query\": [".repeat(9))),
            ("a form", 415, &|| server.post().header("content-type", "text/plain").body("{}")),
            ("compressed", 415, &|| server.post().header("content-encoding", "gzip").json(&with_cost(ME))),
            ("no such cookie", 400, &|| server.post().header("confab-session", "x").json(&with_cost(ME))),
        ];
        for (way, status, make_request) in ways {
            let home = format!("{}::1", network());
            let mut refused = 0;
            let limited = loop {
                let answer = HttpResponse::to(make_request().header("x-forwarded-for", &home)).await;
                if answer.status != status {
                    break answer;
                }
                refused += 1;
                assert!(refused < 100, "{way}: the address is not limited");
            };
            retry_after(&limited);
            assert!(refused >= 10, "{way}: {refused}");
            // An authenticated user pays from their own budget.
            assert_eq!(post(&server, &client, JSON, &home, with_cost("{ __typename }")).await.status, 200, "{way}");
            server.clock.advance(Duration::from_secs(60));
        }
    }

    async fn refused_sockets_are_charged_to_the_address(kind) {
        let server = limited_server(kind, 10).await;
        let client = server.register().await;
        let home = format!("{}::1", network());
        let open = async |token: &str| {
            let headers = [("sec-websocket-protocol", "graphql-transport-ws"), ("x-forwarded-for", &*home)];
            let mut socket = Socket::connect_with_headers(server.address, &headers).await.expect("a socket");
            let payload = json!({ "authorization": format!("Bearer {token}") });
            socket.send(json!({ "type": "connection_init", "payload": payload })).await;
            socket.receive().await
        };
        let mut refused = 0;
        let limited = loop {
            match open(PersonalToken::random().expose_secret()).await {
                Err(Closed(4403)) => refused += 1,
                other => break other,
            }
            assert!(refused < 100, "the address is not limited");
        };
        // Not one of the close codes after which clients stop reconnecting.
        assert_eq!(limited, Err(Closed(1013)));
        assert!(refused >= 10, "{refused}");
        let token = client.token.as_deref().expect("it is signed in");
        assert_eq!(open(token).await, Ok(json!({ "type": "connection_ack" })), "an authenticated user");
    }

    async fn operations_on_a_socket_are_charged(kind) {
        let server = limited_server(kind, 230).await;
        let client = server.register().await;
        let (conversation, reply) = client.send_echo("hello", None).await;
        server.clock.advance(Duration::from_secs(60)); // refills the budget
        let mut socket = server.socket(&client).await;
        let subscribe = json!({ "query": format!("subscription {{ reply(messageId: \"{reply}\") {{ cursor }} }}"),
            "extensions": { "cost": true } });
        socket.send(json!({ "id": "s", "type": "subscribe", "payload": subscribe })).await;
        let first = socket.receive().await.unwrap();
        assert_eq!(first["payload"]["extensions"]["cost"]["requested"], 101, "{first}");
        while socket.receive().await.unwrap()["type"] != "complete" {}
        let page = format!("{{ conversation(id: \"{conversation}\") {{ messages(first: 30) {{ nodes {{ id role }} }} }} }}");
        let mut refused = Value::Null;
        for id in ["1", "2", "3"] {
            socket.send(json!({ "id": id, "type": "subscribe", "payload": with_cost(&page) })).await;
            let message = socket.receive().await.unwrap();
            if message["type"] == "error" {
                refused = message;
                break;
            }
            assert_eq!(message["payload"]["extensions"]["cost"]["requested"], 92, "{message}");
            assert_eq!(socket.receive().await.unwrap()["type"], "complete");
        }
        let extensions = &refused["payload"][0]["extensions"];
        assert_eq!(extensions["code"], "RATE_LIMITED");
        assert!(extensions["retryAfter"].as_u64().unwrap() > 0);
        // HTTP uses the same budget, and a subscription that costs too much is refused too.
        retry_after(&post(&server, &client, JSON, "::1", with_cost(&page)).await);
        let ids = "conversation { id messages { nodes { id role status } } }";
        let dear = format!("subscription {{ reply(messageId: \"{reply}\") {{ ... on ReplyFinished {{ message {{ {ids} }} }} }} }}");
        socket.subscribe("d", &dear, json!({})).await;
        let message = socket.receive().await.unwrap();
        assert_eq!((&message["type"], &message["payload"][0]["extensions"]["code"]), (&json!("error"), &json!("RATE_LIMITED")));
        server.clock.advance(Duration::from_secs(60));
        socket.subscribe("d", &dear, json!({})).await;
        assert_eq!(socket.receive().await.unwrap()["type"], "next");
    }

    /// `changes` has no end, so each event is charged like an operation.
    async fn each_change_is_charged_and_none_is_lost(kind) {
        let server = limited_server(kind, 2000).await;
        let client = server.register().await;
        let cursor = Device::new(&server, &client).await.cursor;
        for title in ["one", "two", "three"] {
            create(&client, title).await;
            server.clock.advance(Duration::from_secs(60));
        }
        let mut socket = server.socket(&client).await;
        let query = "subscription($after: String) { changes(after: $after) { ... on ConversationCreated { conversation {
            title messages(first: 100) { nodes { id content } } } } } }";
        socket.subscribe("c", query, json!({ "after": cursor })).await;
        for title in ["one", "two", "three"] {
            let event = socket.receive().await.expect("the socket stays open");
            assert_eq!(event["payload"]["data"]["changes"]["conversation"]["title"], title, "{event}");
            for _ in 0..5 {
                assert_eq!(socket.ping().await, Vec::<Value>::new(), "the budget does not cover the next event yet");
            }
            server.clock.advance(Duration::from_secs(60));
        }
    }

    /// Stored data stays, so writing costs far more than reading.
    async fn writing_costs_more_than_reading(kind) {
        let server = limited_server(kind, 3000).await;
        let client = server.register().await;
        let home = format!("{}::1", network());
        let prompt = json!({ "query": "mutation($p: String) { createConversation(input: { systemPrompt: $p }) { __typename } }",
            "variables": { "p": "🦀".repeat(10_000) } });
        let mut stored = 0;
        for _ in 0..10 {
            stored += u32::from(post(&server, &client, JSON, &home, prompt.clone()).await.status == 200);
        }
        // Twice, and twice more if Redis was too slow once, so that the instance counted by itself.
        assert!((2..=4).contains(&stored), "{stored}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cost_is_returned_on_request() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let unlimited = json!({ "cost": { "requested": 2, "remaining": null, "limit": null } });
    let answer = post(&server, &client, JSON, "::1", with_cost(ME)).await.json();
    assert_eq!(answer["extensions"], unlimited);
    let by_get = |extensions: &str| {
        let query = [("query", ME), ("extensions", extensions)];
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        HttpResponse::to(server.get(&format!("/graphql?{query}")))
    };
    assert_eq!(by_get(r#"{"cost":true}"#).await.json()["extensions"], unlimited);
    let mut post = server.post().header("accept", "text/event-stream").json(&with_cost(ME));
    post = post.bearer_auth(client.token.as_deref().unwrap());
    assert!(HttpResponse::to(post).await.text().contains(r#""requested":2"#));
    // Other extensions are ignored.
    for other in ["", "null", "{}", r#"{"cost":"yes"}"#, r#"{"persistedQuery":{}}"#] {
        let answer = by_get(other).await;
        assert_eq!((answer.status, answer.json().get("extensions")), (200, None), "{other}");
    }
    for wrong in ["[]", "7", "{"] {
        assert_eq!(by_get(wrong).await.status, 400, "{wrong}");
    }
}

/// An operation may cost more than the budget of one minute. It then uses all of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_over_the_budget_uses_all_of_it() {
    let server = limited_server(Kind::Sqlite, 10).await;
    let (home, stranger) = (format!("{}::1", network()), server.anonymous());
    let answer = post(&server, &stranger, JSON, &home, with_cost(PAGE)).await.json();
    assert_eq!(answer["extensions"]["cost"], json!({ "requested": 71, "remaining": 0, "limit": 10 }));
    retry_after(&post(&server, &stranger, JSON, &home, with_cost(ME)).await);
}

/// Reading a document costs something even if the document is invalid.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_documents_cost_the_minimum() {
    let server = limited_server(Kind::Sqlite, 10).await;
    let (home, stranger) = (format!("{}::1", network()), server.anonymous());
    for n in 0..10 {
        let refused = post(&server, &stranger, GRAPHQL, &home, with_cost("{ me {")).await;
        assert_eq!((refused.status, code(&refused.refusal())), (400, "GRAPHQL_PARSE_FAILED"), "{n}");
    }
    retry_after(&post(&server, &stranger, GRAPHQL, &home, with_cost("{ me {")).await);
    let mut socket = server.socket(&server.register().await).await;
    for n in 0..=10 {
        socket.subscribe("1", "{ me {", json!({})).await;
        let refused = socket.receive().await.expect("an error");
        let expected = if n < 10 { "GRAPHQL_PARSE_FAILED" } else { "RATE_LIMITED" };
        assert_eq!(code(&refused["payload"][0]), expected, "{n}");
    }
}
