//! The headers that every answer has, whatever it answers.

use super::proxies::Addresses;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use std::sync::Arc;

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What nobody may change.
pub const ALWAYS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Addresses here carry tickets and queries.
    (header::REFERRER_POLICY, "no-referrer"),
    // For browsers that do not know `frame-ancestors`.
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    // No other site's page may embed anything; those on the list of origins ask by CORS, which this does not concern.
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// What an answer has that says nothing else: were it taken for a page, it could do nothing, and nobody keeps it.
pub const NO_PAGE: [(HeaderName, &str); 2] = [
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::CACHE_CONTROL, "no-store"),
];

/// A year, for this host alone: what else is below its name is not ours to speak for.
const HSTS: &str = "max-age=31536000";

/// Whether a request has come by TLS, as far as is known: in production all are taken to have.
#[derive(Clone, Copy, Debug)]
pub struct ByTls(pub bool);

/// Whose word counts for how a request came, and whether all come by TLS.
pub type Known = (Arc<Addresses>, bool);

/// Completes an answer's headers.
pub async fn layer(State((addresses, all)): State<Known>, mut request: Request, next: Next) -> Response {
    let by_tls = all || (addresses.trust_peer_of(&request) && came_by_tls(request.headers()));
    request.extensions_mut().insert(ByTls(by_tls));
    let mut response = next.run(request).await;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        complete(response.headers_mut(), by_tls);
    }
    response
}

/// Whether a proxy has spoken TLS with the client. Where several are in a row any of them may have said so: it need not
/// be sifted, as browsers heed our answer only where they know that it came by TLS (RFC 6797, section 8.1).
fn came_by_tls(headers: &HeaderMap) -> bool {
    let says = |name: &HeaderName, word: &str| {
        let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
        let mut words = lines.flat_map(|line| line.split([',', ';']));
        words.any(|one| one.replace('"', "").trim().eq_ignore_ascii_case(word))
    };
    says(&X_FORWARDED_PROTO, "https") || says(&header::FORWARDED, "proto=https")
}

fn complete(headers: &mut HeaderMap, by_tls: bool) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in NO_PAGE {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if by_tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
}
