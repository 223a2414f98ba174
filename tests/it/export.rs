//! The export of a user's data: complete, without other users' data, and recognisable as incomplete if it is cut off.

use crate::support::{Client, Kind, PASSWORD, Server, Sql, codes, on_both_databases, wait_for};
use futures_util::StreamExt;
use reqwest::Response;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

const CREATE: &str = "mutation { createConversation { conversation { id } } }";

async fn export(server: &Server, client: &Client) -> Response {
    let token = client.token.as_deref().expect("the client is signed in");
    wait_for("an answer", server.get("/export").bearer_auth(token).send()).await.expect("the server answers")
}

/// Returns a download URL that needs no authentication.
async fn ticket(client: &Client) -> String {
    let payload = client.data("mutation { exportMyData { url expiresAt } }", json!({})).await;
    payload["exportMyData"]["url"].as_str().expect("an address").to_owned()
}

/// A download that has begun and is not being read, on a connection with small buffers: most of it is still to be sent.
struct PausedDownload(TcpStream);

impl PausedDownload {
    async fn at(server: &Server, path: &str, authorization: &str) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket can be made");
        // By default, the kernel may buffer the whole export.
        socket.set_recv_buffer_size(64 * 1024).expect("a valid size");
        let mut stream = socket.connect(server.address).await.expect("the server listens");
        let request = format!("GET {path} HTTP/1.1\r\nhost: confab\r\n{authorization}\r\n");
        stream.write_all(request.as_bytes()).await.expect("it is open");
        let mut status = [0; 12];
        wait_for("an answer", stream.read_exact(&mut status)).await.expect("the server answers");
        assert_eq!(&status, b"HTTP/1.1 200", "{path}");
        Self(stream)
    }

    async fn with_token(server: &Server, client: &Client) -> Self {
        let token = client.token.as_deref().expect("the client is signed in");
        Self::at(server, "/export", &format!("authorization: Bearer {token}\r\n")).await
    }

    /// Reads the rest. Returns whether it is complete: a complete chunked body ends with an empty chunk.
    async fn ends_properly(mut self) -> bool {
        let mut last = Vec::new();
        loop {
            last.drain(..last.len().saturating_sub(5));
            match wait_for("the end", self.0.read_buf(&mut last)).await {
                Ok(0) | Err(_) => return false,
                Ok(_) if last.ends_with(b"0\r\n\r\n") => return true,
                Ok(_) => {}
            }
        }
    }
}

/// Registers a user who has far more data than such a connection buffers.
async fn user_with_large_export(server: &Server) -> Client {
    let client = server.register().await;
    let id = client.data(CREATE, json!({})).await["createConversation"]["conversation"]["id"].take();
    Sql::of(server).await.add_messages(id.as_str().expect("an id"), 30, 1_000_000).await;
    client
}

/// The same user, signed in once more.
async fn another_device(client: &Client) -> Client {
    let query = "mutation($input: LogInInput!) { logIn(input: $input) { accessToken } }";
    let input = json!({ "input": { "email": client.email, "password": PASSWORD } });
    let mut other = client.clone();
    other.token = None;
    other.token = other.data(query, input).await["logIn"]["accessToken"].as_str().map(str::to_owned);
    other
}

/// Returns a column's name as the export spells it.
fn camel(column: &str) -> String {
    let mut words = column.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

fn keys(object: &Value) -> BTreeSet<String> {
    object.as_object().expect("an object").keys().cloned().collect()
}

on_both_databases! {
    async fn an_export_has_all_data_of_its_user_only(kind) {
        let server = Server::start(kind).await;
        let (ada, eve) = (server.register().await, server.register().await);
        let mut socket = server.socket(&ada).await;
        let (first, reply) = ada.send_echo("message 0", None).await;
        socket.follow_to_end(&reply).await;
        for n in 1..13 {
            let text = format!("message {n}: \"é\"\n\u{1f980}");
            let (_, reply) = ada.send_echo(&text, Some(&first)).await;
            socket.follow_to_end(&reply).await;
        }
        let (second, reply) = ada.send_echo("elsewhere", None).await;
        socket.follow_to_end(&reply).await;
        let empty = ada.data(CREATE, json!({})).await["createConversation"]["conversation"]["id"].take();
        let token = "mutation { createAccessToken(input: { name: \"t\", scopes: [READ] }) { secret } }";
        let secret = ada.data(token, json!({})).await["createAccessToken"]["secret"].take();
        let (others, reply) = eve.send_echo("a secret of another", None).await;
        server.socket(&eve).await.follow_to_end(&reply).await;
        // A message off the active branch is exported too.
        let mut sql = Sql::of(&server).await;
        sql.execute("UPDATE messages SET position = NULL WHERE content = 'elsewhere' AND role = 'ASSISTANT'").await;

        let response = export(&server, &ada).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert!(response.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
        let text = response.text().await.unwrap();
        for not_theirs in [&eve.email, &others, "a secret of another", secret.as_str().unwrap(), "argon2"] {
            assert!(!text.contains(not_theirs), "{not_theirs}");
        }
        let document: Value = serde_json::from_str(&text).unwrap();
        let me = ada.data("{ me { id email name createdAt } }", json!({})).await["me"].take();
        assert_eq!(document["user"], me);
        let ids: Vec<&Value> =
            document["conversations"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
        assert_eq!(ids, [&json!(first), &json!(second), &empty]);
        let query = "query($id: ID!) { conversation(id: $id) { messages(first: 100) { nodes {
            id role content status model createdAt finishedAt finishReason } } } }";
        let stored = ada.data(query, json!({ "id": first })).await["conversation"]["messages"]["nodes"].take();
        let exported = document["conversations"][0]["messages"].as_array().unwrap();
        assert_eq!(exported.len(), 26);
        for (stored, exported) in stored.as_array().unwrap().iter().zip(exported) {
            for (field, value) in stored.as_object().unwrap() {
                assert_eq!(exported[field], *value, "{field}");
            }
        }
        let elsewhere = document["conversations"][1]["messages"].as_array().unwrap();
        assert_eq!(elsewhere.len(), 2);
        assert_eq!((&elsewhere[1]["position"], &elsewhere[1]["content"]), (&Value::Null, &json!("elsewhere")));
        assert_eq!(document["conversations"][2]["messages"], json!([]));
        assert_eq!(document["sessions"].as_array().unwrap().len(), 1);
        let events = document["securityEvents"].as_array().unwrap();
        let kinds: Vec<&str> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["DATA_EXPORTED", "TOKEN_CREATED", "REGISTERED"]);

        // A new column is exported, unless its row skips it. Then it must be listed here.
        let tables = sql.columns().await;
        for (table, object, not_exported) in [
            ("users", &document["user"], &["emailKey", "passwordHash"][..]),
            ("conversations", &document["conversations"][0], &["ownerId", "messageCount", "branch"]),
            ("messages", &exported[0], &["conversationId", "depth", "branch"]),
            ("sessions", &document["sessions"][0], &["userId", "generation"]),
            ("access_tokens", &document["accessTokens"][0], &["userId", "hash"]),
            ("security_events", &events[0], &["userId"]),
        ] {
            let exported: BTreeSet<String> =
                keys(object).into_iter().filter(|key| !["messages", "headId"].contains(&&**key)).collect();
            let mut expected: BTreeSet<String> = tables[table].iter().map(|column| camel(column)).collect();
            assert!(not_exported.iter().all(|column| expected.remove(*column)), "{table}");
            assert_eq!(exported, expected, "{table}");
        }
    }

    async fn a_ticket_works_once_and_expires(kind) {
        let server = Server::start(kind).await;
        let ada = server.register().await;
        let status = async |path: &str| server.get(path).send().await.unwrap().status().as_u16();
        let before = ticket(&ada).await;
        let latest = ticket(&ada).await;
        assert_eq!(status(&before).await, 401, "a newer ticket replaces it");
        let head = reqwest::Client::builder().no_proxy().build().unwrap().head(server.url(&latest)).send().await.unwrap();
        assert_eq!(head.status(), 405, "HEAD does not use the ticket up");
        let response = server.get(&latest).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.json::<Value>().await.unwrap()["user"]["email"], ada.email);
        assert_eq!(status(&latest).await, 401, "it is used up");
        let late = ticket(&ada).await;
        server.clock.advance(Duration::from_secs(60));
        assert_eq!(status(&late).await, 401);
        for path in ["/export", "/export?ticket=", "/export?ticket=nonsense"] {
            assert_eq!(status(path).await, 401, "{path}");
        }
        let both = server.get(&late).bearer_auth(ada.token.as_deref().unwrap()).send().await.unwrap();
        assert_eq!(both.status(), 400);
    }

    async fn a_read_token_may_export(kind) {
        let server = Server::start(kind).await;
        let ada = server.register().await;
        let create = "mutation { createAccessToken(input: { name: \"t\", scopes: [READ] }) { secret } }";
        let mut script = server.anonymous();
        script.token = ada.data(create, json!({})).await["createAccessToken"]["secret"].as_str().map(str::to_owned);
        assert_eq!(export(&server, &script).await.json::<Value>().await.unwrap()["user"]["email"], ada.email);
        let refused = script.execute("mutation { exportMyData { url } }", json!({})).await;
        assert_eq!(codes(&refused), ["FORBIDDEN"], "a token cannot create a ticket");
    }

    async fn a_failing_export_is_visibly_incomplete(kind) {
        let server = Server::start(kind).await;
        let ada = server.register().await;
        let id = ada.data(CREATE, json!({})).await["createConversation"]["conversation"]["id"].take();
        // Far more than the connection buffers.
        let mut sql = Sql::of(&server).await;
        sql.add_messages(id.as_str().unwrap(), 50, 1_000_000).await;
        let mut chunks = export(&server, &ada).await.bytes_stream();
        let first = wait_for("the first chunk", chunks.next()).await.expect("there is more").unwrap();
        assert!(first.starts_with(b"{\"user\":"));
        // The first chunk arrives before the rest is read from the database; reading the rest then fails.
        sql.execute("ALTER TABLE messages RENAME TO lost").await;
        let mut size = first.len();
        let end = loop {
            match wait_for("the next chunk", chunks.next()).await {
                Some(Ok(chunk)) => size += chunk.len(),
                end => break end,
            }
        };
        assert!(matches!(end, Some(Err(_))), "it looks complete after {size} bytes");
        assert!(size < 50_000_000, "{size}");
    }

    async fn a_new_export_cancels_the_previous_one(kind) {
        let server = Server::start(kind).await;
        let ada = user_with_large_export(&server).await;
        let older = PausedDownload::with_token(&server, &ada).await;
        let newer = export(&server, &another_device(&ada).await).await;
        assert_eq!(newer.status(), 200);
        let text = wait_for("the whole export", newer.text()).await.expect("the newer one is complete");
        assert!(serde_json::from_str::<Value>(&text).is_ok());
        assert!(!older.ends_properly().await, "the older one is cut");
    }

    async fn a_slow_download_is_cut_off(kind) {
        // Bytes that the kernel buffers count as written, so only the limit on the whole download is certain to apply.
        let server = Server::with(kind, |config| config.tuning.write_timeout = Duration::from_secs(3600)).await;
        let ada = user_with_large_export(&server).await;
        let slow = PausedDownload::with_token(&server, &ada).await;
        server.clock.advance(Duration::from_secs(601));
        assert!(!slow.ends_properly().await);
        assert!(PausedDownload::with_token(&server, &ada).await.ends_properly().await, "it can be downloaded again");
    }

    async fn revoking_a_session_ends_its_exports(kind) {
        let server = Server::with(kind, |config| config.tuning.write_timeout = Duration::from_secs(3600)).await;
        let ada = user_with_large_export(&server).await;
        let revoke = async || ada.data("mutation { revokeOtherSessions { revokedIds } }", json!({})).await;
        let thief = another_device(&ada).await;
        let begun = PausedDownload::with_token(&server, &thief).await;
        revoke().await;
        assert!(!begun.ends_properly().await, "begun by a token");

        let thief = another_device(&ada).await;
        let begun = PausedDownload::at(&server, &ticket(&thief).await, "").await;
        let unused = ticket(&thief).await;
        revoke().await;
        assert!(!begun.ends_properly().await, "begun by a ticket");
        assert_eq!(server.get(&unused).send().await.unwrap().status(), 401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutting_down_ends_exports() {
    let server = Server::start(Kind::Sqlite).await;
    let ada = user_with_large_export(&server).await;
    let begun = PausedDownload::with_token(&server, &ada).await;
    server.shut_down();
    assert!(!begun.ends_properly().await);
    server.wait().await;
}
