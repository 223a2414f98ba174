//! For which host a request is, and from which origin: one of each, at most. Where there are two, a proxy before us may
//! have looked at the one and we at the other.

use axum::{
    extract::Request,
    http::{StatusCode, Version, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Refuses what cannot be told (RFC 9112, section 3.2).
pub async fn layer(request: Request, next: Next) -> Response {
    match fault(&request) {
        Some(fault) => (StatusCode::BAD_REQUEST, fault).into_response(),
        None => next.run(request).await,
    }
}

fn fault(request: &Request) -> Option<&'static str> {
    let headers = request.headers();
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if is_host(host.as_bytes()) => {}
        // Before HTTP/1.1 there was none.
        (None, _) if request.version() < Version::HTTP_11 => {}
        _ => return Some("there must be one `Host`\n"),
    }
    let origins = headers.get_all(header::ORIGIN).iter().count();
    (origins > 1).then_some("there must not be more than one `Origin`\n")
}

/// Empty is allowed, for what has no authority. A comma would be of two that were joined.
pub fn is_host(host: &[u8]) -> bool {
    let named = || Authority::try_from(host).is_ok_and(|authority| !authority.as_str().contains(['@', ',']));
    host.is_empty() || named()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn is_refused(version: Version, headers: &[(&str, &str)]) -> bool {
        let request = Request::builder().version(version);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        fault(&request.body(Body::empty()).unwrap()).is_some()
    }

    #[test]
    fn there_is_one_host_and_at_most_one_origin() {
        for host in ["", "confab", "confab.example:8000", "127.0.0.1:8000", "[::1]:8000"] {
            assert!(!is_refused(Version::HTTP_11, &[("host", host), ("origin", "null")]), "{host}");
        }
        for host in ["a b", "a/b", "ada@confab", "a,b", "confab:port:8000"] {
            assert!(is_refused(Version::HTTP_11, &[("host", host)]), "{host}");
        }
        assert!(is_refused(Version::HTTP_11, &[]));
        assert!(!is_refused(Version::HTTP_10, &[]));
        for version in [Version::HTTP_10, Version::HTTP_11] {
            assert!(is_refused(version, &[("host", "a"), ("host", "a")]));
            assert!(is_refused(version, &[("host", "a"), ("origin", "null"), ("origin", "null")]));
        }
    }
}
