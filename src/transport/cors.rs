//! Which other origins' pages may use the server.

use axum::http::{HeaderMap, HeaderValue, Method, header};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};
use url::Url;

/// Answers preflight requests of the origins on the list. The others get no permission, so browsers refuse.
pub fn layer(allowed: &[String]) -> CorsLayer {
    let origins = allowed.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
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
    let listed = |origin: &str| allowed.iter().any(|one| one == origin);
    is_own(headers) || origin.to_str().is_ok_and(listed)
}

/// Whether it is one of our own pages that asks. Who is no browser sends no `Origin`, and is none.
pub fn is_own(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let (origin, host) = (text(header::ORIGIN), text(header::HOST));
    let origin = origin.and_then(|origin| Url::parse(origin).ok());
    origin.is_some_and(|url| host == Some(&url[url::Position::BeforeHost..url::Position::AfterPort]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_our_own_or_on_the_list_may_connect() {
        let allowed = ["https://chat.example".to_owned()];
        for (origin, good) in [
            (None, true),
            (Some("http://127.0.0.1:8000"), true),
            (Some("https://chat.example"), true),
            (Some("https://chat.example.evil"), false),
            (Some("http://127.0.0.1:8001"), false),
            (Some("null"), false),
        ] {
            let mut headers =
                HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("127.0.0.1:8000"))]);
            headers.extend(origin.map(|origin| (header::ORIGIN, HeaderValue::from_static(origin))));
            assert_eq!(may_connect(&headers, &allowed), good, "{origin:?}");
            headers.append(header::ORIGIN, HeaderValue::from_static("https://chat.example"));
            assert_eq!(may_connect(&headers, &allowed), origin.is_none(), "{origin:?} and a good one");
        }
    }
}
