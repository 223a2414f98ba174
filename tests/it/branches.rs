//! Branches: edited messages, regenerated replies, and switching between them.

mod random;

use crate::{
    changes::Device,
    support::{Client, Provider, Server, Sql, code, codes, on_both_databases},
};
use serde_json::{Value, json};

const REGENERATE: &str = "mutation($input: RegenerateReplyInput!) { regenerateReply(input: $input) {
    conversation { id } message { id content } reply { id status role model createdAt } } }";
const SWITCH: &str = "mutation($id: ID!) { switchBranch(input: { messageId: $id }) {
    conversation { id head { id } } fork { id } head { id } } }";
const CHAT: &str = "query($id: ID!) { conversation(id: $id) {
    head { id content }
    messages(first: 100) { totalCount nodes { id content onBranch parent { id } alternatives { id } } }
    tree(first: 100) { totalCount pageInfo { hasNextPage } nodes { id content onBranch parent { id } } } } }";

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap_or_else(|| panic!("no ID: {value}"))
}

/// Sends a message to `echo` and waits for its reply. Returns the payload.
async fn say(server: &Server, client: &Client, mut input: Value) -> Value {
    input["model"] = json!("echo");
    let sent = client.send(input).await;
    server.socket(client).await.follow_to_end(id(&sent["reply"])).await;
    sent
}

/// Regenerates a reply and waits for the new one. Returns the payload.
async fn regenerate(server: &Server, client: &Client, input: Value) -> Value {
    let sent = client.data(REGENERATE, json!({ "input": input })).await["regenerateReply"].take();
    server.socket(client).await.follow_to_end(id(&sent["reply"])).await;
    sent
}

async fn switch(client: &Client, message: &str) -> Value {
    client.data(SWITCH, json!({ "id": message })).await["switchBranch"].take()
}

async fn chat(client: &Client, conversation: &str) -> Value {
    client.data(CHAT, json!({ "id": conversation })).await["conversation"].take()
}

/// The contents of the active branch.
async fn contents(client: &Client, conversation: &str) -> Vec<String> {
    let chat = chat(client, conversation).await;
    let nodes = chat["messages"]["nodes"].as_array().expect("a list").clone();
    assert_eq!(chat["messages"]["totalCount"], nodes.len());
    assert_eq!(chat["head"]["id"], nodes.last().map_or(Value::Null, |last| last["id"].clone()));
    nodes.iter().map(|node| node["content"].as_str().expect("a text").to_owned()).collect()
}

on_both_databases! {
    async fn an_edited_message_starts_a_branch_and_nothing_is_lost(kind) {
        let server = Server::start(kind).await;
        let ada = server.register().await;
        let first = say(&server, &ada, json!({ "content": "one" })).await;
        let chat_id = id(&first["conversation"]).to_owned();
        let second = say(&server, &ada, json!({ "content": "two", "conversationId": chat_id })).await;
        let third = say(&server, &ada, json!({ "content": "three", "conversationId": chat_id })).await;
        let edit = json!({ "content": "TWO", "conversationId": chat_id, "replaces": second["message"]["id"] });
        let edited = say(&server, &ada, edit).await;
        assert_eq!(contents(&ada, &chat_id).await, ["one", "one", "TWO", "TWO"]);

        let shown = chat(&ada, &chat_id).await;
        let nodes = &shown["messages"]["nodes"];
        assert_eq!(nodes[2]["alternatives"], json!([{ "id": second["message"]["id"] }, { "id": edited["message"]["id"] }]));
        assert_eq!(nodes[0]["alternatives"], json!([{ "id": first["message"]["id"] }]));
        assert_eq!(nodes[2]["parent"]["id"], first["reply"]["id"]);
        let tree = shown["tree"]["nodes"].as_array().expect("a list");
        let told: Vec<&str> = tree.iter().map(|node| node["content"].as_str().unwrap()).collect();
        assert_eq!(told, ["one", "one", "TWO", "TWO", "two", "two", "three", "three"]);
        assert_eq!(shown["tree"]["totalCount"], 8);

        // The first message can be edited too.
        let edit = json!({ "content": "ONE", "conversationId": chat_id, "replaces": first["message"]["id"] });
        let root = say(&server, &ada, edit).await;
        assert_eq!(contents(&ada, &chat_id).await, ["ONE", "ONE"]);
        let roots = &chat(&ada, &chat_id).await["messages"]["nodes"][0]["alternatives"];
        assert_eq!(roots, &json!([{ "id": first["message"]["id"] }, { "id": root["message"]["id"] }]));

        // A switch goes to the message, and below it to what was active last.
        let switched = switch(&ada, id(&first["message"])).await;
        assert_eq!((&switched["fork"], &switched["head"]["id"]), (&Value::Null, &edited["reply"]["id"]));
        assert_eq!(contents(&ada, &chat_id).await, ["one", "one", "TWO", "TWO"]);
        let switched = switch(&ada, id(&third["message"])).await;
        assert_eq!((&switched["fork"]["id"], &switched["head"]["id"]), (&first["reply"]["id"], &third["reply"]["id"]));
        assert_eq!(contents(&ada, &chat_id).await, ["one", "one", "two", "two", "three", "three"]);
        let again = switch(&ada, id(&second["message"])).await;
        assert_eq!((&again["fork"]["id"], &again["head"]["id"]), (&third["reply"]["id"], &third["reply"]["id"]));

        // A message of an inactive branch can be edited: the branch continues from its parent.
        switch(&ada, id(&root["message"])).await;
        let edit = json!({ "content": "3", "replaces": third["message"]["id"] });
        say(&server, &ada, edit).await;
        assert_eq!(contents(&ada, &chat_id).await, ["one", "one", "two", "two", "3", "3"]);
    }

    async fn a_regenerated_reply_is_an_alternative_with_its_own_text(kind) {
        let server = Server::start(kind).await;
        let ada = server.register().await;
        let first = say(&server, &ada, json!({ "content": "one", "generation": { "maxOutputTokens": 50 } })).await;
        let chat_id = id(&first["conversation"]).to_owned();
        say(&server, &ada, json!({ "content": "two", "conversationId": chat_id })).await;
        let again = regenerate(&server, &ada, json!({ "messageId": first["reply"]["id"] })).await;
        assert_eq!(again["message"], json!({ "id": first["message"]["id"], "content": "one" }));
        assert_eq!((&again["reply"]["model"], &again["reply"]["status"]), (&json!("echo"), &json!("PENDING")));
        assert_ne!(again["reply"]["id"], first["reply"]["id"]);
        assert_eq!(contents(&ada, &chat_id).await, ["one", "one"]);
        let query = "query($id: ID!) { node(id: $id) { ... on Message { onBranch generation { maxOutputTokens } } } }";
        let read = async |message: &Value| ada.data(query, json!({ "id": message["id"] })).await["node"].take();
        let generation = json!({ "maxOutputTokens": 50 });
        assert_eq!(read(&again["reply"]).await, json!({ "onBranch": true, "generation": generation }));
        assert_eq!(read(&first["reply"]).await, json!({ "onBranch": false, "generation": generation }));
        let input = json!({ "messageId": first["reply"]["id"], "model": "eliza", "generation": { "maxOutputTokens": 3 } });
        let other = regenerate(&server, &ada, input).await;
        assert_eq!(other["reply"]["model"], "eliza");
        assert_eq!(read(&other["reply"]).await["generation"], json!({ "maxOutputTokens": 3 }));
        let shown = chat(&ada, &chat_id).await;
        assert_eq!(shown["messages"]["nodes"][1]["alternatives"].as_array().map(Vec::len), Some(3));
        // The stored text of the first reply, and its stream, are unchanged.
        let mut socket = server.socket(&ada).await;
        assert_eq!(socket.follow_to_end(id(&first["reply"])).await.0, "one");
        // The conversation continues from the new reply.
        let next = say(&server, &ada, json!({ "content": "three", "conversationId": chat_id })).await;
        let next = ada.message(id(&next["message"])).await;
        assert_eq!(next["parent"]["id"], other["reply"]["id"]);
    }

    async fn a_prompt_has_the_ancestors_of_its_reply_and_nothing_else(kind) {
        let mut provider = Provider::start().await;
        let server = Server::with_providers(kind, &[("OPENAI_BASE_URL", &*provider.base_url())], |_| {}).await;
        let ada = server.register().await;
        let mut prompt = async |answer: &str| {
            let mut call = provider.call().await;
            let prompt: Vec<String> = call.body["messages"].as_array().expect("a list").iter()
                .map(|message| message["content"].as_str().expect("a text").to_owned()).collect();
            call.send_text(answer).await;
            call.finish("stop").await;
            prompt
        };
        let ended = async |sent: &Value| { server.socket(&ada).await.follow_to_end(id(&sent["reply"])).await; };
        let first = ada.send(json!({ "content": "a" })).await;
        assert_eq!(prompt("A").await, ["a"]);
        ended(&first).await;
        let chat_id = &first["conversation"]["id"];
        let second = ada.send(json!({ "content": "b", "conversationId": chat_id })).await;
        assert_eq!(prompt("B").await, ["a", "A", "b"]);
        ended(&second).await;
        let again = ada.data(REGENERATE, json!({ "input": { "messageId": second["reply"]["id"] } })).await;
        assert_eq!(prompt("B2").await, ["a", "A", "b"]);
        ended(&again["regenerateReply"]).await;
        let edited = ada.send(json!({ "content": "c", "conversationId": chat_id, "replaces": first["message"]["id"] })).await;
        assert_eq!(prompt("C").await, ["c"]);
        ended(&edited).await;
        switch(&ada, id(&second["reply"])).await;
        let last = ada.send(json!({ "content": "d", "conversationId": chat_id })).await;
        assert_eq!(prompt("D").await, ["a", "A", "b", "B", "d"]);
        ended(&last).await;
    }

    async fn a_reply_in_progress_is_stopped_kept_or_protected(kind) {
        let mut provider = Provider::start().await;
        let server = Server::with_providers(kind, &[("OPENAI_BASE_URL", &*provider.base_url())], |_| {}).await;
        let elsewhere = server.another_instance().await;
        let ada = server.register().await;
        let first = ada.send(json!({ "content": "a" })).await;
        let mut call = provider.call().await;
        call.send_text("half an ").await;
        server.socket(&ada).await.until_text(id(&first["reply"]), "half an ").await;
        let input = json!({ "messageId": first["reply"]["id"], "whenBusy": "REJECT" });
        assert_eq!(code(&ada.error(REGENERATE, json!({ "input": input })).await), "CONFLICT");
        let edit = json!({ "content": "b", "conversationId": first["conversation"]["id"],
            "replaces": first["message"]["id"], "whenBusy": "REJECT" });
        assert_eq!(ada.try_send(edit).await, Some(Err("CONFLICT".into())));
        // From another instance than the one that runs the reply.
        let input = json!({ "messageId": first["reply"]["id"] });
        let again = ada.at(elsewhere.address).data(REGENERATE, json!({ "input": input })).await["regenerateReply"].take();
        call.aborted().await;
        let (text, stopped) = server.socket(&ada).await.follow_to_end(id(&first["reply"])).await;
        assert_eq!((&*text, &stopped["status"]), ("half an ", &json!("STOPPED")));
        let mut call = provider.call().await;
        call.send_text("whole").await;
        // With QUEUE the reply goes on beside the branch, and the next one waits.
        let edit = json!({ "content": "b", "conversationId": first["conversation"]["id"], "replaces": first["message"]["id"] });
        let edited = ada.send(edit).await;
        assert_eq!(contents(&ada, id(&first["conversation"])).await, ["b", ""]);
        assert!(provider.is_idle(), "two replies of a conversation are never written at once");
        call.finish("stop").await;
        let (text, finished) = server.socket(&ada).await.follow_to_end(id(&again["reply"])).await;
        assert_eq!((&*text, &finished["status"]), ("whole", &json!("COMPLETED")));
        let mut call = provider.call().await;
        call.send_text("B").await;
        call.finish("stop").await;
        assert_eq!(server.socket(&ada).await.follow_to_end(id(&edited["reply"])).await.0, "B");
    }

    async fn a_stale_tab_cannot_hide_newer_messages(kind) {
        let server = Server::start(kind).await;
        let ada = server.register().await;
        let first = say(&server, &ada, json!({ "content": "one" })).await;
        let chat_id = id(&first["conversation"]).to_owned();
        let input = |if_last: &Value| json!({ "input": { "content": "two", "model": "echo", "conversationId": chat_id, "ifLast": if_last } });
        let send = "mutation($input: SendMessageInput!) { sendMessage(input: $input) { reply { id } } }";
        let second = ada.data(send, input(&first["reply"]["id"])).await["sendMessage"].take();
        let refused = ada.error(send, input(&first["reply"]["id"])).await;
        assert_eq!((code(&refused), &refused["extensions"]["head"]), ("CONFLICT", &second["reply"]["id"]));
        server.socket(&ada).await.follow_to_end(id(&second["reply"])).await;
        assert_eq!(contents(&ada, &chat_id).await, ["one", "one", "two", "two"]);
        // An empty conversation has no last message.
        let create = "mutation { createConversation(input: {}) { conversation { id head { id } } } }";
        let empty = ada.data(create, json!({})).await["createConversation"]["conversation"].take();
        assert_eq!(empty["head"], Value::Null);
        let input = json!({ "content": "x", "conversationId": empty["id"], "ifLast": first["reply"]["id"] });
        let refused = ada.error(send, json!({ "input": input })).await;
        assert_eq!((code(&refused), &refused["extensions"]["head"]), ("CONFLICT", &Value::Null));
    }

    async fn a_repeated_regeneration_returns_the_first_result(kind) {
        let server = Server::start(kind).await;
        let ada = server.register().await;
        let first = say(&server, &ada, json!({ "content": "one" })).await;
        let input = json!({ "messageId": first["reply"]["id"], "idempotencyKey": "k" });
        let once = regenerate(&server, &ada, input.clone()).await;
        let twice = regenerate(&server, &ada, input).await;
        assert_eq!(once["reply"]["id"], twice["reply"]["id"]);
        assert_eq!(twice["message"]["id"], first["message"]["id"]);
        let other = json!({ "input": { "messageId": once["reply"]["id"], "idempotencyKey": "k" } });
        assert_eq!(code(&ada.error(REGENERATE, other).await), "CONFLICT");
        let message = json!({ "content": "one", "idempotencyKey": "k" });
        assert_eq!(ada.try_send(message).await, Some(Err("CONFLICT".into())));
    }

    async fn only_the_right_messages_can_be_edited_regenerated_and_switched_to(kind) {
        let server = Server::start(kind).await;
        let (ada, eve) = (server.register().await, server.register().await);
        let sent = say(&server, &ada, json!({ "content": "one" })).await;
        let other = say(&server, &ada, json!({ "content": "another chat" })).await;
        let unknown = "message_0190f0f0f0f07000800000000000abcd";
        let (message, reply) = (&sent["message"]["id"], &sent["reply"]["id"]);
        let (chat_id, strange) = (&sent["conversation"]["id"], &other["message"]["id"]);
        let send = "mutation($input: SendMessageInput!) { sendMessage(input: $input) { reply { id } } }";
        for (client, query, input, expected) in [
            (&ada, send, json!({ "conversationId": chat_id, "replaces": reply }), ("BAD_USER_INPUT", "replaces")),
            (&ada, send, json!({ "conversationId": chat_id, "replaces": "x" }), ("BAD_USER_INPUT", "replaces")),
            (&ada, send, json!({ "conversationId": chat_id, "ifLast": chat_id }), ("BAD_USER_INPUT", "ifLast")),
            (&ada, send, json!({ "replaces": message, "systemPrompt": "x" }), ("BAD_USER_INPUT", "systemPrompt")),
            (&eve, send, json!({ "replaces": message }), ("NOT_FOUND", "")),
            (&ada, send, json!({ "replaces": unknown }), ("NOT_FOUND", "")),
            (&ada, send, json!({ "ifLast": message }), ("BAD_USER_INPUT", "conversationId")),
            (&ada, send, json!({ "conversationId": chat_id, "replaces": unknown }), ("NOT_FOUND", "")),
            (&ada, send, json!({ "conversationId": chat_id, "replaces": strange }), ("NOT_FOUND", "")),
            (&eve, send, json!({ "conversationId": chat_id, "replaces": message }), ("NOT_FOUND", "")),
            (&ada, REGENERATE, json!({ "messageId": message }), ("BAD_USER_INPUT", "messageId")),
            (&ada, REGENERATE, json!({ "messageId": chat_id }), ("BAD_USER_INPUT", "messageId")),
            (&ada, REGENERATE, json!({ "messageId": reply, "model": "none" }), ("BAD_USER_INPUT", "model")),
            (&ada, REGENERATE, json!({ "messageId": reply, "idempotencyKey": "" }), ("BAD_USER_INPUT", "idempotencyKey")),
            (&ada, REGENERATE, json!({ "messageId": unknown }), ("NOT_FOUND", "")),
            (&eve, REGENERATE, json!({ "messageId": reply }), ("NOT_FOUND", "")),
        ] {
            let mut input = input;
            if query == send {
                input["content"] = json!("x");
            }
            let error = client.error(query, json!({ "input": input })).await;
            assert_eq!((code(&error), error["extensions"]["field"].as_str().unwrap_or("")), expected, "{input}");
        }
        for (client, message, expected) in
            [(&ada, json!("x"), "BAD_USER_INPUT"), (&ada, json!(unknown), "NOT_FOUND"), (&eve, message.clone(), "NOT_FOUND")]
        {
            assert_eq!(code(&client.error(SWITCH, json!({ "id": message })).await), expected);
        }
        assert_eq!(contents(&ada, id(&sent["conversation"])).await, ["one", "one"], "nothing has changed");
    }

    async fn a_message_has_at_most_100_alternatives(kind) {
        let server = Server::start(kind).await;
        let ada = server.register().await;
        let sent = say(&server, &ada, json!({ "content": "one" })).await;
        for _ in 1..100 {
            regenerate(&server, &ada, json!({ "messageId": sent["reply"]["id"] })).await;
        }
        let input = json!({ "input": { "messageId": sent["reply"]["id"] } });
        assert_eq!(code(&ada.error(REGENERATE, input).await), "CONFLICT");
        let shown = chat(&ada, id(&sent["conversation"])).await;
        assert_eq!(shown["messages"]["nodes"][1]["alternatives"].as_array().map(Vec::len), Some(100));
        assert_eq!(shown["tree"]["pageInfo"]["hasNextPage"], true);
    }

    async fn a_cursor_of_an_inactive_branch_is_rejected(kind) {
        let server = Server::start(kind).await;
        let ada = server.register().await;
        let sent = say(&server, &ada, json!({ "content": "one" })).await;
        let page = "query($id: ID!, $after: String, $tree: String) { conversation(id: $id) {
            messages(first: 1, after: $after) { edges { cursor node { id } } pageInfo { endCursor hasNextPage hasPreviousPage } }
            tree(first: 1, after: $tree) { edges { cursor node { id } } pageInfo { endCursor hasNextPage hasPreviousPage } } } }";
        let read = async |after: &Value, tree: &Value| {
            ada.execute(page, json!({ "id": sent["conversation"]["id"], "after": after, "tree": tree })).await
        };
        let first = read(&Value::Null, &Value::Null).await;
        // What the version before branches issued.
        assert_eq!(first["data"]["conversation"]["messages"]["pageInfo"]["endCursor"], "bQAAAAA");
        let again = regenerate(&server, &ada, json!({ "messageId": sent["reply"]["id"] })).await;
        let ends = |answer: &Value| {
            let conversation = &answer["data"]["conversation"];
            ["messages", "tree"].map(|list| conversation[list]["pageInfo"]["endCursor"].clone())
        };
        let [after, tree] = ends(&first);
        assert_eq!(codes(&read(&after, &Value::Null).await), ["BAD_USER_INPUT"]);
        assert_eq!(codes(&read(&Value::Null, &tree).await), ["BAD_USER_INPUT"]);
        // The pages of the new branch.
        let [after, tree] = ends(&read(&Value::Null, &Value::Null).await);
        let second = read(&after, &tree).await;
        let shown = &second["data"]["conversation"];
        assert_eq!(shown["messages"]["edges"][0]["node"]["id"], again["reply"]["id"]);
        assert_eq!(shown["messages"]["pageInfo"]["hasNextPage"], false);
        assert_eq!(shown["tree"]["edges"][0]["node"]["id"], again["reply"]["id"]);
        let [_, tree] = ends(&second);
        let last = read(&after, &tree).await;
        assert_eq!(last["data"]["conversation"]["tree"]["edges"][0]["node"]["id"], sent["reply"]["id"]);
        assert_eq!(last["data"]["conversation"]["tree"]["pageInfo"]["hasNextPage"], false);
    }

    async fn other_devices_learn_of_a_new_branch(kind) {
        let server = Server::start(kind).await;
        let elsewhere = server.another_instance().await;
        let ada = server.register().await;
        let sent = say(&server, &ada, json!({ "content": "one" })).await;
        let mut device = Device::new(&elsewhere, &ada.at(elsewhere.address)).await;
        let edit = json!({ "content": "ONE", "conversationId": sent["conversation"]["id"], "replaces": sent["message"]["id"] });
        let edited = say(&server, &ada, edit).await;
        let event = device.expect_event("BranchSwitched").await;
        assert_eq!((&event["fork"], &event["conversation"]["id"]), (&Value::Null, &sent["conversation"]["id"]));
        assert_eq!(device.expect_event("MessageAdded").await["message"]["id"], edited["message"]["id"]);
        assert_eq!(device.expect_event("MessageAdded").await["message"]["id"], edited["reply"]["id"]);
        device.expect_event("ReplyEnded").await;
        let again = regenerate(&server, &ada, json!({ "messageId": edited["reply"]["id"] })).await;
        assert_eq!(device.expect_event("BranchSwitched").await["fork"]["id"], edited["message"]["id"]);
        assert_eq!(device.expect_event("MessageAdded").await["message"]["id"], again["reply"]["id"]);
        device.expect_event("ReplyEnded").await;
        switch(&ada, id(&sent["reply"])).await;
        assert_eq!(device.expect_event("BranchSwitched").await["fork"], Value::Null);
        // A switch that changes nothing is no event, and an appended message switches no branch.
        switch(&ada, id(&sent["message"])).await;
        say(&server, &ada, json!({ "content": "two", "conversationId": sent["conversation"]["id"] })).await;
        device.expect_event("MessageAdded").await;
    }

    async fn a_conversation_with_branches_is_exported_and_deleted_whole(kind) {
        let server = Server::start(kind).await;
        let ada = server.register().await;
        let sent = say(&server, &ada, json!({ "content": "one" })).await;
        let chat_id = id(&sent["conversation"]).to_owned();
        let again = regenerate(&server, &ada, json!({ "messageId": sent["reply"]["id"] })).await;
        say(&server, &ada, json!({ "content": "two", "conversationId": chat_id })).await;
        let head = regenerate(&server, &ada, json!({ "messageId": sent["reply"]["id"] })).await;
        let request = server.get("/export").bearer_auth(ada.token.as_deref().expect("signed in"));
        let export: Value = request.send().await.expect("it answers").json().await.expect("a document");
        let exported = &export["conversations"][0];
        assert_eq!(exported["headId"], head["reply"]["id"]);
        let messages = exported["messages"].as_array().expect("a list");
        assert_eq!(messages.len(), 6);
        let of = |id: &Value| messages.iter().find(|message| &message["id"] == id).expect("it is exported");
        assert_eq!(of(&again["reply"]["id"])["parentId"], sent["message"]["id"]);
        assert_eq!(of(&again["reply"]["id"])["position"], Value::Null);

        let delete = "mutation($id: ID!) { deleteConversation(input: { id: $id }) { deletedId } }";
        ada.data(delete, json!({ "id": chat_id })).await;
        let mut sql = Sql::of(&server).await;
        while sql.values("SELECT CAST(count(*) AS text) AS value FROM messages").await != ["0"] {
            server.waker.wake_all();
            tokio::task::yield_now().await;
        }
        assert_eq!(ada.data("{ me { conversations { totalCount } } }", json!({})).await["me"]["conversations"]["totalCount"], 0);
    }
}
