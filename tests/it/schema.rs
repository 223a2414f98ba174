//! The schema as its readers see it: complete, described, and used rightly by our own examples.

use crate::support::{Client, Kind, Server, codes};
use confab::graphql::document::CONNECTIONS;
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, path::Path};

const INTROSPECTION: &str = "{ __schema { types { name description
    fields { name description args { name description } }
    inputFields { name description } enumValues { name description } } } }";

/// What the schema says of the types that are ours.
async fn types() -> Vec<Value> {
    let server = Server::start(Kind::Sqlite).await;
    let mut data = server.stranger().data(INTROSPECTION, json!({})).await;
    let Value::Array(types) = data["__schema"]["types"].take() else { panic!("no types") };
    let ours = types.into_iter().filter(|one| {
        let name = name(one);
        !name.starts_with("__") && !["Boolean", "Float", "ID", "Int", "String"].contains(&name)
    });
    ours.collect()
}

fn name(value: &Value) -> &str {
    value["name"].as_str().expect("everything has a name")
}

/// The parts of a type or field; none if it has no such parts.
fn parts<'a>(value: &'a Value, what: &str) -> &'a [Value] {
    value[what].as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn schema_graphql_is_what_the_code_exports() {
    assert!(include_str!("../../schema.graphql") == confab::graphql::sdl(), "run `make schema`");
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
async fn the_guard_knows_every_connection() {
    let types = types().await;
    let fields = types.iter().flat_map(|one| parts(one, "fields"));
    let paged: BTreeSet<&str> = fields
        .filter(|field| parts(field, "args").iter().any(|argument| name(argument) == "first"))
        .map(name)
        .collect();
    assert_eq!(paged, BTreeSet::from(CONNECTIONS));
}

/// An operation of the playground, and its variables.
struct Example {
    query: String,
    variables: Value,
}

/// Reads the playground's examples out of their TypeScript.
fn examples() -> Vec<Example> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/src/playground/examples.ts");
    let source = fs::read_to_string(file).expect("the playground has examples");
    let examples = source.split("query: `").skip(1).map(|rest| {
        let (query, rest) = rest.split_once('`').expect("the text ends");
        assert!(!query.contains("${") && !query.contains('\\'), "this reader is too simple for {query}");
        // Up to the end of this example's object.
        let object = rest.split_once("\n  },").expect("the example ends").0;
        let variables = object.split_once("variables: json(").map_or(json!({}), |(_, literal)| {
            read_literal(literal.rsplit_once(')').expect("the call ends").0)
        });
        Example { query: query.into(), variables }
    });
    examples.collect()
}

/// A JavaScript object of plain keys and strings in single quotes.
fn read_literal(literal: &str) -> Value {
    let mut parts = literal.split('\'');
    let mut json = String::new();
    while let Some(code) = parts.next() {
        for word in code.split_inclusive([' ', ':', '{', '}', ',', '\n']) {
            match word.strip_suffix(':').filter(|key| key.chars().all(char::is_alphanumeric)) {
                Some(key) => json += &format!("\"{key}\":"),
                None => json += word,
            }
        }
        if let Some(text) = parts.next() {
            json += &Value::from(text).to_string();
        }
    }
    // JavaScript takes a comma after the last one.
    let json = json.split_whitespace().collect::<Vec<_>>().join(" ");
    serde_json::from_str(&json.replace(", }", " }")).unwrap_or_else(|error| panic!("{error}: {json}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_playgrounds_examples_work_in_their_order() {
    let server = Server::start(Kind::Sqlite).await;
    let mut client = Client::new(server.address, None);
    let mut reply = String::new();
    let examples = examples();
    assert!(examples.len() >= 5, "examples are read");
    for Example { query, mut variables } in examples {
        if query.contains("$messageId") {
            // As the page does.
            variables["messageId"] = json!(reply);
        }
        if query.contains("\nsubscription ") {
            let mut socket = server.socket(&client).await;
            socket.subscribe("1", &query, variables).await;
            let mut last = json!(null);
            loop {
                let mut message = socket.hear().await.expect("the socket stays open");
                match message["type"].as_str() {
                    // It goes on without end.
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
        let answer = client.ask(&query, variables).await;
        assert_eq!(codes(&answer), [""; 0], "{query}: {answer}");
        let text = |pointer: &str| answer["data"].pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        client.token = text("/register/accessToken").or(client.token);
        reply = text("/sendMessage/reply/id").unwrap_or(reply);
    }
    assert_ne!(reply, "", "the examples send a message");
}
