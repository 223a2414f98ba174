//! Generation parameters: per conversation, per message, and as the provider receives them.

use crate::support::{Client, Kind, Provider, Server, code, on_both_databases};
use serde_json::{Value, json};

const CREATE: &str = "mutation($input: CreateConversationInput!) { createConversation(input: $input) {
    conversation { id generation { temperature maxOutputTokens reasoningEffort } } } }";
const UPDATE: &str = "mutation($input: UpdateConversationInput!) { updateConversation(input: $input) {
    conversation { id generation { temperature maxOutputTokens reasoningEffort } } } }";
const SEND: &str = "mutation($input: SendMessageInput!) { sendMessage(input: $input) {
    conversation { id generation { temperature maxOutputTokens reasoningEffort } }
    message { generation { temperature } }
    reply { id generation { temperature maxOutputTokens reasoningEffort } } } }";

fn generation(temperature: Value, tokens: Value, effort: Value) -> Value {
    json!({ "temperature": temperature, "maxOutputTokens": tokens, "reasoningEffort": effort })
}

async fn create(client: &Client, input: Value) -> Value {
    client.data(CREATE, json!({ "input": input })).await["createConversation"]["conversation"].take()
}

async fn update(client: &Client, id: &Value, generation: Value) -> Value {
    let input = json!({ "id": id, "generation": generation });
    client.data(UPDATE, json!({ "input": input })).await["updateConversation"]["conversation"]["generation"]
        .take()
}

async fn send(client: &Client, input: Value) -> Value {
    client.data(SEND, json!({ "input": input })).await["sendMessage"].take()
}

async fn server(kind: Kind, provider: &Provider) -> Server {
    let settings = [("OPENAI_BASE_URL", &*provider.base_url())];
    Server::with_providers(kind, &settings, |_| {}).await
}

on_both_databases! {
    async fn parameters_of_a_conversation_change_one_by_one(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let plain = create(&client, json!({})).await;
        assert_eq!(plain["generation"], generation(json!(null), json!(null), json!(null)));
        let made = create(&client, json!({ "generation": { "temperature": 0.25, "reasoningEffort": "XHIGH" } })).await;
        assert_eq!(made["generation"], generation(json!(0.25), json!(null), json!("XHIGH")));
        let id = &made["id"];
        let changed = update(&client, id, json!({ "maxOutputTokens": 100, "reasoningEffort": null })).await;
        assert_eq!(changed, generation(json!(0.25), json!(100), json!(null)));
        let renamed = client.data(UPDATE, json!({ "input": { "id": id, "title": "Other" } })).await;
        assert_eq!(renamed["updateConversation"]["conversation"]["generation"], changed);
        let read = "query($id: ID!) { conversation(id: $id) { generation { temperature maxOutputTokens reasoningEffort } } }";
        assert_eq!(client.data(read, json!({ "id": id })).await["conversation"]["generation"], changed);
        let cleared = update(&client, id, json!(null)).await;
        assert_eq!(cleared, generation(json!(null), json!(null), json!(null)));
    }

    async fn concurrent_updates_of_different_parameters_are_both_kept(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let made = create(&client, json!({})).await;
        for round in 1..=10 {
            tokio::join!(
                update(&client, &made["id"], json!({ "temperature": f64::from(round) / 10.0 })),
                update(&client, &made["id"], json!({ "maxOutputTokens": round })),
            );
            let after = update(&client, &made["id"], json!({})).await;
            assert_eq!(after, generation(json!(f64::from(round) / 10.0), json!(round), json!(null)));
        }
    }

    async fn a_message_overrides_the_parameters_of_its_conversation(kind) {
        let mut provider = Provider::start().await;
        let server = server(kind, &provider).await;
        let client = server.register().await;
        let made = create(&client, json!({ "generation": { "temperature": 0.5, "maxOutputTokens": 100 } })).await;
        let parameters = ["temperature", "max_tokens", "max_completion_tokens", "reasoning_effort"];
        for (given, stored, sent) in [
            (
                json!({ "content": "a" }),
                generation(json!(0.5), json!(100), json!(null)),
                json!([0.5, null, 100, null]),
            ),
            (
                json!({ "content": "b", "generation": { "temperature": null, "reasoningEffort": "LOW" } }),
                generation(json!(null), json!(100), json!("LOW")),
                json!([null, null, 100, "low"]),
            ),
            (
                // As for the other fields of the input, `null` means that there is nothing to override.
                json!({ "content": "c", "generation": null }),
                generation(json!(0.5), json!(100), json!(null)),
                json!([0.5, null, 100, null]),
            ),
        ] {
            let mut input = given;
            input["conversationId"] = made["id"].clone();
            let answer = send(&client, input).await;
            assert_eq!(answer["reply"]["generation"], stored);
            assert_eq!(answer["message"]["generation"], json!(null), "a user's message has none");
            assert_eq!(answer["conversation"]["generation"], made["generation"], "the conversation keeps its own");
            let call = provider.call().await;
            assert_eq!(json!(parameters.map(|name| call.body[name].clone())), sent);
            call.finish("stop").await;
        }
    }

    async fn a_new_conversation_keeps_the_parameters_of_its_first_message(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let sent = send(&client, json!({ "content": "one two three", "model": "echo",
            "generation": { "maxOutputTokens": 2 } })).await;
        let expected = generation(json!(null), json!(2), json!(null));
        assert_eq!(sent["conversation"]["generation"], expected);
        assert_eq!(sent["reply"]["generation"], expected);
        let stored = ended(&server, &client, &sent).await;
        assert_eq!((&stored["content"], &stored["finishReason"]), (&json!("one two "), &json!("LENGTH")));
    }

    async fn values_outside_their_range_are_rejected(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let made = create(&client, json!({})).await;
        for (field, invalid) in [
            ("temperature", json!({ "temperature": 2.1 })),
            ("temperature", json!({ "temperature": -0.1, "maxOutputTokens": 5 })),
            ("maxOutputTokens", json!({ "maxOutputTokens": 0 })),
            ("maxOutputTokens", json!({ "temperature": 2, "maxOutputTokens": 131_073 })),
        ] {
            for (mutation, input) in [
                (CREATE, json!({ "generation": invalid })),
                (UPDATE, json!({ "id": made["id"], "generation": invalid })),
                (SEND, json!({ "content": "x", "conversationId": made["id"], "generation": invalid })),
            ] {
                let error = client.error(mutation, json!({ "input": input })).await;
                assert_eq!((code(&error), &error["extensions"]["field"]), ("BAD_USER_INPUT", &json!(field)));
            }
        }
        let nothing = "query($id: ID!) { conversation(id: $id) { generation { temperature maxOutputTokens } messages { totalCount } } }";
        assert_eq!(client.data(nothing, json!({ "id": made["id"] })).await["conversation"], json!({
            "generation": { "temperature": null, "maxOutputTokens": null }, "messages": { "totalCount": 0 } }));
    }

    async fn a_retry_with_other_parameters_is_another_message(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let input = |temperature: Value| json!({ "content": "once", "model": "echo", "idempotencyKey": "k",
            "generation": { "temperature": temperature } });
        let first = send(&client, input(json!(0.5))).await;
        assert_eq!(send(&client, input(json!(0.5))).await["reply"]["id"], first["reply"]["id"]);
        for other in [json!(0.6), json!(null)] {
            assert_eq!(code(&client.error(SEND, json!({ "input": input(other) })).await), "CONFLICT");
        }
    }

    async fn a_rejected_parameter_is_named_without_the_providers_words(kind) {
        let mut provider = Provider::start().await;
        let server = server(kind, &provider).await;
        let client = server.register().await;
        let input = json!({ "content": "Hi", "generation": { "temperature": 1.5 } });
        let sent = send(&client, input.clone()).await;
        let refusal = json!({ "error": { "message": "Unsupported value: 'temperature' does not support 1.5.",
            "type": "invalid_request_error", "param": "temperature" } });
        provider.call().await.refuse_with(400, &refusal);
        let error = ended(&server, &client, &sent).await["error"].take();
        assert_eq!((&error["code"], &error["details"]), (&json!("PROVIDER_REJECTED"), &json!(null)));
        assert!(error["message"].as_str().unwrap().contains("`temperature`"), "{error}");

        // The same within an answer that has begun.
        let sent = send(&client, input).await;
        let mut call = provider.call().await;
        call.send(format!("data: {refusal}\n\n")).await;
        drop(call);
        let error = ended(&server, &client, &sent).await["error"].take();
        assert!(error["message"].as_str().unwrap().contains("`temperature`"), "{error}");
    }

    async fn the_feed_and_the_export_have_the_parameters(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let mut socket = server.socket(&client).await;
        socket.subscribe("changes", "subscription { changes { __typename ... on ConversationChanged {
            conversation { generation { temperature } } } } }", json!({})).await;
        let sent = send(&client, json!({ "content": "x", "model": "echo", "generation": { "temperature": 1 } })).await;
        update(&client, &sent["conversation"]["id"], json!({ "temperature": 0.5 })).await;
        loop {
            let change = socket.receive().await.expect("the socket is open")["payload"]["data"]["changes"].take();
            if change["__typename"] == "ConversationChanged" {
                assert_eq!(change["conversation"]["generation"]["temperature"], 0.5);
                break;
            }
        }
        let token = client.token.as_deref().expect("the client is signed in");
        let export: Value = server.get("/export").bearer_auth(token).send().await.unwrap().json().await.unwrap();
        let conversation = &export["conversations"][0];
        assert_eq!(conversation["generation"], json!({ "temperature": 0.5 }));
        let parameters: Vec<_> = conversation["messages"].as_array().unwrap().iter().map(|m| &m["generation"]).collect();
        assert_eq!(parameters, [&json!(null), &json!({ "temperature": 1.0 })]);
    }
}

/// Waits for the end of the reply, and returns it.
async fn ended(server: &Server, client: &Client, sent: &Value) -> Value {
    let reply = sent["reply"]["id"].as_str().unwrap();
    server.socket(client).await.follow_to_end(reply).await;
    client.message(reply).await
}
