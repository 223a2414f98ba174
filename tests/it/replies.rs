//! Replies: streaming, resuming, stopping, and surviving restarts.

use crate::support::{Client, Kind, Server, code, content_of, on_both_databases, wait_for};
use confab::store::{
    Database, Id, Statements,
    runs::Draft,
    sends::{NewMessage, Sent, Target},
};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use serde_json::json;
use std::time::Duration;

on_both_databases! {
    async fn a_reply_streams_from_a_snapshot_to_its_end(kind) {
        let server = Server::with(kind, |config| config.pace_ms = 5).await;
        let client = server.register().await;
        let (_, reply) = client.send_echo("one two three four five", None).await;
        let mut socket = server.socket(&client).await;
        socket.follow(&reply, None).await;
        let snapshot = socket.event().await;
        assert_eq!((&snapshot["__typename"], &snapshot["attempt"]), (&json!("ReplySnapshot"), &json!(1)));
        let mut text = snapshot["text"].as_str().unwrap().to_owned();
        let finished = loop {
            let event = socket.event().await;
            match event["__typename"].as_str() {
                Some("ReplyDelta") => text += event["text"].as_str().unwrap(),
                _ => break event,
            }
        };
        assert_eq!(text, "one two three four five");
        assert_eq!(finished["__typename"], "ReplyFinished");
        assert_eq!(finished["message"]["content"], text);
        assert_eq!(finished["message"]["status"], "COMPLETED");
        assert_eq!(socket.receive().await.unwrap()["type"], "complete");
    }

    async fn a_finished_reply_is_delivered_at_once(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let (_, reply) = client.send_echo("all of it", None).await;
        let mut socket = server.socket(&client).await;
        socket.follow_to_end(&reply).await;
        socket.follow(&reply, None).await;
        let snapshot = socket.event().await;
        assert_eq!(snapshot["text"], "all of it");
        assert_eq!(socket.event().await["message"]["content"], "all of it");
        assert_eq!(socket.receive().await.unwrap()["type"], "complete");
        socket.follow(&reply, snapshot["cursor"].as_str()).await;
        let finished = socket.event().await;
        assert_eq!((&finished["__typename"], &finished["cursor"]), (&json!("ReplyFinished"), &snapshot["cursor"]));
    }

    async fn a_reconnecting_client_receives_what_it_missed(kind) {
        let server = Server::with(kind, |config| config.pace_ms = 5).await;
        let client = server.register().await;
        let content = (0..60).map(|i| format!("w{i} ")).collect::<String>();
        let (_, reply) = client.send_echo(&content, None).await;
        let mut socket = server.socket(&client).await;
        socket.follow(&reply, None).await;
        let (mut text, cursor) = socket.until("w5").await;
        drop(socket);
        let mut socket = server.socket(&client).await;
        socket.follow(&reply, Some(&cursor)).await;
        loop {
            let event = socket.event().await;
            match event["__typename"].as_str() {
                Some("ReplyDelta") => text += event["text"].as_str().unwrap(),
                Some("ReplyFinished") => break,
                other => panic!("{other:?} for a cursor of the current attempt"),
            }
        }
        assert_eq!(text, content);
    }

    async fn many_subscribers_receive_the_same_text(kind) {
        let server = Server::with(kind, |config| config.pace_ms = 1).await;
        let client = server.register().await;
        let content = (0..300).map(|i| format!("w{i} ")).collect::<String>();
        let (_, reply) = client.send_echo(&content, None).await;
        let follow = async || server.socket(&client).await.follow_to_end(&reply).await.0;
        let texts = futures_util::future::join_all((0..50).map(|_| follow())).await;
        assert!(texts.iter().all(|text| *text == content));
    }

    async fn stopping_keeps_exactly_what_was_delivered(kind) {
        let server = Server::with(kind, |config| config.pace_ms = 10).await;
        let client = server.register().await;
        let (_, reply) = client.send_echo(&"word ".repeat(1500), None).await;
        let mut socket = server.socket(&client).await;
        socket.follow(&reply, None).await;
        let (mut text, _) = socket.until("word word").await;
        let stopped = client.stop(&reply).await;
        assert_eq!(stopped["status"], "STOPPED");
        let finished = loop {
            let event = socket.event().await;
            match event["__typename"].as_str() {
                Some("ReplyDelta") => text += event["text"].as_str().unwrap(),
                _ => break event,
            }
        };
        assert_eq!(content_of(&finished["message"]), text);
        assert_eq!(content_of(&stopped), text);
        assert_eq!(client.message(&reply).await["content"], text);
        assert!(text.len() < 7000);
        assert_eq!(client.stop(&reply).await, stopped, "stopping again changes nothing");
    }

    async fn a_waiting_reply_can_be_stopped(kind) {
        let server = Server::with(kind, |config| config.pace_ms = 10).await;
        let client = server.register().await;
        let (conversation, first) = client.send_echo(&"word ".repeat(1500), None).await;
        let (_, second) = client.send_echo("never said", Some(&conversation)).await;
        let (_, third) = client.send_echo("said at last", Some(&conversation)).await;
        let stopped = client.stop(&second).await;
        assert_eq!((&stopped["status"], content_of(&stopped)), (&json!("STOPPED"), ""));
        client.stop(&first).await;
        assert_eq!(server.socket(&client).await.follow_to_end(&third).await.0, "said at last");
    }

    async fn ending_a_subscription_does_not_stop_the_reply(kind) {
        let server = Server::with(kind, |config| config.pace_ms = 2).await;
        let client = server.register().await;
        let content = "word ".repeat(100);
        let (_, reply) = client.send_echo(&content, None).await;
        let mut socket = server.socket(&client).await;
        socket.follow(&reply, None).await;
        socket.until("word").await;
        socket.send(json!({ "id": reply, "type": "complete" })).await;
        drop(socket);
        assert_eq!(server.socket(&client).await.follow_to_end(&reply).await.0, content);
    }

    async fn invalid_cursors_and_ids_are_refused(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let (_, reply) = client.send_echo("hello", None).await;
        let (_, other) = client.send_echo("hello", None).await;
        let mut socket = server.socket(&client).await;
        socket.follow(&other, None).await;
        let foreign = socket.event().await["cursor"].as_str().unwrap().to_owned();
        let message = client.message(&reply).await["parent"]["id"].as_str().unwrap().to_owned();
        let mut socket = server.socket(&client).await;
        for (id, after, expected) in [
            (reply.as_str(), Some("nonsense"), "BAD_USER_INPUT"),
            (&reply, Some(foreign.as_str()), "BAD_USER_INPUT"),
            ("nonsense", None, "BAD_USER_INPUT"),
            (&message, None, "BAD_USER_INPUT"),
            ("message_00000000000000000000000000000000", None, "NOT_FOUND"),
        ] {
            socket.follow(id, after).await;
            let refusal = socket.receive().await.unwrap();
            assert_eq!((&refusal["type"], code(&refusal["payload"][0])), (&json!("error"), expected), "{id} {after:?}");
        }
    }

    async fn a_reply_survives_a_restart(kind) {
        let server = Server::with(kind, |config| config.pace_ms = 5).await;
        let client = server.register().await;
        let content = (0..100).map(|i| format!("w{i} ")).collect::<String>();
        let (_, reply) = client.send_echo(&content, None).await;
        let mut socket = server.socket(&client).await;
        socket.follow(&reply, None).await;
        let (text, cursor) = socket.until("w3").await;
        let server = server.restart().await;
        assert_eq!(socket.closed().await, 1012);
        let mut socket = server.socket(&client).await;
        socket.follow(&reply, Some(&cursor)).await;
        let event = socket.event().await;
        assert!(event["__typename"] == "ReplySnapshot" || event["__typename"] == "ReplyDelta", "{event}");
        drop(socket);
        let (again, finished) = server.socket(&client).await.follow_to_end(&reply).await;
        assert_eq!((again.as_str(), &finished["status"]), (content.as_str(), &json!("COMPLETED")));
        assert!(content.starts_with(&text));
    }

    async fn a_reply_may_finish_during_the_drain(kind) {
        let server = Server::with(kind, |config| {
            config.pace_ms = 5;
            config.drain = Duration::from_secs(15);
        })
        .await;
        let client = server.register().await;
        let content = "word ".repeat(100);
        let (_, reply) = client.send_echo(&content, None).await;
        let mut socket = server.socket(&client).await;
        socket.follow(&reply, None).await;
        socket.until("word").await;
        let server = server.restart().await;
        let client = Client::new(server.address, client.token.clone());
        let stored = client.message(&reply).await;
        assert_eq!((&stored["status"], content_of(&stored)), (&json!("COMPLETED"), &*content));
    }

    async fn shutting_down_stores_unfinished_replies(kind) {
        let server = Server::with(kind, |config| { config.pace_ms = 10; config.reply_attempts = 1; }).await;
        let client = server.register().await;
        let (_, reply) = client.send_echo(&"word ".repeat(1000), None).await;
        let mut socket = server.socket(&client).await;
        socket.follow(&reply, None).await;
        let (text, _) = socket.until("word word").await;
        let server = server.restart().await;
        let client = Client::new(server.address, client.token.clone());
        // The only attempt is used up: the reply has failed, and keeps its text.
        let (kept, finished) = server.socket(&client).await.follow_to_end(&reply).await;
        assert!(kept.starts_with(&text), "{kept:?} keeps {text:?}");
        assert_eq!(finished["status"], "FAILED");
        assert_eq!(finished["error"]["code"], "INTERRUPTED");
        assert_eq!(finished["content"], kept);
    }
}

/// However a subscription is cut and resumed, the text is the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_sequence_of_reconnects_gives_the_same_text() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let server = Server::with(kind, |config| config.pace_ms = 1).await;
        let client = server.register().await;
        // Each cut: the number of events before it, and whether the client keeps its cursor.
        let cuts = prop::collection::vec((0..6usize, prop::bool::weighted(0.8)), 1..8);
        let mut runner =
            TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
        let words = prop::collection::vec("[a-zé🦀]{1,5}", 20..120);
        for _ in 0..12 {
            let cuts = cuts.new_tree(&mut runner).unwrap().current();
            let content = words.new_tree(&mut runner).unwrap().current().join(" ");
            let (_, reply) = client.send_echo(&content, None).await;
            let (mut text, mut cursor) = (String::new(), None);
            let mut finished = false;
            for (events, keep) in cuts.iter().chain([&(usize::MAX, true)]) {
                let mut socket = server.socket(&client).await;
                socket.follow(&reply, cursor.as_deref()).await;
                for _ in 0..*events {
                    let event = wait_for("an event", socket.event()).await;
                    match event["__typename"].as_str() {
                        Some("ReplySnapshot") => text = event["text"].as_str().unwrap().to_owned(),
                        Some("ReplyDelta") => text += event["text"].as_str().unwrap(),
                        _ => {
                            assert_eq!(content_of(&event["message"]), text, "{cuts:?}");
                            finished = true;
                            break;
                        }
                    }
                    cursor = event["cursor"].as_str().map(str::to_owned);
                }
                if !keep {
                    (text, cursor) = (String::new(), None);
                }
            }
            assert!(finished && text == content, "{cuts:?}: {text:?} instead of {content:?}");
        }
    }
}

/// Creates a reply as an instance that died leaves it: a reply of `echo` with some text, and a lease that expires soon.
/// Returns its ID.
pub async fn abandoned_reply(server: &Server, client: &Client, said: &str) -> String {
    let (conversation, first) = client.send_echo("first", None).await;
    server.socket(client).await.follow_to_end(&first).await;
    let store = Database::connect(&server.database_url, &Statements::default()).await.unwrap();
    let owner = client.data("{ me { id } }", json!({})).await["me"]["id"].as_str().unwrap().to_owned();
    let id = |text: &str| Id(uuid::Uuid::try_parse(text.rsplit_once('_').unwrap().1).unwrap());
    let (now, lease) = (server.clock.now(), Id::new());
    let until = now + Duration::from_secs(3);
    let new = NewMessage {
        owner: id(&owner),
        target: Target::Existing { conversation: id(&conversation), if_last: None },
        content: "said by the dead".into(),
        title: String::new(),
        generation: Default::default(),
        model: Some("echo".into()),
        default_model: None,
        idempotency: None,
        max_running: None,
        when_busy: Default::default(),
        now,
        lease: Some((lease, until)),
    };
    let Sent::Stored(stored) = store.send_message(&new).await.unwrap() else { panic!("it is not stored") };
    let draft = Draft { content: said.to_owned(), ..Draft::default() };
    store.checkpoint(stored.reply.id, lease, &draft, until).await.unwrap();
    format!("message_{}", stored.reply.id)
}

on_both_databases! {
    async fn an_abandoned_reply_is_taken_over(kind) {
        let server = Server::with(kind, |config| config.lease = Duration::from_secs(3)).await;
        let client = server.register().await;
        let reply = abandoned_reply(&server, &client, "said").await;
        let mut socket = server.socket(&client).await;
        socket.follow(&reply, None).await;
        let first = socket.event().await;
        assert_eq!((&first["attempt"], &first["text"]), (&json!(1), &json!("said")));
        let second = socket.event().await;
        assert_eq!((&second["__typename"], &second["attempt"]), (&json!("ReplySnapshot"), &json!(2)));
        drop(socket);
        assert_eq!(server.socket(&client).await.follow_to_end(&reply).await.0, "said by the dead");
    }

    async fn stopping_an_abandoned_reply_keeps_its_text(kind) {
        let server = Server::with(kind, |config| config.lease = Duration::from_secs(3)).await;
        let client = server.register().await;
        let reply = abandoned_reply(&server, &client, "said").await;
        let stopped = client.stop(&reply).await;
        assert_eq!((&stopped["status"], content_of(&stopped)), (&json!("STOPPED"), "said"));
    }

    async fn deleting_does_not_conflict_with_checkpoints(kind) {
        let server = Server::with(kind, |config| config.pace_ms = 1).await;
        let client = server.register().await;
        let delete = "mutation($id: ID!) { deleteConversation(input: { id: $id }) { deletedId } }";
        for _ in 0..10 {
            // Words so long that checkpoints are due all the time.
            let (conversation, reply) = client.send_echo(&format!("{} ", "w".repeat(999)).repeat(10), None).await;
            let mut socket = server.socket(&client).await;
            socket.follow(&reply, None).await;
            socket.until("www").await;
            client.data(delete, json!({ "id": conversation })).await;
        }
    }
}

/// A provider that accepts connections and never answers delays nobody who does not need it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_provider_does_not_delay_others() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", silent.local_addr().unwrap());
    let settings = [("SILENT_BASE_URL", &*url)];
    let server = Server::with_providers(Kind::Sqlite, &settings, |config| {
        config.providers = ["silent", "builtin"].map(str::to_owned).into();
        config.lease = Duration::from_secs(3);
        config.tuning.connect_timeout = Duration::from_secs(600);
    });
    let server = server.await;
    let client = server.register().await;
    let (_, reply) = client.send_echo("hello", None).await;
    assert_eq!(server.socket(&client).await.follow_to_end(&reply).await.0, "hello");
    // Until the provider has listed its models, the default is a built-in one.
    let models = client.data("{ models { id isDefault } }", json!({})).await;
    assert_eq!(models["models"][0], json!({ "id": "eliza", "isDefault": true }));
}
