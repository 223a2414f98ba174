//! Limits that several instances share.

use super::{behind_proxy, network};
use crate::support::{Client, Cluster, Kind, Server, UNTHROTTLED, code};
use confab::config::Throttling;
use serde_json::json;

const SEND: &str = "mutation { sendMessage(input: { content: \"hi\", model: \"echo\" }) { reply { id } } }";

/// Sends messages and returns how many are accepted; the others must get RATE_LIMITED.
async fn accepted(sends: usize, at: impl Fn(usize) -> Client) -> usize {
    let mut accepted = 0;
    for number in 0..sends {
        let answer = at(number).execute(SEND, json!({})).await;
        match answer.get("errors") {
            None => accepted += 1,
            Some(errors) => assert_eq!(code(&errors[0]), "RATE_LIMITED"),
        }
    }
    accepted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_share_limits_over_redis() {
    let throttling = Throttling { send_rate: 4, login_rate_per_account: 1, ..UNTHROTTLED };
    let server = behind_proxy(Kind::Postgres, throttling).await;
    let beside: Server = server.another_instance().await;
    let client = server.register().await;
    let there = client.at(beside.address);
    let sent = accepted(8, |number| if number % 2 == 0 { client.clone() } else { there.clone() }).await;
    assert!((4..=5).contains(&sent), "as many as a single instance accepts: {sent}");
    // A successful sign-in restores the address's attempts on all instances.
    let log_in = async |server: &Server, from: &str, password: &str| {
        let query = "mutation($input: LogInInput!) { logIn(input: $input) { accessToken } }";
        let input = json!({ "input": { "email": client.email, "password": password } });
        super::execute_from(server, &server.anonymous(), from, query, input).await.status
    };
    let (home, abroad) = (format!("{}::1", network()), format!("{}::1", network()));
    while log_in(&server, &abroad, "1234").await == 200 {}
    assert_eq!(log_in(&beside, &abroad, "1234").await, 429);
    for _ in 0..4 {
        assert_eq!(log_in(&beside, &home, "1234").await, 200);
    }
    assert_eq!(log_in(&server, &home, crate::support::PASSWORD).await, 200);
    for _ in 0..5 {
        assert_eq!(log_in(&beside, &home, "1234").await, 200);
    }
}

/// Without Redis each instance limits by itself: neither all requests pass nor none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_hold_without_redis() {
    let mut cluster = Cluster::start(1, &[("CONFAB_SEND_RATE", "3")]).await;
    let clients = [cluster.register().await, cluster.register().await, cluster.register().await];
    let send = async |client: &Client| accepted(9, |_| client.clone()).await;
    let sent = send(&clients[0]).await;
    assert!((3..=5).contains(&sent), "{sent}");
    cluster.redis.signal("STOP");
    let sent = send(&clients[1]).await;
    assert!((3..=5).contains(&sent), "frozen: {sent}");
    cluster.redis.signal("CONT");
    cluster.redis.end("KILL");
    let sent = send(&clients[2]).await;
    assert!((3..=5).contains(&sent), "gone: {sent}");
}
