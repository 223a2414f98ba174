//! Tests that run on both implementations of the bus.

use crate::support::{redis_url, wait_for};
use confab::{
    bus::{Bus, BusEvent, Handler, Topic, memory::MemoryBus, redis::RedisBus},
    store::Id,
};
use redis::{AsyncTypedCommands, IntegerReplyOrNoOp};
use std::sync::Arc;
use tokio::{sync::mpsc, task::yield_now};
use tokio_util::task::AbortOnDropHandle;

/// Several connections to one bus, one for each instance.
struct Ends {
    buses: Vec<Arc<dyn Bus>>,
    _listening: Vec<AbortOnDropHandle<()>>,
}

impl Ends {
    fn in_memory(count: usize) -> Self {
        let first = MemoryBus::default();
        let others = (1..count).map(|_| Arc::new(first.clone()) as Arc<dyn Bus>).collect::<Vec<_>>();
        let buses = [vec![Arc::new(first) as Arc<dyn Bus>], others].concat();
        Self { buses, _listening: Vec::new() }
    }

    async fn on_redis(count: usize) -> Self {
        let ends = (0..count).map(|_| Arc::new(RedisBus::new(&redis_url()).unwrap()));
        let (buses, listening) = ends
            .map(|bus| {
                let listens = bus.clone();
                let task = tokio::spawn(async move { listens.listen().await });
                (bus as Arc<dyn Bus>, AbortOnDropHandle::new(task))
            })
            .unzip();
        let ends = Self { buses, _listening: listening };
        for bus in &ends.buses {
            let connected = async {
                while bus.publish(Topic::User(Id::new()), String::new()).await.is_err() {
                    yield_now().await;
                }
            };
            wait_for("a connection", connected).await;
        }
        ends
    }
}

/// Subscribes to a topic. The channel receives the messages, and `None` for [`BusEvent::Subscribed`].
fn subscribe(bus: &Arc<dyn Bus>, topic: Topic) -> mpsc::UnboundedReceiver<Option<String>> {
    let (send, received) = mpsc::unbounded_channel();
    let handler: Handler = Arc::new(move |what| {
        let _ = send.send(match what {
            BusEvent::Subscribed => None,
            BusEvent::Message(what) => Some(what.to_owned()),
        });
    });
    bus.subscribe(topic, handler);
    received
}

async fn next(received: &mut mpsc::UnboundedReceiver<Option<String>>) -> Option<String> {
    wait_for("a message on the bus", received.recv()).await.expect("the bus is open")
}

/// Publishes a message and expects success. Returns the number of subscribers.
async fn publish(bus: &Arc<dyn Bus>, topic: Topic, what: &str) -> usize {
    bus.publish(topic, what.to_owned()).await.unwrap()
}

macro_rules! on_both_buses {
    ($($(#[$attribute:meta])* async fn $name:ident($ends:ident: $count:literal) $body:block)+) => {$(
        mod $name {
            use super::*;

            $(#[$attribute])*
            async fn test($ends: Ends) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn memory() {
                test(Ends::in_memory($count)).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn redis() {
                test(Ends::on_redis($count).await).await;
            }
        }
    )+};
}

on_both_buses! {
    async fn subscribers_receive_what_is_published(ends: 3) {
        let [a, b, c] = &ends.buses[..] else { unreachable!("there are three") };
        let (topic, other) = (Topic::Reply(Id::new()), Topic::Reply(Id::new()));
        assert_eq!(publish(a, topic, "without subscribers").await, 0);
        let (mut at_b, mut at_c) = (subscribe(b, topic), subscribe(c, topic));
        let mut elsewhere = subscribe(c, other);
        for received in [&mut at_b, &mut at_c, &mut elsewhere] {
            assert_eq!(next(received).await, None, "the subscription is confirmed first");
        }
        assert_eq!(publish(a, topic, "one \u{1f980} \"two\"\n").await, 2);
        assert_eq!(publish(b, topic, "two").await, 2, "the publisher receives its own message");
        for received in [&mut at_b, &mut at_c] {
            assert_eq!(next(received).await.as_deref(), Some("one \u{1f980} \"two\"\n"));
            assert_eq!(next(received).await.as_deref(), Some("two"));
        }
        assert_eq!(publish(a, other, "other").await, 1);
        assert_eq!(next(&mut elsewhere).await.as_deref(), Some("other"));
        b.unsubscribe(topic);
        // Unsubscribing takes effect with a delay.
        wait_for("the subscription to end", async { while publish(a, topic, "left").await > 1 {} }).await;
        assert_eq!(publish(c, topic, "still there").await, 1);
    }

    async fn a_new_subscription_replaces_the_ended_one(ends: 2) {
        let [a, b] = &ends.buses[..] else { unreachable!("there are two") };
        let topic = Topic::User(Id::new());
        let mut before = subscribe(b, topic);
        assert_eq!(next(&mut before).await, None);
        b.unsubscribe(topic);
        let mut after = subscribe(b, topic);
        assert_eq!(next(&mut after).await, None);
        assert_eq!(publish(a, topic, "new").await, 1);
        assert_eq!(next(&mut after).await.as_deref(), Some("new"));
        assert_eq!(before.recv().await, None, "the first subscription received nothing");
    }

    async fn messages_of_one_publisher_keep_their_order(ends: 2) {
        let [a, b] = &ends.buses[..] else { unreachable!("there are two") };
        let topic = Topic::Reply(Id::new());
        let mut received = subscribe(b, topic);
        assert_eq!(next(&mut received).await, None);
        for number in 0..1000 {
            publish(a, topic, &number.to_string()).await;
        }
        for number in 0..1000 {
            assert_eq!(next(&mut received).await, Some(number.to_string()));
        }
    }

    async fn thousands_of_topics_can_be_subscribed(ends: 2) {
        let [a, b] = &ends.buses[..] else { unreachable!("there are two") };
        let topics: Vec<_> = (0..3000).map(|_| Topic::Reply(Id::new())).collect();
        let mut received: Vec<_> = topics.iter().map(|topic| subscribe(b, *topic)).collect();
        for received in &mut received {
            assert_eq!(next(received).await, None);
        }
        assert_eq!(publish(a, topics[2999], "last").await, 1);
        assert_eq!(next(&mut received[2999]).await.as_deref(), Some("last"));
        topics.iter().for_each(|topic| b.unsubscribe(*topic));
        wait_for("all subscriptions to end", async { while publish(a, topics[2999], "").await > 0 || publish(a, topics[0], "").await > 0 {} }).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_is_reported_and_reopened() {
    // The number of their database distinguishes these connections from all others.
    let bus = Arc::new(RedisBus::new(&format!("{}7", redis_url())).unwrap());
    let listens = bus.clone();
    let _listening = AbortOnDropHandle::new(tokio::spawn(async move { listens.listen().await }));
    let bus: Arc<dyn Bus> = bus;
    let topic = Topic::Reply(Id::new());
    let mut received = subscribe(&bus, topic);
    assert_eq!(next(&mut received).await, None);
    assert_eq!(publish(&bus, topic, "before").await, 1);
    assert_eq!(next(&mut received).await.as_deref(), Some("before"));
    let mut admin = admin().await;
    let clients: String = redis::cmd("CLIENT").arg("LIST").query_async(&mut admin).await.unwrap();
    let ours: Vec<_> = clients.lines().filter(|client| client.contains(" db=7 ")).collect();
    assert_eq!(ours.len(), 2, "one publishes and one subscribes: {ours:?}");
    for client in ours {
        let id = client.split_once("id=").unwrap().1.split_once(' ').unwrap().0;
        redis::cmd("CLIENT").arg(&["KILL", "ID", id]).exec_async(&mut admin).await.unwrap();
    }
    assert_eq!(
        next(&mut received).await,
        None,
        "the new connection reports that messages may have been missed"
    );
    // The publishing connection is found broken when it is used.
    wait_for("a subscriber", async { while bus.publish(topic, "after".into()).await.unwrap_or(0) == 0 {} })
        .await;
    assert_eq!(next(&mut received).await.as_deref(), Some("after"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishing_fails_without_redis() {
    // Nothing listens on port 1.
    let bus = RedisBus::new("redis://127.0.0.1:1").unwrap();
    let published = wait_for("the bus to give up", bus.publish(Topic::AllInstances, "hello".into())).await;
    assert!(published.is_err());
}

async fn admin() -> redis::aio::MultiplexedConnection {
    redis::Client::open(redis_url()).unwrap().get_multiplexed_async_connection().await.unwrap()
}

#[tokio::test]
async fn every_key_in_redis_expires() {
    let mut admin = admin().await;
    // Whatever the other tests have done so far: only rate limits are stored, and all of them expire.
    for key in admin.keys("*").await.unwrap() {
        assert!(key.starts_with("confab:throttle:"), "{key}");
        assert_ne!(
            admin.ttl(&key).await.unwrap(),
            IntegerReplyOrNoOp::ExistsButNotRelevant,
            "{key} never expires"
        );
    }
}
