//! Serves the web pages, which Vite builds and the binary embeds: HTML files as they are, other files compressed.

use super::{Transport, negotiation, sign_in};
use crate::random;
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use flate2::read::GzDecoder;
use rust_embed::RustEmbed;
use std::{borrow::Cow, io::Read, sync::Arc};

/// The output of `npm run build`. Empty if it was not run.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Built;

/// The GraphQL operations of the chat page.
#[derive(RustEmbed)]
#[folder = "web/src/chat/graphql"]
#[include = "*.graphql"]
struct PageDocuments;

/// The query by which the page detects a proxy that hides the page's host from the server.
const PROBE: &str = "{ __typename }";

/// The text of all operations of the chat page. They are trusted documents.
pub fn documents() -> String {
    let files = PageDocuments::iter().filter_map(|name| PageDocuments::get(&name));
    let texts = files.map(|file| String::from_utf8_lossy(&file.data).into_owned());
    texts.chain([PROBE.to_owned()]).collect::<Vec<_>>().join("\n")
}

/// The placeholder for the nonce in a page's HTML (see `web/vite.config.ts`).
const NONCE: &str = "__CSP_NONCE__";

/// The placeholder for the state of the playground in a page's HTML (see [`Playground`]).
const PLAYGROUND: &str = "__PLAYGROUND__";

/// The placeholder for the name of the identity provider in a page's HTML. It is empty if users cannot sign in there.
const SIGN_IN: &str = "__SIGN_IN__";

/// The state of the playground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Playground {
    On,
    /// Introspection is disabled, so the playground has no completion and no schema explorer.
    WithoutSchema,
    Off,
}

impl Playground {
    fn of(transport: &Transport) -> Self {
        match (transport.settings.playground, transport.service.documents.limits().introspection) {
            (true, true) => Self::On,
            (true, false) => Self::WithoutSchema,
            (false, _) => Self::Off,
        }
    }

    /// The name that `web/src/served.ts` reads.
    fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::WithoutSchema => "without-schema",
            Self::Off => "off",
        }
    }
}

/// The routes of the chat page, the playground and their files. The chat page selects its content by its URL.
pub fn router() -> Router<Arc<Transport>> {
    Router::new()
        .route("/", get(chat))
        .route("/c/{conversation}", get(chat))
        .route("/playground", get(playground))
        .route("/assets/{name}", get(asset))
        .route("/service-worker.js", get(service_worker))
        .route("/manifest.webmanifest", get(manifest))
        .fallback(async |headers: HeaderMap| not_found(&headers))
}

async fn chat(State(transport): State<Arc<Transport>>) -> Response {
    page("index.html", Playground::of(&transport), sign_in::provider_name(&transport))
}

async fn playground(State(transport): State<Arc<Transport>>) -> Response {
    match Playground::of(&transport) {
        Playground::Off => playground_off(),
        served => page("playground.html", served, ""),
    }
}

/// Serves a page. Its content security policy allows only the server's own scripts and connections to the server.
fn page(name: &str, playground: Playground, sign_in: &str) -> Response {
    let Some(file) = Built::get(name) else {
        return not_built();
    };
    let nonce = BASE64_STANDARD.encode(random::bytes::<16>());
    let html = String::from_utf8_lossy(&file.data);
    let html = html.replace(NONCE, &nonce).replace(PLAYGROUND, playground.name());
    let html = html.replace(SIGN_IN, &escape(sign_in));
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         font-src 'self' data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    );
    let headers = [(header::CONTENT_SECURITY_POLICY, policy), (header::CACHE_CONTROL, "no-store".into())];
    (headers, Html(html)).into_response()
}

/// Escapes a text for an attribute in HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The content security policy of files other than pages. A worker uses the policy of its own script, which must let it
/// load modules.
const ASSETS: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'";

/// Replaces every page if the server was built without pages.
fn not_built() -> Response {
    const PAGE: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Confab</title>\n\
        <p>This server was built without its pages. <code>make run</code> builds it with them.</p>\n\
        <p>Everything else works. GraphQL is served at <code>/graphql</code>.</p>\n</html>\n";
    (StatusCode::NOT_FOUND, [(header::CONTENT_SECURITY_POLICY, ASSETS)], Html(PAGE)).into_response()
}

/// Replaces the playground if it is off.
fn playground_off() -> Response {
    const PAGE: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
        <meta name=\"viewport\" content=\"width=device-width\"><title>Playground off · Confab</title>\n\
        <p>The playground is off on this server. By default it is on only in development. \
        To turn it on, start the server with <code>CONFAB_PLAYGROUND=on</code>.</p>\n\
        <p>GraphQL is served at <code>/graphql</code>. <a href=\"/\">Go to the chat page.</a></p>\n</html>\n";
    (StatusCode::NOT_FOUND, [(header::CONTENT_SECURITY_POLICY, ASSETS)], Html(PAGE)).into_response()
}

/// The page for unknown URLs. Browsers get one that looks like the chat page.
pub fn not_found(headers: &HeaderMap) -> Response {
    if negotiation::accepts_html(headers) && Built::get("not-found.html").is_some() {
        return (StatusCode::NOT_FOUND, page("not-found.html", Playground::Off, "")).into_response();
    }
    const PAGE: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Not found · Confab</title>\n\
        <p>This page does not exist. <a href=\"/\">Go to the chat page.</a></p>\n</html>\n";
    (StatusCode::NOT_FOUND, [(header::CONTENT_SECURITY_POLICY, ASSETS)], Html(PAGE)).into_response()
}

/// Serves a script, style or font. Its name changes with its content, so browsers may cache it without limit.
async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    file(&format!("assets/{name}"), "public, max-age=31536000, immutable", &headers)
}

/// Serves the service worker, which caches the chat page on the device (see `web/src/serviceWorker`). Its name never
/// changes, so browsers must revalidate it.
async fn service_worker(headers: HeaderMap) -> Response {
    file("service-worker.js", "no-cache", &headers)
}

/// Serves the web manifest, with which phones install the chat page on the home screen. Its name never changes.
async fn manifest(headers: HeaderMap) -> Response {
    file("manifest.webmanifest", "no-cache", &headers)
}

/// Serves an embedded file in the smallest content coding that the client accepts. Responds with `304 Not Modified` if
/// the client's copy is current.
fn file(name: &str, cache_control: &str, headers: &HeaderMap) -> Response {
    let accepts = |coding: &str| {
        let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|item| {
            let (name, quality) = item.split_once(';').unwrap_or((item, ""));
            let quality = quality.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse);
            name.trim() == coding && quality.is_ok_and(|quality: f32| quality > 0.0)
        })
    };
    let file = |suffix: &str| Built::get(&format!("{name}{suffix}"));
    let (file, coding) = if let Some(plain) = file("") {
        (plain, None)
    } else if let Some(brotli) = file(".br").filter(|_| accepts("br")) {
        (brotli, Some("br"))
    } else if let Some(gzip) = file(".gz") {
        (gzip, Some(if accepts("gzip") { "gzip" } else { INFLATED }))
    } else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let etag = etag(&file.metadata.sha256_hash(), coding.unwrap_or_default());
    let caching =
        [(header::CACHE_CONTROL, cache_control), (header::VARY, "Accept-Encoding"), (header::ETAG, &etag)];
    let cached = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    if cached.flat_map(|value| value.split(',')).any(|tag| tag.trim().trim_start_matches("W/") == etag) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let content = [(header::CONTENT_TYPE, media_type(name)), (header::CONTENT_SECURITY_POLICY, ASSETS)];
    match coding {
        Some(INFLATED) => (caching, content, inflate(&file.data)).into_response(),
        Some(coding) => (caching, content, [(header::CONTENT_ENCODING, coding)], file.data).into_response(),
        None => (caching, content, file.data).into_response(),
    }
}

/// A pseudo coding: the embedded file is gzip, and the server sends it decompressed.
const INFLATED: &str = "inflated";

/// An entity tag that differs for each representation of a file.
fn etag(hash: &[u8; 32], coding: &str) -> String {
    format!("\"{}{coding}\"", BASE64_URL_SAFE_NO_PAD.encode(&hash[..12]))
}

/// Decompresses a file, for the rare client that accepts no compression.
fn inflate(gzip: &[u8]) -> Cow<'static, [u8]> {
    let mut plain = Vec::new();
    // Cannot fail: the file was compressed when the binary was built.
    let _ = GzDecoder::new(gzip).read_to_end(&mut plain);
    plain.into()
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("ttf") => "font/ttf",
        Some("json") => "application/json",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    /// A page that does not exist stands for the pages of a binary that was built without them.
    #[tokio::test]
    async fn a_page_that_was_not_built_is_replaced_by_a_notice() {
        let response = page("not-built.html", Playground::On, "");
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], ASSETS);
        let body = to_bytes(response.into_body(), 10_000).await.expect("the body is short");
        assert!(String::from_utf8_lossy(&body).contains("built without its pages"));
    }
}
