//! Sign-in at an OpenID Provider from the chat page: a real provider, and a browser that follows the redirects.

use crate::support::{
    AUDIENCE, Browser, HttpResponse, IdentityProvider, Kind, PASSWORD, Server, Sql, UNTHROTTLED, codes,
    default_settings, in_production, on_both_databases, wait_for,
};
use confab::config::{Config, Throttling};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use url::Url;

/// The address at which browsers see the server. The tests' browser reaches an instance of it.
const PUBLIC: &str = "http://127.0.0.1:1";
const SECRET: &str = "a secret: 100% & more";
const REFRESH: &str = "mutation { refreshSession(input: { refreshToken: \"\" }) { accessToken user {
    id name email hasPassword sessions { id } securityEvents { nodes { kind address detail } } } } }";

/// The settings of a server at whose chat page users of the provider can sign in.
fn client_of(provider: &IdentityProvider, client: &str) -> impl FnOnce(&mut Config) + use<> {
    let (issuer, client) = (provider.issuer.clone(), client.to_owned());
    move |config| {
        config.identities.oidc_issuer = issuer;
        config.identities.oidc_client_secret = (client == "confidential").then(|| SECRET.to_owned().into());
        config.identities.oidc_client_id = client;
        config.identities.public_url = PUBLIC.into();
    }
}

/// A browser at the chat page: its cookies for the server, and itself at the provider.
#[derive(Default)]
struct Tab {
    provider: Browser,
    cookies: BTreeMap<String, String>,
}

impl Tab {
    /// Requests a path of the server. Stores the cookies that it sets.
    async fn get(&mut self, server: &Server, path: &str) -> HttpResponse {
        let answer = HttpResponse::to(server.get(path).header("cookie", self.cookie())).await;
        self.store(&answer);
        answer
    }

    /// Executes an operation with the refresh cookie, as the page does.
    async fn execute(&mut self, server: &Server, query: &str) -> Value {
        let request = server.post().header("confab-session", "cookie").header("origin", server.url(""));
        let request = request.header("cookie", self.cookie()).json(&json!({ "query": query }));
        let answer = HttpResponse::to(request).await;
        self.store(&answer);
        answer.json()
    }

    fn cookie(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn store(&mut self, answer: &HttpResponse) {
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            match value {
                "" => self.cookies.remove(name),
                value => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }

    /// Starts a sign-in. Returns the URL of the provider.
    async fn start(&mut self, server: &Server, query: &str) -> Url {
        let answer = self.get(server, &format!("/sign-in{query}")).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        answer.header("location").parse().unwrap_or_else(|_| panic!("{answer:?}"))
    }

    /// Signs in at the provider. Returns the path to which it sends the browser back.
    async fn answer(&mut self, server: &Server, who: &str) -> String {
        let url = self.start(server, "").await;
        self.answer_to(url, who).await
    }

    async fn answer_to(&mut self, url: Url, who: &str) -> String {
        path_of(&self.provider.sign_in(url, who).await)
    }

    /// Signs in, and returns the page that is shown then.
    async fn sign_in(&mut self, server: &Server, who: &str) -> String {
        let path = self.answer(server, who).await;
        self.finish(server, &path).await
    }

    /// Comes back from the provider, and returns the page that is shown then.
    async fn finish(&mut self, server: &Server, path: &str) -> String {
        let answer = self.get(server, path).await;
        assert_eq!((answer.status, answer.header("cache-control")), (303, "no-store"), "{answer:?}");
        answer.header("location").to_owned()
    }

    /// The signed-in user, as the page finds out.
    async fn user(&mut self, server: &Server) -> Value {
        self.execute(server, REFRESH).await["data"]["refreshSession"].take()
    }
}

fn path_of(url: &Url) -> String {
    assert!(url.as_str().starts_with(PUBLIC), "{url}");
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}

/// Replaces a query parameter, or removes it.
fn with(path: &str, name: &str, value: Option<&str>) -> String {
    let mut url = Url::parse(PUBLIC).unwrap().join(path).unwrap();
    let others: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(other, _)| other != name).collect();
    url.query_pairs_mut().clear().extend_pairs(others).extend_pairs(value.map(|value| (name, value)));
    path_of(&url)
}

on_both_databases! {
    async fn a_user_signs_in_at_the_provider_on_any_instance(kind) {
        let provider = IdentityProvider::start().await;
        for (client, who) in [("public", "ada"), ("confidential", "eve")] {
            let server = Server::with(kind, client_of(&provider, client)).await;
            let elsewhere = server.another_instance().await;
            let mut tab = Tab::default();
            let path = tab.answer(&server, who).await;
            assert!(path.contains("iss="), "{path}");
            assert_eq!(tab.finish(&elsewhere, &path).await, "/");
            assert_eq!(tab.cookies.keys().collect::<Vec<_>>(), ["confab_refresh"], "nothing else is kept");
            let session = tab.user(&server).await;
            let user = &session["user"];
            let expected = json!({
                "id": user["id"],
                "name": format!("{who} of the provider"),
                "email": format!("{who}@example.com"),
                "hasPassword": false,
                "sessions": user["sessions"],
                "securityEvents": { "nodes": [
                    { "kind": "SIGNED_IN", "address": "127.0.0.1", "detail": provider.issuer },
                    { "kind": "REGISTERED", "address": null, "detail": provider.issuer },
                ] },
            });
            assert_eq!(*user, expected);
            assert_eq!(user["sessions"].as_array().unwrap().len(), 1);

            // The session is like one that was opened with a password.
            let mut ada = server.anonymous();
            ada.token = session["accessToken"].as_str().map(str::to_owned);
            let (_, reply) = ada.send_echo("hello", None).await;
            let mut socket = server.socket(&ada).await;
            assert_eq!(socket.follow_to_end(&reply).await.0, "hello");
            // Signing out ends it.
            let log_out = "mutation { logOut(input: { refreshToken: \"\" }) { loggedOut } }";
            assert_eq!(tab.execute(&server, log_out).await["data"]["logOut"]["loggedOut"], true);
            assert!(tab.cookies.is_empty());
            assert_eq!(socket.closed().await, 4403);
            assert_eq!(codes(&tab.execute(&server, REFRESH).await), ["UNAUTHENTICATED"]);

            // The next sign-in finds the same account.
            assert_eq!(tab.sign_in(&elsewhere, who).await, "/");
            assert_eq!(tab.user(&server).await["user"]["id"], user["id"]);
        }
    }

    async fn an_access_token_and_a_sign_in_belong_to_the_same_account(kind) {
        let provider = IdentityProvider::start().await;
        let server = Server::with(kind, |config| {
            client_of(&provider, "public")(config);
            config.identities.oidc_audience = AUDIENCE.into();
        });
        let server = server.await;
        let mut by_token = server.anonymous();
        by_token.token = Some(provider.sign_in("RS256", "ada").await.access_token);
        let me = by_token.data("{ me { id email } }", json!({})).await["me"].take();
        let mut tab = Tab::default();
        tab.sign_in(&server, "ada").await;
        let user = tab.user(&server).await["user"].take();
        assert_eq!(user["id"], me["id"]);
        // Another subject, and a local user with the same address, are different users.
        let mut other = Tab::default();
        other.sign_in(&server, "eve").await;
        assert_ne!(other.user(&server).await["user"]["id"], me["id"]);
        let input = json!({ "input": { "email": me["email"], "password": PASSWORD } });
        let register = "mutation($input: RegisterInput!) { register(input: $input) { user { id hasPassword } } }";
        let local = server.anonymous().data(register, input).await["register"]["user"].take();
        assert_ne!(local["id"], me["id"]);
        assert_eq!(local["hasPassword"], true);
    }

    async fn concurrent_first_sign_ins_create_one_account(kind) {
        let provider = IdentityProvider::start().await;
        let server = Server::with(kind, client_of(&provider, "public")).await;
        let elsewhere = server.another_instance().await;
        let ids = join_all((0..4).map(async |i| {
            let (server, mut tab) = ([&server, &elsewhere][i % 2], Tab::default());
            assert_eq!(tab.sign_in(server, "ada").await, "/");
            tab.user(server).await["user"]["id"].take()
        }))
        .await;
        assert!(ids.iter().all(|id| id.is_string() && *id == ids[0]), "{ids:?}");
        assert_eq!(Sql::of(&server).await.all_rows().await["identities"].len(), 1);
    }

    async fn deleting_the_account_requires_a_recent_sign_in_at_the_provider(kind) {
        let mut provider = IdentityProvider::start().await;
        let server = Server::with(kind, client_of(&provider, "public")).await;
        let mut tab = Tab::default();
        tab.sign_in(&server, "ada").await;
        let first = tab.user(&server).await;
        let delete = async |session: &Value, input: &str| {
            let mut client = server.anonymous();
            client.token = session["accessToken"].as_str().map(str::to_owned);
            client.execute(&format!("mutation {{ deleteAccount(input: {{ {input} }}) {{ deletedId }} }}"), json!({})).await
        };
        server.clock.advance(Duration::from_secs(301));
        for input in ["", "password: \"anything\""] {
            assert_eq!(codes(&delete(&first, input).await), ["FORBIDDEN"]);
        }
        // The provider does not ask a user who is signed in there. The ID token is new, but the sign-in is not.
        let now = server.clock.now().unix_seconds();
        provider.command(&format!("forge {}", json!({ "claims": { "iat": now } }))).await;
        assert_eq!(tab.sign_in(&server, "ada").await, "/");
        assert_eq!(codes(&delete(&tab.user(&server).await, "").await), ["FORBIDDEN"]);
        provider.command(&format!("forge {}", json!({ "claims": { "iat": now, "auth_time": now } }))).await;
        let url = tab.start(&server, "?prompt=login").await;
        assert!(url.query_pairs().any(|(name, value)| name == "prompt" && value == "login"), "{url}");
        let again = tab.answer_to(url, "ada").await;
        assert_eq!(tab.finish(&server, &again).await, "/");
        let deleted = delete(&tab.user(&server).await, "").await;
        assert_eq!(deleted["data"]["deleteAccount"]["deletedId"], first["user"]["id"], "{deleted}");
        assert_eq!(codes(&tab.execute(&server, REFRESH).await), ["UNAUTHENTICATED"], "all sessions have ended");

        // An ID token from before the deletion creates no account; a later one creates a new account.
        assert_eq!(tab.sign_in(&server, "ada").await, "/?sign-in=failed");
        provider.command(&format!("forge {}", json!({ "claims": { "iat": now + 30 } }))).await;
        assert_eq!(tab.sign_in(&server, "ada").await, "/");
        assert_ne!(tab.user(&server).await["user"]["id"], first["user"]["id"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_this_browser_did_not_ask_for_is_refused() {
    let provider = IdentityProvider::start().await;
    let server = Server::with(Kind::Sqlite, client_of(&provider, "public")).await;
    let other_server = Server::with(Kind::Sqlite, client_of(&provider, "public")).await;
    let (mut victim, mut attacker) = (Tab::default(), Tab::default());
    let of_attacker = attacker.answer(&server, "eve").await;
    let path = victim.answer(&server, "ada").await;
    let started = victim.cookies.clone();
    for refused in [
        &*of_attacker,
        &with(&path, "state", None),
        &with(&path, "state", Some("nonsense")),
        &with(&of_attacker, "code", Some("x")),
        &format!("{path}&state=x"),
        &format!("{path}&code=x"),
        "/sign-in/callback",
        "/sign-in/callback?error=access_denied",
        "/sign-in/callback?error=access_denied&state=",
    ] {
        assert_eq!(victim.finish(&server, refused).await, "/?sign-in=expired", "{refused}");
        assert_eq!(victim.cookies, started, "another site cannot cancel a sign-in: {refused}");
    }
    assert_eq!(
        Tab::default().finish(&server, &path).await,
        "/?sign-in=expired",
        "a browser without a cookie"
    );
    assert_eq!(
        victim.finish(&other_server, &path).await,
        "/?sign-in=expired",
        "a server with another secret"
    );
    let head =
        HttpResponse::to(server.request(reqwest::Method::HEAD, &path).header("cookie", victim.cookie()))
            .await;
    assert_eq!(head.status, 405, "HEAD does not use the code up");
    assert_eq!(victim.finish(&server, &path).await, "/");
    assert_eq!(victim.user(&server).await["user"]["name"], "ada of the provider");

    // The code works once, even with a copy of the cookie.
    assert_eq!(victim.finish(&server, &path).await, "/?sign-in=expired");
    let mut thief = Tab { cookies: started, ..Tab::default() };
    assert_eq!(thief.finish(&server, &path).await, "/?sign-in=failed");
    assert!(thief.cookies.is_empty());
    // The attacker's own code cannot be redeemed within another transaction.
    let stolen = Url::parse(PUBLIC).unwrap().join(&attacker.answer(&server, "eve").await).unwrap();
    let code = stolen.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let path = victim.answer(&server, "ada").await;
    assert_eq!(victim.finish(&server, &with(&path, "code", Some(&code))).await, "/?sign-in=failed", "PKCE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_in_the_name_of_another_provider_is_refused() {
    let provider = IdentityProvider::start().await;
    let server = Server::with(Kind::Sqlite, client_of(&provider, "public")).await;
    let mut tab = Tab::default();
    // The provider's metadata states that it always names itself.
    for issuer in [None, Some(""), Some("https://evil.example"), Some(&*format!("{}/", provider.issuer))] {
        let path = tab.answer(&server, "ada").await;
        assert_eq!(tab.finish(&server, &with(&path, "iss", issuer)).await, "/?sign-in=failed", "{issuer:?}");
        assert!(tab.cookies.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_id_tokens_are_refused() {
    let mut provider = IdentityProvider::start().await;
    let server = Server::with(Kind::Sqlite, client_of(&provider, "confidential")).await;
    let now = server.clock.now().unix_seconds();
    for (forgery, valid) in [
        (json!({}), true),
        (json!({ "alg": "RS256", "kid": "RS256-1" }), true),
        (json!({ "claims": { "aud": ["confidential"] } }), true),
        (json!({ "claims": { "aud": ["other", "confidential"], "azp": "confidential" } }), true),
        (json!({ "claims": { "iat": now + 30, "exp": now - 30 } }), true),
        (json!({ "claims": { "nonce": "another" } }), false),
        (json!({ "claims": { "nonce": null } }), false),
        (json!({ "claims": { "aud": "public" } }), false),
        (json!({ "claims": { "aud": null } }), false),
        (json!({ "claims": { "aud": ["other", "confidential"] } }), false),
        (json!({ "claims": { "azp": "public" } }), false),
        (json!({ "claims": { "iss": "https://evil.example" } }), false),
        (json!({ "claims": { "iss": null } }), false),
        (json!({ "claims": { "sub": "" } }), false),
        (json!({ "claims": { "sub": "x".repeat(256) } }), false),
        (json!({ "claims": { "sub": null } }), false),
        (json!({ "claims": { "exp": now - 120 } }), false),
        (json!({ "claims": { "exp": null } }), false),
        (json!({ "claims": { "iat": now + 300 } }), false),
        (json!({ "claims": { "nbf": now + 300 } }), false),
        (json!({ "alg": "none" }), false),
        (json!({ "kid": "RS256-1" }), false),
        (json!({ "kid": "unknown" }), false),
    ] {
        provider.command(&format!("forge {forgery}")).await;
        let mut tab = Tab::default();
        let page = tab.sign_in(&server, "ada").await;
        assert_eq!(page, if valid { "/" } else { "/?sign-in=failed" }, "{forgery}");
        assert_eq!(tab.cookies.contains_key("confab_refresh"), valid, "{forgery}");
    }
    // An ID token with a name saves the request for it. The claims of another user are refused.
    provider.command(&format!("forge {}", json!({ "claims": { "name": "Grace", "sub": "grace" } }))).await;
    let mut tab = Tab::default();
    tab.sign_in(&server, "grace").await;
    assert_eq!(tab.user(&server).await["user"]["name"], "Grace");
    provider.command(&format!("forge {}", json!({ "claims": { "sub": "not eve" } }))).await;
    assert_eq!(Tab::default().sign_in(&server, "eve").await, "/?sign-in=failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_sign_in_returns_to_the_page_with_the_reason() {
    let provider = IdentityProvider::start().await;
    let server = Server::with(Kind::Sqlite, client_of(&provider, "public")).await;
    let mut tab = Tab::default();

    let url = tab.start(&server, "").await;
    let refused = path_of(&tab.provider.refuse(url).await);
    assert!(refused.contains("error=access_denied"), "{refused}");
    assert_eq!(tab.finish(&server, &refused).await, "/?sign-in=denied");
    assert!(tab.cookies.is_empty());

    for (error, reason) in [
        ("temporarily_unavailable", "unavailable"),
        ("invalid_scope", "failed"),
        ("<script>alert(1)</script>", "failed"),
    ] {
        let path = with(&tab.answer(&server, "ada").await, "error", Some(error));
        assert_eq!(tab.finish(&server, &path).await, format!("/?sign-in={reason}"), "{error}");
    }
    let path = tab.answer(&server, "ada").await;
    assert_eq!(tab.finish(&server, &with(&path, "code", None)).await, "/?sign-in=failed");

    let path = tab.answer(&server, "ada").await;
    server.clock.advance(Duration::from_secs(601));
    assert_eq!(tab.finish(&server, &path).await, "/?sign-in=expired");

    // A client that the provider does not know.
    let stranger = Server::with(Kind::Sqlite, |config| {
        client_of(&provider, "confidential")(config);
        config.identities.oidc_client_secret = Some("another secret".to_owned().into());
    });
    let stranger = stranger.await;
    assert_eq!(Tab::default().sign_in(&stranger, "ada").await, "/?sign-in=failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreachable_provider_is_reported_and_waited_for_only_briefly() {
    let mut provider = IdentityProvider::start().await;
    let server = Server::with(Kind::Sqlite, client_of(&provider, "public")).await;
    let mut tab = Tab::default();
    let path = tab.answer(&server, "ada").await;
    provider.command("away").await;
    assert_eq!(tab.finish(&server, &path).await, "/?sign-in=unavailable");
    let uninformed = Server::with(Kind::Sqlite, client_of(&provider, "public")).await;
    assert_eq!(tab.finish(&uninformed, "/sign-in").await, "/?sign-in=unavailable");
    assert!(tab.cookies.is_empty());
    provider.command("back").await;
    uninformed.clock.advance(Duration::from_secs(10)); // the shortest interval between two fetches
    assert_eq!(tab.sign_in(&uninformed, "ada").await, "/");

    let path = tab.answer(&server, "ada").await;
    provider.command("silent").await;
    let finished = wait_for("the server to give the provider up", tab.finish(&server, &path)).await;
    assert_eq!(finished, "/?sign-in=unavailable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_ins_at_the_provider_are_limited_per_address() {
    let provider = IdentityProvider::start().await;
    let server = Server::with(Kind::Sqlite, |config| {
        client_of(&provider, "public")(config);
        config.throttling = Throttling { login_rate_per_address: 2, cost_rate: 10, ..UNTHROTTLED };
    });
    let server = server.await;
    for expected in ["/", "/", "/?sign-in=rate-limited"] {
        assert_eq!(Tab::default().sign_in(&server, "ada").await, expected);
    }
    server.clock.advance(Duration::from_secs(60));
    assert_eq!(Tab::default().sign_in(&server, "ada").await, "/");
    // Requests that start nothing and finish nothing have a cost.
    let mut tab = Tab::default();
    let answers = join_all((0..20).map(async |i| {
        let path = ["/sign-in", "/sign-in/callback?state=x"][i % 2];
        Tab::default().finish(&server, path).await
    }));
    let limited = answers.await.into_iter().filter(|page| page == "/?sign-in=rate-limited").count();
    assert!(limited >= 10, "{limited}");
    assert_eq!(tab.finish(&server, "/sign-in").await, "/?sign-in=rate-limited");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_user_returns_to_the_page_and_never_to_another_site() {
    let provider = IdentityProvider::start().await;
    let server = Server::with(Kind::Sqlite, client_of(&provider, "public")).await;
    let own = "/c/conversation_0123456789abcdef0123456789abcdef";
    let mut tab = Tab::default();
    for (page, expected) in [
        (own, own),
        ("/", "/"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/c/conversation_0123456789abcdef0123456789abcdef@evil.example", "/"),
        ("/c/conversation_0123456789abcdef0123456789abcde\r\nlocation: https://evil.example", "/"),
        ("/sign-in", "/"),
    ] {
        let query = url::form_urlencoded::Serializer::new("?".to_owned()).append_pair("page", page).finish();
        let url = tab.start(&server, &query).await;
        let path = tab.answer_to(url, "ada").await;
        assert_eq!(tab.finish(&server, &path).await, expected, "{page}");
    }
    let url = tab.start(&server, &format!("?page={own}")).await;
    let refused = with(&tab.answer_to(url, "ada").await, "error", Some("access_denied"));
    assert_eq!(tab.finish(&server, &refused).await, format!("{own}?sign-in=denied"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_request_to_the_provider_and_the_cookie_are_protected() {
    let provider = IdentityProvider::start().await;
    let server = Server::with(Kind::Sqlite, |config| {
        client_of(&provider, "confidential")(config);
        config.trusted_proxies = "127.0.0.1".parse().expect("an address");
    });
    let server = server.await;
    let start = |proto: &str| server.get("/sign-in").header("x-forwarded-proto", proto);
    let answer = HttpResponse::to(start("http")).await;
    let url: Url = answer.header("location").parse().unwrap();
    let parameters: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    for (name, expected) in [
        ("response_type", "code"),
        ("client_id", "confidential"),
        ("redirect_uri", "http://127.0.0.1:1/sign-in/callback"),
        ("scope", "openid profile email"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(parameters[name], expected);
    }
    let cookie = |answer: &HttpResponse| answer.header("set-cookie").to_owned();
    let (value, attributes) =
        cookie(&answer).split_once("; ").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert!(value.starts_with("confab_sign_in="), "{value}");
    assert_eq!(attributes, "Path=/sign-in; HttpOnly; SameSite=Lax; Max-Age=600");
    // The cookie contains none of the values that the provider sees, and the other way round.
    let value = value.split_once('=').unwrap().1;
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(parameters[name].len(), 43, "{name}");
        assert!(
            parameters.values().filter(|other| **other == parameters[name]).count() == 1
                && parameters[name] != value
        );
    }
    let over_tls = cookie(&HttpResponse::to(start("https")).await);
    assert!(over_tls.starts_with("__Host-confab_sign_in="), "{over_tls}");
    assert!(over_tls.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600; Secure"), "{over_tls}");

    // Over TLS, the session's cookie is restricted in the same way, and a cookie without the prefix is ignored.
    let mut tab = Tab::default();
    let url = {
        let answer = HttpResponse::to(start("https")).await;
        tab.store(&answer);
        answer.header("location").parse().unwrap()
    };
    let path = tab.answer_to(url, "ada").await;
    let finish =
        |cookie: String| server.get(&path).header("x-forwarded-proto", "https").header("cookie", cookie);
    let unprefixed = tab.cookie().replace("__Host-", "");
    assert_eq!(HttpResponse::to(finish(unprefixed)).await.header("location"), "/?sign-in=expired");
    let doubled = format!("{}; __Host-confab_sign_in=x", tab.cookie());
    assert_eq!(HttpResponse::to(finish(doubled)).await.header("location"), "/?sign-in=expired");
    let finished = HttpResponse::to(finish(tab.cookie())).await;
    let set: Vec<&str> =
        finished.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
    let [deleted, session] = set[..] else { panic!("{set:?}") };
    assert_eq!(deleted, "__Host-confab_sign_in=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure");
    assert!(session.starts_with("__Host-confab_refresh=confab_refresh_"), "{session}");
    assert!(session.contains("; HttpOnly; SameSite=Strict; ") && session.ends_with("; Secure"), "{session}");
    assert!(finished.body.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_configured_server_offers_to_sign_in_at_the_provider() {
    let provider = IdentityProvider::start().await;
    let offered = async |server: &Server| {
        let page = HttpResponse::to(server.get("/")).await;
        let name =
            page.text().split("name=\"confab-sign-in\" content=\"").nth(1).expect("the pages are built");
        name.split('"').next().unwrap().to_owned()
    };
    let named = Server::with(Kind::Sqlite, |config| {
        client_of(&provider, "public")(config);
        config.identities.oidc_name = "Ada & \"Sons\" <Ltd>".into();
    });
    assert_eq!(offered(&named.await).await, "Ada &amp; &quot;Sons&quot; &lt;Ltd&gt;");
    assert_eq!(offered(&Server::with(Kind::Sqlite, client_of(&provider, "public")).await).await, "127.0.0.1");
    let resource_only = Server::with(Kind::Sqlite, |config| {
        config.identities.oidc_issuer = provider.issuer.clone();
        config.identities.oidc_audience = AUDIENCE.into();
    });
    for server in [resource_only.await, Server::start(Kind::Sqlite).await] {
        assert_eq!(offered(&server).await, "");
        for path in ["/sign-in", "/sign-in/callback?code=x&state=x"] {
            assert_eq!(HttpResponse::to(server.get(path)).await.status, 404, "{path}");
        }
    }
    // Without an audience, the provider's access tokens are refused. ID tokens always are.
    let server = Server::with(Kind::Sqlite, client_of(&provider, "public")).await;
    let tokens = provider.sign_in("RS256", "ada").await;
    for token in [tokens.access_token, tokens.id_token] {
        let mut client = server.anonymous();
        client.token = Some(token);
        assert_eq!(codes(&client.execute("{ me { id } }", json!({})).await), ["UNAUTHENTICATED"]);
    }
}

#[test]
fn incomplete_settings_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let fault = |change: &dyn Fn(&mut Config)| {
        let mut config = default_settings();
        config.data_dir = folder.path().to_owned();
        config.identities.oidc_issuer = "https://id.example".into();
        config.identities.oidc_client_id = "confab".into();
        config.identities.public_url = "https://chat.example".into();
        change(&mut config);
        config.resolve(|_| None).err().unwrap_or_default()
    };
    assert_eq!(fault(&|_| {}), "");
    assert_eq!(fault(&in_production), "");
    for url in ["https://CHAT.example:443/", "http://127.0.0.1:8000"] {
        assert_eq!(fault(&|config| config.identities.public_url = url.into()), "", "{url}");
    }
    for url in
        ["", "chat.example", "https://chat.example/path", "https://chat.example?x", "ftp://chat.example"]
    {
        let fault = fault(&|config| config.identities.public_url = url.into());
        assert!(fault.contains("CONFAB_PUBLIC_URL"), "{url}: {fault}");
    }
    let in_production = fault(&|config| {
        in_production(config);
        config.identities.public_url = "http://chat.example".into();
    });
    assert!(in_production.contains("CONFAB_PUBLIC_URL"), "{in_production}");
    for name in ["x".repeat(51), "a\nb".into(), "\u{200b}".into()] {
        let fault = fault(&|config| config.identities.oidc_name = name.clone());
        assert!(fault.contains("CONFAB_OIDC_NAME"), "{name}: {fault}");
    }
    let without_issuer = fault(&|config| config.identities.oidc_issuer = String::new());
    assert!(without_issuer.contains("CONFAB_OIDC_ISSUER"), "{without_issuer}");
}
