//! Execution rules of the GraphQL specification that some versions of async-graphql have broken.

use crate::support::{HttpResponse, Kind, Server, code, codes};
use confab::graphql::execution::panics::PanicAt;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn response_keys_have_the_order_of_the_query() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let response = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .post(server.url("/graphql"))
        .bearer_auth(client.token.as_deref().unwrap())
        // Only `me` waits for the database.
        .json(&json!({ "query": "{ z: me { name id } a: __typename y: __schema { queryType { kind } } m: models { isDefault id } b: __typename }" }))
        .send();
    let text = response.await.unwrap().text().await.unwrap();
    let places: Vec<_> = ["\"z\"", "\"name\"", "\"id\"", "\"a\"", "\"y\"", "\"m\"", "\"isDefault\"", "\"b\""]
        .map(|key| text.find(key).unwrap_or_else(|| panic!("no {key} in {text}")))
        .into();
    assert!(places.is_sorted(), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_non_null_field_nulls_its_parent() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let answer = client
        .execute("{ me { name conversations(first: 0) { nodes { id } } } a: __typename }", json!({}))
        .await;
    assert_eq!(answer["data"], json!({ "me": null, "a": "Query" }));
    assert_eq!(answer["errors"][0]["path"], json!(["me", "conversations"]));
    assert_eq!(code(&answer["errors"][0]), "BAD_USER_INPUT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_nullable_field_is_null_itself() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let stranger = "conversation_00000000000000000000000000000000";
    let query = "query($id: ID!, $ids: [ID!]!) { me { name } conversation(id: $id) { id } node(id: $id) { id } nodes(ids: $ids) { id } }";
    let me = client.data("{ me { id } }", json!({})).await["me"]["id"].clone();
    let answer = client.execute(query, json!({ "id": stranger, "ids": [stranger, me] })).await;
    assert_eq!(answer["data"]["conversation"], json!(null));
    assert_eq!(answer["data"]["nodes"], json!([null, { "id": me }]));
    assert!(answer["data"]["me"]["name"].is_string());
    assert_eq!(codes(&answer), ["NOT_FOUND"; 3]);
    let paths: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|error| &error["path"]).collect();
    assert!(paths.contains(&&json!(["nodes", 0])), "{paths:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn defaults_of_variables_apply_in_skip_and_include() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let query = "query($yes: Boolean = true, $no: Boolean = false) {
        me { name @include(if: $yes) email @include(if: $no) id @skip(if: $yes) } }";
    let data = client.data(query, json!({})).await;
    assert_eq!(data["me"].as_object().unwrap().keys().collect::<Vec<_>>(), ["name"]);
    let data = client.data(query, json!({ "yes": false })).await;
    assert_eq!(data["me"].as_object().unwrap().keys().collect::<Vec<_>>(), ["id"]);
}

/// Items of a list are resolved by a faster path of the server. Its results must equal those of a single object.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_in_a_list_equals_the_single_object() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let (conversation, reply) = client.send_echo("hello", None).await;
    server.socket(&client).await.follow_to_end(&reply).await;
    let fields = "id kind: __typename role content status model createdAt finishedAt finishReason
        error { code } usage { inputTokens } parent { id } conversation { title }
        ...Spread ... on Node { again: id } ... on Message { content } ... @include(if: $yes) { included: role }
        skipped: role @skip(if: $yes)";
    let query = format!(
        "query($id: ID!, $reply: ID!, $yes: Boolean = true) {{
            conversation(id: $id) {{ messages {{ nodes {{ {fields} }} edges {{ cursor node {{ {fields} }} }} }} }}
            node(id: $reply) {{ ... on Message {{ {fields} }} }}
        }}
        fragment Spread on Message {{ spread: status conversation {{ id }} }}"
    );
    let data = client.data(&query, json!({ "id": conversation, "reply": reply })).await;
    let messages = &data["conversation"]["messages"];
    assert_eq!(data["node"]["content"], "hello");
    assert_eq!(data["node"].to_string(), messages["nodes"][1].to_string(), "including the order of the keys");
    assert_eq!(data["node"].to_string(), messages["edges"][1]["node"].to_string());
    assert_eq!(messages["nodes"][0]["parent"], json!(null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_field_in_a_list_has_its_whole_path() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    client.send_echo("hello", None).await;
    let query = "{ a: __typename me { conversations { nodes { id messages(first: 0) { nodes { id } } } } } }";
    let answer = client.execute(query, json!({})).await;
    assert_eq!(answer["data"], json!({ "a": "Query", "me": null }));
    assert_eq!(answer["errors"][0]["path"], json!(["me", "conversations", "nodes", 0, "messages"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_an_internal_error_of_its_operation_only() {
    let sound = Server::start(Kind::Sqlite).await;
    let client = sound.register().await;
    let (conversation, reply) = client.send_echo("hello", None).await;
    let server = sound.another_instance_with_panic(PanicAt { parent: "Message", field: "content" }).await;
    let client = client.at(server.address);
    let query = "query($id: ID!) { node(id: $id) { ... on Message { content } } }";
    let mutation =
        "mutation($in: ID) { sendMessage(input: { conversationId: $in, content: \"sent\", model: \"echo\",
        whenBusy: QUEUE }) { message { content } } }";
    let subscription =
        "subscription($id: ID!) { reply(messageId: $id) { ... on ReplyFinished { message { content } } } }";
    let variables = json!({ "id": reply, "in": conversation });

    let mut socket = server.socket(&client).await;
    for query in [query, mutation, subscription] {
        let body = json!({ "query": query, "variables": variables });
        let authorized =
            || server.post().bearer_auth(client.token.as_deref().expect("signed in")).json(&body);
        if query != subscription {
            let answer = HttpResponse::to(authorized()).await;
            assert_eq!((answer.status, code(&answer.refusal())), (500, "INTERNAL"), "{query}");
        }
        let answer = HttpResponse::to(authorized().header("accept", "text/event-stream")).await;
        assert_eq!(answer.status, 200, "{query}");
        let events: Vec<_> = answer.text().split("\n\n").filter(|event| !event.is_empty()).collect();
        let [.., last, end] = events[..] else { panic!("{events:?}") };
        assert!(last.starts_with("event: next\n") && last.contains("INTERNAL"), "{query}: {events:?}");
        assert!(end.starts_with("event: complete\n"), "{query}: {events:?}");

        socket.subscribe("panics", query, variables.clone()).await;
        let mut message = socket.receive().await.expect("the socket stays open");
        while message["type"] == "next" {
            message = socket.receive().await.expect("the socket stays open");
        }
        assert_eq!((&message["id"], &message["type"]), (&json!("panics"), &json!("error")), "{query}");
        assert_eq!(code(&message["payload"][0]), "INTERNAL", "{query}");
    }
    socket.subscribe("goes on", "{ me { id } }", json!({})).await;
    assert_eq!(socket.receive().await.expect("the socket stays open")["type"], "next");

    // The mutation's resolver had finished before the panic: each of the three messages is stored.
    let stored = "query($in: ID!) { conversation(id: $in) { messages { nodes { role content } } } }";
    let data = client.at(sound.address).data(stored, json!({ "in": conversation })).await;
    let messages = data["conversation"]["messages"]["nodes"].as_array().expect("a list");
    assert_eq!(
        messages.iter().filter(|message| message["content"] == "sent" && message["role"] == "USER").count(),
        3
    );
}
