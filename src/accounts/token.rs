//! Access tokens: JSON Web Tokens (RFC 7519) of the profile of RFC 9068, kept to the advice of RFC 8725: one
//! algorithm, and issuer, audience, subject and expiry required.

use crate::{
    error::{Error, Result},
    store::{Id, Instant},
};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};
use uuid::Uuid;

const ISSUER: &str = "confab";
const AUDIENCE: &str = "confab";
/// What RFC 9068 calls an access token's type.
const TYPE: &str = "at+jwt";

/// Who asks: a signed-in user, by one of their sessions or by a personal access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The user.
    pub user_id: Id,
    /// The session that the token was issued in. Of a personal access token, its own key, by which it is revoked as
    /// sessions are.
    pub session_id: Id,
    /// What they may do.
    pub access: Access,
}

/// What a viewer may do, by what they have shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everything: it is a session, which was opened with the password.
    InPerson,
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
}

/// The key that signs access tokens (HMAC with SHA-256). It is never shown, not even by `Debug`.
#[derive(Clone, Debug)]
pub struct SigningKey(SecretString);

impl SigningKey {
    /// The shortest secret that is not weaker than the algorithm, in bytes (RFC 7518, section 3.2).
    pub const SHORTEST: usize = 32;

    /// A secret from the settings; `None` if it is too short.
    pub fn from_secret(secret: SecretString) -> Option<Self> {
        (secret.expose_secret().len() >= Self::SHORTEST).then_some(Self(secret))
    }

    /// A key of its own for another purpose, which the label names: none can be found from another.
    pub(super) fn derive(&self, label: &[u8]) -> Hmac<Sha256> {
        let mac = |key: &[u8]| Hmac::new_from_slice(key).expect("a key may have any length");
        let Self(secret) = self;
        let derived = mac(secret.expose_secret().as_bytes()).chain_update(label).finalize();
        mac(&derived.into_bytes())
    }

    /// The secret kept in a file that only its owner may read, made if it is not there. It appears whole or not at
    /// all, and of several instances that start together each gets the same.
    pub fn keep_in(path: &Path) -> io::Result<Self> {
        if !path.exists() {
            let random =
                || rand::random::<[u8; 32]>().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            let draft = path.with_extension(random());
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
            let linked = file
                .write_all(random().as_bytes())
                .and_then(|()| file.sync_all())
                .and_then(|()| fs::hard_link(&draft, path)); // fails if another was quicker
            fs::remove_file(&draft)?;
            linked.or_else(|error| if path.exists() { Ok(()) } else { Err(error) })?;
        }
        let secret: SecretString = fs::read_to_string(path)?.trim().to_owned().into();
        Self::from_secret(secret)
            .ok_or_else(|| io::Error::other("it is shorter than 32 bytes: delete it to have a new one made"))
    }
}

/// Issues and verifies access tokens.
pub struct AccessTokens {
    sign: EncodingKey,
    verify: DecodingKey,
    ttl: Duration,
}

impl AccessTokens {
    /// Tokens signed by `key` and good for `ttl`.
    pub fn new(key: &SigningKey, ttl: Duration) -> Self {
        let secret = key.0.expose_secret().as_bytes();
        Self { sign: EncodingKey::from_secret(secret), verify: DecodingKey::from_secret(secret), ttl }
    }

    /// How long a token is good.
    pub fn ttl(&self) -> Duration {
        self.ttl
    }

    /// A token for the viewer, good from now.
    pub fn issue(&self, viewer: Viewer, now: Instant) -> Result<String> {
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: viewer.user_id.0,
            sid: viewer.session_id.0,
            iat: now.unix_seconds(),
            exp: (now + self.ttl).unix_seconds(),
        };
        let header = Header { typ: Some(TYPE.into()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &self.sign).map_err(Error::internal)
    }

    /// Whose token this is, if it is good now. None is good for longer than they are now, whatever was set when it was
    /// issued.
    pub fn verify(&self, token: &str, now: Instant) -> Result<Grant> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_exp = false; // by our own clock, below
        let bad = Error::Unauthenticated("the access token is not good");
        let token =
            jsonwebtoken::decode::<Claims>(token, &self.verify, &validation).map_err(|_| bad.clone())?;
        if token.header.typ.as_deref() != Some(TYPE) {
            return Err(bad);
        }
        let Claims { sub, sid, iat, exp, .. } = token.claims;
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
    use std::os::unix::fs::PermissionsExt;

    fn key(secret: &str) -> SigningKey {
        SigningKey::from_secret(secret.to_owned().into()).unwrap()
    }

    fn tokens(secret: &str) -> AccessTokens {
        AccessTokens::new(&key(secret), Duration::from_secs(900))
    }

    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    const NOW: Instant = Instant(1_800_000_000_000_000);

    #[test]
    fn a_token_is_good_until_it_expires() {
        let (tokens, viewer) = (tokens(SECRET), Viewer::in_person(Id::new(), Id::new()));
        let token = tokens.issue(viewer, NOW).unwrap();
        let grant = Grant { viewer, expires_at: NOW + Duration::from_secs(900) };
        assert_eq!(tokens.verify(&token, NOW + Duration::from_secs(899)).unwrap(), grant);
        let error = tokens.verify(&token, NOW + Duration::from_secs(900)).unwrap_err();
        assert_eq!(error.code(), "UNAUTHENTICATED");
        let stricter = AccessTokens::new(&key(SECRET), Duration::from_secs(60));
        assert!(stricter.verify(&token, NOW + Duration::from_secs(59)).is_ok());
        assert!(stricter.verify(&token, NOW + Duration::from_secs(60)).is_err(), "it is not for as long now");
    }

    #[test]
    fn nothing_but_our_own_access_tokens_is_good() {
        let tokens = tokens(SECRET);
        let viewer = Viewer::in_person(Id::new(), Id::new());
        let good = |header: &Header, aud: &str, iss: &str| {
            let claims = Claims {
                iss: iss.into(),
                aud: aud.into(),
                sub: viewer.user_id.0,
                sid: viewer.session_id.0,
                iat: NOW.unix_seconds(),
                exp: NOW.unix_seconds() + 900,
            };
            let token = jsonwebtoken::encode(header, &claims, &tokens.sign).unwrap();
            tokens.verify(&token, NOW).is_ok()
        };
        let ours = Header { typ: Some(TYPE.into()), ..Header::new(Algorithm::HS256) };
        assert!(good(&ours, AUDIENCE, ISSUER));
        assert!(!good(&ours, "another", ISSUER));
        assert!(!good(&ours, AUDIENCE, "another"));
        assert!(!good(&Header::new(Algorithm::HS256), AUDIENCE, ISSUER), "another type of token");
        let longer = Header { typ: Some(TYPE.into()), ..Header::new(Algorithm::HS512) };
        assert!(!good(&longer, AUDIENCE, ISSUER), "another algorithm");

        let strangers =
            super::tests::tokens("another secret of at least 32 bytes!").issue(viewer, NOW).unwrap();
        assert!(tokens.verify(&strangers, NOW).is_err());
        let token = tokens.issue(viewer, NOW).unwrap();
        let (head, rest) = token.split_once('.').unwrap();
        let (body, _) = rest.split_once('.').unwrap();
        assert!(tokens.verify(&format!("{head}.{body}."), NOW).is_err(), "no signature");
        let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0";
        assert!(tokens.verify(&format!("{unsigned}.{body}."), NOW).is_err(), "algorithm none");
    }

    #[test]
    fn a_key_is_made_once_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwt-secret");
        let made = SigningKey::keep_in(&path).unwrap();
        let found = SigningKey::keep_in(&path).unwrap();
        assert_eq!(made.0.expose_secret(), found.0.expose_secret());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!format!("{made:?}").contains(made.0.expose_secret()));
    }
}
