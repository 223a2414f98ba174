//! The connection pool of PostgreSQL: round trips per request, and lost connections.

use crate::support::{Client, Kind, PostgresProxy, Server, Service, Sql, wait_for};
use confab::config::Config;
use futures_util::future::join_all;
use secrecy::ExposeSecret;
use serde_json::json;
use std::time::Duration;
use tokio::time::{advance, pause, resume, sleep};

/// A query of three levels: the user, conversations, messages.
const NESTED: &str = "{ me { conversations(first: 20) { nodes {
    id messages(last: 20) { nodes { content } } } } } }";

/// The number of concurrent requests, each on a connection of its own. It is below the size of the pool.
const CONCURRENCY: usize = 8;

/// Makes a server connect to its database through a proxy.
fn through_proxy(config: &mut Config) -> PostgresProxy {
    let database = config.database_url.take().expect("it is set");
    let (proxy, url) = PostgresProxy::to(database.expose_secret());
    config.database_url = Some(url.into());
    proxy
}

/// Starts a server whose database is behind a proxy.
async fn behind_proxy() -> (Server, PostgresProxy) {
    let mut proxy = None;
    let server = Server::with(Kind::Postgres, |config| proxy = Some(through_proxy(config))).await;
    (server, proxy.expect("the settings were changed"))
}

/// Fills the pool with [`CONCURRENCY`] connections: concurrent requests wait for a table lock until all of them have
/// one.
async fn fill_pool(server: &Server, client: &Client) {
    let mut sql = Sql::of(server).await;
    sql.execute("BEGIN; LOCK TABLE conversations").await;
    let release = async {
        let waiting = "SELECT count(*)::text AS value FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let all_wait = async {
            // Background tasks may wait too. Within a transaction, PostgreSQL caches its statistics until they are
            // cleared.
            while sql.values(waiting).await[0].parse::<usize>().expect("a number") < CONCURRENCY {
                sql.execute("SELECT pg_stat_clear_snapshot()").await;
                sleep(Duration::from_millis(10)).await;
            }
        };
        wait_for("the requests to wait for the lock", all_wait).await;
        sql.execute("COMMIT").await;
    };
    tokio::join!(execute_concurrently(client), release);
}

/// Sends [`CONCURRENCY`] concurrent requests. Each must succeed.
async fn execute_concurrently(client: &Client) {
    join_all((0..CONCURRENCY).map(|_| client.data(NESTED, json!({})))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nested_query_takes_one_round_trip_per_level() {
    let (server, proxy) = behind_proxy().await;
    let client = server.register().await;
    client.send_echo("hello", None).await;
    // Background tasks execute statements too, and each connection prepares a statement once: the smallest count is the
    // query's.
    let mut least = u64::MAX;
    for _ in 0..30 {
        let before = proxy.round_trips();
        client.data(NESTED, json!({})).await;
        least = least.min(proxy.round_trips() - before);
    }
    assert_eq!(least, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_closed_by_postgres_fail_no_request() {
    let server = Server::start(Kind::Postgres).await;
    let client = server.register().await;
    let mut sql = Sql::of(&server).await;
    for _ in 0..3 {
        fill_pool(&server, &client).await;
        // Each backend is waited for, up to 10 s.
        let ended = "SELECT pg_terminate_backend(pid, 10000)::text AS value FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let ended = sql.values(ended).await;
        // A backend that has already ended returns false.
        assert!(ended.iter().filter(|ended| *ended == "true").count() >= CONCURRENCY, "{ended:?}");
        execute_concurrently(&client).await;
    }
}

/// Runs on one thread, because the clock is advanced for the whole server.
#[tokio::test]
async fn silently_dropped_connections_fail_no_request() {
    let (server, proxy) = behind_proxy().await;
    let client = server.register().await;
    fill_pool(&server, &client).await;
    proxy.drop_connections();
    pause();
    advance(Duration::from_secs(2)).await;
    resume();
    execute_concurrently(&client).await;
}

/// PostgreSQL counts how often it plans a statement (PostgreSQL documentation, "pg_stat_statements").
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_is_planned_once_per_connection() {
    let postgres = Service::postgres_with(&[
        "shared_preload_libraries=pg_stat_statements",
        "pg_stat_statements.track_planning=on",
    ])
    .await;
    let url = postgres.postgres_url();
    let server = Server::with(Kind::Postgres, |config| config.database_url = Some(url.clone().into())).await;
    let client = server.register().await;
    let (_, reply) = client.send_echo("hello", None).await;
    server.socket(&client).await.follow_to_end(&reply).await;
    let mut sql = Sql::connect(&url).await;
    // The statements of the reply are not counted.
    sql.execute("CREATE EXTENSION pg_stat_statements; SELECT pg_stat_statements_reset()").await;
    const QUERIES: usize = 60;
    for _ in 0..QUERIES {
        client.data(NESTED, json!({})).await;
    }
    let statements = "SELECT concat_ws(' ', calls, plans) AS value FROM pg_stat_statements
        WHERE query LIKE 'SELECT \"users\"%ANY%' OR query LIKE 'SELECT \"messages\"%ANY%'";
    let counts = sql.values(statements).await;
    assert_eq!(counts.len(), 2, "{counts:?}");
    for count in &counts {
        let (calls, plans) = count.split_once(' ').expect("two numbers");
        let [calls, plans]: [usize; 2] = [calls, plans].map(|number| number.parse().expect("a number"));
        assert!(
            calls >= QUERIES && plans <= 16,
            "{plans} plans for {calls} calls, but the pool has at most 16 connections"
        );
    }
}
