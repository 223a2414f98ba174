//! Accounts: registering, signing in and out, and the comparison of e-mail addresses.

use crate::support::{Client, PASSWORD, Server, Sql, code, on_both_databases};
use serde_json::{Value, json};
use std::time::Duration;

const LOG_IN: &str = "mutation($input: LogInInput!) { logIn(input: $input) {
    accessToken refreshToken expiresIn user { id email name } } }";
const REFRESH: &str = "mutation($token: String!) { refreshSession(input: { refreshToken: $token }) {
    accessToken refreshToken user { email } } }";
const LOG_OUT: &str = "mutation($token: String!) { logOut(input: { refreshToken: $token }) { loggedOut } }";
const REGISTER: &str = "mutation($input: RegisterInput!) { register(input: $input) {
    accessToken expiresIn user { email name createdAt } } }";

async fn me(client: &Client) -> Value {
    client.execute("{ me { email } }", json!({})).await
}

on_both_databases! {
    async fn registering_signs_the_user_in(kind) {
        let server = Server::start(kind).await;
        let mut client = server.anonymous();
        let input = json!({ "email": "Ada@Example.com", "password": "пароль-🦀-x", "name": " Ada Lovelace " });
        let payload = client.data(REGISTER, json!({ "input": input })).await["register"].take();
        assert_eq!(payload["user"]["email"], "Ada@Example.com");
        assert_eq!(payload["user"]["name"], "Ada Lovelace");
        assert_eq!(payload["expiresIn"], 900);
        assert_eq!(client.data("{ me { email } }", json!({})).await, json!({ "me": null }));
        client.token = Some(payload["accessToken"].as_str().unwrap().to_owned());
        assert_eq!(me(&client).await["data"]["me"]["email"], "Ada@Example.com");

        let log_in = json!({ "email": "ADA@example.COM", "password": "пароль-🦀-x" });
        let payload = server.anonymous().data(LOG_IN, json!({ "input": log_in })).await;
        assert_eq!(payload["logIn"]["user"]["name"], "Ada Lovelace");
    }

    async fn addresses_are_case_insensitive(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let input = json!({ "email": client.email.to_uppercase(), "password": "another password" });
        assert_eq!(code(&server.anonymous().error(REGISTER, json!({ "input": input })).await), "CONFLICT");
    }

    async fn equivalent_spellings_of_an_address_share_an_account(kind) {
        let server = Server::start(kind).await;
        let client = server.anonymous();
        let input = |email: &str| json!({ "input": { "email": email, "password": PASSWORD } });
        for (registered, others) in [
            ("Rene\u{301}@bücher.example", ["rené@bücher.example", "RENÉ@XN--BCHER-KVA.example"]),
            ("हिन्दी@उदाहरण.परीक्षा", ["हिन्दी@xn--p1b6ci4b4b3a.xn--11b5bs3a9aj6g", "हिन्दी@उदाहरण。परीक्षा"]),
            ("ผู้ใช้@ตัวอย่าง.ไทย", ["ผู้ใช้@xn--72c1a1bt4awk9o.xn--o3cw4h", " ผู้ใช้@ตัวอย่าง.ไทย "]),
            ("தமிழ்@இந்தியா.example", ["தமிழ்@xn--xkc2dl3a5ee0h.example", "தமிழ்@இந்தியா.EXAMPLE"]),
        ] {
            let payload = client.data(REGISTER, input(registered)).await;
            assert_eq!(payload["register"]["user"]["email"], registered, "it is shown as it was written");
            for other in others {
                assert_eq!(code(&client.error(REGISTER, input(other)).await), "CONFLICT", "{other}");
                assert_eq!(client.data(LOG_IN, input(other)).await["logIn"]["user"]["email"], registered);
            }
        }
        let mover = server.register().await;
        let change = "mutation($input: ChangeEmailInput!) { changeEmail(input: $input) { user { email } } }";
        let to = |email: &str| json!({ "input": { "newEmail": email, "password": PASSWORD } });
        assert_eq!(code(&mover.error(change, to("rené@xn--bcher-kva.example")).await), "CONFLICT");
        mover.data(change, to("Zoe\u{308}@example.com")).await;
        client.data(LOG_IN, input("zoë@example.com")).await;
    }

    /// Earlier versions compared addresses only in lower case.
    async fn accounts_of_earlier_versions_are_found_by_equivalent_spellings(kind) {
        let server = Server::start(kind).await;
        let input = |email: &str, password: &str| json!({ "input": { "email": email, "password": password } });
        let register = async |email: &str, key: &str, password: &str| {
            let made = format!("{}@example.com", uuid::Uuid::now_v7().simple());
            server.anonymous().data(REGISTER, input(&made, password)).await;
            let mut sql = Sql::of(&server).await;
            sql.execute(&format!("UPDATE users SET email = '{email}', email_key = '{key}' WHERE email = '{made}'")).await;
        };
        register("Rene\u{301}@Bücher.example", "rene\u{301}@bücher.example", "password of one").await;
        // These two accounts have equivalent addresses.
        register("Zoe\u{308}@example.com", "zoe\u{308}@example.com", "password of older").await;
        register("zoë@xn--bcher-kva.example", "zoë@xn--bcher-kva.example", "password of other").await;
        register("zoë@bücher.example", "zoë@bücher.example", "password of younger").await;
        register("Odd@xn--a.example", "odd@xn--a.example", "password of odd").await;
        let users = "SELECT CAST(count(*) AS text) AS value FROM users";
        let before = Sql::of(&server).await.values(users).await;

        let server = server.restart().await.restart().await;
        assert_eq!(Sql::of(&server).await.values(users).await, before);
        let client = server.anonymous();
        for (email, password) in [
            ("rené@xn--bcher-kva.example", "password of one"),
            ("Rene\u{301}@Bücher.example", "password of one"),
            ("zoë@example.com", "password of older"),
            ("zoe\u{308}@example.com", "password of older"),
            ("ZOË@xn--bcher-kva.example", "password of other"),
            ("zoe\u{308}@BÜCHER.example", "password of other"),
            // Found only by the spelling that it was registered with.
            ("Zoë@bücher.example", "password of younger"),
            ("odd@XN--A.example", "password of odd"),
        ] {
            client.data(LOG_IN, input(email, password)).await;
        }
        for email in ["rené@bücher.example", "zoë@example.com", "zoë@bücher.example"] {
            assert_eq!(code(&client.error(REGISTER, input(email, PASSWORD)).await), "CONFLICT", "{email}");
        }
    }

    async fn invalid_input_is_refused_with_its_field(kind) {
        let server = Server::start(kind).await;
        let good = json!({ "email": "ada@example.com", "password": "12345678", "name": "Ada" });
        for (field, value) in [
            ("email", json!("ada")),
            ("email", json!("a\u{0}b@example.com")),
            ("password", json!("1234567")),
            ("password", json!("é".repeat(257))),
            ("name", json!("  ")),
            ("name", json!("a".repeat(101))),
            ("name", json!("a\u{0}b")),
            ("name", json!("\u{200b}\u{2060}")),
            ("name", json!("\u{3164}\u{2800} \u{fe0f}")),
            ("email", json!("\u{200b}ada@example.com")),
            ("email", json!("ada@xn--a.example")),
        ] {
            let mut input = good.clone();
            input[field] = value;
            let error = server.anonymous().error(REGISTER, json!({ "input": input })).await;
            assert_eq!((code(&error), &error["extensions"]["field"]), ("BAD_USER_INPUT", &json!(field)), "{error}");
        }
    }

    async fn a_wrong_address_and_a_wrong_password_get_the_same_answer(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let mut answers = Vec::new();
        for (email, password) in [
            (client.email.as_str(), "not the password"),
            (client.email.as_str(), "short"),
            ("nobody@example.com", "not the password"),
        ] {
            let input = json!({ "email": email, "password": password });
            answers.push(server.anonymous().execute(LOG_IN, json!({ "input": input })).await);
        }
        assert_eq!(code(&answers[0]["errors"][0]), "UNAUTHENTICATED");
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    }

    async fn each_refresh_token_refreshes_the_session(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let first = json!({ "token": client.refresh_token });
        let payload = client.data(REFRESH, first).await["refreshSession"].take();
        assert_eq!(payload["user"]["email"], client.email);
        let second = json!({ "token": payload["refreshToken"] });
        let fresh = server.anonymous().data(REFRESH, second).await["refreshSession"].take();
        let mut again = server.anonymous();
        again.token = fresh["accessToken"].as_str().map(str::to_owned);
        assert_eq!(me(&again).await["data"]["me"]["email"], client.email);
    }

    async fn signing_out_ends_the_session_and_is_idempotent(kind) {
        let server = Server::start(kind).await;
        let token = json!({ "token": server.register().await.refresh_token });
        let client = server.anonymous();
        assert_eq!(client.data(LOG_OUT, token.clone()).await["logOut"]["loggedOut"], true);
        assert_eq!(client.data(LOG_OUT, token.clone()).await["logOut"]["loggedOut"], false);
        assert_eq!(client.data(LOG_OUT, json!({ "token": "nonsense" })).await["logOut"]["loggedOut"], false);
        assert_eq!(code(&client.error(REFRESH, token).await), "UNAUTHENTICATED");
    }

    async fn tokens_and_sessions_expire(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        server.clock.advance(Duration::from_secs(840));
        assert_eq!(me(&client).await["data"]["me"]["email"], client.email);
        server.clock.advance(Duration::from_secs(60));
        assert_eq!(code(&me(&client).await["errors"][0]), "UNAUTHENTICATED");
        server.clock.advance(Duration::from_secs(30 * 24 * 3600));
        let token = json!({ "token": client.refresh_token });
        assert_eq!(code(&server.anonymous().error(REFRESH, token).await), "UNAUTHENTICATED");
    }

    async fn an_invalid_token_is_not_treated_as_absent(kind) {
        let server = Server::start(kind).await;
        for token in ["", "nonsense", "a.b.c"] {
            let mut client = server.anonymous();
            client.token = Some(token.into());
            assert_eq!(code(&me(&client).await["errors"][0]), "UNAUTHENTICATED", "{token:?}");
        }
    }

    async fn access_tokens_survive_a_restart(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let server = server.restart().await;
        let again = Client::new(server.address, client.token.clone());
        assert_eq!(me(&again).await["data"]["me"]["email"], client.email);
    }
}
