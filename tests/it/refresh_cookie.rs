//! The cookie in which the chat page keeps its refresh token.

use crate::support::{HttpResponse, Kind, PASSWORD, Process, Server, Socket, code, codes, in_production};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

const LOG_IN: &str = "mutation($input: LogInInput!) { logIn(input: $input) { accessToken refreshToken } }";
const REFRESH: &str =
    "mutation { refreshSession(input: { refreshToken: \"\" }) { accessToken refreshToken user { email } } }";
const LOG_OUT: &str = "mutation { logOut(input: { refreshToken: \"\" }) { loggedOut } }";

/// A request as the chat page sends it.
fn page_request(server: &Server, cookie: Option<&str>, query: &str, variables: Value) -> RequestBuilder {
    let request = server.post().header("confab-session", "cookie").header("origin", server.url(""));
    let request = request.json(&json!({ "query": query, "variables": variables }));
    match cookie {
        Some(cookie) => request.header("cookie", format!("theme=dark; {cookie}")),
        None => request,
    }
}

/// Returns the cookie that an answer sets: its name and value, and its attributes.
fn set_cookie(answer: &HttpResponse) -> (String, String) {
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    let [cookie] = cookies[..] else { panic!("{answer:?}") };
    let (pair, how) = cookie.to_str().expect("text").split_once("; ").expect("a cookie");
    (pair.to_owned(), how.to_owned())
}

/// The chat page detects in this way whether a proxy passes the page's host on to the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_own_page_is_recognised_by_its_host() {
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
            let answer = HttpResponse::to(request.json(&json!({ "query": "{ __typename }" }))).await;
            assert_eq!(
                answer.status,
                if good { 200 } else { 403 },
                "{origin} at {host}, {forwarded}: {answer:?}"
            );
            if !good {
                assert_eq!(code(&answer.refusal()), "FORBIDDEN");
            }
            let socket = Socket::connect_with_headers(server.address, &headers).await;
            assert_eq!(socket.err(), (!good).then_some(403), "{origin} at {host}, {forwarded}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_reports_a_refused_origin() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (mut process, address) = Process::serve(folder.path(), &[], &[]).await;
    let headers = [("host", "backend:8000"), ("origin", "https://chat.example")];
    assert_eq!(Socket::connect_with_headers(address, &headers).await.err(), Some(403));
    process.wait_for_log("https://chat.example").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_never_sees_a_refresh_token() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let input = json!({ "input": { "email": client.email, "password": PASSWORD } });
    let signed_in = HttpResponse::to(page_request(&server, None, LOG_IN, input)).await;
    assert_eq!(signed_in.json()["data"]["logIn"]["refreshToken"], "");
    let (first, how) = set_cookie(&signed_in);
    let month = server.config.refresh_token_ttl.as_secs();
    assert_eq!(how, format!("Path=/graphql; HttpOnly; SameSite=Strict; Max-Age={month}"));

    let refreshed = HttpResponse::to(page_request(&server, Some(&first), REFRESH, json!({}))).await;
    let session = &refreshed.json()["data"]["refreshSession"];
    assert_eq!((&session["refreshToken"], &session["user"]["email"]), (&json!(""), &json!(client.email)));
    let (second, _) = set_cookie(&refreshed);
    assert_ne!(second, first);
    // Two tabs that refresh at the same time get the same successor.
    assert_eq!(
        set_cookie(&HttpResponse::to(page_request(&server, Some(&first), REFRESH, json!({}))).await).0,
        second
    );

    let left = HttpResponse::to(page_request(&server, Some(&second), LOG_OUT, json!({}))).await;
    assert_eq!(left.json()["data"]["logOut"]["loggedOut"], true);
    assert_eq!(
        set_cookie(&left),
        ("confab_refresh=".into(), "Path=/graphql; HttpOnly; SameSite=Strict; Max-Age=0".into())
    );
    for cookie in [Some(&*second), Some("confab_refresh=nonsense"), None] {
        let refused = HttpResponse::to(page_request(&server, cookie, REFRESH, json!({}))).await;
        assert_eq!(codes(&refused.json()), ["UNAUTHENTICATED"]);
        assert_eq!(set_cookie(&refused).0, "confab_refresh=", "an invalid cookie is deleted");
    }
}

/// A host above or beside this one in the same domain can set cookies for the whole domain, but not one with this name:
/// browsers accept the prefix `__Host-` only from the host itself, over TLS and for all paths (RFC 6265bis, 4.1.3.2).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_production_the_cookie_is_secure_and_host_bound() {
    let server = Server::with(Kind::Sqlite, in_production).await;
    let client = server.register().await;
    let input = json!({ "input": { "email": client.email, "password": PASSWORD } });
    // No proxy says that the request came over TLS.
    let (cookie, how) = set_cookie(&HttpResponse::to(page_request(&server, None, LOG_IN, input)).await);
    let (name, token) = cookie.split_once('=').expect("a pair");
    let month = server.config.refresh_token_ttl.as_secs();
    let expected = format!("Path=/; HttpOnly; SameSite=Strict; Max-Age={month}; Secure");
    assert_eq!((name, how), ("__Host-confab_refresh", expected));
    let of_others = format!("confab_refresh={token}; __Secure-confab_refresh={token}");
    let refused = HttpResponse::to(page_request(&server, Some(&of_others), REFRESH, json!({}))).await;
    assert_eq!(codes(&refused.json()), ["UNAUTHENTICATED"], "cookies with other names are ignored");
    assert_eq!(
        set_cookie(&refused),
        ("__Host-confab_refresh=".into(), "Path=/; HttpOnly; SameSite=Strict; Max-Age=0; Secure".into())
    );
    let set_by_others = format!("confab_refresh=nonsense; {cookie}; __Secure-confab_refresh=nonsense");
    let refreshed = HttpResponse::to(page_request(&server, Some(&set_by_others), REFRESH, json!({}))).await;
    assert_eq!(refreshed.json()["data"]["refreshSession"]["user"]["email"], json!(client.email));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_own_page_may_use_the_cookie() {
    let server = Server::with(Kind::Sqlite, |config| {
        config.allowed_origins = vec!["https://chat.example".into()];
        config.trusted_proxies = "127.0.0.1".parse().expect("an address");
    });
    let server = server.await;
    let client = server.register().await;
    let input = json!({ "input": { "email": client.email, "password": PASSWORD } });
    let (cookie, _) = set_cookie(&HttpResponse::to(page_request(&server, None, LOG_IN, input.clone())).await);
    let body = json!({ "query": REFRESH });
    // A page of another site, a page of an allowed origin, and a client that is not a browser.
    for origin in [Some("https://evil.example"), Some("https://chat.example"), Some("null"), None] {
        let request = server.post().header("confab-session", "cookie").header("cookie", &cookie).json(&body);
        let request = match origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        };
        let refused = HttpResponse::to(request).await;
        assert_eq!((refused.status, code(&refused.refusal())), (403, "FORBIDDEN"), "{origin:?}");
    }
    // Without the header the cookie is ignored, and the tokens are returned in the body.
    let own = server.url("");
    let request = server.post().header("origin", &own).header("cookie", &cookie);
    let refused = HttpResponse::to(request.json(&body)).await;
    assert_eq!(codes(&refused.json()), ["UNAUTHENTICATED"]);
    assert!(refused.headers.get("set-cookie").is_none());
    let odd = server.post().header("origin", &own).header("confab-session", "yes").json(&body);
    assert_eq!(code(&HttpResponse::to(odd).await.refusal()), "BAD_USER_INPUT");
    // A cookie that was set over TLS is sent over TLS only.
    let by_tls = page_request(&server, None, LOG_IN, input).header("x-forwarded-proto", "https");
    let (name, how) = set_cookie(&HttpResponse::to(by_tls).await);
    assert!(name.starts_with("__Host-confab_refresh=") && how.ends_with("; Secure"), "{name}; {how}");
    // A preflight does not allow the header.
    let preflight =
        server.request(reqwest::Method::OPTIONS, "/graphql").header("origin", "https://chat.example");
    let preflight = preflight.header("access-control-request-method", "POST");
    let preflight =
        HttpResponse::to(preflight.header("access-control-request-headers", "confab-session")).await;
    assert!(!preflight.lists("access-control-allow-headers", "confab-session"), "{preflight:?}");
    assert_eq!(preflight.header("access-control-allow-credentials"), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_server_sent_events_the_refresh_token_stays_in_the_cookie() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let input = json!({ "input": { "email": client.email, "password": PASSWORD } });
    let answer =
        HttpResponse::to(page_request(&server, None, LOG_IN, input).header("accept", "text/event-stream"))
            .await;
    let (cookie, _) = set_cookie(&answer);
    assert!(answer.text().contains("\"refreshToken\":\"\""), "{}", answer.text());
    let refresh =
        page_request(&server, Some(&cookie), REFRESH, json!({})).header("accept", "text/event-stream");
    let refreshed = HttpResponse::to(refresh).await;
    assert!(refreshed.text().contains(&client.email), "{}", refreshed.text());
    set_cookie(&refreshed);
}
