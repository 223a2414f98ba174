//! Malformed and malicious requests: each is refused with a clear error and affects no other.

use super::{conversation_count, post, query};
use crate::support::{GRAPHQL, HttpResponse, JSON, Kind, Server, code, in_production, wait_for};
use confab::{
    config::Environment::{Development, Production},
    error::Error,
};
use diesel_async::{AsyncConnection, SimpleAsyncConnection, sync_connection_wrapper::SyncConnectionWrapper};
use futures_util::stream;
use reqwest::Body;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_over_the_limit_gets_413() {
    let server = Server::with(Kind::Sqlite, |config| config.max_body = 1024).await;
    let stranger = server.anonymous();
    let sized = |size: usize| format!("{:size$}", query("{ me { id } }"));
    assert_eq!(post(&server, &stranger, JSON, sized(1024)).await.status, 200);
    assert_eq!(post(&server, &stranger, JSON, sized(1025)).await.status, 413);
    // Without `Content-Length`.
    let pieces = (0..3).map(|_| Ok::<_, std::io::Error>(" ".repeat(1000)));
    let endless = Body::wrap_stream(stream::iter(pieces));
    assert_eq!(post(&server, &stranger, JSON, endless).await.status, 413);
    assert_eq!(post(&server, &stranger, JSON, sized(500)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_requests_are_refused_and_affect_no_others() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let page = "query($n: Int) { me { conversations(first: $n) { nodes { id } } } }";
    let with = |text: &str, variables: &str| {
        format!("{{\"query\":{},\"variables\":{variables}}}", json!(text)).into_bytes()
    };
    let text = |text: &str| query(text).into_bytes();
    let deep = |open: &str, close: &str| open.repeat(100_000) + &close.repeat(100_000);
    for (expected, body) in [
        ("BAD_USER_INPUT", vec![]),
        ("BAD_USER_INPUT", b"null".to_vec()),
        ("BAD_USER_INPUT", b"\"{ me { id } }\"".to_vec()),
        ("BAD_USER_INPUT", b"{}".to_vec()),
        ("BAD_USER_INPUT", b"{\"query\":5}".to_vec()),
        ("BAD_USER_INPUT", b"{\"query\":null}".to_vec()),
        ("BAD_USER_INPUT", b"{\"query\":\"{ me { id } }\"} tail".to_vec()),
        ("BAD_USER_INPUT", b"{\"query\":\"{ me { id } }\",\"operationName\":5}".to_vec()),
        // Invalid text.
        ("BAD_USER_INPUT", b"{\"query\":\"{ me { id } } #\xff\"}".to_vec()),
        ("BAD_USER_INPUT", b"{\"query\":\"{ me { id } } #\0\"}".to_vec()),
        ("BAD_USER_INPUT", b"{\"query\":\"{ me { id } } #\\ud800\"}".to_vec()),
        ("GRAPHQL_PARSE_FAILED", text("{ me { \0 } }")),
        ("GRAPHQL_PARSE_FAILED", text(r#"{ node(id: "\ud800") { id } }"#)),
        ("GRAPHQL_PARSE_FAILED", text(r#"{ node(id: "\u00") { id } }"#)),
        // Nested too deeply.
        ("BAD_USER_INPUT", deep("[", "]").into_bytes()),
        ("BAD_USER_INPUT", with(page, &deep("[", "]"))),
        ("BAD_USER_INPUT", with(page, &"{\"a\":".repeat(40_000))),
        ("GRAPHQL_PARSE_FAILED", text(&format!("{{ node(id: {}) {{ id }} }}", deep("[", "]")))),
        // Numbers out of range.
        ("BAD_USER_INPUT", with(page, "{\"n\":1e999}")),
        ("GRAPHQL_PARSE_FAILED", text(&page.replace("$n", "1e999"))),
        ("GRAPHQL_VALIDATION_FAILED", with(page, "{\"n\":99999999999}")),
        ("GRAPHQL_VALIDATION_FAILED", text("{ me { conversations(first: 99999999999) { nodes { id } } } }")),
        // Not valid against the schema.
        ("GRAPHQL_VALIDATION_FAILED", text("{ me { nope } }")),
        ("GRAPHQL_VALIDATION_FAILED", text("{ me(nope: 1) { id } }")),
        ("GRAPHQL_VALIDATION_FAILED", text("{ me { id { id } } }")),
        ("GRAPHQL_VALIDATION_FAILED", text("{ me }")),
        ("GRAPHQL_VALIDATION_FAILED", with(page, "{\"n\":\"5\"}")),
        ("GRAPHQL_VALIDATION_FAILED", with(page, "{\"n\":[5]}")),
        ("BAD_USER_INPUT", with(page, "[5]")),
        ("BAD_USER_INPUT", with(page, "\"n\"")),
    ] {
        let shown = String::from_utf8_lossy(&body[..body.len().min(100)]).into_owned();
        let answer = post(&server, &client, GRAPHQL, body).await;
        assert!(matches!(answer.status, 400 | 413), "{shown}: {answer:?}");
        let refused = answer.json();
        assert_eq!(refused.get("data"), None, "{shown}");
        assert_eq!(code(&refused["errors"][0]), expected, "{shown}");
        assert_ne!(refused["errors"][0]["message"], "", "{shown}");
        assert_eq!(post(&server, &client, GRAPHQL, query("{ me { id } }")).await.status, 200);
    }
}

/// GraphQL specification, "Coercing Variable Values": the whole request fails, not one of its fields.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_required_variable_prevents_execution() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let text = "mutation($id: ID!) { createConversation(input: {}) { conversation { id } }
        stopReply(input: { messageId: $id }) { message { id } } }";
    for variables in [json!({}), json!({ "id": null }), json!(null)] {
        let body = json!({ "query": text, "variables": variables }).to_string();
        let answer = post(&server, &client, GRAPHQL, body).await;
        assert_eq!(conversation_count(&client).await, 0, "{variables}");
        assert_eq!((answer.status, code(&answer.refusal())), (400, "GRAPHQL_VALIDATION_FAILED"));
    }
}

/// Returns a document whose fragments expand to four to the power of `levels` fields.
fn wide_fragments(levels: usize, leaf: &str) -> String {
    let fragment = |i: usize| {
        let next = format!("...F{} ", i + 1).repeat(4);
        format!("fragment F{i} on User{{{next}}}")
    };
    let chain: String = (0..levels).map(fragment).collect();
    format!("{{me{{...F0}}}}{chain}fragment F{levels} on User{{{leaf}}}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expensive_documents_are_refused_quickly() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let wide = wide_fragments(13, "id");
    assert!(wide.len() < 700);
    let aliases: String = (0..31).map(|i| format!("a{i}: id ")).collect();
    let fields = "id title createdAt updatedAt model systemPrompt";
    for (what, text) in [
        ("wide fragments", wide),
        ("wide fragments that end nowhere", wide_fragments(12, "...X")),
        ("aliases", format!("{{ me {{ {aliases} }} }}")),
        (
            "directives",
            format!("{{ me {{ id {} }} }}", "@skip(if: false) ".repeat(31)),
        ),
        (
            "depth",
            format!("{{ me {} id {} }}", "{ conversations".repeat(21), "}".repeat(21)),
        ),
        ("much depth", "{a".repeat(60_000) + &"}".repeat(60_000)),
        (
            "a cycle",
            "{ me { ...A } } fragment A on User { ...B } fragment B on User { id ...A }".into(),
        ),
        (
            "cost of many objects at once",
            format!(
                "{{ nodes(ids: [{}]) {{ ... on Conversation {{ messages(first: 100) {{ nodes {{ id role content
                 status model createdAt }} }} }} }} }}",
                "\"conversation_00000000000000000000000000000000\"".repeat(100)
            ),
        ),
        (
            "cost",
            format!(
                "{{ me {{ conversations(first: 100) {{ nodes {{ {fields} messages(last: 100) {{ nodes {{ id role
                 content status model createdAt }} }} }} }} }} }}"
            ),
        ),
    ] {
        let answer = post(&server, &client, GRAPHQL, query(&text));
        let answer = wait_for(what, answer).await; // without the limits it would take minutes
        let expected = if what == "much depth" {
            "GRAPHQL_PARSE_FAILED"
        } else {
            "GRAPHQL_VALIDATION_FAILED"
        };
        assert_eq!(answer.status, 400, "{what}");
        assert_eq!(code(&answer.json()["errors"][0]), expected, "{what}");
    }
    for many in ["id ".repeat(990), "conversations { nodes { id } } ".repeat(140)] {
        let answer = post(&server, &client, GRAPHQL, query(&format!("{{ me {{ {many} }} }}")));
        let answer = wait_for("repeated fields", answer).await;
        assert!(answer.json()["data"]["me"].is_object(), "{many:.40}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn production_reveals_no_schema() {
    for env in [Development, Production] {
        let server = Server::with(Kind::Sqlite, |config| {
            in_production(config);
            config.env = env;
        });
        let server = server.await;
        let stranger = server.anonymous();
        for text in ["{ __schema { queryType { name } } }", "{ __type(name: \"User\") { name } }"] {
            let answer = stranger.execute(text, json!({})).await.to_string();
            assert_eq!(answer.contains("\"name\""), env == Development, "{env:?}: {answer}");
        }
        for text in ["{ modles { id } }", "{ models { ids } }", "{ node(idd: 1, id: 1) { id } }"] {
            let answer = stranger.execute(text, json!({})).await.to_string();
            assert!(answer.contains("GRAPHQL_VALIDATION_FAILED"), "{answer}");
            assert!(
                !answer.contains("models") || text.contains("models"),
                "{env:?} suggests a name: {answer}"
            );
        }
        assert_eq!(stranger.data("{ __typename }", json!({})).await["__typename"], "Query");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn internal_errors_reveal_only_a_request_id() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let path = server.database_url.strip_prefix("sqlite:").expect("SQLite");
    let mut database =
        SyncConnectionWrapper::<diesel::SqliteConnection>::establish(path).await.expect("the file is there");
    let mut rename = async |from: &str, to: &str| {
        let statement = format!("PRAGMA busy_timeout = 5000; ALTER TABLE {from} RENAME TO {to}");
        database.batch_execute(&statement).await.expect("it is renamed");
    };
    rename("users", "gone").await;
    for accept in [GRAPHQL, JSON] {
        let answer = post(&server, &client, accept, query("{ me { id } }")).await;
        let id = answer.header("x-request-id");
        assert_ne!(id, "");
        let expected = json!({
            "message": Error::internal("the cause").to_string(), "path": ["me"],
            "locations": [{ "line": 1, "column": 3 }], "extensions": { "code": "INTERNAL", "requestId": id },
        });
        assert_eq!(answer.json(), json!({ "data": { "me": null }, "errors": [expected] }));
        assert_eq!(answer.status, 200);
    }
    rename("gone", "users").await;
    assert_eq!(client.data("{ me { email } }", json!({})).await["me"]["email"], client.email);
}

/// An error message would repeat the name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_length_of_operation_names_is_limited() {
    let server = Server::start(Kind::Sqlite).await;
    let mut socket = server.socket(&server.anonymous()).await;
    // A name that is short enough is repeated; otherwise the message names the limit.
    for (length, repeated) in [(200, true), (201, false), (200_000, false)] {
        let name = "x".repeat(length);
        let request =
            json!({ "query": "query A { __typename } query B { __typename }", "operationName": name });
        let check = |error: &Value| {
            assert_eq!(code(error), "GRAPHQL_VALIDATION_FAILED", "{length}");
            let message = error["message"].as_str().expect("text");
            assert_eq!(message.contains(&name), repeated, "{error}");
            assert!(repeated || message.contains("200"), "{error}");
        };
        for accept in [GRAPHQL, "text/event-stream, application/graphql-response+json"] {
            let answer = HttpResponse::to(server.post().header("accept", accept).json(&request)).await;
            assert!(answer.body.len() < 1000, "{length}: {}", answer.body.len());
            let error = answer.refusal();
            assert_eq!(answer.status, 400, "{length}");
            check(&error);
        }
        socket.send(json!({ "id": "1", "type": "subscribe", "payload": request })).await;
        let error = socket.receive().await.expect("an error")["payload"][0].take();
        check(&error);
    }
}
