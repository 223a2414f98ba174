//! The pages, built by Vite and carried in the binary: HTML as it is, everything else compressed.

use super::Transport;
use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use flate2::read::GzDecoder;
use rust_embed::RustEmbed;
use std::{borrow::Cow, io::Read, sync::Arc};

/// What `npm run build` made; nothing, if it has not been run.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Built;

/// Where a page's HTML wants its nonce (see `web/vite.config.ts`).
const NONCE: &str = "__CSP_NONCE__";

/// The chat page, which reads from its address what to show; the playground; and what they load.
pub fn router() -> Router<Arc<Transport>> {
    let chat = || async { page("index.html") };
    Router::new()
        .route("/", get(chat))
        .route("/c/{conversation}", get(chat))
        .route("/playground", get(|| async { page("playground.html") }))
        .route("/assets/{name}", get(asset))
}

/// A page, under a policy that lets it run our scripts and reach our server, and nothing else.
fn page(name: &str) -> Response {
    let Some(file) = Built::get(name) else {
        return not_built();
    };
    let nonce = BASE64_STANDARD.encode(rand::random::<[u8; 16]>());
    let html = String::from_utf8_lossy(&file.data).replace(NONCE, &nonce);
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

fn not_built() -> Response {
    let text = "This server was built without its pages. `make run` builds it with them.\n";
    (StatusCode::NOT_FOUND, text).into_response()
}

/// A script, style or font. Its name changes with its content, so browsers may keep it for ever.
async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let accepts = |coding: &str| {
        let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|item| {
            let (name, quality) = item.split_once(';').unwrap_or((item, ""));
            let quality = quality.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse);
            name.trim() == coding && quality.is_ok_and(|quality: f32| quality > 0.0)
        })
    };
    let file = |suffix: &str| Built::get(&format!("assets/{name}{suffix}")).map(|file| file.data);
    let (body, coding) = if let Some(plain) = file("") {
        (plain, None)
    } else if let Some(brotli) = file(".br").filter(|_| accepts("br")) {
        (brotli, Some("br"))
    } else if let Some(gzip) = file(".gz") {
        if accepts("gzip") { (gzip, Some("gzip")) } else { (inflate(&gzip), None) }
    } else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = (
        [
            (header::CONTENT_TYPE, media_type(&name)),
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            (header::VARY, "Accept-Encoding"),
            (header::CONTENT_SECURITY_POLICY, ASSETS),
        ],
        body,
    )
        .into_response();
    if let Some(coding) = coding {
        response.headers_mut().insert(header::CONTENT_ENCODING, axum::http::HeaderValue::from_static(coding));
    }
    response
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
