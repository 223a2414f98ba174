//! Readiness: the database must answer and be writable.

use crate::support::{Client, HttpResponse, Kind, Process, Server, Sql, wait_for};
use reqwest::RequestBuilder;
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;

/// Far longer than the result of a check is cached.
const MINUTE: Duration = Duration::from_secs(60);

/// Returns the status and the body of `/readyz`.
async fn ready(request: RequestBuilder) -> (u16, String) {
    let answer = HttpResponse::to(request).await;
    (answer.status, answer.text().to_owned())
}

/// Returns whether an instance is not ready because it cannot write to its database.
async fn is_read_only(request: RequestBuilder) -> bool {
    let (status, reason) = ready(request).await;
    status == 503 && reason.contains("writ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_is_not_ready_while_postgres_is_read_only() {
    let server = Server::start(Kind::Postgres).await;
    assert_eq!(ready(server.get("/readyz")).await.0, 200);
    let (_, name) = server.database_url.rsplit_once('/').expect("the URL names a database");
    let mut sql = Sql::of(&server).await;
    let mut set = async |only_reads: &str| {
        sql.execute(&format!("ALTER DATABASE {name} SET default_transaction_read_only = {only_reads}")).await;
        // A session keeps the default of the time when it was opened.
        let others = "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        sql.execute(&format!("SELECT pg_terminate_backend(pid) FROM {others}")).await;
        server.clock.advance(MINUTE);
    };
    set("on").await;
    let unready = async {
        while !is_read_only(server.get("/readyz")).await {
            server.clock.advance(MINUTE);
        }
    };
    wait_for("the instance to be unready", unready).await;
    set("off").await;
    let is_ready = async {
        while ready(server.get("/readyz")).await.0 != 200 {
            server.clock.advance(MINUTE);
        }
    };
    wait_for("the instance to be ready", is_ready).await;
}

/// A limit on the file size stands for a full disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_is_not_ready_while_sqlite_cannot_write() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let settings = [("CONFAB_COST_RATE", "0"), ("CONFAB_LOG", "error")];
    let (_process, address) = Process::serve_within("-f 4000", folder.path(), &settings).await;
    let client = Client::register(address).await;
    let http = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
    let get = || http.get(format!("http://{address}/readyz"));
    assert_eq!(ready(get()).await.0, 200);
    let create = "mutation($p: String) { createConversation(input: { systemPrompt: $p }) { __typename } }";
    let mut letters = 10_000;
    let filled = async {
        while !is_read_only(get()).await {
            let answer = client.execute(create, json!({ "p": "x".repeat(letters) })).await;
            if answer.get("errors").is_some() {
                letters /= 2; // a smaller row may still fit
            }
        }
    };
    // The row that `/readyz` writes is small, and fits for longer than others.
    timeout(MINUTE * 2, filled).await.expect("the instance is unready");
    let me = client.data("{ me { id } }", json!({})).await;
    assert!(me["me"]["id"].is_string(), "reading still works");
}
