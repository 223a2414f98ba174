//! Redis fails, freezes or loses its data: only latency suffers.

use super::{provider_settings, send_to_provider};
use crate::support::{Cluster, Follower, Provider};
use serde_json::json;
use tokio::join;

/// Follows a reply that runs on one instance from the other, before, during and after a fault of Redis. Meanwhile
/// messages are answered, and a reply that runs on the other instance can be stopped.
async fn follow_through(
    cluster: &mut Cluster,
    provider: &mut Provider,
    harm: impl AsyncFnOnce(&mut Cluster),
    repair: impl AsyncFnOnce(&mut Cluster),
) {
    let client = cluster.register().await;
    let (_, reply) = send_to_provider(&client).await;
    let mut call = provider.call().await;
    let (_, to_stop) = send_to_provider(&client).await;
    let mut other_call = provider.call().await;
    let mut follower = Follower::new(&client, &reply);
    assert!(follower.connect(cluster.nodes.at(1)).await);
    call.send_text("one ").await;
    follower.until("one").await;
    harm(cluster).await;
    call.send_text("two ").await;
    follower.until("two").await;
    other_call.accept();
    let there = client.at(cluster.nodes.at(1));
    let send = async {
        let (_, echo) = there.send_echo("sent meanwhile", None).await;
        Follower::expecting(&client, &echo, "sent meanwhile").follow_to_end(&cluster.nodes).await
    };
    let (stopped, answered) = join!(there.stop(&to_stop), send);
    assert_eq!(stopped, json!({ "status": "STOPPED", "content": "" }));
    assert_eq!(answered["status"], "COMPLETED");
    other_call.aborted().await;
    repair(cluster).await;
    call.send_text("three").await;
    call.finish("stop").await;
    let message = follower.follow_to_end(&cluster.nodes).await;
    assert_eq!((&message["status"], &message["content"]), (&json!("COMPLETED"), &json!("one two three")));
    assert_eq!((follower.attempt, follower.breaks), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_continue_without_redis() {
    let mut provider = Provider::start().await;
    let base_url = provider.base_url();
    // Long enough for a slow machine. Without Redis, the runner learns of a stop when it renews the lease, after a
    // third of it.
    let settings = [&provider_settings(&base_url)[..], &[("CONFAB_LEASE", "12")]].concat();
    let mut cluster = Cluster::start(2, &settings).await;
    let (cluster, provider) = (&mut cluster, &mut provider);
    let nothing = async |_: &mut Cluster| {};
    follow_through(cluster, provider, async |cluster| cluster.redis.flush().await, nothing).await;
    let freeze = async |cluster: &mut Cluster| cluster.redis.signal("STOP");
    let thaw = async |cluster: &mut Cluster| cluster.redis.signal("CONT");
    follow_through(cluster, provider, freeze, thaw).await;
    let kill = async |cluster: &mut Cluster| cluster.redis.end("KILL");
    let start = async |cluster: &mut Cluster| cluster.redis.start().await;
    follow_through(cluster, provider, kill, start).await;
    follow_through(cluster, provider, kill, nothing).await;
}
