//! Signing in does not reveal whether an address has an account, in no part of the answer.

use crate::support::{GRAPHQL, HttpResponse, JSON, PASSWORD, Server, code, on_both_databases};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const LOG_IN: &str =
    "mutation($input: LogInInput!) { logIn(input: $input) { accessToken user { id email } } }";
const REGISTER: &str =
    "mutation($input: RegisterInput!) { register(input: $input) { accessToken user { id } } }";

async fn post(server: &Server, accept: &str, query: &str, input: Value) -> HttpResponse {
    let request = json!({ "query": query, "variables": { "input": input } });
    HttpResponse::to(server.post().header("accept", accept).json(&request)).await
}

/// Returns the parts of an answer that must not differ: everything but its date and its request ID.
fn alike(answer: &HttpResponse) -> (u16, BTreeMap<String, Vec<u8>>, Vec<u8>) {
    let headers =
        answer.headers.iter().filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    (answer.status, headers, answer.body.to_vec())
}

on_both_databases! {
    async fn known_and_unknown_addresses_get_the_same_answer(kind) {
        let server = Server::start(kind).await;
        let known = server.register().await.email;
        let unknown = known.replacen('@', "0@", 1);
        let shouted = known.to_uppercase();
        for accept in [GRAPHQL, JSON, "text/event-stream"] {
            for password in ["wrong horse battery", "short", "", &"x".repeat(300)] {
                let mut answers = Vec::new();
                for email in [&known, &unknown, &shouted] {
                    let answer = post(&server, accept, LOG_IN, json!({ "email": email, "password": password })).await;
                    assert!(answer.text().contains("\"UNAUTHENTICATED\""), "{answer:?}");
                    assert!(!answer.text().contains('@'), "{answer:?}");
                    answers.push(alike(&answer));
                }
                assert_eq!(answers[0], answers[1], "{accept} {password:?}");
                assert_eq!(answers[0], answers[2], "{accept} {password:?}");
            }
        }
        let right = post(&server, JSON, LOG_IN, json!({ "email": shouted, "password": PASSWORD })).await.json();
        assert_eq!(right["data"]["logIn"]["user"]["email"], known, "the right password is accepted");
    }

    /// Registering must report that an address is taken, but nothing else about its account.
    async fn registering_a_taken_address_reveals_nothing_else(kind) {
        let server = Server::start(kind).await;
        let [owner, other] = [server.register().await, server.register().await];
        let mut answers = Vec::new();
        for taken in [&owner, &other] {
            let stranger = json!({ "email": taken.email, "password": "another password", "name": "Mallory" });
            let answer = post(&server, GRAPHQL, REGISTER, stranger).await;
            let error = answer.json()["errors"][0].take();
            assert_eq!(code(&error), "CONFLICT");
            assert_eq!(error["extensions"].as_object().map(serde_json::Map::len), Some(1));
            assert!(!answer.text().contains('@'), "{answer:?}");
            answers.push(alike(&answer));
        }
        assert_eq!(answers[0], answers[1], "nothing in the answer depends on the account");
        // The account is unchanged.
        let right = post(&server, JSON, LOG_IN, json!({ "email": owner.email, "password": PASSWORD })).await;
        assert!(right.json()["data"]["logIn"]["accessToken"].is_string());
        // Invalid input is reported before the address is looked up.
        let faulty = json!({ "email": owner.email, "password": "short" });
        assert_eq!(code(&post(&server, JSON, REGISTER, faulty).await.json()["errors"][0]), "BAD_USER_INPUT");
    }
}
