//! The limits on messages and on running replies.

use super::{behind_proxy, execute_from, network, retry_after};
use crate::support::{Client, Kind, Server, UNTHROTTLED, codes, content_of, on_both_databases};
use confab::config::Throttling;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

const SEND: &str = "mutation($input: SendMessageInput!) { sendMessage(input: $input) { reply { id } } }";

on_both_databases! {
    async fn messages_per_minute_are_limited(kind) {
        let server = behind_proxy(kind, Throttling { send_rate: 3, ..UNTHROTTLED }).await;
        let (client, other) = (server.register().await, server.register().await);
        let home = network();
        let (conversation, _) = client.send_echo("1", None).await;
        let send = async |client: &Client, content: &str, conversation: Option<&str>| {
            let input = json!({ "input": { "content": content, "model": "echo", "conversationId": conversation } });
            execute_from(&server, client, format!("{home}::1"), SEND, input).await
        };
        for content in ["2", "3"] {
            assert_eq!(send(&client, content, Some(&conversation)).await.status, 200);
        }
        let wait = retry_after(&send(&client, "4", Some(&conversation)).await);
        assert!((15..=20).contains(&wait), "{wait}");
        assert_eq!(send(&other, "mine", None).await.status, 200);
        server.clock.advance(Duration::from_secs(wait));
        assert_eq!(send(&client, "5", Some(&conversation)).await.status, 200);
        let stored = client.data(
            "query($id: ID!) { conversation(id: $id) { messages(first: 50) { nodes { content role } } } }",
            json!({ "id": conversation }),
        );
        let stored = stored.await["conversation"]["messages"]["nodes"].take();
        let said = stored.as_array().unwrap().iter().filter(|message| message["role"] == "USER");
        assert_eq!(said.map(content_of).collect::<Vec<_>>(), ["1", "2", "3", "5"]);
    }

    async fn repeated_sends_are_not_limited(kind) {
        let server = Server::with(kind, |config| {
            config.throttling = Throttling { send_rate: 2, max_running: 1, ..UNTHROTTLED };
            config.pace_ms = 60_000;
        })
        .await;
        let client = server.register().await;
        let input = |key: &str, content: &str| json!({ "content": content, "model": "echo", "idempotencyKey": key });
        let first = client.send(input("a", "1")).await;
        for _ in 0..3 {
            let again = client.send(input("a", "1")).await;
            assert_eq!((&again["message"], &again["reply"]["id"]), (&first["message"], &first["reply"]["id"]));
        }
        // The second key exceeds the limit on running replies, the third the limit on messages.
        for key in ["b", "c"] {
            assert_eq!(client.try_send(input(key, "2")).await, Some(Err("RATE_LIMITED".into())));
        }
        assert_eq!(client.send(input("a", "1")).await["reply"]["id"], first["reply"]["id"]);
        let conflict = client.try_send(input("a", "something else")).await;
        assert_eq!(conflict, Some(Err("CONFLICT".into())));
        let delete = "mutation($id: ID!) { deleteConversation(input: { id: $id }) { deletedId } }";
        client.data(delete, json!({ "id": first["conversation"]["id"] })).await;
        let deleted = client.try_send(input("a", "1")).await;
        assert_eq!(deleted, Some(Err("RATE_LIMITED".into())), "a deleted message has no stored result");
    }

    /// The HTTP status describes the whole answer: after a partial success it does not report the rate limit.
    async fn a_partial_success_reports_no_rate_limit_status(kind) {
        let server = behind_proxy(kind, Throttling { send_rate: 1, ..UNTHROTTLED }).await;
        let client = server.register().await;
        client.send_echo("1", None).await;
        let both = "mutation { createConversation { conversation { id } }
            sendMessage(input: { content: \"2\" }) { reply { id } } }";
        let answer = execute_from(&server, &client, format!("{}::1", network()), both, json!({})).await;
        assert_eq!((answer.status, codes(&answer.json())), (200, vec!["RATE_LIMITED"]));
        assert_eq!(answer.header("retry-after"), "");
        let count = client.data("{ me { conversations { totalCount } } }", json!({})).await;
        assert_eq!(count["me"]["conversations"]["totalCount"], 2);
    }

    async fn running_replies_are_limited_across_instances(kind) {
        let server = Server::with(kind, |config| {
            config.throttling = Throttling { max_running: 3, ..UNTHROTTLED };
            config.pace_ms = 60_000;
        })
        .await;
        let beside = server.another_instance().await;
        let client = server.register().await;
        let there = client.at(beside.address);
        let (busy, first) = client.send_echo("a long story", None).await;
        let send = |number: usize, more: Value| {
            let at = if number.is_multiple_of(2) { &client } else { &there };
            let mut input = json!({ "content": "a long story", "model": "echo", "idempotencyKey": number.to_string() });
            input.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
            async move { at.execute(SEND, json!({ "input": input })).await }
        };
        let answers = join_all((0..8).map(|number| send(number, json!({})))).await;
        let refused: Vec<_> = (0..8).filter(|&number| answers[number].get("errors").is_some()).collect();
        assert_eq!(refused.len(), 8 - 2, "{answers:?}");
        for &number in &refused {
            let extensions = &answers[number]["errors"][0]["extensions"];
            assert_eq!(extensions["code"], "RATE_LIMITED");
            assert!(extensions["retryAfter"].as_u64().unwrap() > 0);
        }
        let count = client.data("{ me { conversations { totalCount } } }", json!({})).await;
        assert_eq!(count["me"]["conversations"]["totalCount"], 3, "nothing of the refused messages is stored");
        let other = server.register().await;
        other.send_echo("mine", None).await;
        // A repetition returns its result, and a message may replace a running reply that it stops.
        let accepted = (0..8).find(|number| !refused.contains(number)).unwrap();
        assert_eq!(send(accepted, json!({})).await["data"], answers[accepted]["data"]);
        let instead = json!({ "idempotencyKey": "instead", "conversationId": busy, "whenBusy": "STOP_CURRENT" });
        let instead = send(0, instead).await;
        assert_eq!(instead.get("errors"), None);
        assert_eq!(codes(&send(refused[0], json!({})).await), ["RATE_LIMITED"]);
        // The key of a refused message can be used again.
        let reply = instead["data"]["sendMessage"]["reply"]["id"].as_str().unwrap();
        client.stop(reply).await;
        client.stop(&first).await;
        assert_eq!(send(refused[0], json!({})).await.get("errors"), None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_socket_a_rate_limit_is_a_result() {
    let server = Server::with(Kind::Sqlite, |config| {
        config.throttling = Throttling { send_rate: 1, ..UNTHROTTLED };
    })
    .await;
    let client = server.register().await;
    let mut socket = server.socket(&client).await;
    let input = json!({ "input": { "content": "hello" } });
    socket.subscribe("1", SEND, input.clone()).await;
    assert_eq!(socket.receive().await.unwrap()["payload"].get("errors"), None);
    assert_eq!(socket.receive().await.unwrap()["type"], "complete");
    socket.subscribe("2", SEND, input).await;
    let message = socket.receive().await.unwrap();
    assert_eq!((&message["type"], codes(&message["payload"])), (&json!("next"), vec!["RATE_LIMITED"]));
    assert!(message["payload"]["errors"][0]["extensions"]["retryAfter"].as_u64().unwrap() > 50);
}
