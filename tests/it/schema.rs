//! The schema: up to date, described, and used correctly by the playground's examples.

use crate::support::{Client, Kind, PASSWORD, Server, codes};
use confab::graphql::document::CONNECTIONS;
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, path::Path};

const INTROSPECTION: &str = "{ __schema { types { name description
    fields { name description args { name description } }
    inputFields { name description } enumValues { name description } } } }";

/// Returns the introspection of the types that the server defines.
async fn types() -> Vec<Value> {
    let server = Server::start(Kind::Sqlite).await;
    let mut data = server.anonymous().data(INTROSPECTION, json!({})).await;
    let Value::Array(types) = data["__schema"]["types"].take() else { panic!("no types") };
    let ours = types.into_iter().filter(|one| {
        let name = name(one);
        !name.starts_with("__") && !["Boolean", "Float", "ID", "Int", "String"].contains(&name)
    });
    ours.collect()
}

fn name(value: &Value) -> &str {
    value["name"].as_str().expect("every element has a name")
}

/// Returns the parts of a type or field; none if it has no such parts.
fn parts<'a>(value: &'a Value, what: &str) -> &'a [Value] {
    value[what].as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn schema_graphql_is_up_to_date() {
    assert!(include_str!("../../schema.graphql") == confab::graphql::schema::sdl(), "run `make schema`");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_in_the_schema_is_described() {
    let mut lacking = Vec::new();
    let mut check = |path: String, value: &Value| {
        if value["description"].as_str().is_none_or(|text| text.trim().is_empty()) {
            lacking.push(path);
        }
    };
    for one in &types().await {
        check(name(one).into(), one);
        for part in ["fields", "inputFields", "enumValues"] {
            for part in parts(one, part) {
                let path = format!("{}.{}", name(one), name(part));
                check(path.clone(), part);
                // A mutation's `input` is described by its type.
                for argument in parts(part, "args").iter().filter(|argument| name(argument) != "input") {
                    check(format!("{path}({}:)", name(argument)), argument);
                }
            }
        }
    }
    assert_eq!(lacking, [""; 0], "have no description");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cost_model_knows_every_connection() {
    let types = types().await;
    let fields = types.iter().flat_map(|one| parts(one, "fields"));
    let paged: BTreeSet<&str> = fields
        .filter(|field| parts(field, "args").iter().any(|argument| name(argument) == "first"))
        .map(name)
        .collect();
    assert_eq!(paged, BTreeSet::from(CONNECTIONS));
}

/// The operations of the playground's tabs, in their order. Only the documents are read from the TypeScript; the tests
/// of the pages execute the tabs with their own variables, but not all of them.
fn examples() -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/src/playground/examples.ts");
    let source = fs::read_to_string(file).expect("the playground has examples");
    source.split("query: `").skip(1).filter_map(|rest| Some(rest.split_once('`')?.0.to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_playgrounds_examples_can_be_executed_in_order() {
    let server = Server::start(Kind::Sqlite).await;
    let mut client = Client::new(server.address, None);
    let mut reply = json!(null);
    let examples = examples();
    assert!(examples.len() >= 5, "examples are read");
    let credentials = json!({ "email": "ada@example.com", "password": PASSWORD });
    for query in examples {
        let variables = match &query {
            query if query.contains("$messageId") => json!({ "messageId": reply }),
            query if query.contains("SendMessageInput") => {
                json!({ "input": { "content": "hello", "model": "echo" } })
            }
            query if query.contains("$input") => json!({ "input": credentials }),
            _ => json!({}),
        };
        if query.contains("\nsubscription ") {
            let mut socket = server.socket(&client).await;
            socket.subscribe("1", &query, variables).await;
            let mut last = json!(null);
            loop {
                let mut message = socket.receive().await.expect("the socket stays open");
                match message["type"].as_str() {
                    // `changes` has no end.
                    Some("next") if !message["payload"]["data"]["changes"].is_null() => {
                        assert_eq!(message["payload"]["data"]["changes"]["__typename"], "Reload");
                        break;
                    }
                    Some("next") => last = message["payload"].take(),
                    Some("complete") => {
                        assert_eq!(last["data"]["reply"]["__typename"], "ReplyFinished", "{last}");
                        break;
                    }
                    _ => panic!("{message}: {query}"),
                }
            }
            continue;
        }
        let answer = client.execute(&query, variables).await;
        assert_eq!(codes(&answer), [""; 0], "{query}: {answer}");
        let text = |pointer: &str| answer["data"].pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        client.token = text("/register/accessToken").or(client.token);
        reply = text("/sendMessage/reply/id").map_or(reply, Value::from);
    }
    assert_ne!(reply, json!(null), "an example sends a message");
}
