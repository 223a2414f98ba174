//! Subscribers whose sockets are closed over and over.

use super::words;
use crate::support::{Client, Cluster, Follower, FollowerEvent, Nodes};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::time::timeout;

const CUTS: u32 = 1000;
const SUBSCRIBERS: u64 = 40;

/// However often a subscription is cut and resumed on another instance, the text is complete and has no duplicates.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_reconnects_lose_and_repeat_nothing() {
    // No instance dies in this test: on a slow machine too, no lease may expire.
    let cluster = Cluster::start(3, &[("CONFAB_PACE_MS", "60"), ("CONFAB_LEASE", "60")]).await;
    let client = cluster.register().await;
    let seed = std::env::var("CONFAB_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(rand::random);
    println!("CONFAB_TEST_SEED={seed} cuts at the same places");
    let cuts = Arc::new(AtomicU32::new(0));
    let subscribers = (0..SUBSCRIBERS).map(|i| {
        let random = StdRng::seed_from_u64(seed.wrapping_add(i));
        tokio::spawn(be_cut(client.clone(), cluster.nodes.clone(), cuts.clone(), random))
    });
    for subscriber in futures_util::future::join_all(subscribers).await {
        subscriber.expect("no subscriber panics");
    }
    assert!(cuts.load(Ordering::Relaxed) >= CUTS);
}

/// Follows one reply after another until the total number of cuts is reached.
async fn be_cut(client: Client, nodes: Nodes, cuts: Arc<AtomicU32>, mut random: StdRng) {
    while cuts.load(Ordering::Relaxed) < CUTS {
        let text = words(random.random_range(40..80));
        let (_, reply) = client.at(nodes.at(random.random_range(0..3))).send_echo(&text, None).await;
        let mut follower = Follower::expecting(&client, &reply, &text);
        while cuts.load(Ordering::Relaxed) < CUTS {
            assert!(follower.connect(nodes.at(random.random_range(0..3))).await);
            let moment = Duration::from_millis(random.random_range(0..150));
            match timeout(moment, follower.next_non_text()).await {
                Err(_) => follower.disconnect(),
                Ok(FollowerEvent::Finished(_)) => break,
                Ok(other) => panic!("{other:?} after {:?}", follower.text),
            }
            cuts.fetch_add(1, Ordering::Relaxed);
        }
        let message = follower.follow_to_end(&nodes).await;
        assert_eq!((&message["status"], &*follower.text), (&json!("COMPLETED"), &*text));
    }
}
