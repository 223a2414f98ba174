//! The web pages and their assets: compressed, without other hosts, and under a strict content security policy.

use crate::support::{HttpResponse, Kind, Server};
use flate2::read::GzDecoder;
use std::{collections::BTreeMap, fs, io::Read, path::PathBuf};

/// The folder of the built assets, which the binary embeds.
fn built() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "web/dist/assets"].iter().collect()
}

async fn get(server: &Server, path: &str, accept_encoding: Option<&str>) -> HttpResponse {
    let mut request = server.get(path);
    if let Some(accepted) = accept_encoding {
        request = request.header("accept-encoding", accepted);
    }
    HttpResponse::to(request).await
}

async fn playground(server: &Server) -> HttpResponse {
    let page = get(server, "/playground", None).await;
    assert_eq!(page.status, 200, "the pages are not built: run scripts/build-web, and build the tests again");
    page
}

/// Returns the paths of the assets in a page's HTML.
fn assets(html: &str) -> Vec<&str> {
    let attributes = html.split(['"', '\'']);
    attributes.filter(|value| value.starts_with("/assets/")).collect()
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').expect("a file has an ending").1 {
        "js" => "text/javascript",
        "css" => "text/css",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        other => panic!("add the media type of .{other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_page_has_a_strict_policy_with_a_fresh_nonce() {
    let server = Server::start(Kind::Sqlite).await;
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let page = playground(&server).await;
        assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
        assert_eq!(page.header("cache-control"), "no-store", "a nonce must not be reused");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        let policy: BTreeMap<&str, Vec<&str>> = page
            .header("content-security-policy")
            .split(';')
            .filter_map(|directive| {
                let mut words = directive.split_whitespace();
                Some((words.next()?, words.collect()))
            })
            .collect();
        for (directive, expected) in [
            ("default-src", "'none'"),
            ("script-src", "'self'"),
            ("connect-src", "'self'"),
            ("base-uri", "'none'"),
            ("form-action", "'none'"),
            ("frame-ancestors", "'none'"),
        ] {
            assert_eq!(policy.get(directive), Some(&vec![expected]), "{directive}: {policy:?}");
        }
        let mut nonce = None;
        for source in policy.values().flatten() {
            match source.strip_prefix("'nonce-") {
                Some(one) => nonce = one.strip_suffix('\''),
                None => assert!(["'none'", "'self'", "data:"].contains(source), "{source}"),
            }
        }
        let nonce = nonce.expect("the policy has a nonce");
        assert!(page.text().contains(&format!("nonce=\"{nonce}\"")), "{}", page.text());
        assert!(!page.text().contains("__CSP_NONCE__"), "{}", page.text());
        nonces.push(nonce.to_owned());
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_reference_no_other_host() {
    let server = Server::start(Kind::Sqlite).await;
    playground(&server).await;
    for path in PAGES {
        let page = get(&server, path, None).await;
        assert_eq!(page.status, 200, "{path}");
        let html = page.text();
        assert!(!html.contains("://"), "{html}");
        assert!(!html.contains("\"//"), "{html}");
        assert!(!assets(html).is_empty(), "{html}");
        for inline in ["<style", " style=", " onload=", "javascript:"] {
            assert!(!html.contains(inline), "the policy forbids {inline}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cached_assets_get_304() {
    let server = Server::start(Kind::Sqlite).await;
    let page = playground(&server).await;
    let path = assets(page.text())[0];
    let mut etags = Vec::new();
    for coding in ["br", "gzip", "identity"] {
        let first = get(&server, path, Some(coding)).await;
        let etag = first.header("etag").to_owned();
        let known = server.get(path).header("accept-encoding", coding);
        let again = HttpResponse::to(known.header("if-none-match", format!("\"other\", W/{etag}"))).await;
        assert_eq!(again.status, 304, "{coding}");
        assert_eq!(again.header("etag"), etag);
        assert!(again.body.is_empty());
        etags.push(etag);
    }
    etags.dedup();
    assert_eq!(etags.len(), 3, "each coding is a representation of its own: {etags:?}");
}

/// The chat page at its start and at any conversation, and the playground.
const PAGES: [&str; 3] = ["/", "/c/conversation_00000000000000000000000000000000", "/playground"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn assets_are_served_in_every_content_coding() {
    let server = Server::start(Kind::Sqlite).await;
    let page = playground(&server).await;
    for path in assets(page.text()) {
        let plain = get(&server, path, Some("identity")).await;
        assert!(!plain.body.is_empty(), "{path}");
        let name = path.rsplit_once('/').expect("a path").1;
        let brotli = fs::read(built().join(format!("{name}.br"))).expect("it has been built");
        for (accepted, coding) in [
            (None, ""),
            (Some(""), ""),
            (Some("identity"), ""),
            (Some("gzip"), "gzip"),
            (Some("deflate, gzip;q=0.5"), "gzip"),
            (Some("br;q=0, gzip"), "gzip"),
            (Some("br;q=0.0, gzip"), "gzip"),
            (Some("br"), "br"),
            (Some("gzip, deflate, br, zstd"), "br"),
        ] {
            let answer = get(&server, path, accepted).await;
            assert_eq!(answer.status, 200, "{path}");
            assert_eq!(answer.header("content-encoding"), coding, "{path} for {accepted:?}");
            assert!(answer.header("content-type").starts_with(media_type(path)), "{path}");
            for part in ["public", "immutable", "max-age=31536000"] {
                assert!(answer.lists("cache-control", part), "{path}: {answer:?}");
            }
            assert!(answer.lists("vary", "accept-encoding"), "{path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            let mut inflated = Vec::new();
            match coding {
                "br" => assert!(answer.body == brotli, "{path} is not what was built"),
                "gzip" => {
                    let read = GzDecoder::new(&answer.body[..]).read_to_end(&mut inflated);
                    read.expect("it is gzip");
                    assert!(inflated == plain.body, "{path}");
                }
                _ => assert!(answer.body == plain.body, "{path}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_built_asset_is_served() {
    let server = Server::start(Kind::Sqlite).await;
    playground(&server).await;
    let names: Vec<String> = fs::read_dir(built())
        .expect("it has been built")
        .map(|file| file.expect("it is readable").file_name().into_string().expect("text"))
        .collect();
    for name in names {
        let name = name.trim_end_matches(".br").trim_end_matches(".gz");
        let answer = get(&server, &format!("/assets/{name}"), Some("br, gzip")).await;
        assert_eq!(answer.status, 200, "{name}");
        assert!(answer.header("content-type").starts_with(media_type(name)), "{name}");
    }
}

/// The service worker has the same URL in every version, and its scope must contain the pages that it serves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_worker_is_revalidated() {
    let server = Server::start(Kind::Sqlite).await;
    let path = "/service-worker.js";
    let first = get(&server, path, None).await;
    assert_eq!((first.status, first.header("content-type")), (200, "text/javascript"));
    assert_eq!(first.header("cache-control"), "no-cache");
    assert!(first.header("content-security-policy").contains("connect-src 'self'"), "{first:?}");
    let page = get(&server, "/", None).await;
    for asset in assets(page.text()) {
        assert!(first.text().contains(asset), "{asset}");
    }
    let known = server.get(path).header("if-none-match", first.header("etag"));
    assert_eq!(HttpResponse::to(known).await.status, 304);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_paths_get_404() {
    let server = Server::start(Kind::Sqlite).await;
    for path in [
        "/assets/nope.js",
        "/assets/",
        "/assets",
        "/assets/playground.html",
        "/assets/..%2fplayground.html",
        "/assets/..%2f..%2f..%2fCargo.toml",
        "/assets/%2fetc%2fpasswd",
        "/nope",
    ] {
        let answer = get(&server, path, Some("br")).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.lists("cache-control", "immutable"), "{path}");
    }
    let lost = get(&server, "/nope", None).await;
    assert!(lost.text().contains("<a href=\"/\">"), "a link to the chat page");
}

/// Browsers get a page that looks like the chat page. Other clients get what they always got.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_path_shows_browsers_a_page_with_the_same_look() {
    let server = Server::start(Kind::Sqlite).await;
    playground(&server).await;
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let shown = HttpResponse::to(server.get("/nope").header("accept", browser)).await;
    assert_eq!((shown.status, shown.header("content-type")), (404, "text/html; charset=utf-8"));
    assert_eq!(shown.header("cache-control"), "no-store");
    let html = shown.text();
    assert!(html.contains("<a class=\"primary\" href=\"/\">"), "a link to the chat page: {html}");
    assert!(!html.contains("__") && !html.contains("://") && !html.contains("<style"), "{html}");
    let policy = shown.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    let files = assets(html);
    assert!(files.iter().any(|file| file.ends_with(".css")), "{html}");
    for file in files {
        assert_eq!(get(&server, file, Some("br, gzip")).await.status, 200, "{file}");
    }
    let plain = get(&server, "/nope", None).await;
    for accept in ["application/json", "*/*", "text/plain", "image/png"] {
        let other = HttpResponse::to(server.get("/nope").header("accept", accept)).await;
        assert_eq!((other.status, &other.body), (404, &plain.body), "{accept}");
        assert!(other.body.len() < 300, "{accept}");
    }
    for method in [reqwest::Method::POST, reqwest::Method::DELETE] {
        let other =
            HttpResponse::to(server.request(method, "/nope").header("accept", "application/json")).await;
        assert_eq!((other.status, &other.body), (404, &plain.body));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chat_page_can_be_installed_on_a_home_screen() {
    let server = Server::start(Kind::Sqlite).await;
    playground(&server).await;
    let page = get(&server, "/", None).await;
    assert!(page.text().contains("<link rel=\"manifest\" href=\"/manifest.webmanifest\""), "{}", page.text());
    assert!(page.header("content-security-policy").contains("; manifest-src 'self';"), "{page:?}");
    let answer = get(&server, "/manifest.webmanifest", None).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/manifest+json"));
    assert_eq!(answer.header("cache-control"), "no-cache", "its name never changes");
    let manifest = answer.json();
    for (field, expected) in
        [("start_url", "/"), ("scope", "/"), ("display", "standalone"), ("name", "Confab")]
    {
        assert_eq!(manifest[field], expected, "{field}");
    }
    for field in ["theme_color", "background_color"] {
        let color = manifest[field].as_str().expect("a color");
        assert!(page.text().contains(&format!("name=\"theme-color\" content=\"{color}\"")), "{field}");
    }
    let mut kinds = Vec::new();
    for icon in manifest["icons"].as_array().expect("a list") {
        let text = |field: &str| icon[field].as_str().expect("text");
        let file = get(&server, text("src"), Some("br")).await;
        assert_eq!((file.status, file.header("content-type")), (200, text("type")), "{icon}");
        assert!(file.body.len() < 10_000, "{icon}: {} bytes", file.body.len());
        if text("type") == "image/png" {
            let side =
                |from: usize| u32::from_be_bytes(file.body[from..from + 4].try_into().expect("a header"));
            assert_eq!(format!("{}x{}", side(16), side(20)), text("sizes"));
        }
        kinds.push((text("sizes"), text("purpose")));
    }
    // What browsers require, and what Android launchers cut to their shape.
    for kind in [("any", "any"), ("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chat_page_loads_one_small_font_from_this_server() {
    let server = Server::start(Kind::Sqlite).await;
    playground(&server).await;
    let page = get(&server, "/", None).await;
    let fonts: Vec<&str> = assets(page.text()).into_iter().filter(|file| file.ends_with(".woff2")).collect();
    let [font] = fonts[..] else { panic!("{fonts:?}") };
    let file = get(&server, font, None).await;
    assert!(file.body.len() < 60_000, "{} bytes", file.body.len());
    let styles = assets(page.text()).into_iter().filter(|file| file.ends_with(".css"));
    let mut declared = false;
    for style in styles {
        let text = get(&server, style, None).await.text().to_owned();
        declared |= text.contains(font) && text.contains("font-display:swap") && text.contains("system-ui");
    }
    assert!(declared, "the style of the page uses the font, and the system's until it has arrived");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_root_is_a_page_or_redirects_to_one() {
    let server = Server::start(Kind::Sqlite).await;
    playground(&server).await;
    let mut path = "/".to_owned();
    for _ in 0..3 {
        let answer = get(&server, &path, None).await;
        if answer.status == 200 {
            assert!(answer.header("content-type").starts_with("text/html"));
            return;
        }
        assert_eq!(answer.status / 100, 3, "{path}");
        path = answer.header("location").to_owned();
    }
    panic!("too many redirects, the last one to {path}");
}
