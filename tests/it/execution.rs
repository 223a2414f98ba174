//! What the executor must do right, and what some versions of it do not.

use crate::support::{Kind, Server, code, codes};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn response_keys_keep_the_querys_order() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let response = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .post(server.url("/graphql"))
        .bearer_auth(client.token.as_deref().unwrap())
        // `me` waits for the database, the others do not.
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
    let answer =
        client.ask("{ me { name conversations(first: 0) { nodes { id } } } a: __typename }", json!({})).await;
    assert_eq!(answer["data"], json!({ "me": null, "a": "Query" }));
    assert_eq!(answer["errors"][0]["path"], json!(["me", "conversations"]));
    assert_eq!(code(&answer["errors"][0]), "BAD_USER_INPUT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_nullable_field_is_null_alone() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let stranger = "conversation_00000000000000000000000000000000";
    let query = "query($id: ID!, $ids: [ID!]!) { me { name } conversation(id: $id) { id } node(id: $id) { id } nodes(ids: $ids) { id } }";
    let me = client.data("{ me { id } }", json!({})).await["me"]["id"].clone();
    let answer = client.ask(query, json!({ "id": stranger, "ids": [stranger, me] })).await;
    assert_eq!(answer["data"]["conversation"], json!(null));
    assert_eq!(answer["data"]["nodes"], json!([null, { "id": me }]));
    assert!(answer["data"]["me"]["name"].is_string());
    assert_eq!(codes(&answer), ["NOT_FOUND"; 3]);
    let paths: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|error| &error["path"]).collect();
    assert!(paths.contains(&&json!(["nodes", 0])), "{paths:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_variables_default_counts_in_skip_and_include() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let query = "query($yes: Boolean = true, $no: Boolean = false) {
        me { name @include(if: $yes) email @include(if: $no) id @skip(if: $yes) } }";
    let data = client.data(query, json!({})).await;
    assert_eq!(data["me"].as_object().unwrap().keys().collect::<Vec<_>>(), ["name"]);
    let data = client.data(query, json!({ "yes": false })).await;
    assert_eq!(data["me"].as_object().unwrap().keys().collect::<Vec<_>>(), ["id"]);
}

/// The items of a list are resolved by a way of our own: it must answer as the executor does for a single object.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_in_a_list_is_told_as_it_is_alone() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let (conversation, reply) = client.say("hello", None).await;
    server.socket(&client).await.to_the_end(&reply).await;
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
    assert_eq!(data["node"].to_string(), messages["nodes"][1].to_string(), "the order of the keys, too");
    assert_eq!(data["node"].to_string(), messages["edges"][1]["node"].to_string());
    assert_eq!(messages["nodes"][0]["parent"], json!(null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_field_in_a_list_tells_its_whole_path() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    client.say("hello", None).await;
    let query = "{ a: __typename me { conversations { nodes { id messages(first: 0) { nodes { id } } } } } }";
    let answer = client.ask(query, json!({})).await;
    assert_eq!(answer["data"], json!({ "a": "Query", "me": null }));
    assert_eq!(answer["errors"][0]["path"], json!(["me", "conversations", "nodes", 0, "messages"]));
}
