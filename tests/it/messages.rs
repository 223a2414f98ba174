//! Messages: sending, order, pages and idempotency keys.

use crate::support::{Provider, Server, code, content_of, on_both_databases};
use futures_util::future::join_all;
use serde_json::{Value, json};

const MESSAGES: &str =
    "query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { conversation(id: $id) {
    messages(first: $first, after: $after, last: $last, before: $before) {
        totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor node { id } } nodes { id role status content parent { id } } } } }";
const SEND: &str = "mutation($input: SendMessageInput!) { sendMessage(input: $input) {
    conversation { id } message { id } reply { id } } }";

fn contents(page: &Value) -> Vec<&str> {
    page["nodes"].as_array().unwrap().iter().map(content_of).collect()
}

on_both_databases! {
    async fn empty_pages_report_their_neighbours(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let (conversation, _) = client.send_echo("hello", None).await;
        let query = "query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { conversation(id: $id) {
            messages(first: $first, after: $after, last: $last, before: $before) {
                nodes { id } pageInfo { hasPreviousPage hasNextPage startCursor endCursor } } } }";
        let page = async |mut arguments: serde_json::Value| {
            arguments["id"] = json!(conversation);
            client.data(query, arguments).await["conversation"]["messages"].take()
        };
        let whole = page(json!({})).await["pageInfo"].take();
        assert_eq!((&whole["hasPreviousPage"], &whole["hasNextPage"]), (&json!(false), &json!(false)));
        for (arguments, expected) in [
            (json!({ "first": 5, "after": whole["endCursor"] }), (true, false)),
            (json!({ "last": 5, "after": whole["endCursor"] }), (true, false)),
            (json!({ "first": 5, "before": whole["startCursor"] }), (false, true)),
            (json!({ "last": 5, "before": whole["startCursor"] }), (false, true)),
            (json!({ "first": 5, "after": whole["startCursor"], "before": whole["endCursor"] }), (true, true)),
        ] {
            let empty = page(arguments.clone()).await;
            assert_eq!(empty["nodes"], json!([]), "{arguments}");
            let around = (&empty["pageInfo"]["hasPreviousPage"], &empty["pageInfo"]["hasNextPage"]);
            assert_eq!(around, (&json!(expected.0), &json!(expected.1)), "{arguments}");
        }
        let create = "mutation { createConversation { conversation { messages { pageInfo { hasPreviousPage hasNextPage } } } } }";
        let nothing = client.data(create, json!({})).await["createConversation"]["conversation"]["messages"].take();
        assert_eq!(nothing["pageInfo"], json!({ "hasPreviousPage": false, "hasNextPage": false }));
    }

    async fn a_message_and_its_reply_are_stored(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let sent = client.send(json!({ "content": "Hello, world", "model": "echo" })).await;
        assert_eq!(sent["reply"], json!({ "id": sent["reply"]["id"], "status": "PENDING", "role": "ASSISTANT", "model": "echo" }));
        let reply = sent["reply"]["id"].as_str().unwrap();
        let (text, finished) = server.socket(&client).await.follow_to_end(reply).await;
        assert_eq!((text.as_str(), content_of(&finished)), ("Hello, world", "Hello, world"));
        let stored = client.message(reply).await;
        assert_eq!(stored["status"], "COMPLETED");
        assert_eq!(stored["content"], "Hello, world");
        assert_eq!(stored["finishReason"], "STOP");
        assert_eq!(stored["usage"], json!({ "inputTokens": 2, "outputTokens": 2, "estimated": false }));
        assert_eq!(stored["parent"]["id"], sent["message"]["id"]);
        assert_eq!(stored["conversation"]["id"], sent["conversation"]["id"]);
        assert!(stored["finishedAt"].is_string());
    }

    async fn messages_are_ordered_and_paged_in_both_directions(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let (id, _) = client.send_echo("0", None).await;
        for i in 1..4 {
            client.send_echo(&i.to_string(), Some(&id)).await;
        }
        let mut socket = server.socket(&client).await;
        let page = async |arguments: Value| {
            let mut variables = json!({ "id": id });
            variables.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
            client.data(MESSAGES, variables).await["conversation"]["messages"].take()
        };
        for node in page(json!({})).await["nodes"].as_array().unwrap() {
            if node["role"] == "ASSISTANT" {
                socket.follow_to_end(node["id"].as_str().unwrap()).await;
            }
        }
        let all = page(json!({})).await;
        assert_eq!(contents(&all), ["0", "0", "1", "1", "2", "2", "3", "3"]);
        let nodes = all["nodes"].as_array().unwrap();
        assert_eq!(nodes[0]["parent"], json!(null));
        assert!(nodes.windows(2).all(|pair| pair[1]["parent"]["id"] == pair[0]["id"]), "a chain");

        let first = page(json!({ "first": 3 })).await;
        assert_eq!((contents(&first), &first["totalCount"]), (vec!["0", "0", "1"], &json!(8)));
        assert_eq!(first["pageInfo"]["hasPreviousPage"], false);
        assert_eq!(first["edges"][2]["cursor"], first["pageInfo"]["endCursor"]);
        let next = page(json!({ "first": 3, "after": first["pageInfo"]["endCursor"] })).await;
        assert_eq!(contents(&next), ["1", "2", "2"]);
        let last = page(json!({ "last": 3 })).await;
        assert_eq!((contents(&last), &last["pageInfo"]["hasNextPage"]), (vec!["2", "3", "3"], &json!(false)));
        let back = page(json!({ "last": 3, "before": last["pageInfo"]["startCursor"] })).await;
        assert_eq!((contents(&back), &back["pageInfo"]["hasPreviousPage"]), (vec!["1", "1", "2"], &json!(true)));
        assert_eq!(contents(&page(json!({ "last": 100, "after": next["pageInfo"]["endCursor"] })).await), ["3", "3"]);
    }

    async fn concurrent_sends_are_all_stored_in_one_order(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let (id, _) = client.send_echo("first", None).await;
        let sent = join_all((0..10).map(|i| {
            let (client, id) = (client.clone(), id.clone());
            async move { client.send_echo(&format!("m{i}"), Some(&id)).await.1 }
        }))
        .await;
        let mut socket = server.socket(&client).await;
        for (i, reply) in sent.iter().enumerate() {
            assert_eq!(socket.follow_to_end(reply).await.0, format!("m{i}"));
        }
        let page = client.data(MESSAGES, json!({ "id": id, "first": 100 })).await["conversation"]["messages"].take();
        let contents = contents(&page);
        assert_eq!(contents.len(), 22);
        assert!(contents.chunks(2).all(|pair| pair[0] == pair[1]), "each reply follows its message: {contents:?}");
    }

    async fn sends_with_the_same_key_are_stored_once(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let input = json!({ "input": { "content": "once", "model": "echo", "idempotencyKey": "k1" } });
        let answers = join_all((0..5).map(|_| client.data(SEND, input.clone()))).await;
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        let other = json!({ "input": { "content": "twice", "model": "echo", "idempotencyKey": "k1" } });
        assert_eq!(code(&client.error(SEND, other).await), "CONFLICT");
        let counts = client.data("{ me { conversations { totalCount nodes { messages { totalCount } } } } }", json!({})).await;
        assert_eq!(counts["me"]["conversations"], json!({ "totalCount": 1, "nodes": [{ "messages": { "totalCount": 2 } }] }));
        let stranger = server.register().await;
        let elsewhere = stranger.data(SEND, input).await;
        assert_ne!(elsewhere, answers[0], "keys of different users are independent");
    }

    async fn when_busy_decides_about_a_message_during_a_reply(kind) {
        let server = Server::with(kind, |config| config.pace_ms = 10).await;
        let client = server.register().await;
        let (id, first) = client.send_echo(&"word ".repeat(1000), None).await;
        let (_, second) = client.send_echo("waits", Some(&id)).await;
        let refused = json!({ "conversationId": id, "content": "x", "whenBusy": "REJECT", "idempotencyKey": "k" });
        assert_eq!(code(&client.error(SEND, json!({ "input": refused })).await), "CONFLICT");
        let urgent = json!({ "conversationId": id, "content": "urgent", "whenBusy": "STOP_CURRENT", "model": "echo" });
        let third = client.send(urgent).await["reply"]["id"].as_str().unwrap().to_owned();
        let mut socket = server.socket(&client).await;
        assert_eq!(socket.follow_to_end(&third).await.0, "urgent");
        for stopped in [first, second] {
            assert_eq!(client.message(&stopped).await["status"], "STOPPED");
        }
        // The conversation is idle, and the key of the refused message is unused.
        let again = client.send(refused).await;
        socket.follow_to_end(again["reply"]["id"].as_str().unwrap()).await;
        let page = client.data(MESSAGES, json!({ "id": id })).await["conversation"]["messages"].take();
        assert_eq!(page["totalCount"], 8, "the refused message was not stored");
    }

    async fn repeating_a_send_stops_nothing(kind) {
        let server = Server::with(kind, |config| config.pace_ms = 5).await;
        let client = server.register().await;
        let (id, _) = client.send_echo("first", None).await;
        let content = "word ".repeat(60);
        let urgent = json!({ "conversationId": id, "content": content, "model": "echo", "whenBusy": "STOP_CURRENT",
            "idempotencyKey": "k" });
        let sent = client.send(urgent.clone()).await;
        let mut socket = server.socket(&client).await;
        let reply = sent["reply"]["id"].as_str().unwrap();
        socket.follow(reply, None).await;
        socket.until("word").await;
        assert_eq!(client.send(urgent).await["reply"]["id"], reply);
        let (text, finished) = server.socket(&client).await.follow_to_end(reply).await;
        assert_eq!((text.as_str(), &finished["status"]), (&*content, &json!("COMPLETED")));
    }

    async fn the_key_of_a_failed_send_can_be_reused(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let gone = "conversation_00000000000000000000000000000000";
        let input = json!({ "conversationId": gone, "content": "x", "idempotencyKey": "k" });
        assert_eq!(code(&client.error(SEND, json!({ "input": input })).await), "NOT_FOUND");
        client.send(json!({ "content": "x", "idempotencyKey": "k" })).await;
    }

    async fn a_first_message_may_set_the_system_prompt(kind) {
        let mut provider = Provider::start().await;
        let settings = [("OPENAI_BASE_URL", &*provider.base_url())];
        let server = Server::with_providers(kind, &settings, |_| {}).await;
        let client = server.register().await;
        let input = |prompt: &str| json!({ "content": "Hi", "systemPrompt": prompt, "idempotencyKey": "k" });
        let sent = client.send(input("Be brief.")).await;
        let asked = provider.call().await;
        assert_eq!(asked.body["messages"][0], json!({ "role": "system", "content": "Be brief." }));
        assert_eq!(client.send(input("Be brief.")).await["conversation"]["id"], sent["conversation"]["id"]);
        assert_eq!(code(&client.error(SEND, json!({ "input": input("Be long.") })).await), "CONFLICT");
        let query = "{ me { conversations { nodes { systemPrompt } } } }";
        let nodes = client.data(query, json!({})).await["me"]["conversations"]["nodes"].take();
        assert_eq!(nodes, json!([{ "systemPrompt": "Be brief." }]));
    }

    async fn invalid_input_is_refused_and_nothing_is_stored(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        for (field, input) in [
            ("content", json!({ "content": "" })),
            ("content", json!({ "content": "é".repeat(32_001) })),
            ("content", json!({ "content": "a\u{0}b" })),
            ("model", json!({ "content": "x", "model": "gpt-99" })),
            ("conversationId", json!({ "content": "x", "conversationId": "nonsense" })),
            ("conversationId", json!({ "content": "x", "conversationId": "message_00000000000000000000000000000000" })),
            ("systemPrompt", json!({ "content": "x", "systemPrompt": "" })),
            ("systemPrompt", json!({ "content": "x", "systemPrompt": "x".repeat(10_001) })),
            ("systemPrompt", json!({ "content": "x", "systemPrompt": "x", "conversationId": "conversation_00000000000000000000000000000000" })),
            ("idempotencyKey", json!({ "content": "x", "idempotencyKey": "" })),
            ("idempotencyKey", json!({ "content": "x", "idempotencyKey": "k".repeat(201) })),
        ] {
            let error = client.error(SEND, json!({ "input": input })).await;
            assert_eq!((code(&error), &error["extensions"]["field"]), ("BAD_USER_INPUT", &json!(field)), "{error}");
        }
        let count = client.data("{ me { conversations { totalCount } } }", json!({})).await;
        assert_eq!(count["me"]["conversations"]["totalCount"], 0);
    }

    async fn the_longest_message_is_stored_unchanged(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let content: String = "🦀é\u{2028}\"\\ \n".chars().cycle().take(server.config.max_content).collect();
        let (_, reply) = client.send_echo(&content, None).await;
        let (text, finished) = server.socket(&client).await.follow_to_end(&reply).await;
        assert!(text == content && content_of(&finished) == content);
        assert!(client.message(&reply).await["content"] == content.as_str());
    }

    async fn a_setting_limits_the_length_of_messages(kind) {
        let server = Server::with(kind, |config| config.max_content = 5).await;
        let client = server.register().await;
        assert_eq!(client.data("{ limits { contentLength } }", json!({})).await["limits"]["contentLength"], 5);
        client.send_echo("🦀🦀🦀🦀🦀", None).await;
        let error = client.error(SEND, json!({ "input": { "content": "🦀🦀🦀🦀🦀🦀" } })).await;
        assert_eq!((code(&error), &error["extensions"]["field"]), ("BAD_USER_INPUT", &json!("content")));
        assert!(error["message"].as_str().unwrap().contains('5'), "{error}");
    }

    async fn the_largest_limit_on_messages_fits_all_other_limits(kind) {
        let server = Server::with(kind, |config| {
            config.max_content = 200_000;
            config.max_body = 4 * 200_000 + 65_536; // the least that this limit requires
        })
        .await;
        let client = server.register().await;
        let content = "🦀".repeat(server.config.max_content);
        let (_, reply) = client.send_echo(&content, None).await;
        let mut socket = server.socket(&client).await;
        let (text, _) = socket.follow_to_end(&reply).await;
        assert!(text == content);
        socket.subscribe("send", SEND, json!({ "input": { "content": content, "model": "echo" } })).await;
        let sent = socket.receive().await.expect("the socket stays open");
        assert_eq!(sent["payload"].get("errors"), None);
        assert!(sent["payload"]["data"]["sendMessage"]["reply"]["id"].is_string(), "the message is sent");
    }

    async fn eliza_remembers_the_conversation(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let mut socket = server.socket(&client).await;
        let sent = client.send(json!({ "content": "hm" })).await;
        let (first, _) = socket.follow_to_end(sent["reply"]["id"].as_str().unwrap()).await;
        let conversation = &sent["conversation"]["id"];
        let sent = client.send(json!({ "content": "hm", "conversationId": conversation })).await;
        let (second, _) = socket.follow_to_end(sent["reply"]["id"].as_str().unwrap()).await;
        assert!(!first.is_empty() && first != second, "her second answer depends on the first: {first:?}, {second:?}");
    }
}

on_both_databases! {
    async fn content_is_read_only_if_selected(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let long = "long ".repeat(1000);
        let (conversation, reply) = client.send_echo(&long, None).await;
        server.socket(&client).await.follow_to_end(&reply).await;
        let statements = async |selection: &str| {
            let query = format!("query($id: ID!) {{ conversation(id: $id) {{ messages {{ {selection} }} }} }}");
            let before = server.statements.count();
            let data = client.data(&query, json!({ "id": conversation })).await;
            (server.statements.count() - before, data["conversation"]["messages"].clone())
        };
        // The pool sometimes checks a connection, so the smallest count is the query's.
        let (mut without, mut with, mut page) = (u64::MAX, u64::MAX, json!(null));
        for _ in 0..5 {
            without = without.min(statements("nodes { id status }").await.0);
            let of_all = statements("nodes { content model finishReason } edges { node { content } }").await;
            with = with.min(of_all.0);
            page = of_all.1;
        }
        assert_eq!(with, without + 1, "all contents are read by one query");
        assert_eq!(page["nodes"][1], json!({ "content": long, "model": "echo", "finishReason": "STOP" }));
        assert_eq!(page["edges"][0]["node"]["content"], long);
    }
}
