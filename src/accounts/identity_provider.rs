//! An OpenID Provider, whose users need no password on this server: verification of its access tokens. If this server
//! is also one of its clients, users can [sign in](super::provider_sign_in) there from the chat page.
//!
//! The provider's [keys](super::provider_keys) are found by discovery. A token is accepted by the rules of RFC 9068
//! and RFC 8725:
//!
//! - The settings list its algorithm, and the key is for that algorithm.
//! - Its issuer and audience are exactly those of the settings.
//! - It has a subject and an expiry time.
//!
//! Providers older than RFC 9068 do not mark access tokens as such. Then the token must not look like an ID token,
//! which informs a client about a sign-in and does not authorize requests.

use super::{
    Secret,
    provider_keys::{ProviderKeys, Verified},
    provider_sign_in::{ClientSettings, SignInClient},
};
use crate::{
    background::Background,
    clock::Clock,
    error::{Error, Result},
    store::{Id, Instant, profile::REMEMBERED},
};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, sync::Arc, time::Duration};
use uuid::Uuid;

/// The tolerance for a provider's clock that is ahead.
pub(super) const MAX_SKEW: Duration = Duration::from_secs(60);
/// The maximum time for which one token is accepted. A longer connection needs another token.
const MAX_TTL: Duration = Duration::from_secs(24 * 3600);
/// The maximum age of a token, whatever its expiry time. The deletion of an account is remembered as long, so that a
/// token from before cannot create another account.
const MAX_AGE: Duration = REMEMBERED;
/// The longest subject, in bytes (OpenID Connect Core, section 2).
const MAX_SUBJECT_BYTES: usize = 255;

/// The settings of the identity provider.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// The issuer's URL, exactly as in its tokens.
    pub issuer: String,
    /// The audience that access tokens must have. `None` if no access token is accepted.
    pub audience: Option<String>,
    /// The accepted signature algorithms.
    pub algorithms: Vec<Algorithm>,
    /// A scope that tokens must have, if one is set.
    pub scope: Option<String>,
    /// This server as a client of the provider. `None` if users cannot sign in from the chat page.
    pub client: Option<ClientSettings>,
}

/// An external OpenID Provider.
pub struct IdentityProvider {
    settings: ProviderSettings,
    pub(super) keys: ProviderKeys,
    pub(super) clock: Clock,
    /// This server as a client of the provider.
    pub(super) client: Option<SignInClient>,
}

/// The verified contents of a provider's token.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedIdentity {
    /// The provider's identifier of the user.
    pub subject: String,
    /// The user's name, if the token contains one.
    pub name: Option<String>,
    /// The user's e-mail address, if the token contains one.
    pub email: Option<String>,
    /// When the user authenticated; if the token does not state that, when it was issued.
    pub authenticated_at: Instant,
    /// When the token was issued.
    pub issued_at: Instant,
    /// When the token expires.
    pub expires_at: Instant,
}

/// The claims that are read. Times are seconds since 1970 and may have a fraction (RFC 7519, "NumericDate").
#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    auth_time: Option<f64>,
    name: Option<String>,
    preferred_username: Option<String>,
    email: Option<String>,
    /// Separated by spaces (RFC 9068, section 2.2.3).
    scope: Option<String>,
    client_id: Option<String>,
    azp: Option<String>,
    /// The token type. Providers that state it here use `Bearer` for access tokens.
    typ: Option<String>,
    #[serde(flatten)]
    others: HashMap<String, IgnoredAny>,
}

/// Claims that only other kinds of tokens have: ID tokens (OpenID Connect Core, sections 2, 3.1.3.6 and 3.3.2.11), and
/// logout tokens (OpenID Connect Back-Channel Logout, section 2.4).
const FOREIGN_CLAIMS: [&str; 5] = ["nonce", "at_hash", "c_hash", "s_hash", "events"];

#[derive(Deserialize)]
struct Issuer {
    iss: String,
}

const INVALID: Error =
    Error::Unauthenticated("The access token is invalid. Sign in again at the identity provider.");

impl IdentityProvider {
    /// Creates the provider. No request is sent yet.
    pub fn new(settings: ProviderSettings, secret: &Secret, clock: Clock) -> reqwest::Result<Self> {
        let keys = ProviderKeys::new(settings.issuer.clone(), clock.clone())?;
        let client = settings.client.clone().map(|client| SignInClient::new(client, secret));
        Ok(Self { settings, keys, clock, client })
    }

    /// Returns whether a token names this provider as its issuer. [`Self::verify`] checks the signature.
    pub fn is_issuer_of(&self, token: &str) -> bool {
        let issuer = jsonwebtoken::dangerous::insecure_decode_claims::<Issuer>(token);
        issuer.is_ok_and(|claims| claims.iss == self.settings.issuer)
    }

    /// Verifies an access token and returns its contents.
    pub async fn verify(&self, token: &str) -> Result<VerifiedIdentity> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| INVALID)?;
        let audience = self.settings.audience.as_ref().filter(|_| is_access_token(&header)).ok_or(INVALID)?;
        let claims: Claims = self.decode(token, &header, audience).await?.ok_or(INVALID)?;
        let now = self.clock.now();
        let later = now + MAX_SKEW;
        let too_early = claims.nbf.is_some_and(|from| moment(from) > later) || moment(claims.iat) > later;
        let subject = claims.sub;
        let other_kind = FOREIGN_CLAIMS.iter().any(|claim| claims.others.contains_key(*claim))
            || claims.typ.is_some_and(|kind| !["Bearer", "at+jwt"].contains(&&*kind));
        // A client's own token belongs to no user (RFC 9068, section 5).
        let client = claims.client_id.or(claims.azp).is_some_and(|client| client == subject);
        let lacks_scope =
            self.settings.scope.as_ref().is_some_and(|wanted| {
                !claims.scope.unwrap_or_default().split(' ').any(|scope| scope == wanted)
            });
        if too_early || !is_subject(&subject) || other_kind || client || lacks_scope {
            return Err(INVALID);
        }
        let issued_at = moment(claims.iat);
        let expires_at = moment(claims.exp).min(issued_at + MAX_AGE);
        if expires_at <= now {
            return Err(Error::Unauthenticated(
                "The access token has expired. Get another one from the identity provider.",
            ));
        }
        Ok(VerifiedIdentity {
            subject,
            name: claims.name.or(claims.preferred_username),
            email: claims.email,
            // A time in the future counts as the current time.
            authenticated_at: moment(claims.auth_time.unwrap_or(claims.iat)).min(now),
            issued_at,
            expires_at: expires_at.min(now + MAX_TTL),
        })
    }

    /// Decodes a token with an accepted algorithm, a key of the provider, its issuer and this audience. The caller checks
    /// the times. Returns `None` if the token is invalid.
    pub(super) async fn decode<T: DeserializeOwned>(
        &self,
        token: &str,
        header: &Header,
        audience: &str,
    ) -> Result<Option<T>> {
        if !self.settings.algorithms.contains(&header.alg) || header.crit.is_some() {
            return Ok(None);
        }
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        validation.validate_exp = false; // the caller checks it with the injected clock
        let verified = match self.keys.verify(token, header, &validation) {
            // The key may be newer than the cache.
            Verified::UnknownKey => {
                self.keys.fetch_unknown().await?;
                self.keys.verify(token, header, &validation)
            }
            verified => verified,
        };
        Ok(match verified {
            Verified::Valid(claims) => Some(claims),
            Verified::Invalid | Verified::UnknownKey => None,
        })
    }

    /// Computes the key of a user's identity from the issuer and the subject. It never changes.
    pub fn identity(&self, subject: &str) -> Id {
        // A URL contains no NUL, so the separator is unambiguous.
        let digest = Sha256::digest(format!("{}\0{subject}", self.settings.issuer));
        let (first, _) = digest.split_first_chunk::<16>().expect("SHA-256 has 32 bytes");
        Id(Uuid::from_bytes(*first))
    }

    /// The provider's URL.
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Starts the task that refreshes the cached keys periodically.
    pub fn keep_keys(self: Arc<Self>, background: &Background) {
        let name = format!("fetching the keys of the identity provider {}", self.issuer());
        background.repeat(name, ProviderKeys::schedule(), move || {
            let provider = self.clone();
            async move { provider.keys.refresh().await }
        });
    }
}

/// Returns whether the header permits an access token: the type of RFC 9068, or, from older providers, `JWT` or no
/// type.
fn is_access_token(header: &Header) -> bool {
    let kind = header.typ.as_deref().unwrap_or("JWT").to_ascii_lowercase();
    ["jwt", "at+jwt", "application/at+jwt"].contains(&&*kind)
}

/// Returns whether the text can identify a user.
pub(super) fn is_subject(subject: &str) -> bool {
    !subject.is_empty() && subject.len() <= MAX_SUBJECT_BYTES && !subject.contains('\0')
}

/// Converts a time in a token.
pub(super) fn moment(seconds: f64) -> Instant {
    // A number outside the range becomes the first or the last instant.
    Instant::from_unix_seconds((seconds as i64).clamp(0, i64::MAX / 1_000_000))
}
