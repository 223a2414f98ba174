//! Several instances over one database: on SQLite with the in-process bus, on PostgreSQL with either bus.

use crate::{
    changes::{Device, create},
    support::{Call, Client, Kind, Provider, Server, Socket, code, content_of, redis_url, wait_for},
};
use confab::clock::Clock;
use serde_json::{Value, json};
use std::time::Duration;

/// Two instances that share a provider.
struct TwoInstances {
    a: Server,
    b: Server,
    provider: Provider,
    /// The same user's clients, one at each instance.
    at_a: Client,
    at_b: Client,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bus {
    Memory,
    Redis,
    /// A Redis that cannot be reached.
    Away,
}

impl TwoInstances {
    async fn start(kind: Kind, bus: Bus) -> Self {
        let provider = Provider::start().await;
        let settings = [("OPENAI_BASE_URL", &*provider.base_url())];
        let a = Server::with_providers(kind, &settings, |config| {
            config.lease = Duration::from_secs(6);
            config.redis_url = match bus {
                Bus::Memory => None,
                Bus::Redis => Some(redis_url().into()),
                Bus::Away => Some("redis://127.0.0.1:1".to_owned().into()),
            };
        })
        .await;
        let b = a.another_instance().await;
        let at_a = a.register().await;
        let at_b = Client::new(b.address, at_a.token.clone());
        Self { a, b, provider, at_a, at_b }
    }

    /// Starts a reply on `a`. Returns the IDs of the conversation and of the reply, and the provider's side.
    async fn start_reply(&mut self) -> (String, String, Call) {
        let sent = self.at_a.send(json!({ "content": "talk" })).await;
        let id = |what: &str| sent[what]["id"].as_str().expect("an id").to_owned();
        let mut call = self.provider.call().await;
        call.accept();
        (id("conversation"), id("reply"), call)
    }

    async fn follow_at_b(&self, reply: &str) -> Socket {
        let mut socket = self.b.socket(&self.at_b).await;
        socket.follow(reply, None).await;
        socket
    }
}

/// Follows a reply to its end. Returns `text` with all further text, and the finished message.
async fn rest(socket: &mut Socket, mut text: String) -> (String, Value) {
    loop {
        let mut event = socket.event().await;
        match event["__typename"].as_str().expect("it was asked for") {
            "ReplyDelta" => text += event["text"].as_str().expect("a text"),
            "ReplySnapshot" => text = event["text"].as_str().expect("a text").to_owned(),
            _ => return (text, event["message"].take()),
        }
    }
}

macro_rules! on_every_bus {
    ($($(#[$attribute:meta])* async fn $name:ident($kind:ident, $bus:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            $(#[$attribute])*
            async fn test($kind: Kind, $bus: Bus) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite_memory() {
                test(Kind::Sqlite, Bus::Memory).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres_memory() {
                test(Kind::Postgres, Bus::Memory).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres_redis() {
                test(Kind::Postgres, Bus::Redis).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres_redis_away() {
                test(Kind::Postgres, Bus::Away).await;
            }
        }
    )+};
}

on_every_bus! {
    async fn a_reply_is_followed_on_another_instance(kind, bus) {
        let mut two = TwoInstances::start(kind, bus).await;
        let (_, reply, mut call) = two.start_reply().await;
        call.send_text("before ").await;
        two.a.socket(&two.at_a).await.follow(&reply, None).await;
        let mut socket = two.follow_at_b(&reply).await;
        let (mut text, _) = socket.until("before ").await;
        // More words than the instance executes queries for other reasons, such as revoked sessions (twice a second).
        let count = if bus == Bus::Away { 2 } else { 40 };
        let words: Vec<String> = (0..count).map(|word| format!("w\u{f6}rd{word} ")).collect();
        let statements = two.b.statements.count();
        for word in &words {
            call.send_text(word).await;
            // Each word must arrive before the next is sent.
            let event = socket.event().await;
            assert_eq!((&event["__typename"], &event["text"]), (&json!("ReplyDelta"), &json!(word)));
            text += word;
        }
        if bus != Bus::Away {
            let queries = two.b.statements.count() - statements;
            assert!(queries < words.len() as u64, "{queries} queries: the checkpoints were polled");
        }
        call.finish("stop").await;
        let (text, finished) = rest(&mut socket, text).await;
        assert_eq!(text, format!("before {}", words.concat()));
        assert_eq!((content_of(&finished), &finished["status"]), (&*text, &json!("COMPLETED")));
    }

    async fn a_cursor_of_one_instance_is_valid_on_another(kind, bus) {
        let mut two = TwoInstances::start(kind, bus).await;
        let (_, reply, mut call) = two.start_reply().await;
        let mut socket = two.a.socket(&two.at_a).await;
        socket.follow(&reply, None).await;
        call.send_text("one two ").await;
        let (_, cursor) = socket.until("two").await;
        let mut socket = two.b.socket(&two.at_b).await;
        socket.follow(&reply, Some(&cursor)).await;
        call.send_text("three").await;
        let event = socket.event().await;
        assert_eq!((&event["__typename"], &event["text"]), (&json!("ReplyDelta"), &json!("three")));
        call.finish("stop").await;
        assert_eq!(socket.event().await["message"]["content"], "one two three");
    }

    async fn a_reply_is_stopped_from_another_instance(kind, bus) {
        let mut two = TwoInstances::start(kind, bus).await;
        // Before the first token, and after some.
        for said in ["", "some words"] {
            let (_, reply, mut call) = two.start_reply().await;
            let mut socket = two.a.socket(&two.at_a).await;
            socket.follow(&reply, None).await;
            if !said.is_empty() {
                call.send_text(said).await;
                socket.until(said).await;
            }
            let stopped = two.at_b.stop(&reply).await;
            assert_eq!((&stopped["status"], content_of(&stopped)), (&json!("STOPPED"), said));
            call.aborted().await;
            let (text, finished) = rest(&mut socket, said.to_owned()).await;
            assert_eq!((&*text, &finished["status"]), (said, &json!("STOPPED")));
            assert_eq!(socket.receive().await.unwrap()["type"], "complete");
            assert_eq!(two.at_b.stop(&reply).await, stopped, "stopping again changes nothing");
        }
    }

    async fn a_message_can_stop_a_reply_of_another_instance(kind, bus) {
        let mut two = TwoInstances::start(kind, bus).await;
        let (conversation, reply, mut call) = two.start_reply().await;
        let mut socket = two.follow_at_b(&reply).await;
        call.send_text("some words").await;
        socket.until("some words").await;
        let sent = two
            .at_b
            .send(json!({ "conversationId": conversation, "content": "enough", "whenBusy": "STOP_CURRENT" }))
            .await;
        call.aborted().await;
        let (text, finished) = rest(&mut socket, "some words".into()).await;
        assert_eq!((&*text, &finished["status"]), ("some words", &json!("STOPPED")));
        let mut next = two.provider.call().await;
        next.send_text("well").await;
        next.finish("stop").await;
        let next = sent["reply"]["id"].as_str().expect("an id");
        assert_eq!(two.b.socket(&two.at_b).await.follow_to_end(next).await.0, "well");
    }

    async fn a_waiting_reply_is_followed_and_stopped_on_another_instance(kind, bus) {
        let mut two = TwoInstances::start(kind, bus).await;
        let (conversation, first, mut call) = two.start_reply().await;
        let send = async || {
            let sent = two.at_a.send(json!({ "conversationId": conversation, "content": "later" })).await;
            sent["reply"]["id"].as_str().expect("an id").to_owned()
        };
        let (second, third) = (send().await, send().await);
        let (mut at_second, mut at_third) = (two.follow_at_b(&second).await, two.follow_at_b(&third).await);
        for socket in [&mut at_second, &mut at_third] {
            assert_eq!(socket.event().await["text"], "");
        }
        assert_eq!(two.at_b.stop(&second).await["status"], "STOPPED");
        assert_eq!(at_second.event().await["message"]["status"], "STOPPED");
        call.send_text("first").await;
        call.finish("stop").await;
        assert_eq!(two.b.socket(&two.at_b).await.follow_to_end(&first).await.0, "first");
        let mut call = two.provider.call().await;
        call.send_text("third").await;
        let event = at_third.event().await;
        assert_eq!((&event["__typename"], &event["text"]), (&json!("ReplyDelta"), &json!("third")));
        call.finish("stop").await;
        assert_eq!(at_third.event().await["message"]["content"], "third");
    }

    async fn a_conversation_is_deleted_on_another_instance(kind, bus) {
        let mut two = TwoInstances::start(kind, bus).await;
        let (conversation, reply, mut call) = two.start_reply().await;
        let mut socket = two.follow_at_b(&reply).await;
        call.send_text("said").await;
        socket.until("said").await;
        let delete = "mutation($id: ID!) { deleteConversation(input: { id: $id }) { deletedId } }";
        two.at_b.data(delete, json!({ "id": conversation })).await;
        call.aborted().await;
        let last = socket.receive().await.expect("the socket stays open");
        assert_eq!((&last["type"], code(&last["payload"]["errors"][0])), (&json!("next"), "NOT_FOUND"));
    }

    async fn an_instance_that_shuts_down_hands_its_replies_over(kind, bus) {
        let mut two = TwoInstances::start(kind, bus).await;
        let (_, reply, mut call) = two.start_reply().await;
        let mut socket = two.follow_at_b(&reply).await;
        call.send_text("some words").await;
        socket.until("some words").await;
        two.a.shut_down();
        call.aborted().await;
        let mut again = two.provider.call().await;
        again.send_text("other words").await;
        let snapshot = loop {
            let event = socket.event().await;
            if event["attempt"] == 2 {
                break event;
            }
        };
        let text = snapshot["text"].as_str().expect("a text").to_owned();
        again.finish("stop").await;
        let (text, finished) = rest(&mut socket, text).await;
        assert_eq!((&*text, content_of(&finished)), ("other words", "other words"));
    }
}

on_every_bus! {
    async fn a_device_on_another_instance_receives_changes(kind, bus) {
        let two = TwoInstances::start(kind, bus).await;
        let mut device = Device::new(&two.b, &two.at_b).await;
        // Without the bus, each change waits for the next poll of the database.
        let count = if bus == Bus::Away { 1 } else { 12 };
        let all = async {
            for number in 0..count {
                let title = format!("number {number}");
                create(&two.at_a, &title).await;
                let created = device.expect_event("ConversationCreated").await;
                assert_eq!(created["conversation"]["title"], title);
            }
        };
        wait_for("changes", all).await;
    }
}

/// Leases use the database's clock, so a wrong clock on one machine has no effect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_agree_on_the_time() {
    let right = Server::start(Kind::Postgres).await;
    let wrong = right.another_instance_with_clock(Clock::ahead_by(Duration::from_secs(3600))).await;
    let difference = wrong.clock.now().0 - right.clock.now().0;
    assert!(difference.abs() < 5_000_000, "they differ by {difference} \u{b5}s");
}

/// However many subscribers follow a reply on another instance, it crosses the bus once; without subscribers, not at
/// all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribers_of_a_remote_reply_share_one_mirror() {
    let mut two = TwoInstances::start(Kind::Postgres, Bus::Redis).await;
    let (_, reply, mut call) = two.start_reply().await;
    let mut sockets = Vec::new();
    for _ in 0..20 {
        let mut socket = two.follow_at_b(&reply).await;
        assert_eq!(socket.event().await["text"], "");
        sockets.push(socket);
    }
    call.send_text("hello").await;
    for socket in &mut sockets {
        socket.until("hello").await;
    }
    let redis = redis::Client::open(redis_url()).unwrap();
    let mut redis = redis.get_multiplexed_async_connection().await.unwrap();
    let channel = format!("confab:reply:{}", reply.trim_start_matches("message_"));
    let mut listeners = async || {
        let (_, count): (String, usize) =
            redis::cmd("PUBSUB").arg(&["NUMSUB", &channel]).query_async(&mut redis).await.unwrap();
        count
    };
    assert_eq!(listeners().await, 1);
    drop(sockets);
    wait_for("the mirror to unsubscribe", async { while listeners().await > 0 {} }).await;
    // The reply continues, and a later subscriber gets all of it.
    call.send_text(" world").await;
    let mut socket = two.follow_at_b(&reply).await;
    socket.until("hello world").await;
    call.finish("stop").await;
    assert_eq!(rest(&mut socket, String::new()).await.1["content"], "hello world");
}
