//! The cookie that our own page keeps its refresh token in, where no script can read it.
//!
//! The page asks for it with each of the requests that hand out or take such a token; see [`crate::transport`] for who
//! may. The cookie is sent by no other site's doing. Over TLS its name begins with `__Host-`, which browsers take from the
//! very host that it is for alone (RFC 6265bis, section 4.1.3.2): a neighbour with a part of our name cannot put another in
//! its place, by which a user would be signed in as somebody else. Such a cookie must be for all paths; the other, for
//! development, is sent to `/graphql` alone.

use secrecy::{ExposeSecret, SecretString};
use std::{fmt::Write, time::Duration};

const NAME: &str = "confab_refresh";
const SECURE_NAME: &str = "__Host-confab_refresh";

/// A request of whoever keeps its refresh token in the cookie.
#[derive(Debug)]
pub struct RefreshCookie {
    /// What it has brought.
    presented: Option<SecretString>,
    /// Whether it came by TLS, as all do in production: then the cookie goes by nothing else.
    secure: bool,
}

impl RefreshCookie {
    /// Finds it among a request's cookies (RFC 6265, section 4.2), by the one name that it has here. Of two of that name
    /// neither is taken.
    pub fn among<'a>(cookies: impl Iterator<Item = &'a str>, secure: bool) -> Self {
        let pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut named = pairs.filter(|(name, _)| *name == name_of(secure)).map(|(_, value)| value);
        let presented = named.next().filter(|value| !value.is_empty());
        let presented = presented.filter(|_| named.next().is_none()).map(|value| value.to_owned().into());
        Self { presented, secure }
    }

    /// The token that the request has brought.
    pub fn presented(&self) -> Option<&str> {
        self.presented.as_ref().map(ExposeSecret::expose_secret)
    }

    /// What a browser is to keep from now on (RFC 6265, section 4.1).
    pub fn keep(&self, token: &SecretString, lasts: Duration) -> String {
        self.set(token.expose_secret(), lasts)
    }

    /// That a browser is to keep nothing any more.
    pub fn forget(&self) -> String {
        self.set("", Duration::ZERO)
    }

    fn set(&self, value: &str, lasts: Duration) -> String {
        let (name, path) = (name_of(self.secure), if self.secure { "/" } else { "/graphql" });
        let mut cookie = format!("{name}={value}; Path={path}; HttpOnly; SameSite=Strict");
        let _ = write!(cookie, "; Max-Age={}", lasts.as_secs()); // a string takes all
        if self.secure {
            cookie.push_str("; Secure");
        }
        cookie
    }
}

fn name_of(secure: bool) -> &'static str {
    if secure { SECURE_NAME } else { NAME }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_among_others_and_not_where_there_are_two() {
        for (lines, expected) in [
            (&["confab_refresh=a"][..], Some("a")),
            (&["theme=dark; confab_refresh=a;x=y"], Some("a")),
            (&["theme=dark", "confab_refresh=a"], Some("a")),
            (&["confab_refresh="], None),
            (&["other_confab_refresh=a", "confab_refresh"], None),
            (&["confab_refresh=a; confab_refresh=b"], None),
            (&[], None),
        ] {
            let cookie = RefreshCookie::among(lines.iter().copied(), false);
            assert_eq!(cookie.presented(), expected, "{lines:?}");
            assert!(!format!("{cookie:?}").contains("\"a\""));
            assert_eq!(RefreshCookie::among(lines.iter().copied(), true).presented(), None, "{lines:?}");
            let prefixed: Vec<_> =
                lines.iter().map(|line| line.replace("confab_refresh", "__Host-confab_refresh")).collect();
            let by_tls = RefreshCookie::among(prefixed.iter().map(String::as_str), true);
            assert_eq!(by_tls.presented(), expected, "{prefixed:?}");
        }
    }

    #[test]
    fn it_is_kept_from_scripts_other_sites_and_other_addresses() {
        let cookie = |secure| RefreshCookie { presented: None, secure };
        let kept = cookie(false).keep(&"token".to_owned().into(), Duration::from_secs(60));
        assert_eq!(kept, "confab_refresh=token; Path=/graphql; HttpOnly; SameSite=Strict; Max-Age=60");
        let forgotten = cookie(true).forget();
        assert_eq!(forgotten, "__Host-confab_refresh=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0; Secure");
    }
}
