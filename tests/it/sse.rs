//! GraphQL over Server-Sent Events, for networks that block WebSockets.

use crate::{
    changes::{CHANGES, create},
    support::{Client, Closed, HttpResponse, Kind, Server, Socket, code, content_of, wait_for},
};
use futures_util::poll;
use serde_json::{Value, json};
use std::{pin::pin, time::Duration};
use tokio::task::yield_now;

const REPLY: &str = "subscription($id: ID!) { reply(messageId: $id) { __typename
    ... on ReplySnapshot { text } ... on ReplyDelta { text } ... on ReplyFinished { message { content } } } }";

/// An event stream that is read event by event.
struct Events {
    response: reqwest::Response,
    unread: String,
}

/// An event: its type, ID and data.
#[derive(Debug)]
struct Event {
    kind: String,
    id: Option<String>,
    data: Value,
}

impl Events {
    async fn open(
        server: &Server,
        client: &Client,
        query: &str,
        variables: Value,
        last: Option<&str>,
    ) -> Self {
        let mut request = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client can be made")
            .post(server.url("/graphql"))
            .header("accept", "text/event-stream")
            .bearer_auth(client.token.as_deref().expect("the client is signed in"))
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.expect("the server answers");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, unread: String::new() }
    }

    /// Returns the next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.unread.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.unread = rest;
                let field = |name: &str| {
                    event.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
                };
                let Some(kind) = field("event:") else { continue }; // a comment
                let data = field("data:").filter(|data| !data.is_empty());
                let data = data.map_or(Value::Null, |data| serde_json::from_str(&data).expect("it is JSON"));
                return Some(Event { kind, id: field("id:"), data });
            }
            let more = wait_for("an event", self.response.chunk()).await.ok()??;
            self.unread += std::str::from_utf8(&more).expect("the words are ASCII");
        }
    }

    /// Returns the next event of the reply, and its ID.
    async fn reply(&mut self) -> (Value, String) {
        self.next_of("reply").await
    }

    /// Returns the next event of a subscription to this field, and its ID.
    async fn next_of(&mut self, field: &str) -> (Value, String) {
        let mut event = self.next().await.expect("there is more");
        assert_eq!(event.kind, "next");
        (event.data["data"][field].take(), event.id.expect("each has an id"))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_streams_and_resumes_with_last_event_id() {
    let server = Server::with(Kind::Sqlite, |config| config.pace_ms = 5).await;
    let client = server.register().await;
    let content = (0..60).map(|i| format!("w{i} ")).collect::<String>();
    let (_, reply) = client.send_echo(&content, None).await;
    let mut events = Events::open(&server, &client, REPLY, json!({ "id": reply }), None).await;
    let (first, mut last) = events.reply().await;
    assert_eq!(first["__typename"], "ReplySnapshot");
    let mut text = first["text"].as_str().expect("a text").to_owned();
    while !text.contains("w5") {
        let (event, id) = events.reply().await;
        text += event["text"].as_str().expect("a delta");
        last = id;
    }
    drop(events);
    let mut events = Events::open(&server, &client, REPLY, json!({ "id": reply }), Some(&last)).await;
    loop {
        let (event, _) = events.reply().await;
        match event["__typename"].as_str() {
            Some("ReplyDelta") => text += event["text"].as_str().expect("a text"),
            Some("ReplyFinished") => {
                assert_eq!(content_of(&event["message"]), text);
                break;
            }
            other => panic!("{other:?} for a cursor of the current attempt"),
        }
    }
    assert_eq!(text, content);
    assert_eq!(events.next().await.expect("an end").kind, "complete");
    assert!(events.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_stream_and_resume_with_last_event_id() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let listen = async |last: Option<&str>| Events::open(&server, &client, CHANGES, json!({}), last).await;
    let mut events = listen(None).await;
    let (reload, last) = events.next_of("changes").await;
    assert_eq!((&reload["__typename"], &reload["cursor"]), (&json!("Reload"), &json!(last)));
    create(&client, "heard").await;
    let (event, last) = events.next_of("changes").await;
    assert_eq!((&event["conversation"]["title"], &event["cursor"]), (&json!("heard"), &json!(last)));
    drop(events);
    create(&client, "missed").await;
    create(&client, "missed too").await;
    let mut events = listen(Some(&last)).await;
    for title in ["missed", "missed too"] {
        assert_eq!(events.next_of("changes").await.0["conversation"]["title"], title);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_and_mutations_get_one_event() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    for (query, field) in [
        ("{ me { email } }", "me"),
        ("mutation { createConversation { conversation { id } } }", "createConversation"),
    ] {
        let mut events = Events::open(&server, &client, query, json!({}), None).await;
        let answer = events.next().await.expect("an answer");
        assert!((&*answer.kind, answer.data["data"][field].is_object()) == ("next", true), "{answer:?}");
        assert_eq!(events.next().await.expect("an end").kind, "complete");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn request_errors_are_events_if_only_events_are_accepted() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let post = async |accept: &str, query: &str| {
        let request =
            server.post().header("accept", accept).bearer_auth(client.token.as_deref().expect("a token"));
        let response = request.json(&json!({ "query": query })).send().await.expect("the server answers");
        (response.status().as_u16(), response.json::<Value>().await.expect("it is JSON"))
    };
    for (query, expected) in [
        ("{ nope", "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($id: ID!) { node(id: $id) { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nope }", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let mut events = Events::open(&server, &client, query, json!({}), None).await;
        let event = events.next().await.expect("an event");
        assert_eq!((event.kind.as_str(), code(&event.data["errors"][0])), ("next", expected), "{query}");
        assert_eq!(event.data.get("data"), None, "nothing was executed");
        assert_eq!(events.next().await.expect("an end").kind, "complete");
    }
    let (status, answer) =
        post("application/json", "subscription { reply(messageId: \"x\") { cursor } }").await;
    assert_eq!((status, code(&answer["errors"][0])), (400, "BAD_USER_INPUT"));
    // With both media types, queries and mutations are answered in JSON.
    let (status, answer) = post("application/json, text/event-stream", "{ me { id } }").await;
    assert!(status == 200 && answer["data"]["me"].is_object());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_without_complete_when_its_token_expires_or_is_revoked() {
    let server = Server::start(Kind::Sqlite).await;
    for revoked in [false, true] {
        let client = server.register().await;
        let mut events = Events::open(&server, &client, CHANGES, json!({}), None).await;
        events.next_of("changes").await;
        if revoked {
            // The mutation that ends the session is sent as an event stream too, and is answered: it is not a
            // subscription.
            let query = "mutation($token: String!) { logOut(input: { refreshToken: $token }) { loggedOut } }";
            let mut answer =
                Events::open(&server, &client, query, json!({ "token": client.refresh_token }), None).await;
            assert_eq!(answer.next().await.expect("an answer").data["data"]["logOut"]["loggedOut"], true);
            assert_eq!(answer.next().await.expect("an end").kind, "complete");
        } else {
            server.clock.advance(server.config.access_token_ttl);
        }
        assert!(events.next().await.is_none());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_without_complete_at_shutdown() {
    let server = Server::with(Kind::Sqlite, |config| config.pace_ms = 1000).await;
    let client = server.register().await;
    let (_, reply) = client.send_echo(&"word ".repeat(100), None).await;
    let mut events = Events::open(&server, &client, REPLY, json!({ "id": reply }), None).await;
    events.reply().await;
    server.shut_down();
    while let Some(event) = events.next().await {
        assert_eq!(event.kind, "next");
    }
    server.wait().await;
}

/// Each change is charged like an operation. A client without enough budget gets it later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_wait_for_the_cost_budget() {
    let server = Server::with(Kind::Sqlite, |config| config.throttling.cost_rate = 2000).await;
    let client = server.register().await;
    let first = Events::open(&server, &client, CHANGES, json!({}), None).await.next().await.expect("Reload");
    for title in ["one", "two"] {
        create(&client, title).await;
        server.clock.advance(Duration::from_secs(60));
    }
    let query = "subscription { changes { ... on ConversationCreated { conversation {
        title messages(first: 100) { nodes { id content } } } } } }";
    let mut events = Events::open(&server, &client, query, json!({}), first.id.as_deref()).await;
    let title = |event: Option<Event>| {
        event.expect("there is more").data["data"]["changes"]["conversation"]["title"].clone()
    };
    assert_eq!(title(events.next().await), "one");
    for _ in 0..5 {
        client.data("{ __typename }", json!({})).await;
        assert!(poll!(pin!(events.next())).is_pending(), "the budget does not cover the next event yet");
    }
    server.clock.advance(Duration::from_secs(60));
    assert_eq!(title(events.next().await), "two");
}

/// The `EventSource` of browsers drops an event without `data:`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_event_has_a_data_line() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let request =
        server.post().header("accept", "text/event-stream").json(&json!({ "query": "{ __typename }" }));
    let answer = HttpResponse::to(request.bearer_auth(client.token.as_deref().expect("signed in"))).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(
        answer.text(),
        ":\n\nevent: next\ndata: {\"data\":{\"__typename\":\"Query\"}}\n\nevent: complete\ndata:\n\n"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_and_sockets_share_a_limit() {
    let server = Server::with(Kind::Sqlite, |config| config.connections.max_sockets = 2).await;
    let (ada, eve) = (server.register().await, server.register().await);
    let _socket = server.socket(&ada).await;
    let mut stream = Events::open(&server, &ada, CHANGES, json!({}), None).await;
    stream.next_of("changes").await;
    let another = async || {
        let request = server.post().header("accept", "text/event-stream").json(&json!({ "query": CHANGES }));
        wait_for("an answer", request.bearer_auth(ada.token.as_deref().expect("signed in")).send())
            .await
            .expect("an answer")
    };
    let refused = another().await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (429, &"5".parse().expect("text"))
    );
    let refused: Value = refused.json().await.expect("JSON");
    assert_eq!(code(&refused["errors"][0]), "RATE_LIMITED");
    let mut socket = Socket::connect(server.address).await;
    let authorization = format!("Bearer {}", ada.token.as_deref().expect("signed in"));
    socket.send(json!({ "type": "connection_init", "payload": { "authorization": authorization } })).await;
    assert_eq!(socket.receive().await, Err(Closed(4429)));
    // Operations with one result do not count, and other users have their own limits.
    let mut once = Events::open(&server, &ada, "{ me { id } }", json!({}), None).await;
    assert_eq!(once.next().await.expect("an answer").kind, "next");
    Events::open(&server, &eve, CHANGES, json!({}), None).await.next_of("changes").await;
    drop(stream);
    let free = async {
        while another().await.status() == 429 {
            yield_now().await;
        }
    };
    wait_for("a free permit", free).await;
}
