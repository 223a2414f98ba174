//! Titles that a model writes.

use crate::{
    changes::Device,
    support::{Call, Client, Kind, Provider, Server, on_both_databases},
};
use serde_json::{Value, json};

async fn server(kind: Kind, provider: &Provider, title_model: Option<&str>) -> Server {
    let settings = [("OPENAI_BASE_URL", &*provider.base_url())];
    Server::with_providers(kind, &settings, |config| config.title_model = title_model.map(str::to_owned))
        .await
}

/// Sends a message, to which the model `large` replies. Returns the conversation.
async fn ask(client: &Client, provider: &mut Provider, content: &str, conversation: Option<&Value>) -> Value {
    let sent =
        client.send(json!({ "content": content, "model": "large", "conversationId": conversation })).await;
    let mut call = provider.call().await;
    assert_eq!(call.body["model"], "large");
    call.send_text("An answer.").await;
    call.finish("stop").await;
    sent["conversation"]["id"].clone()
}

/// Takes the request for a title.
async fn request(provider: &mut Provider) -> Call {
    let call = provider.call().await;
    assert_eq!(call.body["model"], "small");
    call
}

async fn title(client: &Client, conversation: &Value) -> String {
    let query = "query($id: ID!) { conversation(id: $id) { title } }";
    let found = client.data(query, json!({ "id": conversation })).await;
    found["conversation"]["title"].as_str().unwrap().to_owned()
}

async fn rename(client: &Client, conversation: &Value, title: &str) {
    let query = "mutation($input: UpdateConversationInput!) { updateConversation(input: $input) { conversation { id } } }";
    client.data(query, json!({ "input": { "id": conversation, "title": title } })).await;
}

on_both_databases! {
    async fn a_model_writes_the_title_once(kind) {
        let mut provider = Provider::start().await;
        let server = server(kind, &provider, Some("small")).await;
        let client = server.register().await;
        let mut device = Device::new(&server, &client).await;
        let question = format!("How do I bake bread?\n{}", "x".repeat(5000));
        let conversation = ask(&client, &mut provider, &question, None).await;
        let mut call = request(&mut provider).await;
        assert_eq!(call.body["max_completion_tokens"], 64);
        let messages = call.body["messages"].as_array().unwrap();
        assert_eq!((messages.len(), &messages[0]["role"]), (2, &json!("system")));
        let shown = messages[1]["content"].as_str().unwrap();
        assert!(shown.contains("How do I bake bread?") && shown.contains("An answer."), "{shown}");
        assert!(shown.len() < 2100, "the question is cut");
        for event in ["ConversationCreated", "MessageAdded", "MessageAdded", "ReplyEnded"] {
            device.expect_event(event).await;
        }
        assert_eq!(title(&client, &conversation).await, "How do I bake bread?");
        call.send_text("**\"Baking").await;
        call.send_text(" bread\"**\n").await;
        call.finish("stop").await;
        let changed = device.expect_event("ConversationChanged").await;
        assert_eq!(changed["conversation"], json!({ "id": conversation, "title": "Baking bread" }));
        let found = client.data("{ me { search(query: \"baking\") { nodes { message { id } } } } }", json!({})).await;
        assert_eq!(found["me"]["search"]["nodes"], json!([{ "message": null }]), "the title is found");
        // Later replies leave the title alone: otherwise the next request would be for a title.
        ask(&client, &mut provider, "And rolls?", Some(&conversation)).await;
        ask(&client, &mut provider, "And cake?", Some(&conversation)).await;
        assert_eq!(title(&client, &conversation).await, "Baking bread");
    }

    async fn the_first_completed_reply_counts(kind) {
        let mut provider = Provider::start().await;
        let server = server(kind, &provider, Some("small")).await;
        let client = server.register().await;
        let sent = client.send(json!({ "content": "Hello?", "model": "large" })).await;
        provider.call().await.refuse(400, &[]);
        server.socket(&client).await.follow_to_end(sent["reply"]["id"].as_str().unwrap()).await;
        let conversation = sent["conversation"]["id"].clone();
        ask(&client, &mut provider, "How do I bake bread?", Some(&conversation)).await;
        let mut device = Device::new(&server, &client).await;
        let mut call = request(&mut provider).await;
        assert!(call.body["messages"][1]["content"].as_str().unwrap().contains("bake bread"));
        call.send_text("Bread").await;
        call.finish("stop").await;
        loop {
            let event = device.next_event().await;
            if event["__typename"] == "ConversationChanged" {
                assert_eq!(event["conversation"]["title"], "Bread");
                break;
            }
        }
    }

    async fn an_unusable_answer_keeps_the_first_line(kind) {
        let mut provider = Provider::start().await;
        let server = server(kind, &provider, Some("small")).await;
        let client = server.register().await;
        let mut conversations = Vec::new();
        for answer in ["two\nlines", &"long ".repeat(50), "\u{200b}", "\"\""] {
            conversations.push(ask(&client, &mut provider, "The first line", None).await);
            let mut call = request(&mut provider).await;
            call.send_text(answer).await;
            call.finish("stop").await;
        }
        conversations.push(ask(&client, &mut provider, "The first line", None).await);
        let mut call = request(&mut provider).await;
        call.send_text("An incomplete").await;
        call.finish("length").await;
        // A failed request is not retried: otherwise the next request would be for this title.
        conversations.push(ask(&client, &mut provider, "The first line", None).await);
        request(&mut provider).await.refuse(500, &[]);
        let last = ask(&client, &mut provider, "The last", None).await;
        let mut device = Device::new(&server, &client).await;
        let mut call = request(&mut provider).await;
        call.send_text("The end").await;
        call.finish("stop").await;
        loop {
            let event = device.next_event().await;
            if event["__typename"] == "ConversationChanged" {
                assert_eq!(event["conversation"]["id"], last);
                break;
            }
        }
        for conversation in conversations {
            assert_eq!(title(&client, &conversation).await, "The first line");
        }
    }

    async fn a_title_of_the_user_is_kept(kind) {
        let mut provider = Provider::start().await;
        let server = server(kind, &provider, Some("small")).await;
        let client = server.register().await;
        let conversation = ask(&client, &mut provider, "Hello", None).await;
        let mut call = request(&mut provider).await;
        // The same text as the automatic title: what counts is that the user has set it.
        rename(&client, &conversation, "Hello").await;
        let mut device = Device::new(&server, &client).await;
        call.send_text("Greeting").await;
        call.finish("stop").await;
        let create = "mutation { createConversation(input: { title: \"Mine\" }) { conversation { id } } }";
        let titled = client.data(create, json!({})).await["createConversation"]["conversation"]["id"].take();
        device.expect_event("ConversationCreated").await;
        ask(&client, &mut provider, "Hello again", Some(&titled)).await;
        // No request for a title follows.
        ask(&client, &mut provider, "Still there?", Some(&titled)).await;
        assert_eq!(title(&client, &titled).await, "Mine");
        assert_eq!(title(&client, &conversation).await, "Hello");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_model_writes_titles_by_default() {
    let mut provider = Provider::start().await;
    let server = server(Kind::Sqlite, &provider, None).await;
    let client = server.register().await;
    ask(&client, &mut provider, "Hello", None).await;
    ask(&client, &mut provider, "Hello again", None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutting_down_does_not_wait_for_titles() {
    let mut provider = Provider::start().await;
    let server = server(Kind::Sqlite, &provider, Some("small")).await;
    let client = server.register().await;
    ask(&client, &mut provider, "Hello", None).await;
    let mut call = request(&mut provider).await;
    call.accept();
    server.shut_down();
    call.aborted().await;
    server.wait().await;
}
