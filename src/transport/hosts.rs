//! Rejects requests with several `Host` or `Origin` headers. With two, a proxy might use one and the server the other.

use axum::{
    extract::Request,
    http::{StatusCode, Version, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Rejects ambiguous requests with `400 Bad Request` (RFC 9112, section 3.2).
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
        // HTTP/1.0 does not require `Host`.
        (None, _) if request.version() < Version::HTTP_11 => {}
        _ => return Some("The request must have one valid `Host` header.\n"),
    }
    let origins = headers.get_all(header::ORIGIN).iter().count();
    (origins > 1).then_some("The request must not have more than one `Origin` header.\n")
}

/// Whether this is a valid value of `Host`.
///
/// It may be empty, for a target without an authority. A comma means that two headers were joined.
pub fn is_host(host: &[u8]) -> bool {
    let valid = || Authority::try_from(host).is_ok_and(|authority| !authority.as_str().contains(['@', ',']));
    host.is_empty() || valid()
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
    fn requests_must_have_one_host_and_at_most_one_origin() {
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
