//! The command line: the real binary, its settings, its signals and its log.

use crate::support::{Client, HttpResponse, PASSWORD, Process, Socket, wait_for};
use axum::{Json, Router, routing::get};
use clap::{Args, Command};
use confab::config::Config;
use diesel_async::{AsyncConnection, SimpleAsyncConnection, sync_connection_wrapper::SyncConnectionWrapper};
use serde_json::{Value, json};
use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Returns the flag and the environment variable of every setting for operators.
fn settings() -> Vec<(String, String)> {
    let command = Config::augment_args(Command::new("test"));
    let settings = command.get_arguments().filter(|setting| !setting.is_hide_set()).map(|setting| {
        let flag = setting.get_long().expect("every setting has a flag");
        let variable = setting.get_env().expect("every setting has a variable");
        assert!(setting.get_help().is_some(), "{flag} is explained");
        (format!("--{flag}"), variable.to_string_lossy().into_owned())
    });
    settings.collect()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder can be made")
}

/// Registers a user. Returns the lifetime of the access token, in seconds.
async fn token_ttl(address: std::net::SocketAddr) -> Value {
    let input = json!({ "email": "ada@example.com", "password": PASSWORD });
    let text = "mutation($input: RegisterInput!) { register(input: $input) { expiresIn } }";
    let payload = Client::new(address, None).data(text, json!({ "input": input })).await;
    payload["register"]["expiresIn"].clone()
}

#[tokio::test]
async fn help_documents_every_setting_and_shows_no_secret() {
    let folder = folder();
    let secrets = [
        ("CONFAB_JWT_SECRET", "hunter2-hunter2-hunter2-hunter2-"),
        ("DATABASE_URL", "postgres://confab:hunter2@127.0.0.1/confab"),
        ("REDIS_URL", "redis://confab:hunter2@127.0.0.1"),
        ("CONFAB_OIDC_CLIENT_SECRET", "hunter2"),
    ];
    let help = Process::run(folder.path(), &["--help"], &secrets).await;
    assert_eq!(help.code, Some(0));
    assert!(!help.stdout.contains("hunter2"), "{}", help.stdout);
    for (flag, variable) in settings() {
        let words: Vec<_> = help.stdout.split_whitespace().collect();
        assert!(words.contains(&&*flag), "{flag}");
        assert!(help.stdout.contains(&format!("[env: {variable}")), "{variable}");
    }
    for command in ["serve", "migrate", "schema"] {
        assert!(help.stdout.lines().any(|line| line.trim_start().starts_with(command)));
    }
}

#[test]
fn the_documentation_lists_every_setting() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let Ok(page) = fs::read_to_string(page) else {
        return; // A package without the documentation has nothing to check.
    };
    for (_, variable) in settings() {
        let cell = format!("`{variable}`");
        assert!(
            page.lines().any(|line| line.starts_with('|') && line.contains(&cell)),
            "docs/configuration.md lacks {variable}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_variable_that_is_no_longer_a_setting_is_ignored_with_a_warning() {
    let folder = folder();
    let settings = [("CONFAB_MAX_ALIASES", "0"), ("CONFAB_WRITE_TIMEOUT", "soon"), ("CONFAB_MAX_VALUES", "")];
    let (process, address) = Process::serve(folder.path(), &[], &settings).await;
    let aliases = Client::new(address, None).data("{ a: models { b: id } }", json!({})).await;
    assert_eq!(aliases["a"][0]["b"], "eliza");
    process.signal("TERM");
    let log = process.wait().await.stderr;
    let warnings: Vec<_> = log.lines().filter(|line| line.contains("has no effect")).collect();
    assert_eq!(warnings.len(), 2, "{log}");
    for expected in [
        "`CONFAB_WRITE_TIMEOUT` is set but has no effect: the timeout is fixed at 20 s.",
        "`CONFAB_MAX_ALIASES` is set but has no effect: the limit is fixed at 30.",
    ] {
        assert!(warnings.iter().any(|line| line.contains("WARN") && line.contains(expected)), "{log}");
    }
}

#[tokio::test]
async fn schema_prints_the_schema_and_creates_no_files() {
    let folder = folder();
    let printed = Process::run(folder.path(), &["schema"], &[]).await;
    assert_eq!((printed.code, &*printed.stderr), (Some(0), ""));
    assert!(printed.stdout == include_str!("../../schema.graphql"), "run `make schema`");
    let left = fs::read_dir(folder.path()).expect("it is there").count();
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrate_creates_the_database_in_a_private_folder() {
    let folder = folder();
    for _ in 0..2 {
        let ended = Process::run(folder.path(), &["migrate"], &[]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    let file = folder.path().join("data/confab.db");
    let mut database =
        SyncConnectionWrapper::<diesel::SqliteConnection>::establish(file.to_str().expect("it is text"))
            .await
            .expect("the database is there");
    database.batch_execute("SELECT id FROM users; SELECT id FROM messages").await.expect("so are its tables");
    let mode = |name| Some(fs::metadata(folder.path().join(name)).ok()?.permissions().mode() & 0o777);
    assert_eq!(
        (mode("data"), mode("data/jwt-secret")),
        (Some(0o700), None),
        "`migrate` creates no signing key"
    );
    let (process, _) = Process::serve(folder.path(), &[], &[]).await;
    assert_eq!(mode("data/jwt-secret"), Some(0o600));
    process.signal("TERM");
    assert_eq!(process.wait().await.code, Some(0));
}

#[tokio::test]
async fn an_invalid_setting_is_named_without_secrets() {
    let folder = folder();
    let mut faults = Vec::new();
    for (name, value, more) in [
        ("CONFAB_LISTEN", "nonsense", ""),
        ("CONFAB_ACCESS_TOKEN_TTL", "0", ""),
        ("CONFAB_JWT_SECRET", "hunter2", ""),
        ("CONFAB_JWT_KEY_FILE", "/proc/nowhere", ""),
        ("CONFAB_JWT_KEY_FILE", "/dev/null", ""),
        ("DATABASE_URL", "mysql://confab:hunter2@127.0.0.1/confab", ""),
        ("DATABASE_URL", "nonsense", ""),
        ("DATABASE_URL", "postgres://confab:hunter2@127.0.0.1:nonsense/confab", ""),
        ("DATABASE_URL", "postgres://confab:hunter2@127.0.0.1:1/confab", ""),
        ("DATABASE_URL", "sqlite:/proc/nowhere/confab.db", ""),
        // Without a path, each connection would have a database of its own.
        ("DATABASE_URL", "sqlite:", ""),
        ("REDIS_URL", "http://confab:hunter2@127.0.0.1", ""),
        ("REDIS_URL", "hunter2", ""),
        ("REDIS_URL", "redis://confab:hunter2@127.0.0.1:nonsense", ""),
        ("DATABASE_URL", "sqlite::memory:", ""),
        ("CONFAB_DATA_DIR", "/proc/nowhere", ""),
        ("CONFAB_PROVIDERS", "mine", "MINE_BASE_URL"),
        ("CONFAB_PROVIDERS", "My Own", ""),
        ("OPENAI_BASE_URL", "ftp://confab:hunter2@127.0.0.1", ""),
        ("CONFAB_DEFAULT_MODEL", "nobody", ""),
        ("CONFAB_TITLE_MODEL", "nobody", ""),
        ("CONFAB_ALLOWED_ORIGINS", "https://chat.example/path", ""),
        ("CONFAB_ALLOWED_ORIGINS", "https://chat.example#part", ""),
        ("CONFAB_ALLOWED_ORIGINS", "https://ada@chat.example", ""),
        ("CONFAB_ALLOWED_ORIGINS", "https://*.example", ""),
        ("CONFAB_ALLOWED_ORIGINS", "null", ""),
        ("CONFAB_LOG_FORMAT", "xml", ""),
        ("CONFAB_LOG", "confab=nonsense", ""),
        ("CONFAB_ENV", "staging", ""),
        ("CONFAB_PLAYGROUND", "maybe", ""),
        ("CONFAB_OIDC_ISSUER", "nonsense", ""),
        ("CONFAB_OIDC_ISSUER", "http://id.example", ""),
        ("CONFAB_OIDC_ISSUER", "https://id.example?x=1", ""),
        ("CONFAB_OIDC_ISSUER", "https://confab:hunter2@id.example", ""),
        ("CONFAB_OIDC_ISSUER", "https://id.example", "CONFAB_OIDC_AUDIENCE"),
        ("CONFAB_OIDC_CLIENT_ID", "confab", "CONFAB_OIDC_ISSUER"),
        ("CONFAB_OIDC_ALGORITHMS", "HS256", ""),
        ("CONFAB_OIDC_ALGORITHMS", "RS256,none", ""),
        ("CONFAB_REGISTRATION", "maybe", ""),
        ("CONFAB_PACE_MS", "fast", ""),
        ("CONFAB_MAX_BODY", "1", ""),
        ("CONFAB_MAX_CONTENT", "0", ""),
        ("CONFAB_MAX_CONTENT", "200001", ""),
        ("CONFAB_MAX_CONTENT", "200000", "CONFAB_MAX_BODY"),
    ] {
        let settings = [("CONFAB_LISTEN", "127.0.0.1:0"), (name, value)];
        let ended = Process::run(folder.path(), &[], &settings).await;
        let expected = if more.is_empty() { name } else { more };
        let refused = matches!(ended.code, Some(code) if code != 0) && ended.stdout.is_empty();
        let names_setting = ended.stderr.contains(expected);
        let hides_secret = ["hunter2", "panicked"].iter().all(|word| !ended.stderr.contains(word));
        if !(refused && names_setting && hides_secret) {
            faults.push(format!("{name}={value}: {ended:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn production_refuses_weak_secrets() {
    let folder = folder();
    for secret in [
        "",
        "hunter2",
        "changeme-changeme-changeme-changeme",
        "00000000000000000000000000000000",
        "qwertyuiopasdfghjklzxcvbnmqazwsx",
        "zyxwvutsrqponmlkjihgfedcba987654",
        "replace-this-key-before-you-deploy",
        "MyVeryLongProductionSigningKey2026",
        "JWT_KEY_FOR_PROD_DO_NOT_SHARE_IT!",
        "1q2w3e4r5t6y7u8i9o0p1a2s3d4f5g6h",
        "aabbccddeeffgghhiijjkkllmmnnoopp",
    ] {
        let settings = [("CONFAB_ENV", "production"), ("CONFAB_JWT_SECRET", secret)];
        let ended = Process::run(folder.path(), &[], &settings).await;
        assert_eq!((ended.code, &*ended.stdout), (Some(1), ""), "{ended:?}");
        for expected in ["CONFAB_JWT_SECRET", "openssl rand -hex 32"] {
            assert!(ended.stderr.contains(expected), "{}", ended.stderr);
        }
        assert!(secret.is_empty() || !ended.stderr.contains(secret), "{}", ended.stderr);
    }
    assert!(!folder.path().join("data/jwt-secret").exists(), "no secret is generated in production");
}

#[tokio::test]
async fn an_empty_variable_counts_as_unset() {
    let folder = folder();
    let optional = [
        "DATABASE_URL",
        "REDIS_URL",
        "CONFAB_JWT_SECRET",
        "CONFAB_JWT_KEY_FILE",
        "CONFAB_OIDC_CLIENT_ID",
        "CONFAB_OIDC_CLIENT_SECRET",
        "CONFAB_OIDC_NAME",
        "CONFAB_PUBLIC_URL",
        "CONFAB_ALLOWED_ORIGINS",
        "CONFAB_PROVIDERS",
        "CONFAB_DEFAULT_MODEL",
        "CONFAB_TITLE_MODEL",
        "OPENAI_BASE_URL",
        "OPENAI_API_KEY",
    ];
    let file: String = optional.iter().map(|name| format!("{name}=\n")).collect();
    fs::write(folder.path().join(".env"), file).expect("it can be written");
    let (_process, address) = Process::serve(folder.path(), &[], &[]).await;
    let models = Client::new(address, None).data("{ models { id isDefault } }", json!({})).await;
    assert_eq!(models["models"][0], json!({ "id": "eliza", "isDefault": true }));
}

#[tokio::test]
async fn a_port_in_use_is_reported() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("it is bound").to_string();
    let ended = Process::run(folder().path(), &["--listen", &address], &[]).await;
    assert_eq!(ended.code, Some(1));
    for expected in ["CONFAB_LISTEN", &address, "in use"] {
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
    assert_eq!(ended.stdout, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flags_override_the_environment_which_overrides_the_file() {
    let file = "# Settings.\nCONFAB_ACCESS_TOKEN_TTL=111\nCONFAB_ENV=\"production\"\nCONFAB_JWT_SECRET=5f0c6d1e9a7b48c3e2f1a0b9d8c7e6f5\n";
    let environment = [("CONFAB_ACCESS_TOKEN_TTL", "222")];
    let flags = ["serve", "--access-token-ttl", "333"];
    for (arguments, environment, expected) in [
        (&flags[..1], &environment[..0], 111),
        (&flags[..1], &environment, 222),
        (&flags, &environment, 333),
        // The command may be left out, or come last.
        (&flags[1..], &environment, 333),
        (&[flags[1], flags[2], flags[0]], &environment, 333),
    ] {
        let folder = folder();
        fs::write(folder.path().join(".env"), file).expect("it can be written");
        let (_process, address) = Process::serve(folder.path(), arguments, environment).await;
        assert_eq!(token_ttl(address).await, expected, "{arguments:?} {environment:?}");
    }
    let folder = folder();
    fs::write(folder.path().join(".env"), "CONFAB_LISTEN='127").expect("it can be written");
    let ended = Process::run(folder.path(), &["migrate"], &[]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains(".env"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_syntax_error_in_the_env_file_shows_no_secret() {
    for slip in ["CONFAB_JWT_SECRET hunter2", "OPENAI_API_KEY=hunter2 hunter2", "OPENAI_API_KEY='hunter2"] {
        let folder = folder();
        fs::write(folder.path().join(".env"), format!("# The settings\n{slip}\n"))
            .expect("it can be written");
        let ended = Process::run(folder.path(), &["migrate"], &[]).await;
        assert_eq!(ended.code, Some(1));
        assert!(ended.stderr.contains(".env") && ended.stderr.contains("line 2"), "{}", ended.stderr);
        assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
    }
}

/// The log is on a full disk, or in a pipe whose reader is gone.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_runs_without_writable_output_and_log() {
    let full = || Stdio::from(fs::File::options().write(true).open("/dev/full").expect("Linux has it"));
    let closed = || Stdio::from(std::io::pipe().expect("a pipe can be made").1);
    let unwritable: [&dyn Fn() -> Stdio; 2] = [&full, &closed];
    // The server cannot print its address, so the test chooses one that no other test uses.
    let [.., high, low] = std::process::id().to_be_bytes();
    let address = format!("127.77.{high}.{low}:8000");
    let settings = [("CONFAB_LISTEN", &*address), ("CONFAB_LOG", "trace")];
    for bad in unwritable {
        for outputs in [[bad(), Stdio::piped()], [Stdio::piped(), bad()], [bad(), bad()]] {
            let folder = folder();
            let process = Process::start_onto(outputs, folder.path(), &settings);
            let client = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
            let health = || client.get(format!("http://{address}/healthz")).send();
            wait_for("the server to be ready", async { while health().await.is_err() {} }).await;
            let address = address.parse().expect("an address");
            let client = Client::register(address).await;
            let (_, reply) = client.send_echo("Hello.", None).await;
            client.error("{ nonsense }", json!({})).await;
            let mut socket = Socket::connect(address).await;
            socket.init(client.token.as_deref()).await;
            socket.follow_to_end(&reply).await;
            process.signal("TERM");
            assert_eq!(process.wait().await.code, Some(0));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_shuts_the_server_down_and_replies_are_stored() {
    for signal in ["TERM", "INT"] {
        let folder = folder();
        let settings = [("CONFAB_PACE_MS", "10"), ("CONFAB_DRAIN", "0")];
        let (process, address) = Process::serve(folder.path(), &[], &settings).await;
        let client = Client::register(address).await;
        let health = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client can be made")
            .get(format!("http://{address}/healthz"));
        assert_eq!(HttpResponse::to(health).await.status, 200);
        let content = (0..1500).map(|i| format!("w{i} ")).collect::<String>();
        let (_, reply) = client.send_echo(&content, None).await;
        let mut socket = Socket::connect(address).await;
        socket.init(client.token.as_deref()).await;
        socket.follow(&reply, None).await;
        let (text, _) = socket.until("w5 ").await;
        process.signal(signal);
        assert_eq!(socket.closed().await, 1012);
        let ended = process.wait().await;
        assert_eq!((ended.code, &*ended.stdout), (Some(0), ""), "{}", ended.stderr);

        // The reply has no attempt left, so its content is what was stored at shutdown.
        let (process, address) = Process::serve(folder.path(), &[], &[("CONFAB_REPLY_ATTEMPTS", "1")]).await;
        let mut socket = Socket::connect(address).await;
        socket.init(client.token.as_deref()).await;
        let (kept, finished) = socket.follow_to_end(&reply).await;
        assert!(kept.starts_with(&text) && content.starts_with(&kept), "{kept:?} keeps {text:?}");
        assert_eq!(finished["error"]["code"], "INTERRUPTED");
        process.signal(signal);
        assert_eq!(process.wait().await.code, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_skips_the_drain() {
    let folder = folder();
    let settings = [("CONFAB_PACE_MS", "1000"), ("CONFAB_DRAIN", "3600")];
    let (process, address) = Process::serve(folder.path(), &[], &settings).await;
    let client = Client::register(address).await;
    let (_, reply) = client.send_echo(&"word ".repeat(1000), None).await;
    let mut socket = Socket::connect(address).await;
    socket.init(client.token.as_deref()).await;
    socket.follow(&reply, None).await;
    socket.event().await;
    process.signal("TERM");
    assert_eq!(socket.closed().await, 1012);
    process.signal("TERM");
    assert_eq!(process.wait().await.code, Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_names_users_and_requests_but_no_content() {
    let folder = folder();
    let settings = [("CONFAB_LOG", "trace"), ("CONFAB_LOG_FORMAT", "json"), ("CONFAB_PACE_MS", "0")];
    let (process, address) = Process::serve(folder.path(), &[], &settings).await;
    let client = Client::register(address).await;
    let me = client.data("{ me { id } }", json!({})).await["me"]["id"].clone();
    let user = me.as_str().expect("an id").rsplit_once('_').expect("it is typed").1;
    let (_, reply) = client.send_echo("A xylophone, please.", None).await;
    let mut socket = Socket::connect(address).await;
    socket.init(client.token.as_deref()).await;
    socket.follow_to_end(&reply).await;
    // Failures reveal nothing either.
    let send = "mutation($input: SendMessageInput!) { sendMessage(input: $input) { reply { id } } }";
    for input in [
        json!({ "content": "xylophone".repeat(4000) }),
        json!({ "content": "xylophone", "model": "xylophone" }),
        json!({ "content": "xylophone", "conversationId": "xylophone" }),
    ] {
        client.error(send, json!({ "input": input })).await;
    }
    for text in ["{ xylophone }", "{ xylophone", "{ node(id: \"xylophone\") { id } }"] {
        client.error(text, json!({})).await;
        socket.subscribe("1", text, json!({})).await;
        socket.ping().await;
    }
    let log_in = json!({ "email": client.email, "password": "a wrong xylophone" });
    let text = "mutation($input: LogInInput!) { logIn(input: $input) { accessToken } }";
    client.error(text, json!({ "input": log_in })).await;
    let mut impostor = client.clone();
    impostor.token = Some("xylophone.xylophone.xylophone".into());
    impostor.error("{ me { id } }", json!({})).await;
    socket.send_text("xylophone").await;
    socket.closed().await;
    // The path of an import has a ticket.
    let import = format!("http://{address}/import/xylophone");
    let refused =
        reqwest::Client::builder().no_proxy().build().expect("a client can be made").put(import).send();
    assert_eq!(refused.await.expect("the server answers").status(), 401);
    process.signal("TERM");
    let log = process.wait().await.stderr;

    let token = client.token.as_deref().expect("signed in");
    for secret in [
        "xylophone",
        "Xylophone",
        token,
        token.rsplit_once('.').expect("it has three parts").1,
        &client.refresh_token,
        &client.email,
        client.email.split_once('@').expect("an address").0,
        PASSWORD,
    ] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} is in the log");
    }
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let field = |line: &Value, name: &str| {
        let value = line.get(name).or_else(|| line["span"].get(name));
        value.and_then(Value::as_str).map(|value| value.replace('-', ""))
    };
    let answered: Vec<&Value> = lines.iter().filter(|line| line["path"] == "/graphql").collect();
    assert!(answered.len() > 8, "{log}");
    for line in answered {
        assert!(field(line, "request_id").is_some(), "{line}");
        if let Some(id) = field(line, "user_id") {
            assert_eq!(id, user, "{line}");
        }
    }
    type Matches = fn(&Value) -> bool;
    let expected: [(&str, Matches); 3] = [
        ("a request", |line| line["path"] == "/graphql"),
        ("a finished reply", |line| line["reply"].is_string() && line["status"].is_string()),
        ("a closed socket", |line| line["code"].is_number() && line["reason"].is_string()),
    ];
    for (what, matches) in expected {
        let line = lines.iter().find(|line| matches(line) && field(line, "user_id").is_some());
        let line = line.unwrap_or_else(|| panic!("no line with a user for {what}: {log}"));
        assert!(field(line, "request_id").is_some(), "{line}");
    }
}

/// SIGHUP makes the server poll at once for what it otherwise polls for at intervals, such as a provider's models.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sighup_triggers_background_polls() {
    let asked = Arc::new(AtomicUsize::new(0));
    let models = move || {
        let model = format!("model-{}", asked.fetch_add(1, Ordering::SeqCst));
        async move { Json(json!({ "object": "list", "data": [{ "id": model }] })) }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}/v1", listener.local_addr().expect("it is bound"));
    let router = Router::new().route("/v1/models", get(models));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let folder = folder();
    let (process, address) = Process::serve(folder.path(), &[], &[("OPENAI_BASE_URL", &url)]).await;
    let client = Client::new(address, None);
    let listed = async || client.data("{ models { id } }", json!({})).await["models"][0]["id"].take();
    assert_eq!(listed().await, "model-0");
    assert_eq!(listed().await, "model-0", "the list is cached for a while");
    process.signal("HUP");
    wait_for("the new list", async { while listed().await != "model-1" {} }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_playground_is_off_in_production_unless_it_is_turned_on() {
    let production =
        [("CONFAB_ENV", "production"), ("CONFAB_JWT_SECRET", "5f0c6d1e9a7b48c3e2f1a0b9d8c7e6f5")];
    let get = async |settings: &[(&str, &str)]| {
        let folder = folder();
        let (_process, address) = Process::serve(folder.path(), &[], settings).await;
        let client = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
        let answer = HttpResponse::to(client.get(format!("http://{address}/playground"))).await;
        (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
    };
    let mode = |name: &str| format!("name=\"confab-playground\" content=\"{name}\"");

    let (status, page) = get(&[]).await;
    assert!(status == 200 && page.contains(&mode("on")), "{status} {page}");
    let (status, page) = get(&[&production[..], &[("CONFAB_PLAYGROUND", "on")]].concat()).await;
    assert!(status == 200 && page.contains(&mode("without-schema")), "{status} {page}");
    for settings in [&production[..], &[("CONFAB_PLAYGROUND", "off")]] {
        let (status, page) = get(settings).await;
        assert!(status == 404 && page.contains("CONFAB_PLAYGROUND=on"), "{status} {page}");
    }
}
