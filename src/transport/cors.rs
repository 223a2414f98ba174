//! Decides which origins' pages may use the server.

use super::proxies::X_FORWARDED_HOST;
use axum::http::{HeaderMap, HeaderValue, Method, header, request::Parts};
use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};
use tower_http::cors::{AllowOrigin, CorsLayer};
use url::Url;

/// The maximum number of warnings within [`WARNING_INTERVAL`].
const MAX_WARNINGS: usize = 16;
/// The minimum time between two warnings about the same origin and host.
const WARNING_INTERVAL: Duration = Duration::from_secs(3600);

/// Answers CORS requests. Browsers block the pages of origins that are not on the list.
///
/// Logs a warning if a rejected request seems to come from the server's own page behind a proxy that replaces `Host`.
pub fn layer(allowed: &[String]) -> CorsLayer {
    let allowed = allowed.to_vec();
    let warnings = Warnings::default();
    let is_allowed = move |origin: &HeaderValue, parts: &Parts| {
        let listed = is_listed(origin, &allowed);
        if !listed && may_be_own_page(&parts.headers) && !is_own(&parts.headers) {
            warnings.warn(origin, parts);
        }
        listed
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(is_allowed))
        .allow_methods([Method::GET, Method::POST, Method::PUT])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .max_age(Duration::from_secs(3600))
}

/// Whether the page that sent this request may open a WebSocket. Browsers do not restrict that by CORS.
///
/// The page must be the server's own or have an origin on the list. Clients other than browsers send no `Origin` and
/// are allowed.
pub fn may_connect(headers: &HeaderMap, allowed: &[String]) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = match (origins.next(), origins.next()) {
        (None, _) => return true,
        (Some(origin), None) => origin,
        (Some(_), Some(_)) => return false,
    };
    is_own(headers) || is_listed(origin, allowed)
}

/// Whether the request comes from one of the server's own pages. It is false for requests without `Origin`.
///
/// Only `Origin` has the scheme that the client uses, because TLS may end at a proxy. A missing port in `Host` is
/// therefore the default port of the scheme in `Origin`.
pub fn is_own(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(origin), Some(host)) = (text(header::ORIGIN), text(header::HOST)) else { return false };
    let Some(origin) = parse(origin) else { return false };
    let host = if host.is_empty() { None } else { parse(&format!("{}://{host}", origin.scheme())) };
    host.is_some_and(|host| host.origin() == origin.origin())
}

fn is_listed(origin: &HeaderValue, allowed: &[String]) -> bool {
    origin.to_str().ok().and_then(canonical).is_some_and(|origin| allowed.contains(&origin))
}

/// Normalizes an origin as browsers do (RFC 6454, section 6.2): lower case, without the scheme's default port.
///
/// `None` if it is not an HTTP or HTTPS origin.
pub fn canonical(origin: &str) -> Option<String> {
    parse(origin).map(|url| url.origin().ascii_serialization())
}

fn parse(origin: &str) -> Option<Url> {
    let url = Url::parse(origin).ok()?;
    let is_bare = matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    (is_bare && matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// Whether only the server's own pages and those of listed origins may send a request of this kind.
fn may_be_own_page(headers: &HeaderMap) -> bool {
    headers.contains_key("confab-session") || headers.contains_key(header::SEC_WEBSOCKET_KEY)
}

/// The origins and hosts of recent warnings, with the time of each.
#[derive(Default)]
struct Warnings(Mutex<HashMap<(HeaderValue, Option<HeaderValue>), Instant>>);

impl Warnings {
    fn warn(&self, origin: &HeaderValue, parts: &Parts) {
        let host = parts.headers.get(header::HOST);
        if self.is_new(origin, host, Instant::now()) {
            let forwarded_host = parts.headers.get(X_FORWARDED_HOST);
            tracing::warn!(
                ?origin,
                ?host,
                ?forwarded_host,
                "a request from a page of this origin was rejected; if it is this server's own page, your proxy replaces \
                 `Host` and must forward the client's instead (see \"Proxy settings\" in docs/operating.md); if it is a \
                 page of another site that may use this server, add the origin to CONFAB_ALLOWED_ORIGINS"
            );
        }
    }

    fn is_new(&self, origin: &HeaderValue, host: Option<&HeaderValue>, now: Instant) -> bool {
        let mut warnings = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        warnings.retain(|_, at| now.duration_since(*at) < WARNING_INTERVAL);
        let cause = (origin.clone(), host.cloned());
        let is_new = warnings.len() < MAX_WARNINGS && !warnings.contains_key(&cause);
        if is_new {
            warnings.insert(cause, now);
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &'static str, origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]);
        headers.extend(origin.map(|origin| (header::ORIGIN, HeaderValue::from_static(origin))));
        headers
    }

    #[test]
    fn own_and_listed_origins_may_connect() {
        let allowed = ["https://chat.example".to_owned()];
        for (origin, expected) in [
            (None, true),
            (Some("http://127.0.0.1:8000"), true),
            (Some("https://chat.example"), true),
            (Some("https://chat.example:443"), true),
            (Some("HTTPS://Chat.Example"), true),
            (Some("http://chat.example"), false),
            (Some("https://chat.example:8443"), false),
            (Some("https://chat.example.evil"), false),
            (Some("http://127.0.0.1:8001"), false),
            (Some("http://127.0.0.1"), false),
            (Some("ftp://127.0.0.1:8000"), false),
            (Some("http://127.0.0.1:8000/page"), false),
            (Some("http://ada@127.0.0.1:8000"), false),
            (Some("null"), false),
        ] {
            let mut headers = headers("127.0.0.1:8000", origin);
            assert_eq!(may_connect(&headers, &allowed), expected, "{origin:?}");
            headers.append(header::ORIGIN, HeaderValue::from_static("https://chat.example"));
            assert_eq!(may_connect(&headers, &allowed), origin.is_none(), "{origin:?} and an allowed one");
        }
    }

    #[test]
    fn default_ports_and_letter_case_make_no_difference() {
        for (origin, host, own) in [
            ("https://chat.example", "chat.example", true),
            ("https://chat.example", "chat.example:443", true),
            ("https://chat.example", "CHAT.Example:443", true),
            ("https://chat.example:443", "chat.example", true),
            ("http://CHAT.example:80", "chat.example", true),
            ("http://chat.example", "chat.example:80", true),
            ("http://chat.example", "chat.example:", true),
            ("http://[::1]:8000", "[0:0::1]:8000", true),
            ("https://chat.example", "chat.example:80", false),
            ("http://chat.example", "chat.example:443", false),
            ("https://chat.example:8443", "chat.example", false),
            ("https://chat.example", "chat.example:8443", false),
            ("https://chat.example", "chat.example.evil", false),
            ("https://chat.example", "chat.example/", true),
            ("https://chat.example", "", false),
        ] {
            assert_eq!(is_own(&headers(host, Some(origin))), own, "{origin} at {host}");
        }
    }

    #[test]
    fn warnings_are_limited_per_cause_and_per_hour() {
        let (warnings, now) = (Warnings::default(), Instant::now());
        let origin = |number: usize| HeaderValue::from_str(&format!("https://{number}.example")).unwrap();
        let host = HeaderValue::from_static("backend");
        assert!(warnings.is_new(&origin(0), None, now));
        assert!(!warnings.is_new(&origin(0), None, now));
        assert!(warnings.is_new(&origin(0), Some(&host), now), "another host");
        let others = (1..100).filter(|number| warnings.is_new(&origin(*number), None, now)).count();
        assert_eq!(others, MAX_WARNINGS - 2);
        assert!(warnings.is_new(&origin(0), None, now + WARNING_INTERVAL));
    }
}
