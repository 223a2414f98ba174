//! Users of an external OpenID provider: a real one, at which the tests sign in.

use crate::support::{
    AUDIENCE, Client, Closed, IdentityProvider, Kind, PASSWORD, Server, Sql, code, codes, on_both_databases,
    wait_for,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use confab::config::{Config, Registration};
use futures_util::future::join_all;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tokio::{join, task::yield_now};

const ME: &str = "{ me { id name email sessions { id } securityEvents { nodes { kind address detail } } } }";
const DELETE: &str =
    "mutation($password: String) { deleteAccount(input: { password: $password }) { deletedId } }";

fn trusting(provider: &IdentityProvider) -> impl FnOnce(&mut Config) {
    let issuer = provider.issuer.clone();
    move |config| {
        config.identities.oidc_issuer = issuer;
        config.identities.oidc_audience = AUDIENCE.into();
    }
}

/// A client that authenticates with this token.
fn client_with(server: &Server, token: &str) -> Client {
    let mut client = server.anonymous();
    client.token = Some(token.to_owned());
    client
}

async fn me(client: &Client) -> Value {
    client.data(ME, json!({})).await["me"].take()
}

async fn refused(client: &Client) -> bool {
    let answer = client.execute(ME, json!({})).await;
    match codes(&answer)[..] {
        [] => false,
        ["UNAUTHENTICATED"] => true,
        _ => panic!("{answer}"),
    }
}

/// Returns the three parts of a token: the header and the claims decoded, the signature as it is.
fn parts(token: &str) -> [String; 3] {
    let parts: Vec<&str> = token.split('.').collect();
    let decode = |part| String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    [decode(parts[0]), decode(parts[1]), parts[2].to_owned()]
}

on_both_databases! {
    async fn the_first_token_of_a_provider_user_creates_the_account(kind) {
        let provider = IdentityProvider::start().await;
        let server = Server::with(kind, trusting(&provider)).await;
        let elsewhere = server.another_instance().await;
        for algorithm in ["RS256", "ES256", "EdDSA"] {
            let who = format!("ada-{algorithm}");
            let tokens = provider.sign_in(algorithm, &who).await;
            let ada = client_with(&server, &tokens.access_token);
            // The first requests arrive on two instances at once.
            let clients: Vec<Client> =
                (0..6).map(|i| ada.at([server.address, elsewhere.address][i % 2])).collect();
            let seen = join_all(clients.iter().map(me)).await;
            let expected = json!({
                "id": seen[0]["id"],
                "name": format!("{who} of the provider"),
                "email": format!("{who}@example.com"),
                "sessions": [],
                "securityEvents": { "nodes": [{ "kind": "REGISTERED", "address": null, "detail": provider.issuer }] },
            });
            assert!(seen.iter().all(|me| *me == expected), "{seen:?}");
            let again = provider.sign_in(algorithm, &who).await;
            assert_eq!(me(&client_with(&elsewhere, &again.access_token)).await["id"], seen[0]["id"]);
        }
        let eve = client_with(&server, &provider.sign_in("RS256", "eve").await.access_token);
        let ada = client_with(&server, &provider.sign_in("ES256", "ada-RS256").await.access_token);
        assert_ne!(me(&ada).await["id"], me(&eve).await["id"]);

        // These users can do what every user can, over every transport.
        let (conversation, reply) = ada.send_echo("hello", None).await;
        let mut socket = server.socket(&ada).await;
        assert_eq!(socket.follow_to_end(&reply).await.0, "hello");
        let node = "query($id: ID!) { node(id: $id) { id } }";
        assert_eq!(code(&eve.error(node, json!({ "id": conversation })).await), "NOT_FOUND");
        let create = "mutation { createAccessToken(input: { name: \"cron\", scopes: [READ] }) { secret } }";
        let created = ada.data(create, json!({})).await;
        let script = client_with(&server, created["createAccessToken"]["secret"].as_str().unwrap());
        assert_eq!(me(&script).await["id"], me(&ada).await["id"]);
        let export = server.get("/export").bearer_auth(ada.token.as_deref().unwrap()).send().await.unwrap();
        let export: Value = export.json().await.unwrap();
        assert_eq!(export["identities"][0]["subject"], "ada-RS256");
        // A socket closes when its token expires.
        server.clock.advance(Duration::from_secs(600));
        assert_eq!(socket.closed().await, 4403);
        assert!(refused(&ada).await);
    }

    async fn concurrent_requests_do_not_recreate_a_deleted_account(kind) {
        let provider = IdentityProvider::start().await;
        let server = Server::with(kind, trusting(&provider)).await;
        let beside = server.another_instance().await;
        for round in 0..3 {
            let ada = client_with(&server, &provider.sign_in("RS256", &format!("ada-{round}")).await.access_token);
            me(&ada).await;
            let done = AtomicBool::new(false);
            let asking = async |at: &Server| {
                let client = ada.at(at.address);
                while !done.load(Ordering::SeqCst) {
                    let answer = client.execute("{ me { id } }", json!({})).await;
                    assert!(matches!(codes(&answer)[..], [] | ["UNAUTHENTICATED"]), "{answer}");
                }
            };
            let delete = async {
                ada.data(DELETE, json!({})).await;
                // For longer than a concurrent request takes.
                for _ in 0..20 {
                    assert!(refused(&ada).await, "round {round}");
                    assert!(refused(&ada.at(beside.address)).await, "round {round}");
                }
                done.store(true, Ordering::SeqCst);
            };
            join!(asking(&server), asking(&beside), asking(&beside), delete);
            assert!(refused(&ada).await);
        }
        let mut sql = Sql::of(&server).await;
        assert_eq!(sql.all_rows().await["identities"].len(), 0);
    }

    async fn provider_users_and_local_users_are_separate(kind) {
        let provider = IdentityProvider::start().await;
        let server = Server::with(kind, trusting(&provider)).await;
        let local = server.register().await;
        let who = local.email.strip_suffix("@example.com").expect("the provider uses the same domain");
        let other = client_with(&server, &provider.sign_in("RS256", who).await.access_token);
        let (mine, theirs) = (me(&local).await, me(&other).await);
        assert_eq!(mine["email"], theirs["email"]);
        assert_ne!(mine["id"], theirs["id"]);
        // Conversely, an address that the provider reported is free here.
        let newcomer = client_with(&server, &provider.sign_in("RS256", "newcomer").await.access_token);
        let email = me(&newcomer).await["email"].take();
        let input = json!({ "input": { "email": email, "password": PASSWORD } });
        let register = "mutation($input: RegisterInput!) { register(input: $input) { user { id } } }";
        let registered = server.anonymous().data(register, input.clone()).await;
        assert_ne!(registered["register"]["user"]["id"], me(&newcomer).await["id"]);
        // Nobody can sign in as a user of the provider with a password: their internal key is not an address.
        let id = me(&newcomer).await["id"].as_str().unwrap().strip_prefix("user_").unwrap().to_owned();
        let log_in = "mutation($input: LogInInput!) { logIn(input: $input) { accessToken } }";
        for email in [id, String::new()] {
            let input = json!({ "input": { "email": email, "password": PASSWORD } });
            assert_eq!(codes(&server.anonymous().execute(log_in, input).await).len(), 1);
        }
        for (mutation, input) in [
            ("changeEmail", json!({ "password": PASSWORD, "newEmail": "new@example.com" })),
            ("changePassword", json!({ "currentPassword": PASSWORD, "newPassword": "another one" })),
        ] {
            let of = mutation[..1].to_uppercase() + &mutation[1..];
            let query = format!("mutation($input: {of}Input!) {{ {mutation}(input: $input) {{ __typename }} }}");
            assert_eq!(code(&newcomer.error(&query, json!({ "input": input })).await), "FORBIDDEN");
        }
    }

    async fn deleting_a_provider_account_requires_a_recent_sign_in(kind) {
        let provider = IdentityProvider::start().await;
        let server = Server::with(kind, trusting(&provider)).await;
        let elsewhere = server.another_instance().await;
        let ada = client_with(&server, &provider.sign_in("RS256", "ada").await.access_token);
        let id = me(&ada).await["id"].take();
        server.clock.advance(Duration::from_secs(301));
        for password in [Value::Null, json!(PASSWORD)] {
            assert_eq!(code(&ada.error(DELETE, json!({ "password": password })).await), "FORBIDDEN");
        }
        let server = Server::with(kind, trusting(&provider)).await;
        drop(elsewhere);
        let elsewhere = server.another_instance().await;
        let ada = client_with(&server, &provider.sign_in("RS256", "ada").await.access_token);
        assert_ne!(me(&ada).await["id"], id, "this is another database");
        let id = me(&ada).await["id"].take();
        let mut sockets = [server.socket(&ada).await, elsewhere.socket(&ada).await];
        let local = server.register().await;
        assert_eq!(code(&local.error(DELETE, json!({})).await), "BAD_USER_INPUT", "others show their password");
        assert_eq!(ada.data(DELETE, json!({})).await["deleteAccount"]["deletedId"], id);
        for socket in &mut sockets {
            assert_eq!(socket.receive().await, Err(Closed(4403)));
        }
        // Their token is still valid, but creates no new account.
        assert!(refused(&ada).await && refused(&ada.at(elsewhere.address)).await);
        // Signing in again creates a new account. The provider's tokens count time in whole seconds.
        let again = async {
            loop {
                let again = client_with(&server, &provider.sign_in("RS256", "ada").await.access_token);
                if !refused(&again).await {
                    break again;
                }
            }
        };
        let again = wait_for("a token from after the deletion", again).await;
        assert_ne!(me(&again).await["id"], id);
        assert_eq!(server.socket(&again).await.ping().await, [Value::Null; 0]);
        assert!(refused(&ada).await, "the old token does not belong to the new account");
        assert!(!refused(&client_with(&server, &provider.sign_in("RS256", "eve").await.access_token)).await);
    }

    async fn tokens_from_before_the_deletion_never_recreate_the_account(kind) {
        let mut provider = IdentityProvider::start().await;
        provider.command("last").await;
        let server = Server::with(kind, trusting(&provider)).await;
        let ada = client_with(&server, &provider.sign_in("RS256", "ada").await.access_token);
        let eve = client_with(&server, &provider.sign_in("RS256", "eve").await.access_token);
        ada.data(DELETE, json!({})).await;
        assert!(refused(&ada).await && !refused(&eve).await);
        let mut sql = Sql::of(&server).await;
        let left = sql.all_rows().await["users"].len();
        server.clock.advance(Duration::from_secs(2 * 24 * 3600 - 60));
        assert!(refused(&ada).await && !refused(&eve).await, "the provider's longest lifetime");
        server.clock.advance(Duration::from_secs(61));
        let forgotten = async {
            while !sql.all_rows().await["revocations"].is_empty() {
                server.waker.wake_all();
                yield_now().await;
            }
        };
        wait_for("the deletion to be forgotten", forgotten).await;
        assert!(refused(&ada).await && refused(&eve).await);
        assert_eq!(sql.all_rows().await["users"].len(), left, "no user was added");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_provider_tokens_are_refused() {
    let provider = IdentityProvider::start().await;
    let server = Server::with(Kind::Sqlite, |config| {
        trusting(&provider)(config);
        config.identities.oidc_algorithms = vec![Algorithm::RS256, Algorithm::EdDSA];
    });
    let server = server.await;
    let good = provider.sign_in("RS256", "ada").await;
    assert!(!refused(&client_with(&server, &good.access_token)).await);
    let of_another = IdentityProvider::start().await;
    let [header, claims, signature] = parts(&good.access_token);
    let encode = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
    let with = |old: &str, new: &str| {
        assert!(format!("{header}{claims}").contains(old), "{header}{claims}");
        format!("{}.{}.{signature}", encode(header.replace(old, new)), encode(claims.replace(old, new)))
    };
    assert!(!refused(&client_with(&server, &with("", ""))).await, "reassembled without changes it is valid");
    // The public key used as an HMAC secret (RFC 8725, section 2.1).
    let keys: Value = reqwest::get(format!("{}/jwks", provider.issuer)).await.unwrap().json().await.unwrap();
    let modulus =
        keys["keys"].as_array().unwrap().iter().find(|key| key["alg"] == "RS256").unwrap()["n"].clone();
    let by_modulus = Header { kid: Some("RS256-1".into()), ..Header::new(Algorithm::HS256) };
    let claims_of_ada: Value = serde_json::from_str(&claims).unwrap();
    let by_modulus = jsonwebtoken::encode(
        &by_modulus,
        &claims_of_ada,
        &EncodingKey::from_secret(modulus.as_str().unwrap().as_bytes()),
    );
    for (fault, token) in [
        (
            "for another audience",
            provider.sign_in_for("RS256", "ada", "https://other.example/").await.access_token,
        ),
        ("an algorithm that is not allowed", provider.sign_in("ES256", "ada").await.access_token),
        ("an ID token", good.id_token.clone()),
        ("another provider", of_another.sign_in("RS256", "ada").await.access_token),
        ("another subject", with("\"sub\":\"ada\"", "\"sub\":\"eve\"")),
        ("another expiry", with("\"exp\":", "\"exp\":9")),
        ("an absurd expiry", with("\"exp\":", "\"exp\":1e300,\"x\":")),
        ("unsigned", with("\"RS256\"", "\"none\"")),
        ("another algorithm", with("\"RS256\"", "\"EdDSA\"")),
        ("another key", with("RS256-1", "EdDSA-1")),
        ("an unknown key", with("RS256-1", "RS256-9")),
        ("signed with the public key", by_modulus.unwrap()),
        ("no token", "a.b.c".into()),
    ] {
        assert!(refused(&client_with(&server, &token)).await, "{fault}");
    }
    // ID tokens are for the client application. One could only be accepted if the operator configured its audience.
    let mixed_up = Server::with(Kind::Sqlite, |config| {
        trusting(&provider)(config);
        config.identities.oidc_audience = "RS256".into();
    });
    assert!(refused(&client_with(&mixed_up.await, &good.id_token)).await);
    let scoped = |scope: &str| {
        let scope = scope.to_owned();
        Server::with(Kind::Sqlite, |config| {
            trusting(&provider)(config);
            config.identities.oidc_scope = scope;
        })
    };
    assert!(!refused(&client_with(&scoped("chat").await, &good.access_token)).await);
    assert!(refused(&client_with(&scoped("cha").await, &good.access_token)).await, "the scope is missing");
    let without_provider = Server::start(Kind::Sqlite).await;
    assert!(
        refused(&client_with(&without_provider, &good.access_token)).await,
        "this server has no provider"
    );
    server.clock.advance(Duration::from_secs(600));
    assert!(refused(&client_with(&server, &good.access_token)).await, "it has expired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotated_provider_keys_are_fetched_and_retired_keys_refused() {
    let mut provider = IdentityProvider::start().await;
    let server = Server::with(Kind::Sqlite, trusting(&provider)).await;
    let first = client_with(&server, &provider.sign_in("RS256", "ada").await.access_token);
    assert!(!refused(&first).await);
    provider.command("rotate").await;
    server.clock.advance(Duration::from_secs(10)); // the shortest interval between two fetches of the keys
    let second = client_with(&server, &provider.sign_in("RS256", "ada").await.access_token);
    assert!(!refused(&second).await && !refused(&first).await);

    // Tokens with unknown keys do not make the server fetch the keys on every request.
    provider.command("rotate").await;
    let third = client_with(&server, &provider.sign_in("RS256", "ada").await.access_token);
    assert!(refused(&third).await, "the keys were fetched a moment ago");
    server.clock.advance(Duration::from_secs(10));
    assert!(!refused(&third).await);

    // While the provider is down, known keys remain valid.
    provider.command("away").await;
    server.waker.wake_all();
    server.clock.advance(Duration::from_secs(10));
    assert!(!refused(&third).await && !refused(&first).await);
    provider.command("back").await;
    provider.command("retire").await;
    server.waker.wake_all();
    let forgotten = async {
        while !refused(&first).await {
            yield_now().await;
        }
    };
    wait_for("the first key to be forgotten", forgotten).await;
    assert!(refused(&second).await && !refused(&third).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_starts_while_the_provider_is_down() {
    let mut provider = IdentityProvider::start().await;
    let token = provider.sign_in("ES256", "ada").await.access_token;
    provider.command("away").await;
    let server = Server::with(Kind::Sqlite, trusting(&provider)).await;
    let local = server.register().await;
    assert!(!refused(&local).await, "local users are not delayed");
    server.clock.advance(Duration::from_secs(10));
    let ada = client_with(&server, &token);
    // The server cannot verify the token yet. UNAVAILABLE does not blame the token.
    let answer = ada.execute(ME, json!({})).await;
    assert!(matches!(codes(&answer)[..], ["UNAVAILABLE" | "UNAUTHENTICATED"]), "{answer}");
    provider.command("back").await;
    server.clock.advance(Duration::from_secs(10));
    assert!(!refused(&ada).await);
}

on_both_databases! {
    async fn closed_registration_refuses_every_address(kind) {
        let server = Server::start(kind).await;
        let ada = server.register().await;
        let mut server = server;
        server.config.identities.registration = Registration::Closed;
        let server = server.restart().await;
        let register = "mutation($input: RegisterInput!) { register(input: $input) { user { id } } }";
        for email in ["new@example.com", &*ada.email] {
            let input = json!({ "input": { "email": email, "password": PASSWORD } });
            let error = server.anonymous().error(register, input).await;
            assert_eq!(code(&error), "FORBIDDEN", "it does not reveal whether the address has an account");
        }
        let log_in = "mutation($input: LogInInput!) { logIn(input: $input) { user { email } } }";
        let input = json!({ "input": { "email": ada.email, "password": PASSWORD } });
        assert_eq!(server.anonymous().data(log_in, input).await["logIn"]["user"]["email"], ada.email);
    }
}
