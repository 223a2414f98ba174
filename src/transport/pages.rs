//! The pages, built by Vite and carried in the binary: HTML as it is, everything else compressed.

use super::Transport;
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

/// What `npm run build` made; nothing, if it has not been run.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Built;

/// The operations of the chat page.
#[derive(RustEmbed)]
#[folder = "web/src/chat/graphql"]
#[include = "*.graphql"]
struct PageDocuments;

/// By which the page finds out whether a proxy hides its host from the server.
const PROBE: &str = "{ __typename }";

/// The text of all operations of the chat page, which are trusted documents.
pub fn documents() -> String {
    let files = PageDocuments::iter().filter_map(|name| PageDocuments::get(&name));
    let texts = files.map(|file| String::from_utf8_lossy(&file.data).into_owned());
    texts.chain([PROBE.to_owned()]).collect::<Vec<_>>().join("\n")
}

/// Where a page's HTML wants its nonce (see `web/vite.config.ts`).
const NONCE: &str = "__CSP_NONCE__";

/// Where a page's HTML wants to know about the playground (see [`Playground`]).
const PLAYGROUND: &str = "__PLAYGROUND__";

/// What the pages are told about the playground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Playground {
    On,
    /// Introspection is off, so there is nothing to complete or to explore.
    WithoutSchema,
    Off,
}

impl Playground {
    fn of(transport: &Transport) -> Self {
        match (transport.playground, transport.service.documents.limits().introspection) {
            (true, true) => Self::On,
            (true, false) => Self::WithoutSchema,
            (false, _) => Self::Off,
        }
    }

    /// As `web/src/served.ts` reads it.
    fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::WithoutSchema => "without-schema",
            Self::Off => "off",
        }
    }
}

/// The chat page, which reads from its address what to show; the playground; and what they load.
pub fn router() -> Router<Arc<Transport>> {
    Router::new()
        .route("/", get(chat))
        .route("/c/{conversation}", get(chat))
        .route("/playground", get(playground))
        .route("/assets/{name}", get(asset))
        .route("/service-worker.js", get(service_worker))
        .fallback(async || nothing_here())
}

async fn chat(State(transport): State<Arc<Transport>>) -> Response {
    page("index.html", Playground::of(&transport))
}

async fn playground(State(transport): State<Arc<Transport>>) -> Response {
    match Playground::of(&transport) {
        Playground::Off => playground_off(),
        served => page("playground.html", served),
    }
}

/// A page, under a policy that lets it run our scripts and reach our server, and nothing else.
fn page(name: &str, playground: Playground) -> Response {
    let Some(file) = Built::get(name) else {
        return not_built();
    };
    let nonce = BASE64_STANDARD.encode(rand::random::<[u8; 16]>());
    let html =
        String::from_utf8_lossy(&file.data).replace(NONCE, &nonce).replace(PLAYGROUND, playground.name());
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         font-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    let headers = [(header::CONTENT_SECURITY_POLICY, policy), (header::CACHE_CONTROL, "no-store".into())];
    (headers, Html(html)).into_response()
}

/// For a script that runs as a worker, which has the policy that it comes with: it may load its parts.
const ASSETS: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'";

/// In the place of every page, where there are none.
fn not_built() -> Response {
    const PAGE: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Confab</title>\n\
        <p>This server was built without its pages. <code>make run</code> builds it with them.</p>\n\
        <p>Everything else works: GraphQL is spoken at <code>/graphql</code>.</p>\n</html>\n";
    (StatusCode::NOT_FOUND, [(header::CONTENT_SECURITY_POLICY, ASSETS)], Html(PAGE)).into_response()
}

/// In the place of the playground, where it is off.
fn playground_off() -> Response {
    const PAGE: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
        <meta name=\"viewport\" content=\"width=device-width\"><title>Playground off · Confab</title>\n\
        <p>The playground is off on this server. It is on by default only in development; \
        <code>CONFAB_PLAYGROUND=on</code> turns it on.</p>\n\
        <p>GraphQL is served at <code>/graphql</code>. <a href=\"/\">Go to the chat page.</a></p>\n</html>\n";
    (StatusCode::NOT_FOUND, [(header::CONTENT_SECURITY_POLICY, ASSETS)], Html(PAGE)).into_response()
}

/// At every address that has none of ours.
fn nothing_here() -> Response {
    const PAGE: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Not found · Confab</title>\n\
        <p>There is nothing here. <a href=\"/\">Go to the chat page.</a></p>\n</html>\n";
    (StatusCode::NOT_FOUND, [(header::CONTENT_SECURITY_POLICY, ASSETS)], Html(PAGE)).into_response()
}

/// A script, style or font. Its name changes with its content, so browsers may keep it for ever.
async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    file(&format!("assets/{name}"), "public, max-age=31536000, immutable", &headers)
}

/// Keeps the chat page on the device (see `web/src/serviceWorker`). Its name is the same for ever, so it is asked for again.
async fn service_worker(headers: HeaderMap) -> Response {
    file("service-worker.js", "no-cache", &headers)
}

/// A file as it was built, in the smallest of the codings that the client takes; nothing, if the client has it already.
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
    let lasting =
        [(header::CACHE_CONTROL, cache_control), (header::VARY, "Accept-Encoding"), (header::ETAG, &etag)];
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    if known.flat_map(|value| value.split(',')).any(|known| known.trim().trim_start_matches("W/") == etag) {
        return (StatusCode::NOT_MODIFIED, lasting).into_response();
    }
    let about = [(header::CONTENT_TYPE, media_type(name)), (header::CONTENT_SECURITY_POLICY, ASSETS)];
    match coding {
        Some(INFLATED) => (lasting, about, inflate(&file.data)).into_response(),
        Some(coding) => (lasting, about, [(header::CONTENT_ENCODING, coding)], file.data).into_response(),
        None => (lasting, about, file.data).into_response(),
    }
}

/// Stands for a coding: what is embedded is gzip, what is sent is not.
const INFLATED: &str = "inflated";

/// Tells one representation of a file from every other.
fn etag(hash: &[u8; 32], coding: &str) -> String {
    format!("\"{}{coding}\"", BASE64_URL_SAFE_NO_PAD.encode(&hash[..12]))
}

/// For the rare client that takes nothing compressed.
fn inflate(gzip: &[u8]) -> Cow<'static, [u8]> {
    let mut plain = Vec::new();
    // It is our own file, compressed when the binary was built.
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
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    /// In a binary that was built without its pages, each is one that is not there.
    #[tokio::test]
    async fn where_a_page_was_not_built_it_is_said() {
        let response = page("of-another-build.html", Playground::On);
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], ASSETS);
        let body = to_bytes(response.into_body(), 10_000).await.expect("it is short");
        assert!(String::from_utf8_lossy(&body).contains("built without its pages"));
    }
}
