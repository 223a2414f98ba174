//! Cursors of other lists, other replies and other users' feeds.

use super::{targets::targets, world::World};
use crate::support::{Client, Server, on_both_databases};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const LISTS: &str = "query($id: ID!) {
    me { conversations(first: 1) { edges { cursor } } securityEvents(first: 1) { edges { cursor } }
         search(query: \"hello\", first: 1) { edges { cursor } } }
    conversation(id: $id) { messages(first: 1) { edges { cursor } } tree(first: 1) { edges { cursor } } } }";

/// Returns a cursor of each list, with the field whose arguments take it.
async fn cursors(
    server: &Server,
    client: &Client,
    own: &BTreeMap<&str, String>,
) -> Vec<(&'static str, String)> {
    let data = client.data(LISTS, json!({ "id": own["conversation"] })).await;
    let first = |list: &Value| list["edges"][0]["cursor"].as_str().expect("a cursor").to_owned();
    let mut socket = server.socket(client).await;
    socket
        .subscribe(
            "reply",
            "subscription($id: ID!) { reply(messageId: $id) { cursor } }",
            json!({ "id": own["message"] }),
        )
        .await;
    let reply = socket.receive().await.expect("an event")["payload"]["data"]["reply"]["cursor"].take();
    let mut socket = server.socket(client).await;
    socket.subscribe("changes", "subscription { changes { cursor } }", json!({})).await;
    let change = socket.receive().await.expect("an event")["payload"]["data"]["changes"]["cursor"].take();
    vec![
        ("User.conversations", first(&data["me"]["conversations"])),
        ("User.securityEvents", first(&data["me"]["securityEvents"])),
        ("User.search", first(&data["me"]["search"])),
        ("Conversation.messages", first(&data["conversation"]["messages"])),
        ("Conversation.tree", first(&data["conversation"]["tree"])),
        ("Subscription.reply", reply.as_str().expect("a cursor").to_owned()),
        ("Subscription.changes", change.as_str().expect("a cursor").to_owned()),
    ]
}

on_both_databases! {
    async fn a_cursor_is_valid_for_its_own_list_only(kind) {
        let world = World::new(kind).await;
        let own = cursors(&world.server, &world.client, &world.own).await;
        let foreign = cursors(&world.server, &world.stranger, &world.foreign).await;
        let mut seen = 0;
        for target in targets(&world).await.iter().filter(|target| ["after", "before"].contains(&target.field.as_str())) {
            let (list, _) = target.name.split_once('(').expect("it is an argument");
            assert!(own.iter().any(|(name, _)| *name == list), "add a source of cursors for {}", target.name);
            let mut hostile: Vec<String> = ["", "AAAA", "=", "////", "bQAAAAc=", "null"].map(Into::into).into();
            hostile.extend(own.iter().filter(|(name, _)| *name != list).map(|(_, cursor)| cursor.clone()));
            // A list accepts another user's cursor as a position; a reply or a feed does not.
            hostile.extend(foreign.iter().filter(|(name, _)| *name != list || list.starts_with("Subscription")).map(|(_, cursor)| cursor.clone()));
            for (_, cursor) in own.iter().filter(|(name, _)| *name == list) {
                hostile.extend([format!("{cursor}A"), format!("{cursor}="), cursor[1..].to_owned(), format!(" {cursor}"), format!("{cursor}\0")]);
            }
            for cursor in hostile {
                for (how, request) in target.requests(json!(cursor).to_string().as_bytes()) {
                    assert_eq!(world.error_codes(target, &request).await, ["BAD_USER_INPUT"], "{cursor:?} {how} at {}", target.name);
                }
            }
            seen += 1;
        }
        assert!(seen >= 8);
        world.assert_healthy().await;
    }
}
