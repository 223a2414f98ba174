//! Trusted documents: executed by their ID over every transport, and exclusively if so configured.

use crate::support::{Client, GRAPHQL, HttpResponse, JSON, Kind, Server, code};
use confab::config::DocumentsAllowed;
use serde_json::{Value, json};
use std::{fs, path::PathBuf};
use tempfile::TempDir;

const ME: &str = "query Me { me { ...F } } fragment F on User { email }";
const CHANGES: &str = "subscription Changes { changes { cursor } }";

const REGISTER: &str = "mutation($input: RegisterInput!) { register(input: $input) { accessToken } }";
/// A document of the chat page, from `web/src/chat/graphql`.
const LOG_OUT: &str = "mutation LogOut { logOut(input: { refreshToken: \"\" }) { loggedOut } }";

/// Starts a server with a manifest of trusted documents.
async fn server(allowed: DocumentsAllowed) -> (Server, TempDir) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let manifest: PathBuf = folder.path().join("documents.json");
    let documents = json!({ "abc": ME, "def": CHANGES, "register": REGISTER, "broken": "{ nope }" });
    fs::write(&manifest, documents.to_string()).expect("it can be written");
    let server = Server::with(Kind::Sqlite, |config| {
        config.trusted.trusted_documents = Some(manifest);
        config.trusted.documents_allowed = allowed;
    });
    (server.await, folder)
}

/// Returns the ways in which clients name a document.
fn ways(id: &str) -> [Value; 5] {
    [
        json!({ "documentId": id }),
        json!({ "documentId": format!("sha256:{id}") }),
        json!({ "doc_id": id, "query": null }),
        json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": id } } }),
        json!({ "query": "", "extensions": { "persistedQuery": id } }),
    ]
}

async fn post(server: &Server, client: &Client, accept: &str, body: &Value) -> HttpResponse {
    let request = server.post().header("accept", accept).json(body);
    HttpResponse::to(request.bearer_auth(client.token.as_deref().expect("signed in"))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_is_executed_by_its_id() {
    for allowed in [DocumentsAllowed::Any, DocumentsAllowed::Trusted] {
        let (server, _folder) = server(allowed).await;
        let client = register(&server).await;
        for body in ways("abc") {
            let answer = post(&server, &client, GRAPHQL, &body).await;
            assert_eq!(answer.json()["data"]["me"]["email"], client.email, "{body}");
            let mut socket = server.socket(&client).await;
            socket.send(json!({ "id": "1", "type": "subscribe", "payload": body })).await;
            let event = socket.receive().await.expect("a result");
            assert_eq!(event["payload"]["data"]["me"]["email"], client.email, "{body}");
        }
        let by_get =
            server.get("/graphql?documentId=abc").bearer_auth(client.token.as_deref().expect("a token"));
        assert_eq!(HttpResponse::to(by_get).await.json()["data"]["me"]["email"], client.email);
        for body in ways("def") {
            let mut socket = server.socket(&client).await;
            socket.send(json!({ "id": "1", "type": "subscribe", "payload": body })).await;
            assert!(socket.receive().await.expect("an event")["payload"]["data"]["changes"].is_object());
            let events = server.post().header("accept", "text/event-stream").json(&body);
            let events = events.bearer_auth(client.token.as_deref().expect("a token"));
            let mut events = events.send().await.expect("the server answers");
            let mut text = String::new();
            while !text.contains("\"changes\"") {
                let chunk = events.chunk().await.expect("it does not break").expect("it does not end");
                text += &String::from_utf8_lossy(&chunk);
            }
        }
    }
}

async fn register(server: &Server) -> Client {
    let mut client = Client::new(server.address, None);
    client.email = format!("{}@example.com", uuid::Uuid::now_v7().simple());
    let input = json!({ "email": client.email, "password": "correct horse battery" });
    let body = json!({ "documentId": "register", "variables": { "input": input } });
    let answer = HttpResponse::to(server.post().json(&body)).await.json();
    client.token = answer["data"]["register"]["accessToken"].as_str().map(str::to_owned);
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_document_ids_ask_for_the_text() {
    let (server, _folder) = server(DocumentsAllowed::Any).await;
    let client = server.register().await;
    for body in ways("nobody") {
        for (accept, status) in [(GRAPHQL, 400), (JSON, 200)] {
            let answer = post(&server, &client, accept, &body).await;
            let error = answer.refusal();
            assert_eq!((answer.status, code(&error)), (status, "PERSISTED_QUERY_NOT_SUPPORTED"), "{body}");
            // The client libraries of Apollo and urql depend on this message.
            assert_eq!(error["message"], "PersistedQueryNotSupported");
        }
    }
    // Then they send the hash and the text.
    let both =
        json!({ "query": ME, "extensions": { "persistedQuery": { "version": 1, "sha256Hash": "nobody" } } });
    assert_eq!(post(&server, &client, GRAPHQL, &both).await.json()["data"]["me"]["email"], client.email);
    let broken = post(&server, &client, GRAPHQL, &json!({ "documentId": "broken" })).await.refusal();
    assert_eq!(code(&broken), "GRAPHQL_VALIDATION_FAILED");
    for body in [json!({}), json!({ "documentId": 7 }), json!({ "query": null })] {
        let answer = post(&server, &client, GRAPHQL, &body).await;
        assert_eq!((answer.status, code(&answer.refusal())), (400, "BAD_USER_INPUT"), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trusted_only_refuses_other_documents() {
    let (server, _folder) = server(DocumentsAllowed::Trusted).await;
    let client = register(&server).await;
    let page = post(&server, &client, GRAPHQL, &json!({ "query": LOG_OUT })).await.json();
    assert_eq!(page["data"]["logOut"]["loggedOut"], false, "the page's documents are trusted");
    for (query, trusted) in [
        (ME, true),
        ("fragment F on User { email } # the same\nquery Me { me { ...F } }", true),
        ("query Me { me { ...F } } fragment F on User { email id }", false),
        ("{ me { email } }", false),
        ("{ __typename me { email } }", false),
        ("{ __schema { queryType { name } } }", false),
        ("subscription { changes { cursor } }", false),
        ("mutation { createConversation { conversation { id } } }", false),
    ] {
        let answer = post(&server, &client, GRAPHQL, &json!({ "query": query })).await;
        let mut socket = server.socket(&client).await;
        socket.send(json!({ "id": "1", "type": "subscribe", "payload": { "query": query } })).await;
        let event = socket.receive().await.expect("a message");
        if trusted {
            assert_eq!(answer.json()["data"]["me"]["email"], client.email, "{query}");
            assert_eq!(event["type"], "next", "{query}");
        } else {
            assert_eq!((answer.status, code(&answer.refusal())), (403, "FORBIDDEN"), "{query}");
            assert_eq!(code(&event["payload"][0]), "FORBIDDEN", "{query}");
        }
    }
}
