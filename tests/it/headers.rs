//! The headers that every answer has.

use crate::support::{HttpResponse, Kind, Server, in_production};
use reqwest::Method;
use serde_json::json;
use std::{fs, path::PathBuf};

/// The routes of the server, and one path that has none. A layer around all routes sets the headers, so this list need
/// not be complete for a new route to have them.
const ROUTES: [&str; 11] = [
    "/",
    "/c/conversation_00000000000000000000000000000000",
    "/graphql",
    "/export",
    "/healthz",
    "/readyz",
    "/playground",
    "/assets/{name}",
    "/service-worker.js",
    "/.well-known/jwks.json",
    "/nope",
];

/// Returns the path of an asset that exists.
fn asset() -> String {
    let built: PathBuf = [env!("CARGO_MANIFEST_DIR"), "web/dist/assets"].iter().collect();
    let mut names =
        fs::read_dir(built).expect("the pages are built").map(|file| file.expect("a file").file_name());
    let name = names.next().expect("there are assets").into_string().expect("text");
    format!("/assets/{}", name.trim_end_matches(".br").trim_end_matches(".gz"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_has_the_security_headers() {
    let server = Server::start(Kind::Sqlite).await;
    let asset = asset();
    let more = [&asset, "/assets/..%2fx", "/graphql?query={__typename}", "/graphql?query={", "//"];
    let paths = ROUTES.into_iter().chain(more);
    for path in paths {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS, Method::DELETE] {
            for accept in ["text/html", "*/*"] {
                let request = server.request(method.clone(), path).header("accept", accept);
                let request = request.header("origin", "https://elsewhere.example");
                let answer = HttpResponse::to(request).await;
                check(&format!("{method} {path} for {accept}"), &answer, path == asset);
            }
        }
    }
    let event_stream =
        server.post().header("accept", "text/event-stream").json(&json!({ "query": "{__typename}" }));
    check("events", &HttpResponse::to(event_stream).await, false);
}

fn check(what: &str, answer: &HttpResponse, may_be_cached: bool) {
    for (name, expected) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        let values: Vec<_> = answer.headers.get_all(name).iter().collect();
        assert_eq!(values, [expected], "{what}: {name}");
    }
    let policies: Vec<_> = answer.headers.get_all("content-security-policy").iter().collect();
    let [policy] = policies[..] else { panic!("{what}: one policy, not {policies:?}") };
    let policy = policy.to_str().expect("text");
    assert!(policy.starts_with("default-src 'none';"), "{what}: {policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    let caching = answer.header("cache-control");
    let revalidated = what.contains("/service-worker.js") && caching == "no-cache";
    let keys = what.contains("/.well-known/jwks.json") && caching == "public, max-age=300";
    assert!(
        caching == "no-store"
            || keys
            || revalidated
            || (may_be_cached && answer.lists("cache-control", "immutable")),
        "{what}: {answer:?}"
    );
    for name in ["server", "x-powered-by", "strict-transport-security"] {
        assert_eq!(answer.header(name), "", "{what}: {name}");
    }
    assert_ne!(answer.header("x-request-id"), "", "{what}");
}

/// RFC 6797: an answer over TLS tells browsers to use TLS from then on. Only a trusted proxy can say that TLS was used.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_over_tls_get_hsts() {
    for trusted in ["", "127.0.0.0/8"] {
        let server = Server::with(Kind::Sqlite, |config| {
            config.trusted_proxies = trusted.parse().expect("proxies");
        })
        .await;
        for (name, value, by_tls) in [
            ("x-forwarded-proto", "https", true),
            ("x-forwarded-proto", "http", false),
            ("forwarded", "for=192.0.2.1;proto=https", true),
            ("forwarded", "for=192.0.2.1; Proto=\"https\"", true),
            ("forwarded", "for=192.0.2.1;proto=http", false),
            ("x-other", "https", false),
        ] {
            for path in ["/healthz", "/nope"] {
                let answer = HttpResponse::to(server.get(path).header(name, value)).await;
                let expected = if by_tls && !trusted.is_empty() { "max-age=31536000" } else { "" };
                assert_eq!(
                    answer.header("strict-transport-security"),
                    expected,
                    "{trusted:?} {name}: {value}"
                );
            }
        }
    }
}

/// Production is assumed to be behind TLS, whether or not a trusted proxy says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn production_always_sends_hsts() {
    let server = Server::with(Kind::Sqlite, in_production).await;
    for path in ["/", "/healthz", "/nope"] {
        let answer = HttpResponse::to(server.get(path)).await;
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "{path}");
    }
}
