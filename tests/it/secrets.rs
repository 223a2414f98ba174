//! Secrets appear neither in the log, at any level, nor in answers.

use crate::support::{
    AUDIENCE, Client, IdentityProvider, PASSWORD, Process, Provider, Socket, codes, default_settings,
    redis_url, wait_for,
};
use confab::{
    graphql::execution::request::Request,
    store::{Id, users::Proof},
};
use serde_json::{Value, json};
use std::fs;

const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";

async fn mutate(client: &Client, name: &str, input: Value, fields: &str) -> Value {
    let of = name[..1].to_uppercase() + &name[1..];
    let query = format!("mutation($input: {of}Input!) {{ {name}(input: $input) {{ {fields} }} }}");
    client.execute(&query, json!({ "input": input })).await["data"][name].take()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trace_log_contains_no_secret() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (mut provider, identities) = (Provider::start().await, IdentityProvider::start().await);
    fs::write(folder.path().join("keys.pem"), KEY).expect("it can be written");
    let (secret, api_key) = ("5f0c6d1e9a7b48c3e2f1a0b9d8c7e6f5", "sk-secret");
    let (provider_url, redis) = (provider.base_url(), redis_url());
    let settings = [
        ("CONFAB_LOG", "trace"),
        ("CONFAB_JWT_SECRET", secret),
        ("CONFAB_JWT_KEY_FILE", "keys.pem"),
        ("CONFAB_OIDC_ISSUER", &*identities.issuer),
        ("CONFAB_OIDC_AUDIENCE", AUDIENCE),
        ("OPENAI_BASE_URL", &*provider_url),
        ("OPENAI_API_KEY", api_key),
        ("OPENAI_MODELS", "small"),
        ("REDIS_URL", &*redis),
    ];
    let (process, address) = Process::serve(folder.path(), &[], &settings).await;
    let mut ada = Client::register(address).await;
    let stranger = Client::new(address, None);
    let mut secrets: Vec<String> = vec![secret.into(), api_key.into(), PASSWORD.into()];
    secrets.push("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A".into());
    secrets.push("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A".into());
    secrets.push("MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v".into());
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned();

    // A session that ends because an old refresh token is used again.
    let next = mutate(
        &stranger,
        "refreshSession",
        json!({ "refreshToken": ada.refresh_token }),
        "accessToken refreshToken",
    )
    .await;
    secrets.extend([ada.token.clone().unwrap(), ada.refresh_token.clone()]);
    secrets.extend([text(&next["accessToken"]), text(&next["refreshToken"])]);
    let input = json!({ "refreshToken": next["refreshToken"] });
    let latest = mutate(&stranger, "refreshSession", input, "accessToken refreshToken").await;
    secrets.extend([text(&latest["accessToken"]), text(&latest["refreshToken"])]);
    mutate(&stranger, "refreshSession", json!({ "refreshToken": ada.refresh_token }), "accessToken").await;
    let input = json!({ "email": ada.email, "password": PASSWORD });
    let signed_in = mutate(&stranger, "logIn", input, "accessToken refreshToken").await;
    ada.token = Some(text(&signed_in["accessToken"]));
    secrets.extend([text(&signed_in["accessToken"]), text(&signed_in["refreshToken"])]);

    // A wrong password, a new password, a personal access token, and an export ticket.
    let chosen = "a new and secret horse";
    let input = json!({ "currentPassword": "guessed-in-vain", "newPassword": chosen });
    mutate(&ada, "changePassword", input, "endedSessions").await;
    let input = json!({ "currentPassword": PASSWORD, "newPassword": chosen });
    mutate(&ada, "changePassword", input, "endedSessions").await;
    secrets.extend(["guessed-in-vain".into(), chosen.into()]);
    let created =
        mutate(&ada, "createAccessToken", json!({ "name": "cron", "scopes": ["READ"] }), "secret").await;
    secrets.push(text(&created["secret"]));
    let mut script = ada.clone();
    script.token = Some(text(&created["secret"]));
    assert_eq!(codes(&script.execute("{ me { id } }", json!({})).await), [""; 0]);
    let exported = ada.data("mutation { exportMyData { url } }", json!({})).await;
    let url = text(&exported["exportMyData"]["url"]);
    secrets.push(url.split_once("ticket=").expect("it has a ticket").1.to_owned());
    let path = &url[url.find("/export").expect("its path")..];
    let export = reqwest::get(format!("http://{address}{path}")).await.expect("it answers");
    let export = export.text().await.expect("text");

    // Tokens of the identity provider, one of them refused.
    let tokens = identities.sign_in("RS256", "ada").await;
    let mut known = ada.clone();
    known.token = Some(tokens.access_token.clone());
    assert_eq!(codes(&known.execute("{ me { id } }", json!({})).await), [""; 0]);
    known.token = Some(tokens.id_token.clone());
    assert_eq!(codes(&known.execute("{ me { id } }", json!({})).await), ["UNAUTHENTICATED"]);
    secrets.extend([tokens.access_token, tokens.id_token]);

    // Tokens sent over a socket.
    let mut socket = Socket::connect(address).await;
    socket.init(ada.token.as_deref()).await;
    let query = "mutation($token: String!) { reauthenticate(input: { accessToken: $token }) { expiresAt } }";
    socket.subscribe("1", query, json!({ "token": ada.token })).await;
    socket.receive().await.expect("an answer");
    socket.subscribe("2", query, json!({ "token": "a-token-of-nobody's" })).await;
    secrets.push("a-token-of-nobody".into());

    // A provider whose error repeats the API key.
    let sent = ada.send(json!({ "content": "hello" })).await;
    provider.call().await.refuse(401, &[]);
    let reply = text(&sent["reply"]["id"]);
    let mut other = Socket::connect(address).await;
    other.init(ada.token.as_deref()).await;
    wait_for("the reply to end", other.follow_to_end(&reply)).await;
    let message = ada.message(&reply).await.to_string();

    process.signal("TERM");
    let log = process.wait().await.stderr;
    // The log is not empty: it has the warning about the reused refresh token, which names the session.
    let warned = log.lines().any(|line| line.contains("WARN") && line.contains("session_id="));
    assert!(warned && log.lines().count() > 20, "{log}");
    for secret in secrets {
        // The last part of a token is its signature.
        let part = secret.rsplit('.').next().expect("at least one");
        for (what, text) in [("the log", &log), ("the export", &export), ("the message", &message)] {
            let line = text.lines().find(|line| line.contains(part));
            assert_eq!(line, None, "{secret} is in {what}");
        }
    }
}

#[test]
fn debug_output_contains_no_secret() {
    let mut config = default_settings();
    config.database_url = Some("postgres://confab:marked@db.internal/confab".to_owned().into());
    config.redis_url = Some("redis://confab:marked@db.internal".to_owned().into());
    config.jwt_secret = Some("marked".to_owned().into());
    let proof = Proof { user: Id::new(), password_hash: Some("marked".into()), session: None };
    let request: Request =
        serde_json::from_value(json!({ "query": "{ marked }", "variables": { "marked": 1 } }))
            .expect("a request");
    for shown in [format!("{config:?}"), format!("{proof:?}"), format!("{request:?}")] {
        assert!(!shown.contains("marked"), "{shown}");
    }
}
