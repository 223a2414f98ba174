//! Operations on one instance that affect what another instance is running.

use super::{check_stored, id_of, provider_settings, send_to_provider};
use crate::support::{Cluster, Follower, FollowerEvent, Provider};
use serde_json::{Value, json};
use tokio::join;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idempotency_key_raced_on_two_instances_is_stored_once() {
    let cluster = Cluster::start(2, &[("CONFAB_PACE_MS", "0")]).await;
    let client = cluster.register().await;
    let other = client.at(cluster.nodes.at(1));
    let mut conversation = Value::Null;
    let mut sent = Vec::new();
    for round in 0..60 {
        let content = format!("said in round {round}");
        let input = json!({ "content": content, "model": "echo", "conversationId": conversation,
            "idempotencyKey": round.to_string() });
        let (one, two) = join!(client.send(input.clone()), other.send(input));
        for what in ["conversation", "message", "reply"] {
            assert_eq!(one[what]["id"], two[what]["id"]);
        }
        let mut follower = Follower::expecting(&client, &id_of(&one["reply"]), &content);
        follower.follow_to_end(&cluster.nodes).await;
        conversation = one["conversation"]["id"].clone();
        sent.push((one, content));
        if sent.len() == 30 {
            check_stored(&client, conversation.as_str().expect("an id"), &sent).await;
            (conversation, sent) = (Value::Null, Vec::new());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_is_stopped_from_another_instance() {
    let mut provider = Provider::start().await;
    let base_url = provider.base_url();
    let cluster = Cluster::start(2, &provider_settings(&base_url)).await;
    let client = cluster.register().await;
    for said in ["", "one two "] {
        let (_, reply) = send_to_provider(&client).await;
        let mut call = provider.call().await;
        call.accept();
        let mut followers = [Follower::new(&client, &reply), Follower::new(&client, &reply)];
        for (node, follower) in followers.iter_mut().enumerate() {
            assert!(follower.connect(cluster.nodes.at(node)).await);
            assert!(matches!(follower.next_event().await, FollowerEvent::Text), "a snapshot");
        }
        if !said.is_empty() {
            call.send_text(said).await;
            for follower in &mut followers {
                follower.until(said).await;
            }
        }
        let stopped = client.at(cluster.nodes.at(1)).stop(&reply).await;
        assert_eq!(stopped, json!({ "status": "STOPPED", "content": said }));
        call.aborted().await;
        for follower in &mut followers {
            let message = follower.follow_to_end(&cluster.nodes).await;
            assert_eq!((&message["status"], &*follower.text, follower.breaks), (&json!("STOPPED"), said, 0));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_is_deleted_on_another_instance_while_its_reply_runs() {
    let mut provider = Provider::start().await;
    let base_url = provider.base_url();
    let cluster = Cluster::start(2, &provider_settings(&base_url)).await;
    let client = cluster.register().await;
    let (conversation, reply) = send_to_provider(&client).await;
    let mut call = provider.call().await;
    let mut followers = [Follower::new(&client, &reply), Follower::new(&client, &reply)];
    call.send_text("one ").await;
    for (node, follower) in followers.iter_mut().enumerate() {
        assert!(follower.connect(cluster.nodes.at(node)).await);
        follower.until("one").await;
    }
    let delete = "mutation($id: ID!) { deleteConversation(input: { id: $id }) { deletedId } }";
    client.at(cluster.nodes.at(1)).data(delete, json!({ "id": conversation })).await;
    for follower in &mut followers {
        let received = follower.next_event().await;
        assert!(matches!(&received, FollowerEvent::Error(code) if code == "NOT_FOUND"), "{received:?}");
    }
    call.aborted().await;
}
