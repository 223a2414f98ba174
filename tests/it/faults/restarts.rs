//! Instances are terminated and restarted.

use super::{load::Load, words};
use crate::support::{Cluster, Follower};
use futures_util::future::join_all;
use serde_json::json;

/// How long replies may continue when an instance is terminated: too short for most of them.
const DRAIN: (&str, &str) = ("CONFAB_DRAIN", "1");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminated_instance_hands_its_replies_over() {
    let mut cluster = Cluster::start(2, &[("CONFAB_PACE_MS", "40"), DRAIN]).await;
    let client = cluster.register().await;
    let clients = [client.clone(), client.at(cluster.nodes.at(1))];
    let mut followers = Vec::new();
    for i in 0..10 {
        // Some of the replies can finish in time.
        let text = words([20, 60, 80, 100, 120][i % 5]);
        let (_, reply) = clients[i % 2].send_echo(&text, None).await;
        for node in 0..2 {
            let mut follower = Follower::expecting(&client, &reply, &text);
            assert!(follower.connect(cluster.nodes.at(node)).await);
            followers.push((follower, text.clone()));
        }
    }
    join_all(followers.iter_mut().map(|(follower, _)| follower.until("w5"))).await;
    let nodes = cluster.nodes.clone();
    let followed = join_all(followers.into_iter().map(|(mut follower, text)| {
        let nodes = nodes.clone();
        async move {
            let message = follower.follow_to_end(&nodes).await;
            assert_eq!((&message["status"], &message["content"]), (&json!("COMPLETED"), &json!(text)));
            follower
        }
    }));
    let followed = tokio::spawn(followed);
    cluster.terminate(0).await;
    let followers = followed.await.expect("no follower panics");
    assert!(
        followers.iter().any(|follower| follower.breaks > 0),
        "subscribers reconnect to the other instance"
    );
    assert!(followers.iter().any(|follower| follower.attempt == 1), "the other instance's replies continue");
    assert!(followers.iter().any(|follower| follower.attempt == 2), "replies are handed over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_loses_nothing() {
    let settings = [("CONFAB_PACE_MS", "30"), ("CONFAB_REPLY_ATTEMPTS", "9"), DRAIN];
    let mut cluster = Cluster::start(2, &settings).await;
    let client = cluster.register().await;
    let load = Load::start(&client, &cluster.nodes, 6);
    for node in [0, 1, 0] {
        load.more(6).await;
        cluster.terminate(node).await;
        load.more(3).await;
        cluster.start_node(node).await;
    }
    load.more(6).await;
    load.end().await;
}
