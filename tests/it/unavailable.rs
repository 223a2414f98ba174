//! A database that is busy or down: clients get UNAVAILABLE with `retryAfter`, never INTERNAL.

use crate::support::{Client, Kind, Server, Service, Socket, Sql, code, wait_for};
use futures_util::future::join_all;
use reqwest::Response;
use serde_json::{Value, json};

const SEND: &str =
    "mutation { sendMessage(input: { content: \"hello\", model: \"echo\" }) { reply { id } } }";

/// More than the pool has connections to PostgreSQL.
const MANY: usize = 24;

async fn post(server: &Server, client: &Client, query: &str) -> Response {
    let request = server.post().json(&json!({ "query": query }));
    request.bearer_auth(client.token.as_ref().expect("a token")).send().await.expect("the server answers")
}

/// Checks for the status 503 with a time to retry. The message must mention the safe way to retry, as the mutation may
/// have been executed.
async fn check_unavailable(response: Response) {
    let retry_after =
        response.headers().get("retry-after").map(|value| value.to_str().expect("text").to_owned());
    let status = response.status().as_u16();
    let answer: Value = response.json().await.expect("JSON");
    let error = &answer["errors"][0];
    assert_eq!((status, code(error)), (503, "UNAVAILABLE"), "{answer}");
    let seconds = error["extensions"]["retryAfter"].as_u64().expect("seconds");
    assert_eq!(retry_after, Some(seconds.to_string()), "{answer}");
    assert!(error["message"].as_str().expect("a text").contains("idempotencyKey"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_sqlite_is_unavailable() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let mut sql = Sql::of(&server).await;
    sql.execute("BEGIN IMMEDIATE").await;
    check_unavailable(post(&server, &client, SEND).await).await;
    sql.execute("ROLLBACK").await;
    client.send_echo("hello", None).await;
}

/// Some requests wait for a lock until their statements are cancelled, the others for a connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_postgres_is_unavailable() {
    let server = Server::start(Kind::Postgres).await;
    let client = server.register().await;
    let mut sql = Sql::of(&server).await;
    sql.execute("BEGIN").await;
    sql.execute("LOCK TABLE feeds").await;
    for response in join_all((0..MANY).map(|_| post(&server, &client, SEND))).await {
        check_unavailable(response).await;
    }
    sql.execute("ROLLBACK").await;
    client.send_echo("hello", None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_postgres_is_unavailable() {
    let mut postgres = Service::postgres().await;
    let url = postgres.postgres_url();
    let server = Server::with(Kind::Postgres, |config| config.database_url = Some(url.into())).await;
    let client = server.register().await;
    let create = "mutation { createAccessToken(input: { name: \"t\", scopes: [WRITE] }) { secret } }";
    let created = client.data(create, json!({})).await;
    let token = created["createAccessToken"]["secret"].as_str().expect("a token").to_owned();
    let mut script = client.clone();
    script.token = Some(token);
    postgres.end("KILL");
    // An access token is verified without the database; a personal access token must be looked up.
    for caller in [&client, &script] {
        check_unavailable(post(&server, caller, SEND).await).await;
    }
    let mut socket = Socket::connect(server.address).await;
    let authorization = format!("Bearer {}", script.token.as_ref().expect("a token"));
    let init = json!({ "type": "connection_init", "payload": { "authorization": authorization } });
    socket.send(init).await;
    assert_eq!(socket.closed().await, 1013);
    postgres.start().await;
    let back =
        async { while !matches!(client.try_send(json!({ "content": "hello" })).await, Some(Ok(_))) {} };
    wait_for("the database to be available again", back).await;
}
