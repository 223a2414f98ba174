//! Access tokens: JSON Web Tokens (RFC 7519) with the profile of RFC 9068.
//!
//! As RFC 8725 recommends, only one algorithm is accepted, and issuer, audience, subject and expiry are required.

use super::{Keys, Scope};
use crate::{
    error::{Error, Result},
    store::{Id, Instant},
};
use jsonwebtoken::{Header, Validation, jwk::JwkSet};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

const ISSUER: &str = "confab";
const AUDIENCE: &str = "confab";
/// The `typ` of an access token (RFC 9068, section 2.1).
const TYPE: &str = "at+jwt";

/// The authenticated user, and the credential that they presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The user.
    pub user_id: Id,
    /// The credential.
    pub method: AuthMethod,
}

/// A credential that authenticates a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    /// A session, which was opened with the password or by signing in at the identity provider. It permits everything.
    Session {
        /// The ID of the session.
        id: Id,
    },
    /// A token of the identity provider. It permits everything.
    Oidc {
        /// When the user authenticated at the provider.
        authenticated_at: Instant,
    },
    /// A personal access token.
    PersonalToken {
        /// The ID of the token.
        id: Id,
        /// The operations that it permits.
        scope: Scope,
    },
}

impl Viewer {
    /// Creates a viewer that is authenticated by a session.
    pub fn with_session(user_id: Id, id: Id) -> Self {
        Self { user_id, method: AuthMethod::Session { id } }
    }

    /// The ID of the session, if a session authenticates the user.
    pub fn session_id(&self) -> Option<Id> {
        match self.method {
            AuthMethod::Session { id } => Some(id),
            AuthMethod::Oidc { .. } | AuthMethod::PersonalToken { .. } => None,
        }
    }

    /// The key by which the credential is revoked. It is the ID of the session or of the personal access token. For a
    /// token of the identity provider it is the ID of the user.
    pub fn revocation_key(&self) -> Id {
        match self.method {
            AuthMethod::Session { id } | AuthMethod::PersonalToken { id, .. } => id,
            AuthMethod::Oidc { .. } => self.user_id,
        }
    }
}

/// The result of verifying an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The authenticated user.
    pub viewer: Viewer,
    /// When the token expires.
    pub expires_at: Instant,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// The user.
    sub: Uuid,
    /// The session.
    sid: Uuid,
    /// The ID of the token, so that no two tokens are equal (RFC 9068, section 2.2). Verification ignores it.
    #[serde(skip_deserializing)]
    jti: Uuid,
    /// The issue and expiry times, in seconds since 1970.
    iat: i64,
    exp: i64,
    /// The start of validity, absent in tokens of this server. It may have a fraction (RFC 7519, "NumericDate").
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<f64>,
}

/// Issues and verifies access tokens.
pub struct AccessTokens {
    keys: Keys,
    ttl: Duration,
}

impl AccessTokens {
    /// Creates an issuer that signs with these keys. Tokens expire after `ttl`.
    pub fn new(keys: Keys, ttl: Duration) -> Self {
        Self { keys, ttl }
    }

    /// The public keys that verify tokens (RFC 7517).
    pub fn published(&self) -> &JwkSet {
        &self.keys.published
    }

    /// The maximum lifetime of a token.
    pub fn ttl(&self) -> Duration {
        self.ttl
    }

    /// Issues a token that expires after the TTL, or at the session's end if that is earlier. Returns the token and
    /// its lifetime in whole seconds.
    pub fn issue(&self, viewer: Viewer, now: Instant, end: Instant) -> Result<(String, Duration)> {
        let left = u64::try_from(end.unix_seconds() - now.unix_seconds()).unwrap_or(0);
        let lifetime = self.ttl.min(Duration::from_secs(left));
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: viewer.user_id.0,
            sid: viewer.revocation_key().0,
            jti: Id::new().0,
            iat: now.unix_seconds(),
            exp: (now + lifetime).unix_seconds(),
            nbf: None,
        };
        let (kid, key) = &self.keys.sign;
        let header = Header { typ: Some(TYPE.into()), kid: kid.clone(), ..Header::new(self.keys.algorithm) };
        let token = jsonwebtoken::encode(&header, &claims, key).map_err(Error::internal)?;
        Ok((token, lifetime))
    }

    /// Verifies a token. A token never outlives the current TTL, even if it was issued with a longer one.
    pub fn verify(&self, token: &str, now: Instant) -> Result<Grant> {
        let mut validation = Validation::new(self.keys.algorithm);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_exp = false; // checked below with the injected clock
        let bad = Error::Unauthenticated("The access token is invalid. Sign in again.");
        let kid = jsonwebtoken::decode_header(token).map_err(|_| bad.clone())?.kid;
        let key = self.keys.verify.iter().find(|(named, _)| *named == kid).ok_or(bad.clone())?;
        let token = jsonwebtoken::decode::<Claims>(token, &key.1, &validation).map_err(|_| bad.clone())?;
        if token.header.typ.as_deref() != Some(TYPE) {
            return Err(bad);
        }
        let Claims { sub, sid, iat, exp, nbf, .. } = token.claims;
        if nbf.is_some_and(|nbf| nbf * 1e6 > now.0 as f64) {
            return Err(Error::Unauthenticated("The access token is not valid yet. Check its `nbf` claim."));
        }
        let expires_at = Instant::from_unix_seconds(exp).min(Instant::from_unix_seconds(iat) + self.ttl);
        if expires_at <= now {
            return Err(Error::Unauthenticated(
                "The access token has expired. Refresh the session and retry.",
            ));
        }
        Ok(Grant { viewer: Viewer::with_session(Id(sub), Id(sid)), expires_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Secret;
    use jsonwebtoken::Algorithm;

    fn keys(secret: &str) -> Keys {
        Keys::from_secret(&Secret::from_secret(secret.to_owned().into()).unwrap())
    }

    fn tokens(secret: &str) -> AccessTokens {
        AccessTokens::new(keys(secret), Duration::from_secs(900))
    }

    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    const NOW: Instant = Instant(1_800_000_000_000_000);

    #[test]
    fn a_token_is_valid_until_it_expires() {
        let (tokens, viewer) = (tokens(SECRET), Viewer::with_session(Id::new(), Id::new()));
        let minute = Duration::from_secs(60);
        let (token, lifetime) = tokens.issue(viewer, NOW, NOW + minute * 60).unwrap();
        assert_eq!(lifetime, tokens.ttl());
        let grant = Grant { viewer, expires_at: NOW + Duration::from_secs(900) };
        assert_eq!(tokens.verify(&token, NOW + Duration::from_secs(899)).unwrap(), grant);
        let error = tokens.verify(&token, NOW + Duration::from_secs(900)).unwrap_err();
        assert_eq!(error.code().as_str(), "UNAUTHENTICATED");
        let stricter = AccessTokens::new(keys(SECRET), Duration::from_secs(60));
        assert!(stricter.verify(&token, NOW + Duration::from_secs(59)).is_ok());
        assert!(
            stricter.verify(&token, NOW + Duration::from_secs(60)).is_err(),
            "the current TTL is shorter"
        );
        let (last, lifetime) = tokens.issue(viewer, NOW, NOW + minute).unwrap();
        assert_eq!(
            (lifetime, tokens.verify(&last, NOW).unwrap().expires_at),
            (minute, NOW + minute),
            "a token expires with its session"
        );
        assert_eq!(tokens.issue(viewer, NOW, NOW - minute).unwrap().1, Duration::ZERO);
    }

    #[test]
    fn tokens_issued_at_the_same_instant_differ() {
        let (tokens, viewer) = (tokens(SECRET), Viewer::with_session(Id::new(), Id::new()));
        let issue = || tokens.issue(viewer, NOW, NOW + tokens.ttl()).unwrap().0;
        let (first, second) = (issue(), issue());
        assert_ne!(first, second);
        assert_eq!(tokens.verify(&first, NOW).unwrap(), tokens.verify(&second, NOW).unwrap());
    }

    #[test]
    fn a_token_without_an_id_is_valid() {
        let (tokens, viewer) = (tokens(SECRET), Viewer::with_session(Id::new(), Id::new()));
        let claims = serde_json::json!({
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": viewer.user_id.0,
            "sid": viewer.revocation_key().0,
            "iat": NOW.unix_seconds(),
            "exp": NOW.unix_seconds() + 900,
        });
        let header = Header { typ: Some(TYPE.into()), ..Header::new(Algorithm::HS256) };
        let token = jsonwebtoken::encode(&header, &claims, &tokens.keys.sign.1).unwrap();
        assert_eq!(tokens.verify(&token, NOW).unwrap().viewer, viewer, "an earlier version issued it");
    }

    #[test]
    fn only_our_own_access_tokens_are_valid() {
        let tokens = tokens(SECRET);
        let viewer = Viewer::with_session(Id::new(), Id::new());
        let accepts = |header: &Header, aud: &str, iss: &str, nbf: Option<f64>| {
            let claims = Claims {
                iss: iss.into(),
                aud: aud.into(),
                sub: viewer.user_id.0,
                sid: viewer.revocation_key().0,
                jti: Id::new().0,
                iat: NOW.unix_seconds(),
                exp: NOW.unix_seconds() + 900,
                nbf,
            };
            let token = jsonwebtoken::encode(header, &claims, &tokens.keys.sign.1).unwrap();
            tokens.verify(&token, NOW).is_ok()
        };
        let ours = Header { typ: Some(TYPE.into()), ..Header::new(Algorithm::HS256) };
        assert!(accepts(&ours, AUDIENCE, ISSUER, None));
        assert!(!accepts(&ours, "another", ISSUER, None));
        assert!(!accepts(&ours, AUDIENCE, "another", None));
        assert!(!accepts(&Header::new(Algorithm::HS256), AUDIENCE, ISSUER, None), "another type of token");
        let now = NOW.unix_seconds() as f64;
        for (nbf, valid) in [(now - 60.0, true), (now, true), (now + 0.5, false), (now + 60.0, false)] {
            assert_eq!(accepts(&ours, AUDIENCE, ISSUER, Some(nbf)), valid, "`nbf` is {} s ahead", nbf - now);
        }
        let longer = Header { typ: Some(TYPE.into()), ..Header::new(Algorithm::HS512) };
        assert!(!accepts(&longer, AUDIENCE, ISSUER, None), "another algorithm");

        let end = NOW + Duration::from_secs(900);
        let (strangers, _) =
            super::tests::tokens("another secret of at least 32 bytes!").issue(viewer, NOW, end).unwrap();
        assert!(tokens.verify(&strangers, NOW).is_err());
        let (token, _) = tokens.issue(viewer, NOW, end).unwrap();
        let (head, rest) = token.split_once('.').unwrap();
        let (body, _) = rest.split_once('.').unwrap();
        assert!(tokens.verify(&format!("{head}.{body}."), NOW).is_err(), "no signature");
        let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0";
        assert!(tokens.verify(&format!("{unsigned}.{body}."), NOW).is_err(), "algorithm none");
    }
}
