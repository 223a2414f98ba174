//! The audit trail: which events are recorded, for whom, and how many.

use crate::support::{Client, PASSWORD, Server, Sql, code, codes, on_both_databases, wait_for};
use confab::store::{
    Database, Id, SecurityEventKind, Statements, paging::Slice, security_events::SecurityEvent,
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::yield_now;

const EVENTS: &str =
    "query($first: Int, $after: String) { me { securityEvents(first: $first, after: $after) {
    nodes { id kind at address agent detail } pageInfo { hasNextPage endCursor } } } }";
const LOG_IN: &str = "mutation($input: LogInInput!) { logIn(input: $input) { accessToken } }";

async fn events(client: &Client) -> Vec<Value> {
    let mut page = client.data(EVENTS, json!({ "first": 100 })).await["me"]["securityEvents"].take();
    let Value::Array(nodes) = page["nodes"].take() else { panic!("{page}") };
    nodes
}

async fn kinds(client: &Client) -> Vec<String> {
    events(client).await.iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

on_both_databases! {
    async fn pages_of_events_stay_consistent_after_a_clean_up(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let query = "query($first: Int, $after: String, $last: Int, $before: String) { me {
            securityEvents(first: $first, after: $after, last: $last, before: $before) {
                nodes { kind } pageInfo { hasPreviousPage hasNextPage startCursor } } } }";
        let page = async |arguments: Value| client.data(query, arguments).await["me"]["securityEvents"].take();
        let only = page(json!({})).await["pageInfo"]["startCursor"].take();
        let around = |page: &Value| (page["pageInfo"]["hasPreviousPage"].clone(), page["pageInfo"]["hasNextPage"].clone());
        let empty = page(json!({ "first": 1, "after": only })).await;
        assert_eq!((&empty["nodes"], around(&empty)), (&json!([]), (json!(true), json!(false))));
        let empty = page(json!({ "last": 1, "before": only })).await;
        assert_eq!((&empty["nodes"], around(&empty)), (&json!([]), (json!(false), json!(true))));
        Sql::of(&server).await.execute("DELETE FROM security_events").await;
        for arguments in [json!({ "first": 1, "after": only }), json!({ "last": 1, "before": only })] {
            let empty = page(arguments).await;
            assert_eq!((&empty["nodes"], around(&empty)), (&json!([]), (json!(false), json!(false))));
        }
    }

    async fn account_events_are_recorded_for_their_user(kind) {
        let server = Server::start(kind).await;
        let (ada, eve) = (server.register().await, server.register().await);
        let stranger = server.anonymous();
        let attempt = async |email: &str, password: &str| {
            stranger.execute(LOG_IN, json!({ "input": { "email": email, "password": password } })).await
        };
        attempt(&ada.email, "not the password").await;
        let noted = async {
            while kinds(&ada).await[0] != "SIGN_IN_FAILED" {
                yield_now().await;
            }
        };
        wait_for("the failure to be recorded", noted).await;
        attempt("nobody@example.com", "not the password").await;
        attempt(&ada.email, PASSWORD).await;
        let change = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions } }";
        let input = |current: &str| json!({ "input": { "currentPassword": current, "newPassword": "another one" } });
        assert_eq!(code(&ada.error(change, input("not the password")).await), "BAD_USER_INPUT");
        ada.data(change, input(PASSWORD)).await;
        let change = "mutation($input: ChangeEmailInput!) { changeEmail(input: $input) { user { id } } }";
        let input = json!({ "password": "another one", "newEmail": "new@example.com" });
        ada.data(change, json!({ "input": input })).await;
        let create = "mutation { createAccessToken(input: { name: \"cron\", scopes: [READ] }) { accessToken { id } } }";
        let id = ada.data(create, json!({})).await["createAccessToken"]["accessToken"]["id"].take();
        let delete = "mutation($id: ID!) { deleteAccessToken(input: { id: $id }) { deletedId } }";
        ada.data(delete, json!({ "id": id })).await;
        let exported = server.get("/export").bearer_auth(ada.token.as_deref().unwrap()).send().await.unwrap();
        assert_eq!(exported.status(), 200);
        let log_out = "mutation($token: String!) { logOut(input: { refreshToken: $token }) { loggedOut } }";
        for _ in 0..2 {
            stranger.data(log_out, json!({ "token": ada.refresh_token })).await;
        }
        let input = json!({ "input": { "email": "new@example.com", "password": "another one" } });
        let mut ada_again = ada.clone();
        ada_again.token = stranger.data(LOG_IN, input).await["logIn"]["accessToken"].as_str().map(str::to_owned);
        let (before, ada) = (ada, ada_again);

        let recorded = events(&ada).await;
        let expected = [
            "SIGNED_IN", "SIGNED_OUT", "DATA_EXPORTED", "TOKEN_DELETED", "TOKEN_CREATED", "EMAIL_CHANGED", "PASSWORD_CHANGED",
            "PASSWORD_REFUSED", "SIGNED_IN", "SIGN_IN_FAILED", "REGISTERED",
        ];
        assert_eq!(recorded.iter().map(|event| event["kind"].as_str().unwrap()).collect::<Vec<_>>(), expected);
        assert!(recorded.iter().all(|event| event["address"] == "127.0.0.1"), "{recorded:?}");
        assert!(recorded.iter().all(|event| event["agent"].is_null()), "this client sends no User-Agent");
        assert_eq!((&recorded[3]["detail"], &recorded[5]["detail"]), (&json!("cron"), &json!(before.email)));
        assert_eq!(kinds(&eve).await, ["REGISTERED"], "other users' events are not shown");

        // Reading page by page returns the same events.
        let (mut paged, mut after) = (Vec::new(), Value::Null);
        loop {
            let variables = json!({ "first": 3, "after": after });
            let mut page = ada.data(EVENTS, variables).await["me"]["securityEvents"].take();
            paged.extend(page["nodes"].as_array().unwrap().iter().cloned());
            after = page["pageInfo"]["endCursor"].take();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(paged, recorded);
    }

    async fn events_are_nodes_until_they_are_deleted(kind) {
        let server = Server::start(kind).await;
        let (ada, eve) = (server.register().await, server.register().await);
        let create = "mutation { createAccessToken(input: { name: \"cron\", scopes: [READ] }) { secret } }";
        ada.data(create, json!({})).await;
        let events = events(&ada).await;
        let ids: Vec<&Value> = events.iter().map(|event| &event["id"]).collect();
        assert_eq!(ids.len(), 2);
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) {
            ... on SecurityEvent { id kind at address agent detail } } }";
        assert_eq!(ada.data(query, json!({ "ids": ids })).await["nodes"], json!(events));
        let answer = eve.execute(query, json!({ "ids": ids })).await;
        assert_eq!(answer["data"]["nodes"], json!([null, null]));
        assert_eq!(codes(&answer), ["NOT_FOUND"; 2], "they belong to another user");

        let store = Database::connect(&server.database_url, &Statements::default()).await.unwrap();
        let later = server.clock.now() + Duration::from_secs(1);
        store.delete_security_events_before(later, 150).await.unwrap();
        assert_eq!(codes(&ada.execute(query, json!({ "ids": ids })).await), ["NOT_FOUND"; 2], "they are deleted");
    }

    async fn a_long_user_agent_is_cut(kind) {
        let server = Server::start(kind).await;
        let ada = server.register().await;
        let body = json!({ "query": LOG_IN, "variables": { "input": { "email": ada.email, "password": PASSWORD } } });
        let agent = format!("Mozilla/5.0 {}", "x".repeat(500));
        server.post().header("user-agent", &agent).json(&body).send().await.unwrap();
        assert_eq!(events(&ada).await[0]["agent"], agent[..200]);
        let mut sql = Sql::of(&server).await;
        assert_eq!(sql.all_rows().await["security_events"].len(), 2);
    }

    async fn the_number_of_events_of_one_kind_is_limited(kind) {
        let server = Server::start(kind).await;
        let ada = server.register().await;
        let id = ada.data("{ me { id } }", json!({})).await["me"]["id"].as_str().unwrap().to_owned();
        let user_id = Id(id.strip_prefix("user_").unwrap().parse().unwrap());
        let store = Database::connect(&server.database_url, &Statements::default()).await.unwrap();
        let start = server.clock.now();
        let event = |kind, at| SecurityEvent {
            id: Id::new(), user_id, kind, at, address: None, agent: None, detail: None,
        };
        for _ in 0..210 {
            store.insert_security_event(&event(SecurityEventKind::SignInFailed, start)).await.unwrap();
        }
        let count = async || {
            let slice = Slice { after: None, before: None, limit: 1000, from_end: false };
            store.security_events_page(user_id, slice).await.unwrap().rows.len()
        };
        assert_eq!(count().await, 1 + 200);
        store.insert_security_event(&event(SecurityEventKind::SignedIn, start)).await.unwrap();
        assert_eq!(count().await, 1 + 200 + 1);
        let day = Duration::from_secs(24 * 3600);
        store.insert_security_event(&event(SecurityEventKind::SignInFailed, start + day)).await.unwrap();
        assert_eq!(count().await, 1 + 200 + 1 + 1);
        // Expired events are deleted in batches, the oldest first.
        assert_eq!(store.delete_security_events_before(start + day, 150).await.unwrap(), 150);
        assert_eq!(store.delete_security_events_before(start + day, 150).await.unwrap(), 52);
        assert_eq!((count().await, store.delete_security_events_before(start + day, 150).await.unwrap()), (1, 0));
    }
}
