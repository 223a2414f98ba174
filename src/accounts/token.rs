//! Access tokens: JSON Web Tokens (RFC 7519) of the profile of RFC 9068, kept to the advice of RFC 8725: one
//! algorithm, and issuer, audience, subject and expiry required.

use super::Keys;
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
/// What RFC 9068 calls an access token's type.
const TYPE: &str = "at+jwt";

/// Who asks: a signed-in user, by one of their sessions, by a personal access token, or by the identity provider's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The user.
    pub user_id: Id,
    /// The session that the token was issued in. Of a personal access token its own key, and of the identity provider's
    /// the user's: by those they are revoked as sessions are.
    pub session_id: Id,
    /// What they may do.
    pub access: Access,
}

/// What a viewer may do, by what they have shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everything: it is a session, which was opened with the password.
    InPerson,
    /// Everything: it is the identity provider's word, to whom they have proved who they are.
    Elsewhere {
        /// When they did.
        proved_at: Instant,
    },
    /// Read, and change conversations and messages: a personal access token that may write.
    Write,
    /// Read: any other personal access token.
    Read,
}

impl Viewer {
    /// The user themselves, by a session.
    pub fn in_person(user_id: Id, session_id: Id) -> Self {
        Self { user_id, session_id, access: Access::InPerson }
    }
}

/// What a good access token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Whose it is.
    pub viewer: Viewer,
    /// From when it is not good any more.
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
    /// When it was issued and when it expires, in seconds since 1970.
    iat: i64,
    exp: i64,
    /// From when it is valid; ours do not say. It may have a fraction (RFC 7519, "NumericDate").
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<f64>,
}

/// Issues and verifies access tokens.
pub struct AccessTokens {
    keys: Keys,
    ttl: Duration,
}

impl AccessTokens {
    /// Tokens signed by these keys and good for `ttl`.
    pub fn new(keys: Keys, ttl: Duration) -> Self {
        Self { keys, ttl }
    }

    /// The keys by which anybody can verify a token (RFC 7517).
    pub fn published(&self) -> &JwkSet {
        &self.keys.published
    }

    /// How long a token is good, at most.
    pub fn ttl(&self) -> Duration {
        self.ttl
    }

    /// A token for the viewer, good from now until their session's end at the latest; and for how long that is, to the
    /// second.
    pub fn issue(&self, viewer: Viewer, now: Instant, end: Instant) -> Result<(String, Duration)> {
        let left = u64::try_from(end.unix_seconds() - now.unix_seconds()).unwrap_or(0);
        let good = self.ttl.min(Duration::from_secs(left));
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: viewer.user_id.0,
            sid: viewer.session_id.0,
            iat: now.unix_seconds(),
            exp: (now + good).unix_seconds(),
            nbf: None,
        };
        let (kid, key) = &self.keys.sign;
        let header = Header { typ: Some(TYPE.into()), kid: kid.clone(), ..Header::new(self.keys.algorithm) };
        let token = jsonwebtoken::encode(&header, &claims, key).map_err(Error::internal)?;
        Ok((token, good))
    }

    /// Whose token this is, if it is good now. None is good for longer than they are now, whatever was set when it was
    /// issued.
    pub fn verify(&self, token: &str, now: Instant) -> Result<Grant> {
        let mut validation = Validation::new(self.keys.algorithm);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_exp = false; // by our own clock, below
        let bad = Error::Unauthenticated("the access token is not good");
        let kid = jsonwebtoken::decode_header(token).map_err(|_| bad.clone())?.kid;
        let key = self.keys.verify.iter().find(|(named, _)| *named == kid).ok_or(bad.clone())?;
        let token = jsonwebtoken::decode::<Claims>(token, &key.1, &validation).map_err(|_| bad.clone())?;
        if token.header.typ.as_deref() != Some(TYPE) {
            return Err(bad);
        }
        let Claims { sub, sid, iat, exp, nbf, .. } = token.claims;
        if nbf.is_some_and(|nbf| nbf * 1e6 > now.0 as f64) {
            return Err(Error::Unauthenticated("the access token is not valid yet"));
        }
        let expires_at = Instant::from_unix_seconds(exp).min(Instant::from_unix_seconds(iat) + self.ttl);
        if expires_at <= now {
            return Err(Error::Unauthenticated("the access token has expired"));
        }
        Ok(Grant { viewer: Viewer::in_person(Id(sub), Id(sid)), expires_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Secret;
    use jsonwebtoken::Algorithm;

    fn keys(secret: &str) -> Keys {
        Keys::of_secret(&Secret::from_secret(secret.to_owned().into()).unwrap())
    }

    fn tokens(secret: &str) -> AccessTokens {
        AccessTokens::new(keys(secret), Duration::from_secs(900))
    }

    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    const NOW: Instant = Instant(1_800_000_000_000_000);

    #[test]
    fn a_token_is_good_until_it_expires() {
        let (tokens, viewer) = (tokens(SECRET), Viewer::in_person(Id::new(), Id::new()));
        let minute = Duration::from_secs(60);
        let (token, good) = tokens.issue(viewer, NOW, NOW + minute * 60).unwrap();
        assert_eq!(good, tokens.ttl());
        let grant = Grant { viewer, expires_at: NOW + Duration::from_secs(900) };
        assert_eq!(tokens.verify(&token, NOW + Duration::from_secs(899)).unwrap(), grant);
        let error = tokens.verify(&token, NOW + Duration::from_secs(900)).unwrap_err();
        assert_eq!(error.code().as_str(), "UNAUTHENTICATED");
        let stricter = AccessTokens::new(keys(SECRET), Duration::from_secs(60));
        assert!(stricter.verify(&token, NOW + Duration::from_secs(59)).is_ok());
        assert!(stricter.verify(&token, NOW + Duration::from_secs(60)).is_err(), "it is not for as long now");
        let (last, good) = tokens.issue(viewer, NOW, NOW + minute).unwrap();
        assert_eq!(
            (good, tokens.verify(&last, NOW).unwrap().expires_at),
            (minute, NOW + minute),
            "its session ends"
        );
        assert_eq!(tokens.issue(viewer, NOW, NOW - minute).unwrap().1, Duration::ZERO);
    }

    #[test]
    fn nothing_but_our_own_access_tokens_is_good() {
        let tokens = tokens(SECRET);
        let viewer = Viewer::in_person(Id::new(), Id::new());
        let good = |header: &Header, aud: &str, iss: &str, nbf: Option<f64>| {
            let claims = Claims {
                iss: iss.into(),
                aud: aud.into(),
                sub: viewer.user_id.0,
                sid: viewer.session_id.0,
                iat: NOW.unix_seconds(),
                exp: NOW.unix_seconds() + 900,
                nbf,
            };
            let token = jsonwebtoken::encode(header, &claims, &tokens.keys.sign.1).unwrap();
            tokens.verify(&token, NOW).is_ok()
        };
        let ours = Header { typ: Some(TYPE.into()), ..Header::new(Algorithm::HS256) };
        assert!(good(&ours, AUDIENCE, ISSUER, None));
        assert!(!good(&ours, "another", ISSUER, None));
        assert!(!good(&ours, AUDIENCE, "another", None));
        assert!(!good(&Header::new(Algorithm::HS256), AUDIENCE, ISSUER, None), "another type of token");
        let now = NOW.unix_seconds() as f64;
        for (nbf, valid) in [(now - 60.0, true), (now, true), (now + 0.5, false), (now + 60.0, false)] {
            assert_eq!(good(&ours, AUDIENCE, ISSUER, Some(nbf)), valid, "from {} seconds on", nbf - now);
        }
        let longer = Header { typ: Some(TYPE.into()), ..Header::new(Algorithm::HS512) };
        assert!(!good(&longer, AUDIENCE, ISSUER, None), "another algorithm");

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
