//! Which other origins' pages may use the server.

use super::proxies::X_FORWARDED_HOST;
use axum::http::{HeaderMap, HeaderValue, Method, header, request::Parts};
use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};
use tower_http::cors::{AllowOrigin, CorsLayer};
use url::Url;

/// How many different origins the log is told of, at most, within [`QUIET`].
const MOST_TOLD: usize = 16;
/// For how long the log is not told again of the same origin and host.
const QUIET: Duration = Duration::from_secs(3600);

/// Answers preflight requests of the origins on the list. The others get no permission, so browsers refuse. The log is told
/// of those that seem to be our own pages behind a proxy that has replaced `Host`.
pub fn layer(allowed: &[String]) -> CorsLayer {
    let allowed = allowed.to_vec();
    let told = Told::default();
    let permit = move |origin: &HeaderValue, parts: &Parts| {
        let listed = is_listed(origin, &allowed);
        if !listed && asks_as_own(&parts.headers) && !is_own(&parts.headers) {
            told.tell(origin, parts);
        }
        listed
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(permit))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .max_age(Duration::from_secs(3600))
}

/// Whether a page may open a WebSocket here, which browsers let any page try: it must be our own or on the list.
/// Who is no browser sends no `Origin`.
pub fn may_connect(headers: &HeaderMap, allowed: &[String]) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = match (origins.next(), origins.next()) {
        (None, _) => return true,
        (Some(origin), None) => origin,
        (Some(_), Some(_)) => return false,
    };
    is_own(headers) || is_listed(origin, allowed)
}

/// Whether it is one of our own pages that asks. Who is no browser sends no `Origin`, and is none.
///
/// Which scheme a client uses is known from `Origin` alone, as TLS may end at a proxy: the port that is left out of `Host` is
/// that of this scheme.
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

/// An origin as browsers write it (RFC 6454, section 6.2): in lower case, without the scheme's own port. `None` if it is
/// none of the web.
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

/// Whether a request is of a kind that only our own pages make, and those on the list: it is refused to others.
fn asks_as_own(headers: &HeaderMap) -> bool {
    headers.contains_key("confab-session") || headers.contains_key(header::SEC_WEBSOCKET_KEY)
}

/// Of which origins and hosts the log has been told, and when.
#[derive(Default)]
struct Told(Mutex<HashMap<(HeaderValue, Option<HeaderValue>), Instant>>);

impl Told {
    fn tell(&self, origin: &HeaderValue, parts: &Parts) {
        let host = parts.headers.get(header::HOST);
        if self.is_new(origin, host, Instant::now()) {
            let forwarded_host = parts.headers.get(X_FORWARDED_HOST);
            tracing::warn!(
                ?origin,
                ?host,
                ?forwarded_host,
                "a page of this origin was refused. If it is this server's own page, a proxy replaces `Host`: it must pass \
                 on the client's (see \"Proxy settings\" in docs/operating.md). If it is another site's that may use this \
                 server, name it in CONFAB_ALLOWED_ORIGINS"
            );
        }
    }

    fn is_new(&self, origin: &HeaderValue, host: Option<&HeaderValue>, now: Instant) -> bool {
        let mut told = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        told.retain(|_, at| now.duration_since(*at) < QUIET);
        let cause = (origin.clone(), host.cloned());
        let is_new = told.len() < MOST_TOLD && !told.contains_key(&cause);
        if is_new {
            told.insert(cause, now);
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
    fn pages_of_our_own_or_on_the_list_may_connect() {
        let allowed = ["https://chat.example".to_owned()];
        for (origin, good) in [
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
            assert_eq!(may_connect(&headers, &allowed), good, "{origin:?}");
            headers.append(header::ORIGIN, HeaderValue::from_static("https://chat.example"));
            assert_eq!(may_connect(&headers, &allowed), origin.is_none(), "{origin:?} and a good one");
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
    fn the_log_is_told_once_of_each_cause_and_of_a_few_in_an_hour() {
        let (told, now) = (Told::default(), Instant::now());
        let origin = |number: usize| HeaderValue::from_str(&format!("https://{number}.example")).unwrap();
        let host = HeaderValue::from_static("backend");
        assert!(told.is_new(&origin(0), None, now));
        assert!(!told.is_new(&origin(0), None, now));
        assert!(told.is_new(&origin(0), Some(&host), now), "another host");
        let others = (1..100).filter(|number| told.is_new(&origin(*number), None, now)).count();
        assert_eq!(others, MOST_TOLD - 2);
        assert!(told.is_new(&origin(0), None, now + QUIET));
    }
}
