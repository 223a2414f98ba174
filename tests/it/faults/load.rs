//! Load: users who send messages continuously, to whichever instance answers, and check everything they receive.

use super::{check_stored, id_of, send_until_acknowledged, words};
use crate::support::{Client, Follower, Nodes, wait_for};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// Several concurrent conversations. Each sends a message, follows the reply to its end, and repeats.
pub struct Load {
    client: Client,
    nodes: Nodes,
    enough: CancellationToken,
    replies: watch::Receiver<usize>,
    talks: Vec<JoinHandle<Talk>>,
}

impl Load {
    pub fn start(client: &Client, nodes: &Nodes, conversations: usize) -> Self {
        let (enough, (count, replies)) = (CancellationToken::new(), watch::channel(0));
        let talk = |i| talk(client.clone(), nodes.clone(), i, enough.clone(), count.clone());
        let talks = (0..conversations).map(|i| tokio::spawn(talk(i))).collect();
        Self { client: client.clone(), nodes: nodes.clone(), enough, replies, talks }
    }

    /// Waits until `replies` more replies have started.
    pub async fn more(&self, replies: usize) {
        let mut count = self.replies.clone();
        let wanted = *count.borrow_and_update() + replies;
        wait_for("more replies", count.wait_for(|count| *count >= wanted))
            .await
            .expect("no conversation has failed");
    }

    /// Lets the conversations finish, and checks what is stored.
    pub async fn end(self) {
        self.enough.cancel();
        for talk in join_all(self.talks).await {
            let (conversation, sent) = talk.expect("no conversation panics");
            check_stored(&self.client.at(self.nodes.any()), &conversation, &sent).await;
        }
    }
}

/// A conversation's ID, and the acknowledged payloads with their contents.
type Talk = (String, Vec<(Value, String)>);

/// One conversation.
async fn talk(
    client: Client,
    nodes: Nodes,
    number: usize,
    enough: CancellationToken,
    replies: watch::Sender<usize>,
) -> Talk {
    let mut sent = Vec::new();
    let mut conversation = None;
    while sent.is_empty() || !enough.is_cancelled() {
        let content = format!("{number} {} {}", sent.len(), words(20));
        let key = format!("{number} {}", sent.len());
        let input = json!({ "content": content, "model": "echo", "conversationId": conversation,
            "idempotencyKey": key });
        let payload = send_until_acknowledged(&client, &nodes, input.clone()).await;
        // A retry, as if the first answer had been lost.
        let again = send_until_acknowledged(&client, &nodes, input).await;
        assert_eq!(id_of(&again["reply"]), id_of(&payload["reply"]));
        conversation = Some(id_of(&payload["conversation"]));
        let mut follower = Follower::expecting(&client, &id_of(&payload["reply"]), &content);
        follower.connect(nodes.any()).await;
        follower.next_event().await;
        replies.send_modify(|count| *count += 1);
        let message = follower.follow_to_end(&nodes).await;
        assert_eq!((&message["status"], &message["content"]), (&json!("COMPLETED"), &json!(content)));
        sent.push((payload, content));
    }
    (conversation.expect("something was sent"), sent)
}
