//! The cookie in which the chat page stores its refresh token, so that scripts cannot read it.
//!
//! The page requests the cookie with each request that returns or takes a refresh token; [`crate::transport`] checks
//! who may do so. `SameSite=Strict` keeps other sites from sending it. Over TLS its name begins with `__Host-`:
//! browsers accept such a cookie only from the host itself (RFC 6265bis, section 4.1.3.2). So another host of the
//! same domain cannot replace it and sign the user in to a different account. A `__Host-` cookie must have the path
//! `/`. The cookie without the prefix, for development without TLS, has the path `/graphql`.

use secrecy::{ExposeSecret, SecretString};
use std::{fmt::Write, time::Duration};

const NAME: &str = "confab_refresh";
const SECURE_NAME: &str = "__Host-confab_refresh";

/// The refresh cookie of a request that asked for it.
#[derive(Debug)]
pub struct RefreshCookie {
    /// The refresh token that the request carried.
    token: Option<SecretString>,
    /// Whether the request came over TLS, as all do in production. Then the cookie is restricted to TLS.
    secure: bool,
}

impl RefreshCookie {
    /// Finds the refresh token in the `Cookie` headers of a request. If two cookies have its name, both are ignored.
    pub fn from_cookies<'a>(cookies: impl Iterator<Item = &'a str>, secure: bool) -> Self {
        Self { token: find(cookies, name_of(secure)).map(|value| value.to_owned().into()), secure }
    }

    /// A cookie that the request did not carry.
    pub fn absent(secure: bool) -> Self {
        Self { token: None, secure }
    }

    /// The refresh token that the request carried, if any.
    pub fn token(&self) -> Option<&str> {
        self.token.as_ref().map(ExposeSecret::expose_secret)
    }

    /// The value of a `Set-Cookie` header that stores a token (RFC 6265, section 4.1).
    pub fn set(&self, token: &SecretString, max_age: Duration) -> String {
        self.header(token.expose_secret(), max_age)
    }

    /// The value of a `Set-Cookie` header that deletes the cookie.
    pub fn delete(&self) -> String {
        self.header("", Duration::ZERO)
    }

    fn header(&self, value: &str, max_age: Duration) -> String {
        let (name, path) = (name_of(self.secure), if self.secure { "/" } else { "/graphql" });
        let mut cookie = format!("{name}={value}; Path={path}; HttpOnly; SameSite=Strict");
        let _ = write!(cookie, "; Max-Age={}", max_age.as_secs()); // writing to a String cannot fail
        if self.secure {
            cookie.push_str("; Secure");
        }
        cookie
    }
}

/// Finds the value of a cookie in the `Cookie` headers of a request (RFC 6265, section 4.2). Returns `None` if the value
/// is empty, or if two cookies have the name.
pub fn find<'a>(cookies: impl Iterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    let pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut named = pairs.filter(|(found, _)| *found == name).map(|(_, value)| value);
    named.next().filter(|value| !value.is_empty() && named.next().is_none())
}

fn name_of(secure: bool) -> &'static str {
    if secure { SECURE_NAME } else { NAME }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_by_name_and_ignored_if_it_is_ambiguous() {
        for (lines, expected) in [
            (&["confab_refresh=a"][..], Some("a")),
            (&["theme=dark; confab_refresh=a;x=y"], Some("a")),
            (&["theme=dark", "confab_refresh=a"], Some("a")),
            (&["confab_refresh="], None),
            (&["other_confab_refresh=a", "confab_refresh"], None),
            (&["confab_refresh=a; confab_refresh=b"], None),
            (&[], None),
        ] {
            let cookie = RefreshCookie::from_cookies(lines.iter().copied(), false);
            assert_eq!(cookie.token(), expected, "{lines:?}");
            assert!(!format!("{cookie:?}").contains("\"a\""));
            assert_eq!(RefreshCookie::from_cookies(lines.iter().copied(), true).token(), None, "{lines:?}");
            let prefixed: Vec<_> =
                lines.iter().map(|line| line.replace("confab_refresh", "__Host-confab_refresh")).collect();
            let over_tls = RefreshCookie::from_cookies(prefixed.iter().map(String::as_str), true);
            assert_eq!(over_tls.token(), expected, "{prefixed:?}");
        }
    }

    #[test]
    fn the_cookie_is_restricted_to_http_this_site_and_its_path() {
        let cookie = |secure| RefreshCookie { token: None, secure };
        let stored = cookie(false).set(&"token".to_owned().into(), Duration::from_secs(60));
        assert_eq!(stored, "confab_refresh=token; Path=/graphql; HttpOnly; SameSite=Strict; Max-Age=60");
        let deleted = cookie(true).delete();
        assert_eq!(deleted, "__Host-confab_refresh=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0; Secure");
    }
}
