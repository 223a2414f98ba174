//! The cookie in which the chat page keeps its refresh token.

use crate::support::{Answer, Kind, PASSWORD, Process, Server, Socket, code, codes, in_production};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

const LOG_IN: &str = "mutation($input: LogInInput!) { logIn(input: $input) { accessToken refreshToken } }";
const REFRESH: &str =
    "mutation { refreshSession(input: { refreshToken: \"\" }) { accessToken refreshToken user { email } } }";
const LOG_OUT: &str = "mutation { logOut(input: { refreshToken: \"\" }) { loggedOut } }";

/// A request as the chat page sends it.
fn asks(server: &Server, cookie: Option<&str>, query: &str, variables: Value) -> RequestBuilder {
    let request = server.post().header("confab-session", "cookie").header("origin", server.url(""));
    let request = request.json(&json!({ "query": query, "variables": variables }));
    match cookie {
        Some(cookie) => request.header("cookie", format!("theme=dark; {cookie}")),
        None => request,
    }
}

/// Returns the cookie that an answer sets: its name and value, and its attributes.
fn kept(answer: &Answer) -> (String, String) {
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    let [cookie] = cookies[..] else { panic!("{answer:?}") };
    let (pair, how) = cookie.to_str().expect("text").split_once("; ").expect("a cookie");
    (pair.to_owned(), how.to_owned())
}

/// The chat page detects in this way whether a proxy passes the page's host on to the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_is_known_by_its_host_whatever_the_port_and_case() {
    let server = Server::with(Kind::Sqlite, |config| {
        config.trusted_proxies = "127.0.0.1".parse().expect("an address");
    })
    .await;
    let untrusting = Server::start(Kind::Sqlite).await;
    for (origin, host, forwarded, good) in [
        ("https://chat.example", "chat.example", "", true),
        ("https://chat.example", "CHAT.example:443", "", true),
        ("http://chat.example:80", "chat.example", "", true),
        ("https://chat.example", "chat.example:80", "", false),
        ("https://chat.example", "backend:8000", "", false),
        ("https://chat.example", "backend:8000", "chat.example", true),
        ("https://chat.example", "backend:8000", "Chat.example:443, inner", true),
        ("https://evil.example", "backend:8000", "chat.example", false),
    ] {
        for (server, good) in [(&server, good), (&untrusting, good && forwarded.is_empty())] {
            let mut request = server.post().header("confab-session", "cookie");
            let mut headers = vec![("origin", origin), ("host", host)];
            if !forwarded.is_empty() {
                headers.push(("x-forwarded-host", forwarded));
            }
            for (name, value) in &headers {
                request = request.header(*name, *value);
            }
            let answer = Answer::to(request.json(&json!({ "query": "{ __typename }" }))).await;
            assert_eq!(
                answer.status,
                if good { 200 } else { 403 },
                "{origin} at {host}, {forwarded}: {answer:?}"
            );
            if !good {
                assert_eq!(code(&answer.refusal()), "FORBIDDEN");
            }
            let socket = Socket::ask_for(server.address, &headers).await;
            assert_eq!(socket.err(), (!good).then_some(403), "{origin} at {host}, {forwarded}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_tells_of_a_proxy_that_replaces_the_host() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (mut process, address) = Process::serve(folder.path(), &[], &[]).await;
    let headers = [("host", "backend:8000"), ("origin", "https://chat.example")];
    assert_eq!(Socket::ask_for(address, &headers).await.err(), Some(403));
    process.logs("https://chat.example").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_signs_in_refreshes_and_signs_out_without_seeing_a_refresh_token() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let input = json!({ "input": { "email": client.email, "password": PASSWORD } });
    let signed_in = Answer::to(asks(&server, None, LOG_IN, input)).await;
    assert_eq!(signed_in.json()["data"]["logIn"]["refreshToken"], "");
    let (first, how) = kept(&signed_in);
    let month = server.config.refresh_token_ttl;
    assert_eq!(how, format!("Path=/graphql; HttpOnly; SameSite=Strict; Max-Age={month}"));

    let refreshed = Answer::to(asks(&server, Some(&first), REFRESH, json!({}))).await;
    let session = &refreshed.json()["data"]["refreshSession"];
    assert_eq!((&session["refreshToken"], &session["user"]["email"]), (&json!(""), &json!(client.email)));
    let (second, _) = kept(&refreshed);
    assert_ne!(second, first);
    // Two tabs that refresh at the same time get the same successor.
    assert_eq!(kept(&Answer::to(asks(&server, Some(&first), REFRESH, json!({}))).await).0, second);

    let left = Answer::to(asks(&server, Some(&second), LOG_OUT, json!({}))).await;
    assert_eq!(left.json()["data"]["logOut"]["loggedOut"], true);
    assert_eq!(
        kept(&left),
        ("confab_refresh=".into(), "Path=/graphql; HttpOnly; SameSite=Strict; Max-Age=0".into())
    );
    for cookie in [Some(&*second), Some("confab_refresh=nonsense"), None] {
        let refused = Answer::to(asks(&server, cookie, REFRESH, json!({}))).await;
        assert_eq!(codes(&refused.json()), ["UNAUTHENTICATED"]);
        assert_eq!(kept(&refused).0, "confab_refresh=", "an invalid cookie is deleted");
    }
}

/// A host above or beside this one in the same domain can set cookies for the whole domain, but not one with this name:
/// browsers accept the prefix `__Host-` only from the host itself, over TLS and for all paths (RFC 6265bis, 4.1.3.2).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_production_the_cookie_goes_by_tls_alone_and_nobody_else_can_have_set_it() {
    let server = Server::with(Kind::Sqlite, in_production).await;
    let client = server.register().await;
    let input = json!({ "input": { "email": client.email, "password": PASSWORD } });
    // No proxy says that the request came over TLS.
    let (cookie, how) = kept(&Answer::to(asks(&server, None, LOG_IN, input)).await);
    let (name, token) = cookie.split_once('=').expect("a pair");
    let month = server.config.refresh_token_ttl;
    let expected = format!("Path=/; HttpOnly; SameSite=Strict; Max-Age={month}; Secure");
    assert_eq!((name, how), ("__Host-confab_refresh", expected));
    let of_others = format!("confab_refresh={token}; __Secure-confab_refresh={token}");
    let refused = Answer::to(asks(&server, Some(&of_others), REFRESH, json!({}))).await;
    assert_eq!(codes(&refused.json()), ["UNAUTHENTICATED"], "cookies with other names are ignored");
    assert_eq!(
        kept(&refused),
        ("__Host-confab_refresh=".into(), "Path=/; HttpOnly; SameSite=Strict; Max-Age=0; Secure".into())
    );
    let set_by_others = format!("confab_refresh=nonsense; {cookie}; __Secure-confab_refresh=nonsense");
    let refreshed = Answer::to(asks(&server, Some(&set_by_others), REFRESH, json!({}))).await;
    assert_eq!(refreshed.json()["data"]["refreshSession"]["user"]["email"], json!(client.email));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_but_our_own_page_has_to_do_with_the_cookie() {
    let server = Server::with(Kind::Sqlite, |config| {
        config.allowed_origins = vec!["https://chat.example".into()];
        config.trusted_proxies = "127.0.0.1".parse().expect("an address");
    });
    let server = server.await;
    let client = server.register().await;
    let input = json!({ "input": { "email": client.email, "password": PASSWORD } });
    let (cookie, _) = kept(&Answer::to(asks(&server, None, LOG_IN, input.clone())).await);
    let body = json!({ "query": REFRESH });
    // A page of another site, a page of an allowed origin, and a client that is not a browser.
    for origin in [Some("https://evil.example"), Some("https://chat.example"), Some("null"), None] {
        let request = server.post().header("confab-session", "cookie").header("cookie", &cookie).json(&body);
        let request = match origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        };
        let refused = Answer::to(request).await;
        assert_eq!((refused.status, code(&refused.refusal())), (403, "FORBIDDEN"), "{origin:?}");
    }
    // Without the header the cookie is ignored, and the tokens are returned in the body.
    let own = server.url("");
    let request = server.post().header("origin", &own).header("cookie", &cookie);
    let refused = Answer::to(request.json(&body)).await;
    assert_eq!(codes(&refused.json()), ["UNAUTHENTICATED"]);
    assert!(refused.headers.get("set-cookie").is_none());
    let odd = server.post().header("origin", &own).header("confab-session", "yes").json(&body);
    assert_eq!(code(&Answer::to(odd).await.refusal()), "BAD_USER_INPUT");
    // A cookie that was set over TLS is sent over TLS only.
    let by_tls = asks(&server, None, LOG_IN, input).header("x-forwarded-proto", "https");
    let (name, how) = kept(&Answer::to(by_tls).await);
    assert!(name.starts_with("__Host-confab_refresh=") && how.ends_with("; Secure"), "{name}; {how}");
    // A preflight does not allow the header.
    let preflight = server.ask(reqwest::Method::OPTIONS, "/graphql").header("origin", "https://chat.example");
    let preflight = preflight.header("access-control-request-method", "POST");
    let preflight = Answer::to(preflight.header("access-control-request-headers", "confab-session")).await;
    assert!(!preflight.lists("access-control-allow-headers", "confab-session"), "{preflight:?}");
    assert_eq!(preflight.header("access-control-allow-credentials"), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_server_sent_events_the_refresh_token_stays_in_the_cookie_too() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let input = json!({ "input": { "email": client.email, "password": PASSWORD } });
    let answer = Answer::to(asks(&server, None, LOG_IN, input).header("accept", "text/event-stream")).await;
    let (cookie, _) = kept(&answer);
    assert!(answer.text().contains("\"refreshToken\":\"\""), "{}", answer.text());
    let refresh = asks(&server, Some(&cookie), REFRESH, json!({})).header("accept", "text/event-stream");
    let refreshed = Answer::to(refresh).await;
    assert!(refreshed.text().contains(&client.email), "{}", refreshed.text());
    kept(&refreshed);
}
