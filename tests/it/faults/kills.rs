//! An instance is killed while it writes a reply.

use super::{poll_until, provider_settings, send_to_provider, words};
use crate::support::{Client, Cluster, Follower, FollowerEvent, Process, Provider, content_of};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A lease of 3 s, a takeover poll every second, and a client's poll, with a margin for a busy machine.
const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(9);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_instance_takes_over_when_one_is_killed() {
    let mut provider = Provider::start().await;
    let mut cluster = Cluster::start(2, &provider_settings(&provider.base_url())).await;
    let client = cluster.register().await;
    let (_, reply) = send_to_provider(&client).await;
    let (mut here, mut there) = (Follower::new(&client, &reply), Follower::new(&client, &reply));
    assert!(here.connect(cluster.nodes.at(0)).await && there.connect(cluster.nodes.at(1)).await);
    let mut call = provider.call().await;
    call.send_text("one two three ").await;
    there.until("three").await;
    checkpointed(&client, &reply).await;
    call.send_text("four ").await;
    here.until("four").await;
    cluster.kill(0).await;
    let killed = Instant::now();
    while there.attempt < 2 {
        assert!(matches!(there.next_event().await, FollowerEvent::Text));
    }
    assert!(killed.elapsed() < TAKEN_OVER_WITHIN, "{:?}", killed.elapsed());
    assert_eq!(there.text, "", "a new attempt starts with an empty text");
    let mut call = provider.call().await;
    call.send_text("five ").await;
    there.until("five").await;
    // The subscriber on the killed instance reconnects with a cursor of the first attempt.
    assert!(
        matches!(here.next_event().await, FollowerEvent::Disconnected)
            && here.connect(cluster.nodes.at(1)).await
    );
    here.until("five").await;
    call.send_text("six").await;
    call.finish("stop").await;
    for follower in [&mut here, &mut there] {
        let message = follower.follow_to_end(&cluster.nodes).await;
        assert_eq!((&message["status"], &message["content"]), (&json!("COMPLETED"), &json!("five six")));
        assert_eq!(follower.attempt, 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_fails_after_its_last_attempt_and_keeps_its_text() {
    let mut provider = Provider::start().await;
    let base_url = provider.base_url();
    let settings = [&provider_settings(&base_url)[..], &[("CONFAB_REPLY_ATTEMPTS", "1")]].concat();
    let mut cluster = Cluster::start(2, &settings).await;
    let client = cluster.register().await;
    let (_, reply) = send_to_provider(&client).await;
    let mut here = Follower::new(&client, &reply);
    assert!(here.connect(cluster.nodes.at(0)).await);
    let mut call = provider.call().await;
    call.send_text("one two three ").await;
    let there = client.at(cluster.nodes.at(1));
    checkpointed(&there, &reply).await;
    call.send_text("four ").await;
    here.until("four").await;
    cluster.kill(0).await;
    let message = here.follow_to_end(&cluster.nodes).await;
    assert_eq!(message["status"], "FAILED");
    assert_eq!(message["error"]["code"], "INTERRUPTED");
    check_kept(&message);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_whose_instance_was_killed_can_be_stopped() {
    let mut provider = Provider::start().await;
    let mut cluster = Cluster::start(2, &provider_settings(&provider.base_url())).await;
    let client = cluster.register().await;
    let (_, reply) = send_to_provider(&client).await;
    let mut followers = [Follower::new(&client, &reply), Follower::new(&client, &reply)];
    for (node, follower) in followers.iter_mut().enumerate() {
        assert!(follower.connect(cluster.nodes.at(node)).await);
    }
    let mut call = provider.call().await;
    call.send_text("one two three ").await;
    let there = client.at(cluster.nodes.at(1));
    checkpointed(&there, &reply).await;
    call.send_text("four ").await;
    followers[0].until("four").await;
    cluster.kill(0).await;
    let stopped = there.stop(&reply).await;
    assert_eq!(stopped["status"], "STOPPED");
    check_kept(&stopped);
    for follower in &mut followers {
        let message = follower.follow_to_end(&cluster.nodes).await;
        assert_eq!((&message["status"], &message["content"]), (&stopped["status"], &stopped["content"]));
    }
}

/// Waits until a checkpoint of the reply is stored.
async fn checkpointed(client: &Client, reply: &str) {
    poll_until("a checkpoint", async || !content_of(&client.message(reply).await).is_empty()).await;
}

/// Checks that the checkpoint is kept. Text after it may be lost with the instance, although subscribers received it.
fn check_kept(message: &Value) {
    assert!(["one two three ", "one two three four "].contains(&content_of(message)), "{message}");
}

/// A single instance over SQLite, which is restarted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_resumes_its_replies_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let settings = [("CONFAB_LEASE", "3"), ("CONFAB_PACE_MS", "20")];
    let (process, address) = Process::serve(folder.path(), &[], &settings).await;
    let client = Client::register(address).await;
    let text = words(150);
    let (_, reply) = client.send_echo(&text, None).await;
    let mut follower = Follower::expecting(&client, &reply, &text);
    assert!(follower.connect(address).await);
    checkpointed(&client, &reply).await;
    follower.until("w7").await;
    process.signal("KILL");
    process.wait().await;
    assert!(follower.text.len() < text.len());
    let (_process, address) = Process::serve(folder.path(), &[], &settings).await;
    assert!(matches!(follower.next_non_text().await, FollowerEvent::Disconnected));
    assert!(follower.connect(address).await);
    let received = follower.next_non_text().await;
    let FollowerEvent::Finished(finished) = received else { panic!("{received:?}") };
    assert_eq!((&finished["status"], &*follower.text, follower.attempt), (&json!("COMPLETED"), &*text, 2));
}
