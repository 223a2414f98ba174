//! Archived and pinned conversations.

use crate::{
    changes::Device,
    support::{Client, Server, Sql, code, on_both_databases},
};
use futures_util::future::join_all;
use serde_json::{Value, json};

const CREATE: &str = "mutation($title: String) { createConversation(input: { title: $title }) { conversation { id archivedAt pinnedAt } } }";
const UPDATE: &str = "mutation($input: UpdateConversationInput!) { updateConversation(input: $input) {
    conversation { id title archivedAt pinnedAt updatedAt } } }";
const LIST: &str = "query($first: Int, $after: String, $last: Int, $before: String, $archived: Boolean = false, $pinned: Boolean) { me {
    conversations(first: $first, after: $after, last: $last, before: $before, archived: $archived, pinned: $pinned) {
        totalCount nodes { title } pageInfo { hasPreviousPage hasNextPage startCursor endCursor } } } }";

async fn create(client: &Client, title: &str) -> Value {
    client.data(CREATE, json!({ "title": title })).await["createConversation"]["conversation"]["id"].take()
}

async fn update(client: &Client, id: &Value, mut input: Value) -> Value {
    input["id"] = id.clone();
    client.data(UPDATE, json!({ "input": input })).await["updateConversation"]["conversation"].take()
}

async fn list(client: &Client, arguments: Value) -> Value {
    client.data(LIST, arguments).await["me"]["conversations"].take()
}

/// Returns the titles of a page and the number of conversations on all pages.
fn titles(list: &Value) -> (Vec<&str>, i64) {
    let titles = list["nodes"].as_array().unwrap().iter().map(|node| node["title"].as_str().unwrap());
    (titles.collect(), list["totalCount"].as_i64().unwrap())
}

on_both_databases! {
    async fn lists_have_the_conversations_that_the_filter_includes(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        for (title, archived, pinned) in [("plain", false, false), ("old", true, false), ("top", false, true), ("both", true, true)] {
            let id = create(&client, title).await;
            update(&client, &id, json!({ "archived": archived, "pinned": pinned })).await;
        }
        let plain = client.data("{ me { conversations { totalCount nodes { title } } } }", json!({})).await;
        assert_eq!(titles(&plain["me"]["conversations"]), (vec!["top", "plain"], 2));
        for (arguments, expected) in [
            (json!({ "archived": true }), vec!["both", "old"]),
            (json!({ "archived": null }), vec!["both", "top", "old", "plain"]),
            (json!({ "pinned": true }), vec!["top"]),
            (json!({ "pinned": false }), vec!["plain"]),
            (json!({ "archived": null, "pinned": true }), vec!["both", "top"]),
            (json!({ "archived": true, "pinned": false }), vec!["old"]),
        ] {
            let found = list(&client, arguments.clone()).await;
            let count = i64::try_from(expected.len()).unwrap();
            assert_eq!(titles(&found), (expected, count), "{arguments}");
        }
    }

    async fn pages_of_a_filtered_list_are_exact(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        for i in 0..7 {
            let id = create(&client, &format!("c{i}")).await;
            update(&client, &id, json!({ "pinned": i % 2 == 1 })).await;
        }
        let around = |page: &Value| {
            let flag = |key: &str| page["pageInfo"][key].as_bool().unwrap();
            (flag("hasPreviousPage"), flag("hasNextPage"))
        };
        let first = list(&client, json!({ "first": 2, "pinned": true })).await;
        assert_eq!((titles(&first), around(&first)), ((vec!["c5", "c3"], 3), (false, true)));
        let next = list(&client, json!({ "first": 2, "pinned": true, "after": first["pageInfo"]["endCursor"] })).await;
        assert_eq!((titles(&next), around(&next)), ((vec!["c1"], 3), (true, false)));
        let back = list(&client, json!({ "last": 5, "pinned": true, "before": next["pageInfo"]["startCursor"] })).await;
        assert_eq!((titles(&back), around(&back)), ((vec!["c5", "c3"], 3), (false, true)));
        // Conversations of the other kind are on both sides of the page, but not in this list.
        let all = list(&client, json!({ "first": 1, "pinned": false })).await;
        assert_eq!((titles(&all), around(&all)), ((vec!["c6"], 4), (false, true)));
        let before = list(&client, json!({ "last": 5, "pinned": true, "before": all["pageInfo"]["startCursor"] })).await;
        assert_eq!((titles(&before), around(&before)), ((vec![], 3), (false, true)));
        let after = list(&client, json!({ "first": 9, "pinned": true, "after": all["pageInfo"]["endCursor"] })).await;
        assert_eq!((titles(&after), around(&after)), ((vec!["c5", "c3", "c1"], 3), (false, false)));
    }

    async fn a_mark_keeps_its_time_until_it_is_removed(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let id = create(&client, "a").await;
        let made = update(&client, &id, json!({})).await;
        assert_eq!((&made["archivedAt"], &made["pinnedAt"]), (&json!(null), &json!(null)));
        let marked = update(&client, &id, json!({ "archived": true, "pinned": true })).await;
        assert!(marked["archivedAt"].is_string() && marked["pinnedAt"].is_string(), "{marked}");
        assert_eq!(marked["updatedAt"], made["updatedAt"], "the order of the list stays the same");
        server.clock.advance(std::time::Duration::from_secs(5));
        let again = update(&client, &id, json!({ "archived": true, "pinned": null })).await;
        assert_eq!(again, marked);
        let unpinned = update(&client, &id, json!({ "pinned": false, "title": "b" })).await;
        assert_eq!((&unpinned["archivedAt"], &unpinned["pinnedAt"]), (&marked["archivedAt"], &json!(null)));
    }

    async fn concurrent_changes_of_different_marks_are_both_kept(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let id = create(&client, "a").await;
        for round in 0..10 {
            let mark = round % 2 == 0;
            tokio::join!(update(&client, &id, json!({ "archived": mark })), update(&client, &id, json!({ "pinned": mark })));
            let after = update(&client, &id, json!({})).await;
            assert_eq!((after["archivedAt"].is_string(), after["pinnedAt"].is_string()), (mark, mark));
        }
    }

    async fn sending_takes_a_conversation_out_of_the_archive(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let id = create(&client, "a").await;
        update(&client, &id, json!({ "archived": true, "pinned": true })).await;
        let mut device = Device::new(&server, &client).await;
        client.send_echo("hello", id.as_str()).await;
        device.expect_event("ConversationChanged").await;
        device.expect_event("MessageAdded").await;
        let after = update(&client, &id, json!({})).await;
        assert_eq!((&after["archivedAt"], after["pinnedAt"].is_string()), (&json!(null), true));
    }

    async fn a_user_can_pin_at_most_50_conversations(kind) {
        let server = Server::start(kind).await;
        let (client, other) = (server.register().await, server.register().await);
        let mut ids = Vec::new();
        for i in 0..52 {
            ids.push(create(&client, &format!("c{i}")).await);
        }
        Sql::of(&server).await.execute("UPDATE conversations SET pinned_at = created_at WHERE title NOT IN ('c0', 'c1', 'c2')").await;
        let pin = |id: &Value| client.execute(UPDATE, json!({ "input": { "id": id, "pinned": true, "title": "pinned" } }));
        // One of the three can still be pinned.
        let answers = join_all(ids[..3].iter().map(pin)).await;
        let refused: Vec<_> = answers.iter().filter(|answer| answer.get("errors").is_some()).collect();
        assert_eq!(refused.len(), 2);
        assert!(refused.iter().all(|answer| code(&answer["errors"][0]) == "CONFLICT"), "{refused:?}");
        let pinned = list(&client, json!({ "pinned": true })).await;
        assert_eq!(titles(&pinned).1, 50);
        assert_eq!(titles(&list(&client, json!({ "pinned": false })).await).0.len(), 2, "nothing of a refused update is stored");
        // A pinned one can be updated, and another takes the place of one that is unpinned.
        update(&client, &ids[51], json!({ "pinned": true })).await;
        update(&client, &ids[51], json!({ "pinned": false })).await;
        update(&client, &ids[51], json!({ "pinned": true })).await;
        let theirs = create(&other, "theirs").await;
        update(&other, &theirs, json!({ "pinned": true })).await;
    }

    async fn other_devices_learn_of_marks(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let id = create(&client, "a").await;
        let mut device = Device::new(&server, &client).await;
        update(&client, &id, json!({ "archived": true })).await;
        assert_eq!(device.expect_event("ConversationChanged").await["conversation"]["id"], id);
        device.expect_only_creation(&client, "next").await;
    }
}
