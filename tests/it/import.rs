//! Imports of conversations from files.

use crate::{
    changes::Device,
    support::{Client, Kind, PASSWORD, Server, Sql, codes, on_both_databases, wait_for},
};
use futures_util::StreamExt;
use reqwest::{Body, Method, Response};
use serde_json::{Value, json};
use std::{io, time::Duration};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

const TICKET: &str = "mutation { importConversations { url expiresAt } }";

async fn ticket(client: &Client) -> String {
    let payload = client.data(TICKET, json!({})).await;
    payload["importConversations"]["url"].as_str().expect("a link").to_owned()
}

async fn put(server: &Server, path: &str, file: impl Into<Body>) -> Response {
    let sent = server.request(Method::PUT, path).body(file).send();
    wait_for("an answer", sent).await.expect("the server answers")
}

/// Imports a file. Returns the summary.
async fn import(server: &Server, client: &Client, file: &Value) -> Value {
    let response = put(server, &ticket(client).await, file.to_string()).await;
    assert_eq!(response.status(), 200);
    response.json().await.expect("a summary")
}

async fn export(server: &Server, client: &Client) -> Value {
    let token = client.token.as_deref().expect("the client is signed in");
    server.get("/export").bearer_auth(token).send().await.unwrap().json().await.unwrap()
}

fn summary(imported: u64, present: u64, skipped: u64) -> Value {
    json!({ "imported": imported, "present": present, "skipped": skipped, "reasons": [], "error": null })
}

/// A conversation in the form of ChatGPT.
fn conversation(id: &str, title: &str) -> Value {
    let node = |parent: Option<&str>, role: &str, text: &str, at: f64| {
        json!({ "parent": parent, "message": { "author": { "role": role }, "create_time": at, "recipient": "all",
            "content": { "content_type": "text", "parts": [text] }, "metadata": { "model_slug": "gpt-5" } } })
    };
    json!({ "conversation_id": id, "title": title, "create_time": 1_700_000_000.5, "update_time": 1_700_000_030.0,
        "current_node": "d", "mapping": {
            "a": { "parent": null, "message": null },
            "b": node(Some("a"), "user", "How do I bake bread?", 1_700_000_000.5),
            "tool": node(Some("b"), "tool", "a result", 1_700_000_001.0),
            "d": node(Some("tool"), "assistant", "Knead it.", 1_700_000_002.0),
            "other": node(Some("b"), "assistant", "Another answer", 1_700_000_030.0),
        } })
}

/// An upload whose body the test sends piece by piece.
struct Upload {
    pieces: mpsc::Sender<Result<String, io::Error>>,
    response: tokio::task::JoinHandle<Response>,
}

impl Upload {
    fn start(server: &Server, path: &str) -> Self {
        let (pieces, body) = mpsc::channel(1);
        let request = server.request(Method::PUT, path).body(Body::wrap_stream(ReceiverStream::new(body)));
        let response = tokio::spawn(async move { request.send().await.expect("the server answers") });
        Self { pieces, response }
    }

    async fn send(&self, piece: impl Into<String>) {
        self.pieces.send(Ok(piece.into())).await.expect("the request is open");
    }

    async fn response(self) -> Response {
        wait_for("an answer", self.response).await.expect("it does not panic")
    }
}

/// Waits until a conversation with this title is stored.
async fn stored(client: &Client, title: &str) {
    let query = "{ me { conversations { nodes { title } } } }";
    let found = async {
        while !client.data(query, json!({})).await.to_string().contains(title) {
            tokio::task::yield_now().await;
        }
    };
    wait_for("the conversation to be stored", found).await;
}

on_both_databases! {
    async fn chatgpts_conversations_keep_their_times_models_and_branches(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let mut device = Device::new(&server, &client).await;
        let file = json!([conversation("one", "Baking"), conversation("two", "Baking again")]);
        assert_eq!(import(&server, &client, &file).await, summary(2, 0, 0));
        device.expect_event("Reload").await;
        device.expect_only_creation(&client, "next").await;
        let query = "{ me { conversations { nodes { id title model createdAt updatedAt messages { totalCount nodes {
            role content model status createdAt finishedAt parent { content } } } } } } }";
        let conversations = client.data(query, json!({})).await["me"]["conversations"]["nodes"].take();
        let imported = &conversations[1];
        assert_eq!(imported["title"].as_str().map(|title| title.starts_with("Baking")), Some(true));
        assert_eq!(imported["model"], json!(null), "this server has no such model");
        assert_eq!(imported["createdAt"], "2023-11-14T22:13:20.500000Z");
        assert_eq!(imported["updatedAt"], "2023-11-14T22:13:50.000000Z");
        assert_eq!(imported["messages"], json!({ "totalCount": 2, "nodes": [
            { "role": "USER", "content": "How do I bake bread?", "model": null, "status": "COMPLETED", "parent": null,
              "createdAt": "2023-11-14T22:13:20.500000Z", "finishedAt": "2023-11-14T22:13:20.500000Z" },
            { "role": "ASSISTANT", "content": "Knead it.", "model": "gpt-5", "status": "COMPLETED",
              "parent": { "content": "How do I bake bread?" },
              "createdAt": "2023-11-14T22:13:22.000000Z", "finishedAt": "2023-11-14T22:13:22.000000Z" },
        ] }));
        let off_branch = export(&server, &client).await["conversations"][0]["messages"][2].take();
        assert_eq!((&off_branch["content"], &off_branch["position"]), (&json!("Another answer"), &json!(null)));
        // The conversation continues like any other.
        let (_, reply) = client.send_echo("And rolls?", imported["id"].as_str()).await;
        server.socket(&client).await.follow_to_end(&reply).await;
        let question = client.message(&reply).await["parent"]["id"].take();
        let parent = client.message(question.as_str().unwrap()).await;
        assert_eq!(client.message(parent["parent"]["id"].as_str().unwrap()).await["content"], "Knead it.");
        // The other branch can be activated.
        let switch = "mutation($id: ID!) { switchBranch(input: { messageId: $id }) { fork { content }
            conversation { messages(first: 10) { nodes { content } } } } }";
        let switched = client.data(switch, json!({ "id": off_branch["id"] })).await["switchBranch"].take();
        assert_eq!(switched, json!({ "fork": { "content": "How do I bake bread?" }, "conversation": { "messages": {
            "nodes": [{ "content": "How do I bake bread?" }, { "content": "Another answer" }] } } }));
    }

    async fn importing_a_file_again_stores_nothing(kind) {
        let server = Server::start(kind).await;
        let (client, other) = (server.register().await, server.register().await);
        let file = json!([conversation("one", "Baking"), conversation("two", "Again")]);
        assert_eq!(import(&server, &client, &file).await, summary(2, 0, 0));
        let before = export(&server, &client).await["conversations"].take();
        let mut device = Device::new(&server, &client).await;
        let more = json!([conversation("one", "Baking"), conversation("three", "More"), conversation("two", "Again")]);
        assert_eq!(import(&server, &client, &more).await, summary(1, 2, 0));
        device.expect_event("Reload").await;
        assert_eq!(import(&server, &client, &file).await, summary(0, 2, 0));
        device.expect_only_creation(&client, "nothing was imported").await;
        let after = export(&server, &client).await["conversations"].take();
        assert!(before.as_array().unwrap().iter().all(|one| after.as_array().unwrap().contains(one)));
        assert_eq!(import(&server, &other, &file).await, summary(2, 0, 0), "another user has none of them");
    }

    async fn an_export_can_be_imported_by_another_account(kind) {
        let server = Server::start(kind).await;
        let (ada, eve) = (server.register().await, server.register().await);
        let mut socket = server.socket(&ada).await;
        let (first, reply) = ada.send_echo("é \"quoted\"\n\u{1f980}", None).await;
        socket.follow_to_end(&reply).await;
        let (_, second) = ada.send_echo("more", Some(&first)).await;
        socket.follow_to_end(&second).await;
        let (other, third) = ada.send_echo("elsewhere", None).await;
        socket.follow_to_end(&third).await;
        let update = "mutation($input: UpdateConversationInput!) { updateConversation(input: $input) { conversation { id } } }";
        ada.data(update, json!({ "input": { "id": first, "title": "Mine", "systemPrompt": "Be brief.", "model": "echo",
            "generation": { "temperature": 0.5 }, "pinned": true } })).await;
        ada.data(update, json!({ "input": { "id": other, "archived": true } })).await;
        let rate = "mutation($id: ID!) { rateReply(input: { messageId: $id, rating: BAD, note: \"No.\" }) { message { id } } }";
        ada.data(rate, json!({ "id": reply })).await;
        Sql::of(&server).await.execute("UPDATE messages SET position = NULL WHERE content = 'elsewhere' AND role = 'ASSISTANT';
            UPDATE conversations SET message_count = 1 WHERE title = 'elsewhere'").await;
        let file = export(&server, &ada).await;
        assert_eq!(import(&server, &ada, &file).await, summary(0, 2, 0), "she has them already");
        assert_eq!(import(&server, &eve, &file).await, summary(2, 0, 0));
        // What may differ: the IDs, and when it was archived and pinned.
        let content = |export: &Value| {
            let mut conversations = export["conversations"].as_array().unwrap().clone();
            for conversation in &mut conversations {
                for mark in ["archivedAt", "pinnedAt"] {
                    conversation[mark] = json!(conversation[mark].is_string());
                }
                conversation["id"].take();
                conversation["headId"] = json!(conversation["headId"].is_string());
                for message in conversation["messages"].as_array_mut().unwrap() {
                    message["id"].take();
                    message["context"].take(); // is not imported
                    message["parentId"] = json!(message["parentId"].is_string());
                }
            }
            conversations.sort_by_key(|conversation| conversation["title"].to_string());
            conversations
        };
        assert_eq!(content(&export(&server, &eve).await), content(&file));
        assert_eq!(import(&server, &eve, &file).await, summary(0, 2, 0));
    }

    async fn a_conversation_is_stored_whole_or_skipped_with_a_reason(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let mut cyclic = conversation("cyclic", "Cyclic");
        cyclic["mapping"]["b"]["parent"] = json!("d");
        let mut long = conversation("long", "Long");
        long["mapping"]["d"]["message"]["content"]["parts"] = json!(["x".repeat((1 << 20) + 1)]);
        let file = json!([conversation("one", "First"), cyclic, 7, long, conversation("two", "Last")]);
        let answer = import(&server, &client, &file).await;
        assert_eq!((&answer["imported"], &answer["skipped"], &answer["error"]), (&json!(2), &json!(3), &json!(null)));
        let titles: Vec<_> = answer["reasons"].as_array().unwrap().iter().map(|one| &one["title"]).collect();
        assert_eq!(titles, [&json!("Cyclic"), &json!(null), &json!("Long")]);
        assert!(answer["reasons"][2]["reason"].as_str().unwrap().contains("1 MiB"));
        let count = Sql::of(&server).await.values("SELECT CAST(count(*) AS text) AS value FROM messages").await;
        assert_eq!(count, ["6"]);
    }

    async fn a_deleted_conversation_can_be_imported_again(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let file = json!([conversation("one", "Baking")]);
        import(&server, &client, &file).await;
        let query = "{ me { conversations { nodes { id } } } }";
        let id = client.data(query, json!({})).await["me"]["conversations"]["nodes"][0]["id"].take();
        let delete = "mutation($id: ID!) { deleteConversation(input: { id: $id }) { deletedId } }";
        client.data(delete, json!({ "id": id })).await;
        let removed = async {
            let mut sql = Sql::of(&server).await;
            while sql.values("SELECT title AS value FROM conversations").await != [""; 0] {
                tokio::task::yield_now().await;
            }
        };
        wait_for("the removal", removed).await;
        assert_eq!(import(&server, &client, &file).await, summary(1, 0, 0));
    }

    async fn what_arrived_before_a_fault_is_imported(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let begin = format!("[{},", conversation("one", "First"));
        for (file, status) in [
            (begin.clone(), 400),
            (format!("{begin} }}"), 400),
            ("PK\u{3}\u{4}".to_owned(), 400),
            (String::new(), 400),
        ] {
            let response = put(&server, &ticket(&client).await, file.clone()).await;
            assert_eq!(response.status(), status, "{file}");
            let answer: Value = response.json().await.unwrap();
            assert!(answer["error"].is_string(), "{answer}");
        }
        // The client disconnects.
        let mut device = Device::new(&server, &client).await;
        let upload = Upload::start(&server, &ticket(&client).await);
        upload.send(format!("[{},", conversation("two", "Second"))).await;
        stored(&client, "Second").await;
        upload.response.abort();
        device.expect_event("Reload").await;
        let titles = client.data("{ me { conversations { totalCount } } }", json!({})).await;
        assert_eq!(titles["me"]["conversations"]["totalCount"], 2);
    }

    async fn a_ticket_works_once_and_expires(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let file = || json!([conversation("one", "Baking")]).to_string();
        let status = async |path: &str| put(&server, path, file()).await.status().as_u16();
        let before = ticket(&client).await;
        let latest = ticket(&client).await;
        assert_eq!(status(&before).await, 401, "a newer ticket replaces it");
        assert_eq!(status(&latest).await, 200);
        assert_eq!(status(&latest).await, 401, "it is used up");
        let late = ticket(&client).await;
        server.clock.advance(Duration::from_secs(60));
        assert_eq!(status(&late).await, 401);
        assert_eq!(status("/import/nonsense").await, 401);
        // Tickets for exports are of another kind.
        let exports = client.data("mutation { exportMyData { url } }", json!({})).await;
        let link = exports["exportMyData"]["url"].as_str().unwrap().replace("/export?ticket=", "/import/");
        assert_eq!(status(&link).await, 401);
        let create = "mutation { createAccessToken(input: { name: \"t\", scopes: [WRITE] }) { secret } }";
        let mut script = server.anonymous();
        script.token = client.data(create, json!({})).await["createAccessToken"]["secret"].as_str().map(str::to_owned);
        assert_eq!(codes(&script.execute(TICKET, json!({})).await), ["FORBIDDEN"], "a token cannot create a ticket");
    }

    async fn a_user_has_one_import_at_a_time(kind) {
        let server = Server::start(kind).await;
        let (client, other) = (server.register().await, server.register().await);
        let upload = Upload::start(&server, &ticket(&client).await);
        upload.send(format!("[{}", conversation("one", "First"))).await;
        stored(&client, "First").await;
        let second = put(&server, &ticket(&client).await, "[]").await;
        assert_eq!(second.status(), 409);
        assert_eq!(codes(&second.json().await.unwrap()), ["CONFLICT"]);
        assert_eq!(import(&server, &other, &json!([])).await, summary(0, 0, 0), "other users are independent");
        upload.send("]").await;
        let Upload { pieces, response } = upload;
        drop(pieces);
        assert_eq!(wait_for("an answer", response).await.unwrap().status(), 200);
        assert_eq!(import(&server, &client, &json!([])).await, summary(0, 0, 0));
    }

    async fn revoking_the_session_ends_its_import(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let log_in = "mutation($input: LogInInput!) { logIn(input: $input) { accessToken } }";
        let mut thief = client.clone();
        thief.token = None;
        let input = json!({ "input": { "email": client.email, "password": PASSWORD } });
        thief.token = thief.data(log_in, input).await["logIn"]["accessToken"].as_str().map(str::to_owned);
        let unused = ticket(&thief).await;
        let upload = Upload::start(&server, &unused);
        upload.send(format!("[{},", conversation("one", "First"))).await;
        stored(&client, "First").await;
        client.data("mutation { revokeOtherSessions { revokedIds } }", json!({})).await;
        assert_eq!(upload.response().await.status(), 401);
        // The permit is free again.
        assert_eq!(import(&server, &client, &json!([])).await, summary(0, 0, 0));
    }

    async fn an_import_costs_as_much_as_its_size(kind) {
        let server = Server::with(kind, |config| config.throttling.cost_rate = 10_000).await;
        let client = server.register().await;
        let response = put(&server, &ticket(&client).await, format!("[{}]", " ".repeat(1 << 20))).await;
        assert_eq!(response.status(), 200);
        let second = ticket(&client).await;
        let refused = put(&server, &second, format!("[{}]", " ".repeat(1 << 20))).await;
        assert_eq!(refused.status(), 429);
        assert!(refused.headers().contains_key("retry-after"));
        assert_eq!(codes(&refused.json().await.unwrap()), ["RATE_LIMITED"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_are_too_large_or_compressed_are_refused_before_they_are_read() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let path = ticket(&client).await;
    // The declared length is enough, and the ticket stays valid.
    let endless = Body::wrap_stream(futures_util::stream::pending::<Result<String, io::Error>>());
    let request = server.request(Method::PUT, &path).header("content-length", (256 << 20) + 1).body(endless);
    let refused = wait_for("an answer", request.send()).await.expect("the server answers");
    assert_eq!(refused.status(), 413);
    let request = server.request(Method::PUT, &path).header("content-encoding", "gzip").body("[]");
    assert_eq!(wait_for("an answer", request.send()).await.expect("the server answers").status(), 415);
    assert_eq!(put(&server, &path, "[]").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_stops_sending_is_cut_off() {
    let server =
        Server::with(Kind::Sqlite, |config| config.tuning.request_timeout = Duration::from_millis(300)).await;
    let client = server.register().await;
    let upload = Upload::start(&server, &ticket(&client).await);
    upload.send("[").await;
    assert_eq!(upload.response().await.status(), 408);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutting_down_ends_imports() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let upload = Upload::start(&server, &ticket(&client).await);
    upload.send(format!("[{},", conversation("one", "First"))).await;
    stored(&client, "First").await;
    server.shut_down();
    assert_eq!(upload.response().await.status(), 503);
    server.wait().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_may_be_larger_than_the_limit_on_a_conversation() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    // 60 MiB, most of which is white space.
    let gap = " ".repeat(1 << 20);
    let pieces = (0..20).map(move |i| {
        let separator = if i == 0 { "[" } else { "," };
        Ok::<_, io::Error>(format!(
            "{separator}{gap}{gap}{gap}{}",
            conversation(&i.to_string(), &format!("c{i}"))
        ))
    });
    let end = futures_util::stream::iter([Ok("]".to_owned())]);
    let body = Body::wrap_stream(futures_util::stream::iter(pieces).chain(end));
    let response = put(&server, &ticket(&client).await, body).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.json::<Value>().await.unwrap(), summary(20, 0, 0));
}
