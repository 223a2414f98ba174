//! PostgreSQL fails while replies are written, and comes back.

use super::{id_of, load::Load, provider_settings, send_to_provider, send_until_acknowledged, stored};
use crate::support::{Cluster, Follower, Provider, content_of};
use futures_util::future::join_all;
use serde_json::json;

/// While PostgreSQL is away, a reply continues for subscribers on the instance that runs it. Messages sent meanwhile
/// are refused, and are stored once when they are sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_continues_while_postgres_is_restarted() {
    let mut provider = Provider::start().await;
    let base_url = provider.base_url();
    // The lease outlives the outage, so the reply is not taken over.
    let settings = [&provider_settings(&base_url)[..], &[("CONFAB_LEASE", "60")]].concat();
    let mut cluster = Cluster::with_postgres(2, &settings).await;
    let client = cluster.register().await;
    let (conversation, reply) = send_to_provider(&client).await;
    let mut call = provider.call().await;
    let mut followers = [Follower::new(&client, &reply), Follower::new(&client, &reply)];
    call.send_text("one ").await;
    for (node, follower) in followers.iter_mut().enumerate() {
        assert!(follower.connect(cluster.nodes.at(node)).await);
        follower.until("one").await;
    }
    cluster.postgres.as_mut().expect("it is its own").end("INT");
    call.send_text("two ").await;
    let input = json!({ "content": "said in between", "model": "echo", "idempotencyKey": "second",
        "conversationId": conversation });
    // Each refusal takes as long as an instance waits for the database. Meanwhile a checkpoint fails, and later the
    // end.
    let refused = async || {
        let sends = (0..2).map(async |node| client.at(cluster.nodes.at(node)).try_send(input.clone()).await);
        let refusals = join_all(sends).await;
        assert!(refusals.iter().all(|refusal| *refusal == Some(Err("UNAVAILABLE".into()))), "{refusals:?}");
    };
    refused().await;
    refused().await;
    call.send_text("three").await;
    followers[0].until("three").await;
    call.finish("stop").await;
    refused().await;
    cluster.postgres.as_mut().expect("it is its own").start().await;
    let second = send_until_acknowledged(&client, &cluster.nodes, input).await;
    for follower in &mut followers {
        let message = follower.follow_to_end(&cluster.nodes).await;
        assert_eq!((&message["status"], &message["content"]), (&json!("COMPLETED"), &json!("one two three")));
        assert_eq!(follower.attempt, 1);
    }
    let second_reply = id_of(&second["reply"]);
    let mut follower = Follower::expecting(&client, &second_reply, "said in between");
    follower.follow_to_end(&cluster.nodes).await;
    let stored = stored(&client, &conversation).await;
    let contents: Vec<_> = stored.iter().map(content_of).collect();
    assert_eq!(contents, ["talk", "one two three", "said in between", "said in between"]);
}

/// No acknowledged message is lost when PostgreSQL is killed under load, and every reply ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_message_is_lost_when_postgres_is_killed() {
    let mut cluster =
        Cluster::with_postgres(2, &[("CONFAB_PACE_MS", "30"), ("CONFAB_REPLY_ATTEMPTS", "9")]).await;
    let client = cluster.register().await;
    let load = Load::start(&client, &cluster.nodes, 4);
    for _ in 0..2 {
        load.more(4).await;
        let postgres = cluster.postgres.as_mut().expect("it is its own");
        postgres.end("KILL");
        postgres.start().await;
    }
    load.more(4).await;
    load.end().await;
}
