//! Security headers that every response has.

use super::proxies::Addresses;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use std::sync::Arc;

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Headers of every response. Handlers cannot override them.
pub const ALWAYS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // URLs may contain tickets and queries.
    (header::REFERRER_POLICY, "no-referrer"),
    // For browsers that do not support `frame-ancestors`.
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    // Pages of other sites cannot embed responses. Requests of allowed origins use CORS, which this does not affect.
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Default headers, which handlers can override. They forbid scripts and caching.
pub const DEFAULTS: [(HeaderName, &str); 2] = [
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::CACHE_CONTROL, "no-store"),
];

/// One year. Subdomains are not included, because they may belong to other services.
const HSTS: &str = "max-age=31536000";

/// Whether the client used TLS, as far as the server knows. In production it assumes so for all requests.
#[derive(Clone, Copy, Debug)]
pub struct UsesTls(pub bool);

/// The trusted proxies, and whether to assume TLS for all requests.
pub type TlsState = (Arc<Addresses>, bool);

/// Adds [`UsesTls`] to the request's extensions, and the headers to the response.
pub async fn layer(
    State((addresses, assume_tls)): State<TlsState>,
    mut request: Request,
    next: Next,
) -> Response {
    let tls = assume_tls || (addresses.trust_peer_of(&request) && proxy_used_tls(request.headers()));
    request.extensions_mut().insert(UsesTls(tls));
    let mut response = next.run(request).await;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        add_headers(response.headers_mut(), tls);
    }
    response
}

/// Whether a proxy reports that the client used TLS.
///
/// Any proxy in a chain may have added the header. Which one does not matter: browsers ignore
/// `Strict-Transport-Security` unless they received it over TLS (RFC 6797, section 8.1).
fn proxy_used_tls(headers: &HeaderMap) -> bool {
    let contains = |name: &HeaderName, word: &str| {
        let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
        let mut words = lines.flat_map(|line| line.split([',', ';']));
        words.any(|candidate| candidate.replace('"', "").trim().eq_ignore_ascii_case(word))
    };
    contains(&X_FORWARDED_PROTO, "https") || contains(&header::FORWARDED, "proto=https")
}

fn add_headers(headers: &mut HeaderMap, tls: bool) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in DEFAULTS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
}
