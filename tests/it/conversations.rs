//! Conversations: creating, updating, deleting, titles and pages.

use crate::support::{Client, Server, code, on_both_databases};
use serde_json::{Value, json};

const CREATE: &str = "mutation($input: CreateConversationInput!) { createConversation(input: $input) {
    conversation { id title systemPrompt model } } }";
const UPDATE: &str = "mutation($input: UpdateConversationInput!) { updateConversation(input: $input) {
    conversation { id title systemPrompt model } } }";
const DELETE: &str = "mutation($id: ID!) { deleteConversation(input: { id: $id }) { deletedId } }";
const PAGE: &str = "query($first: Int, $after: String, $last: Int, $before: String) { me {
    conversations(first: $first, after: $after, last: $last, before: $before) {
        totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor node { title } } nodes { title } } } }";

async fn create(client: &Client, input: Value) -> Value {
    client.data(CREATE, json!({ "input": input })).await["createConversation"]["conversation"].take()
}

async fn update(client: &Client, input: Value) -> Value {
    client.data(UPDATE, json!({ "input": input })).await["updateConversation"]["conversation"].take()
}

async fn page(client: &Client, arguments: Value) -> Value {
    client.data(PAGE, arguments).await["me"]["conversations"].take()
}

fn titles(page: &Value) -> Vec<&str> {
    page["nodes"].as_array().unwrap().iter().map(|node| node["title"].as_str().unwrap()).collect()
}

on_both_databases! {
    async fn a_conversation_is_created_updated_and_deleted(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let made = create(&client, json!({ "systemPrompt": "Be brief.", "model": "echo" })).await;
        let id = made["id"].clone();
        assert_eq!(made, json!({ "id": id, "title": "New conversation", "systemPrompt": "Be brief.", "model": "echo" }));
        let changed = update(&client, json!({ "id": id, "title": " Plans ", "systemPrompt": null })).await;
        assert_eq!(changed, json!({ "id": id, "title": "Plans", "systemPrompt": null, "model": "echo" }));
        let read = client.data("query($id: ID!) { conversation(id: $id) { id title systemPrompt model } }", json!({ "id": id }));
        assert_eq!(read.await["conversation"], changed);
        let deleted = client.data(DELETE, json!({ "id": id })).await;
        assert_eq!(deleted["deleteConversation"]["deletedId"], id);
        assert_eq!(code(&client.error(DELETE, json!({ "id": id })).await), "NOT_FOUND");
        assert_eq!(code(&client.error(UPDATE, json!({ "input": { "id": id, "title": "x" } })).await), "NOT_FOUND");
    }

    async fn the_first_message_sets_a_missing_title(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let untitled = create(&client, json!({})).await;
        let sent = client.send(json!({ "conversationId": untitled["id"], "content": "\nWhat is  love?\nTell me." })).await;
        assert_eq!(sent["conversation"]["title"], "What is love?");
        let sent = client.send(json!({ "conversationId": untitled["id"], "content": "Something else" })).await;
        assert_eq!(sent["conversation"]["title"], "What is love?");
        let titled = create(&client, json!({ "title": "Mine" })).await;
        let sent = client.send(json!({ "conversationId": titled["id"], "content": "What is love?" })).await;
        assert_eq!(sent["conversation"]["title"], "Mine");
    }

    async fn a_long_title_is_cut_between_grapheme_clusters(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        for cluster in ["🇩🇪", "👩\u{200d}👩\u{200d}👧\u{200d}👦", "👍🏽", "षि"] {
            let fitting = 80 / cluster.chars().count();
            let sent = client.send(json!({ "content": cluster.repeat(100) })).await;
            assert_eq!(sent["conversation"]["title"], format!("{}…", cluster.repeat(fitting)));
            // The cut would fall within the last grapheme cluster.
            let sent = client.send(json!({ "content": format!("a{}", cluster.repeat(100)) })).await;
            let fitting = 79 / cluster.chars().count();
            assert_eq!(sent["conversation"]["title"], format!("a{}…", cluster.repeat(fitting)));
        }
        let sent = client.send(json!({ "content": "\u{200b}\n\u{3164}\nSeen" })).await;
        assert_eq!(sent["conversation"]["title"], "Seen");
        let sent = client.send(json!({ "content": "\u{200b}" })).await;
        assert_eq!(sent["conversation"]["title"], "…");
    }

    async fn pages_stay_consistent_while_the_list_changes(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let mut ids = Vec::new();
        for i in 0..6 {
            ids.push(create(&client, json!({ "title": format!("c{i}") })).await["id"].take());
        }
        let delete = async |i: usize| client.data(DELETE, json!({ "id": ids[i] })).await;
        let around = |page: &Value| {
            let flag = |key: &str| page["pageInfo"][key].as_bool().unwrap();
            (flag("hasPreviousPage"), flag("hasNextPage"))
        };
        let mut first = page(&client, json!({ "first": 2 })).await;
        assert_eq!((titles(&first), around(&first)), (vec!["c5", "c4"], (false, true)));
        let (start, end) = (first["pageInfo"]["startCursor"].take(), first["pageInfo"]["endCursor"].take());

        // The cursor's row is deleted.
        delete(4).await;
        let second = page(&client, json!({ "first": 2, "after": end })).await;
        assert_eq!((titles(&second), around(&second)), (vec!["c3", "c2"], (true, true)));
        // All rows before the cursor are deleted.
        delete(5).await;
        let second = page(&client, json!({ "first": 2, "after": end })).await;
        assert_eq!((titles(&second), around(&second)), (vec!["c3", "c2"], (false, true)));
        assert_eq!(around(&page(&client, json!({ "last": 9, "after": end })).await), (false, false));
        // New rows appear before the cursor.
        create(&client, json!({ "title": "new" })).await;
        let second = page(&client, json!({ "first": 2, "after": end })).await;
        assert_eq!((titles(&second), around(&second)), (vec!["c3", "c2"], (true, true)));
        let before = page(&client, json!({ "last": 2, "before": start })).await;
        assert_eq!((titles(&before), around(&before)), (vec!["new"], (false, true)));
        // All rows after the cursor are deleted: an empty page.
        for i in 0..4 {
            delete(i).await;
        }
        for arguments in [json!({ "first": 2, "after": end }), json!({ "last": 2, "after": end })] {
            let empty = page(&client, arguments).await;
            assert_eq!((titles(&empty), around(&empty)), (vec![], (true, false)));
        }
        let before = page(&client, json!({ "last": 2, "before": start })).await;
        assert_eq!((titles(&before), around(&before)), (vec!["new"], (false, false)));
        let newest = page(&client, json!({})).await["pageInfo"]["startCursor"].take();
        for arguments in [json!({ "last": 2, "before": newest }), json!({ "first": 2, "before": newest })] {
            let empty = page(&client, arguments).await;
            assert_eq!((titles(&empty), around(&empty)), (vec![], (false, true)));
        }
    }

    async fn pages_cover_the_list_in_both_directions(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        for i in 0..7 {
            create(&client, json!({ "title": format!("c{i}") })).await;
        }
        let all = ["c6", "c5", "c4", "c3", "c2", "c1", "c0"];
        let first = page(&client, json!({ "first": 3 })).await;
        assert_eq!((titles(&first), &first["totalCount"]), (all[..3].to_vec(), &json!(7)));
        assert_eq!(first["pageInfo"]["hasNextPage"], true);
        assert_eq!(first["pageInfo"]["hasPreviousPage"], false);
        assert_eq!(first["edges"][2]["cursor"], first["pageInfo"]["endCursor"]);
        let second = page(&client, json!({ "first": 3, "after": first["pageInfo"]["endCursor"] })).await;
        assert_eq!(titles(&second), all[3..6]);
        assert_eq!(second["pageInfo"]["hasPreviousPage"], true);
        let third = page(&client, json!({ "first": 3, "after": second["pageInfo"]["endCursor"] })).await;
        assert_eq!((titles(&third), &third["pageInfo"]["hasNextPage"]), (vec!["c0"], &json!(false)));
        let back = page(&client, json!({ "last": 2, "before": third["pageInfo"]["startCursor"] })).await;
        assert_eq!((titles(&back), &back["pageInfo"]["hasPreviousPage"]), (all[4..6].to_vec(), &json!(true)));
        let end = page(&client, json!({ "last": 2 })).await;
        assert_eq!((titles(&end), &end["pageInfo"]["hasNextPage"]), (all[5..].to_vec(), &json!(false)));
        assert_eq!(titles(&page(&client, json!({})).await), all);
        let empty = page(&server.register().await, json!({})).await;
        assert_eq!((titles(&empty), &empty["pageInfo"]["endCursor"]), (vec![], &json!(null)));
    }

    async fn the_latest_used_conversation_comes_first(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let old = create(&client, json!({ "title": "old" })).await;
        create(&client, json!({ "title": "new" })).await;
        client.send(json!({ "conversationId": old["id"], "content": "hello" })).await;
        assert_eq!(titles(&page(&client, json!({})).await), ["old", "new"]);
    }

    async fn invalid_page_arguments_are_refused(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let (conversation, _) = client.send_echo("hello", None).await;
        let query = "query($id: ID!) { conversation(id: $id) { messages { pageInfo { endCursor } } } }";
        let messages = client.data(query, json!({ "id": conversation })).await;
        let foreign = &messages["conversation"]["messages"]["pageInfo"]["endCursor"];
        for (field, arguments) in [
            ("first", json!({ "first": 0 })),
            ("first", json!({ "first": 101 })),
            ("last", json!({ "last": -1 })),
            ("last", json!({ "first": 1, "last": 1 })),
            ("after", json!({ "after": "nonsense" })),
            ("after", json!({ "after": foreign })),
            ("before", json!({ "before": "" })),
        ] {
            let error = client.error(PAGE, arguments.clone()).await;
            assert_eq!((code(&error), &error["extensions"]["field"]), ("BAD_USER_INPUT", &json!(field)), "{arguments}");
        }
    }

    async fn invalid_input_is_refused_with_its_field(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let id = create(&client, json!({})).await["id"].take();
        for (field, value) in [
            ("title", json!("")),
            ("title", json!("a".repeat(201))),
            ("title", json!("two\nlines")),
            ("title", json!("\u{200b}\u{202e}")),
            ("title", json!("\u{3164}")),
            ("title", json!(null)),
            ("systemPrompt", json!("")),
            ("systemPrompt", json!("a\u{0}b")),
            ("systemPrompt", json!("a".repeat(10_001))),
            ("model", json!("no-such-model")),
            ("model", json!("")),
        ] {
            let error = client.error(UPDATE, json!({ "input": { "id": id, field: value } })).await;
            assert_eq!((code(&error), &error["extensions"]["field"]), ("BAD_USER_INPUT", &json!(field)), "{error}");
        }
        assert_eq!(page(&client, json!({})).await["nodes"][0]["title"], "New conversation");
    }

    async fn other_users_objects_are_not_found(kind) {
        let server = Server::start(kind).await;
        let (owner, stranger) = (server.register().await, server.register().await);
        let (conversation, reply) = owner.send_echo("a secret", None).await;
        let user = owner.data("{ me { id } }", json!({})).await["me"]["id"].take();
        for id in [json!(conversation), json!(reply), user] {
            let error = stranger.error("query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await;
            assert_eq!(code(&error), "NOT_FOUND");
        }
        for (query, variables) in [
            ("query($id: ID!) { conversation(id: $id) { title } }", json!({ "id": conversation })),
            (UPDATE, json!({ "input": { "id": conversation, "title": "mine now" } })),
            (DELETE, json!({ "id": conversation })),
            ("mutation($id: ID!) { stopReply(input: { messageId: $id }) { message { content } } }", json!({ "id": reply })),
            ("mutation($id: ID!) { sendMessage(input: { conversationId: $id, content: \"hi\" }) { reply { id } } }", json!({ "id": conversation })),
        ] {
            assert_eq!(code(&stranger.error(query, variables.clone()).await), "NOT_FOUND", "{query}");
            let error = server.anonymous().error(query, variables).await;
            assert_eq!(code(&error), "UNAUTHENTICATED", "{query}");
        }
        let mut socket = server.socket(&stranger).await;
        socket.follow(&reply, None).await;
        let refusal = socket.receive().await.unwrap();
        assert_eq!((&refusal["type"], code(&refusal["payload"][0])), (&json!("error"), "NOT_FOUND"));
    }

    async fn deleting_a_conversation_ends_its_reply(kind) {
        let server = Server::with(kind, |config| config.pace_ms = 20).await;
        let client = server.register().await;
        let (conversation, reply) = client.send_echo(&"word ".repeat(1000), None).await;
        let mut socket = server.socket(&client).await;
        socket.follow(&reply, None).await;
        socket.until("word").await;
        client.data(DELETE, json!({ "id": conversation })).await;
        let error = loop {
            let message = socket.receive().await.unwrap();
            if let Some(error) = message["payload"]["errors"].get(0) {
                break error.clone();
            }
        };
        assert_eq!(code(&error), "NOT_FOUND");
        assert_eq!(socket.receive().await.unwrap()["type"], "complete");
    }
}
