//! The limits on sign-in attempts and registrations.

use super::{behind_proxy, execute_from, network, retry_after};
use crate::support::{Client, HttpResponse, Kind, PASSWORD, Server, UNTHROTTLED, code, on_both_databases};
use confab::config::Throttling;
use futures_util::{StreamExt, stream};
use serde_json::json;
use std::{fmt::Display, time::Duration};

const LOG_IN: &str = "mutation($input: LogInInput!) { logIn(input: $input) { accessToken } }";
const REGISTER: &str = "mutation($input: RegisterInput!) { register(input: $input) { accessToken } }";
/// Too short for a password, so it is refused like a wrong one, but without hashing.
const GUESS: &str = "1234";

async fn log_in(server: &Server, from: impl Display, email: &str, password: &str) -> HttpResponse {
    let input = json!({ "input": { "email": email, "password": password } });
    execute_from(server, &server.anonymous(), from, LOG_IN, input).await
}

/// Returns the number of attempts until the limit is reached.
async fn guesses(server: &Server, from: &str, email: &str) -> usize {
    let guesses = stream::repeat(()).then(|()| log_in(server, from, email, GUESS));
    let made = guesses.take_while(|answer| {
        let limited = answer.status == 429;
        async move { !limited }
    });
    made.count().await
}

fn wrong(answer: &HttpResponse) -> bool {
    code(&answer.json()["errors"][0]) == "UNAUTHENTICATED"
}

on_both_databases! {
    async fn guessing_is_limited_without_locking_the_owner_out(kind) {
        let server = behind_proxy(kind, Throttling { login_rate_per_account: 3, ..UNTHROTTLED }).await;
        let owner = Client::register(server.address).await;
        let home = format!("{}::1", network());
        assert!(log_in(&server, &home, &owner.email, PASSWORD).await.json()["data"]["logIn"].is_object());
        let nobody = format!("nobody-{}", owner.email);
        // The first network also uses up the account's own rate, which refills in 20 seconds.
        for (network, most) in [(network(), 5 + 3), (network(), 5), (network(), 5)] {
            for email in [&owner.email, &nobody] {
                let made = guesses(&server, &format!("{network}::1"), email).await;
                assert!((most..=most + 1).contains(&made), "{email}: {made}");
            }
            // Another address of the same network shares the limit.
            let another = format!("{network}:77::2");
            let mut refusals = Vec::new();
            for email in [&owner.email, &nobody] {
                let refused = log_in(&server, &another, email, GUESS).await;
                assert!(retry_after(&refused) <= 20);
                refusals.push(refused.json()["errors"][0]["message"].take());
            }
            assert_eq!(refusals[0], refusals[1], "the refusal does not reveal whether the account exists");
        }
        for from in [home, format!("{}::1", network())] {
            // The owner mistypes the password and then gets it right, several times.
            for _ in 0..3 {
                assert!(wrong(&log_in(&server, &from, &owner.email, GUESS).await));
                assert!(wrong(&log_in(&server, &from, &owner.email, GUESS).await));
                let right = log_in(&server, &from, &owner.email, PASSWORD).await;
                assert_eq!((right.status, right.json().get("errors")), (200, None));
            }
        }
    }

    async fn sign_ins_per_address_are_limited(kind) {
        let throttling = Throttling { login_rate_per_address: 2, ..UNTHROTTLED };
        let server = behind_proxy(kind, throttling).await;
        let home = network();
        let guess = async |from: String| {
            let email = format!("{}@example.com", uuid::Uuid::now_v7());
            log_in(&server, from, &email, GUESS).await
        };
        // A /64 of IPv6 counts as one address.
        for one in 0..2 {
            assert!(wrong(&guess(format!("{home}:5::{one}")).await));
        }
        let refused = guess(format!("{home}:5::99")).await;
        let wait = retry_after(&refused);
        // Real time passes too, and each guess costs a hash.
        assert!((16..=30).contains(&wait), "half a minute: {wait}");
        assert!(refused.json()["data"].is_null());
        assert!(wrong(&guess(format!("{home}:6::1")).await), "a neighbour");
        server.clock.advance(Duration::from_secs(wait - 12));
        retry_after(&guess(format!("{home}:5::1")).await);
        server.clock.advance(Duration::from_secs(12));
        assert!(wrong(&guess(format!("{home}:5::1")).await));
        retry_after(&guess(format!("{home}:5::1")).await);
    }

    /// A network contains any number of addresses.
    async fn sign_ins_and_registrations_per_network_are_limited(kind) {
        let throttling =
            Throttling { login_rate_per_address: 1, register_rate_per_address: 1, ..UNTHROTTLED };
        let server = behind_proxy(kind, throttling).await;
        let guess = async |from: String| {
            let email = format!("{}@example.com", uuid::Uuid::now_v7());
            log_in(&server, from, &email, GUESS).await
        };
        let register = async |from: String| {
            let email = format!("{}@example.com", uuid::Uuid::now_v7());
            let input = json!({ "input": { "email": email, "password": PASSWORD } });
            execute_from(&server, &server.anonymous(), from, REGISTER, input).await
        };
        let random = rand::random::<u8>();
        for (network, other) in [
            (network(), network()),
            (format!("::ffff:203.{random}.113"), format!("::ffff:203.{random}.114")),
        ] {
            let ipv4 = network.contains('.');
            let address = |network: &str, one: usize| match ipv4 {
                true => format!("{network}.{one}"),
                false => format!("{network}:{one:x}::1"),
            };
            // Eight times the limit of one address, and what refills meanwhile.
            let mut one = 0;
            let refused = loop {
                one += 1;
                let answer = guess(address(&network, one)).await;
                if answer.status == 429 {
                    break answer;
                }
                assert!(wrong(&answer) && one < 100, "{one}: {answer:?}");
            };
            assert!(one > 8, "{one}");
            retry_after(&refused);
            assert!(wrong(&guess(address(&other, 1)).await), "another network");
            let mut one = 0;
            let refused = loop {
                one += 1;
                let answer = register(address(&network, one)).await;
                if answer.status == 429 {
                    break answer;
                }
                assert!(answer.json()["data"]["register"].is_object() && one < 100, "{one}: {answer:?}");
            };
            assert!(one > 8, "{one}");
            retry_after(&refused);
            assert_eq!(register(address(&other, 1)).await.status, 200, "another network");
            server.clock.advance(Duration::from_secs(60));
            assert!(wrong(&guess(address(&network, 200)).await));
        }
    }

    async fn registrations_per_address_are_limited(kind) {
        let throttling = Throttling { register_rate_per_address: 2, ..UNTHROTTLED };
        let server = behind_proxy(kind, throttling).await;
        let home = format!("{}::1", network());
        let register = async |from: &str| {
            let email = format!("{}@example.com", uuid::Uuid::now_v7());
            let input = json!({ "input": { "email": email, "password": PASSWORD } });
            execute_from(&server, &server.anonymous(), from, REGISTER, input).await
        };
        for _ in 0..2 {
            assert!(register(&home).await.json()["data"]["register"].is_object());
        }
        assert!((26..=30).contains(&retry_after(&register(&home).await)));
        assert!(register(&format!("{}::1", network())).await.json()["data"]["register"].is_object());
    }

    async fn forged_forwarding_headers_are_ignored(kind) {
        let throttling = Throttling { login_rate_per_address: 3, ..UNTHROTTLED };
        let server = Server::with(kind, |config| {
            config.throttling = throttling;
            config.trusted_proxies = "10.0.0.0/8".parse().unwrap();
        })
        .await;
        let forging = async |server: &Server, headers: &[(&'static str, &str)]| {
            let input = json!({ "input": { "email": "ada@example.com", "password": GUESS } });
            let mut request = server.post().json(&json!({ "query": LOG_IN, "variables": input }));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            HttpResponse::to(request).await
        };
        assert!(wrong(&forging(&server, &[]).await));
        assert!(wrong(&forging(&server, &[("x-forwarded-for", "198.51.100.1")]).await));
        assert!(wrong(&forging(&server, &[("forwarded", "for=198.51.100.2")]).await));
        for headers in [
            &[("x-forwarded-for", "198.51.100.3")][..],
            &[("x-forwarded-for", "198.51.100.3, 10.0.0.1")],
            &[("forwarded", "for=198.51.100.4")],
            &[("x-real-ip", "198.51.100.5")],
            &[("x-forwarded-for", "10.0.0.1")],
        ] {
            retry_after(&forging(&server, headers).await);
        }
        // A trusted proxy appends the address that it saw to the forged ones.
        let server = behind_proxy(kind, throttling).await;
        let home = format!("{}::1", network());
        for forged in 0..3 {
            assert!(wrong(&forging(&server, &[("x-forwarded-for", &format!("198.51.100.{forged}, {home}"))]).await));
        }
        retry_after(&forging(&server, &[("x-forwarded-for", &format!("198.51.100.9, {home}"))]).await);
    }
}

/// The default limits, which no person reaches.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_ins_are_limited_by_default() {
    let defaults = crate::support::default_settings().throttling;
    let server = behind_proxy(Kind::Sqlite, defaults).await;
    let home = format!("{}::1", network());
    let guessed = guesses(&server, &home, "ada@example.com").await;
    assert!((15..=17).contains(&guessed), "a few attempts of the network, and ten of the account: {guessed}");
    for one in 0..8 {
        log_in(&server, &home, &format!("{one}@example.com"), GUESS).await;
    }
    retry_after(&log_in(&server, &home, "bob@example.com", GUESS).await);
}
