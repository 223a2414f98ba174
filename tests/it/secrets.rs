//! Secrets, which nobody is told: not by the log, however much of it there is, and not by an answer.

use crate::{
    headers::sources,
    support::{
        AUDIENCE, Client, IdentityProvider, PASSWORD, Process, Provider, Socket, codes, default_settings,
        redis_url, soon,
    },
};
use confab::store::{Id, users::Proof};
use serde_json::{Value, json};
use std::{fs, path::Path};

const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";

async fn mutate(client: &Client, name: &str, input: Value, fields: &str) -> Value {
    let of = name[..1].to_uppercase() + &name[1..];
    let query = format!("mutation($input: {of}Input!) {{ {name}(input: $input) {{ {fields} }} }}");
    client.ask(&query, json!({ "input": input })).await["data"][name].take()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_tells_no_secret_however_much_it_tells() {
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
        ("CONFAB_REFRESH_GRACE", "0"),
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
    let told = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned();

    // A session, refreshed and then found to be stolen.
    let next = mutate(
        &stranger,
        "refreshSession",
        json!({ "refreshToken": ada.refresh_token }),
        "accessToken refreshToken",
    )
    .await;
    secrets.extend([ada.token.clone().unwrap(), ada.refresh_token.clone()]);
    secrets.extend([told(&next["accessToken"]), told(&next["refreshToken"])]);
    mutate(&stranger, "refreshSession", json!({ "refreshToken": ada.refresh_token }), "accessToken").await;
    let input = json!({ "email": ada.email, "password": PASSWORD });
    let signed_in = mutate(&stranger, "logIn", input, "accessToken refreshToken").await;
    ada.token = Some(told(&signed_in["accessToken"]));
    secrets.extend([told(&signed_in["accessToken"]), told(&signed_in["refreshToken"])]);

    // What is chosen, what is guessed, what is made, what is downloaded.
    let chosen = "a new and secret horse";
    let input = json!({ "currentPassword": "guessed-in-vain", "newPassword": chosen });
    mutate(&ada, "changePassword", input, "endedSessions").await;
    let input = json!({ "currentPassword": PASSWORD, "newPassword": chosen });
    mutate(&ada, "changePassword", input, "endedSessions").await;
    secrets.extend(["guessed-in-vain".into(), chosen.into()]);
    let created =
        mutate(&ada, "createAccessToken", json!({ "name": "cron", "scopes": ["READ"] }), "secret").await;
    secrets.push(told(&created["secret"]));
    let mut script = ada.clone();
    script.token = Some(told(&created["secret"]));
    assert_eq!(codes(&script.ask("{ me { id } }", json!({})).await), [""; 0]);
    let exported = ada.data("mutation { exportMyData { url } }", json!({})).await;
    let url = told(&exported["exportMyData"]["url"]);
    secrets.push(url.split_once("ticket=").expect("it has a ticket").1.to_owned());
    let path = &url[url.find("/export").expect("its path")..];
    let export = reqwest::get(format!("http://{address}{path}")).await.expect("it answers");
    let export = export.text().await.expect("text");

    // Who is known elsewhere, and what has gone wrong with a token.
    let tokens = identities.sign_in("RS256", "ada").await;
    let mut known = ada.clone();
    known.token = Some(tokens.access_token.clone());
    assert_eq!(codes(&known.ask("{ me { id } }", json!({})).await), [""; 0]);
    known.token = Some(tokens.id_token.clone());
    assert_eq!(codes(&known.ask("{ me { id } }", json!({})).await), ["UNAUTHENTICATED"]);
    secrets.extend([tokens.access_token, tokens.id_token]);

    // Over a socket.
    let mut socket = Socket::connect(address).await;
    socket.init(ada.token.as_deref()).await;
    let query = "mutation($token: String!) { reauthenticate(input: { accessToken: $token }) { expiresAt } }";
    socket.subscribe("1", query, json!({ "token": ada.token })).await;
    socket.hear().await.expect("an answer");
    socket.subscribe("2", query, json!({ "token": "a-token-of-nobody's" })).await;
    secrets.push("a-token-of-nobody".into());

    // A provider that repeats the key it was given.
    let sent = ada.send(json!({ "content": "hello" })).await;
    provider.call().await.refuse(401, &[]);
    let reply = told(&sent["reply"]["id"]);
    let mut other = Socket::connect(address).await;
    other.init(ada.token.as_deref()).await;
    soon("the reply to end", other.to_the_end(&reply)).await;
    let message = ada.message(&reply).await.to_string();

    process.signal("TERM");
    let log = process.ended().await.stderr;
    assert!(log.contains("a used refresh token was presented") && log.lines().count() > 20, "{log}");
    for secret in secrets {
        // The last part of a token is what makes it one.
        let part = secret.rsplit('.').next().expect("at least one");
        for (what, text) in [("the log", &log), ("the export", &export), ("the message", &message)] {
            let told = text.lines().find(|line| line.contains(part));
            assert_eq!(told, None, "{secret} is told by {what}");
        }
    }
}

#[test]
fn what_is_kept_of_secrets_is_not_shown() {
    let mut config = default_settings();
    config.database_url = Some("postgres://confab:marked@db.internal/confab".to_owned().into());
    config.redis_url = Some("redis://confab:marked@db.internal".to_owned().into());
    config.jwt_secret = Some("marked".to_owned().into());
    let proof = Proof { user: Id::new(), password_hash: Some("marked".into()), session: None };
    for shown in [format!("{config:?}"), format!("{proof:?}")] {
        assert!(!shown.contains("marked"), "{shown}");
    }
}

/// `Debug` is not derived where a field of plain text is called as secrets are.
#[test]
fn no_type_with_a_secret_in_plain_text_derives_debug() {
    const SECRETS: [&str; 11] = [
        "authorization",
        "password",
        "password_hash",
        "secret",
        "api_key",
        "token",
        "access_token",
        "refresh_token",
        "database_url",
        "redis_url",
        "base_url",
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut seen, mut told) = (0, Vec::new());
    for file in sources(&folder).iter().filter(|file| file.extension().is_some_and(|end| end == "rs")) {
        let text = fs::read_to_string(file).expect("the source can be read");
        for item in text
            .split("#[derive(")
            .skip(1)
            .filter(|item| item.split(')').next().is_some_and(|of| of.contains("Debug")))
        {
            // Up to the end of the type, wherever in the file it is.
            let fields = item.split("\n}").next().unwrap_or_default().lines().map(str::trim);
            for (name, kind) in fields.filter_map(|line| line.trim_start_matches("pub ").split_once(": ")) {
                seen += 1;
                let plain =
                    ["String", "Url", "Variables", "Vec<u8>"].iter().any(|plain| kind.contains(plain));
                if SECRETS.contains(&name) && plain && !kind.contains("Secret") {
                    told.push(format!("{}: {name}: {kind}", file.display()));
                }
            }
        }
    }
    assert!(seen > 100, "the source was read");
    assert_eq!(told, [""; 0]);
}
