//! The access tokens of another issuer: an OpenID Provider, which knows who people are, so that nobody needs a password
//! here.
//!
//! Its [keys](super::provider_keys) are found by discovery. A token is taken by the rules of RFC 9068 and RFC 8725: the
//! algorithm is one that the settings list and the key is for, issuer and audience are exactly those of the settings,
//! and it has a subject and an end. Providers older than RFC 9068 do not say that a token is an access token; then it
//! must not look like an ID token, which says to a client who has signed in, and is no leave to ask for anything.

use super::provider_keys::{ProviderKeys, Verified};
use crate::{
    clock::Clock,
    error::{Error, Result},
    poke::Poked,
    store::{Id, Instant, account_life::REMEMBERED},
};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, de::IgnoredAny};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, time::Duration};
use url::Url;
use uuid::Uuid;

/// How far the provider's clock may be ahead of ours.
const SKEW: Duration = Duration::from_secs(60);
/// The longest that a token is taken for good at once: who stays longer shows another.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// From this age on no token is taken, however long it is to last: as long it is remembered that an account was deleted,
/// and one from before must not make another.
const OLDEST: Duration = REMEMBERED;
/// The longest subject, in bytes (OpenID Connect Core, section 2).
const LONGEST_SUBJECT: usize = 255;

/// What the settings say of it.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// Its URL, as it stands in tokens.
    pub issuer: String,
    /// Whom tokens must be for.
    pub audience: String,
    /// What tokens may be signed by.
    pub algorithms: Vec<Algorithm>,
    /// A scope that they must have, if one is set.
    pub scope: Option<String>,
}

/// The provider.
pub struct IdentityProvider {
    settings: ProviderSettings,
    keys: ProviderKeys,
    clock: Clock,
}

/// What a good token says.
#[derive(Clone, Debug, PartialEq)]
pub struct Identified {
    /// What the provider calls them.
    pub subject: String,
    /// Their name, if it is told.
    pub name: Option<String>,
    /// Their address, if it is told.
    pub email: Option<String>,
    /// When they proved who they are; if that is not told, when the token was issued.
    pub proved_at: Instant,
    /// When the token was issued.
    pub issued_at: Instant,
    /// From when the token is not good any more.
    pub expires_at: Instant,
}

/// What is read of a token. Moments are seconds since 1970, perhaps with a fraction (RFC 7519, "NumericDate").
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
    /// Where a provider says here what a token is for, an access token's is `Bearer`.
    typ: Option<String>,
    #[serde(flatten)]
    others: HashMap<String, IgnoredAny>,
}

/// What only other kinds of tokens have: ID tokens (OpenID Connect Core, sections 2, 3.1.3.6 and 3.3.2.11), and those that
/// tell of signing out (OpenID Connect Back-Channel Logout, section 2.4).
const OF_OTHERS: [&str; 5] = ["nonce", "at_hash", "c_hash", "s_hash", "events"];

#[derive(Deserialize)]
struct Issuer {
    iss: String,
}

const BAD: Error = Error::Unauthenticated("the access token is not good");

impl IdentityProvider {
    /// The provider at this URL; nothing is asked of it yet.
    pub fn new(settings: ProviderSettings, clock: Clock) -> reqwest::Result<Self> {
        let keys = ProviderKeys::new(settings.issuer.clone(), clock.clone())?;
        Ok(Self { settings, keys, clock })
    }

    /// Whether a token says that it is of this issuer. Whether that is so, [`Self::verify`] tells.
    pub fn is_named_by(&self, token: &str) -> bool {
        let issuer = jsonwebtoken::dangerous::insecure_decode_claims::<Issuer>(token);
        issuer.is_ok_and(|claims| claims.iss == self.settings.issuer)
    }

    /// What the token says, if it is good now.
    pub async fn verify(&self, token: &str) -> Result<Identified> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| BAD)?;
        if !self.settings.algorithms.contains(&header.alg)
            || header.crit.is_some()
            || !is_access_token(&header)
        {
            return Err(BAD);
        }
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        validation.validate_exp = false; // by our own clock, below
        let verified = match self.keys.verify::<Claims>(token, &header, &validation) {
            // It may be newer than what we know.
            Verified::UnknownKey => {
                self.keys.look_again().await?;
                self.keys.verify(token, &header, &validation)
            }
            verified => verified,
        };
        let Verified::Good(claims) = verified else { return Err(BAD) };
        let now = self.clock.now();
        let later = now + SKEW;
        let too_early = claims.nbf.is_some_and(|from| moment(from) > later) || moment(claims.iat) > later;
        let subject = claims.sub;
        let nobody = subject.is_empty() || subject.len() > LONGEST_SUBJECT || subject.contains('\0');
        let of_other_kind = OF_OTHERS.iter().any(|claim| claims.others.contains_key(*claim))
            || claims.typ.is_some_and(|kind| !["Bearer", "at+jwt"].contains(&&*kind));
        // A client that asks for itself is nobody (RFC 9068, section 5).
        let client = claims.client_id.or(claims.azp).is_some_and(|client| client == subject);
        let lacking =
            self.settings.scope.as_ref().is_some_and(|wanted| {
                !claims.scope.unwrap_or_default().split(' ').any(|scope| scope == wanted)
            });
        if too_early || nobody || of_other_kind || client || lacking {
            return Err(BAD);
        }
        let issued_at = moment(claims.iat);
        let expires_at = moment(claims.exp).min(issued_at + OLDEST);
        if expires_at <= now {
            return Err(Error::Unauthenticated("the access token has expired"));
        }
        Ok(Identified {
            subject,
            name: claims.name.or(claims.preferred_username),
            email: claims.email,
            // A time to come proves nothing for longer than now.
            proved_at: moment(claims.auth_time.unwrap_or(claims.iat)).min(now),
            issued_at,
            expires_at: expires_at.min(now + LONGEST),
        })
    }

    /// The key by which somebody is known: always the same, of the issuer and the subject.
    pub fn identity(&self, subject: &str) -> Id {
        // The issuer is a URL, which has no NUL.
        let digest = Sha256::digest(format!("{}\0{subject}", self.settings.issuer));
        let (first, _) = digest.split_first_chunk::<16>().expect("SHA-256 has 32 bytes");
        Id(Uuid::from_bytes(*first))
    }

    /// The provider's URL.
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Keeps knowing its keys, for ever.
    pub async fn keep_keys(&self, poked: Poked) {
        self.keys.keep(poked).await;
    }
}

/// Whether the header allows for an access token: RFC 9068 has a type for them, and who came before has none, or `JWT`.
fn is_access_token(header: &Header) -> bool {
    let of_type = header.typ.as_deref().unwrap_or("JWT").to_ascii_lowercase();
    ["jwt", "at+jwt", "application/at+jwt"].contains(&&*of_type)
}

fn moment(seconds: f64) -> Instant {
    // A number that is no moment becomes the first or the last one there is.
    Instant::from_unix_seconds((seconds as i64).clamp(0, i64::MAX / 1_000_000))
}

/// Whether an issuer may be asked: over TLS, or on this very machine (OpenID Connect Discovery 1.0, section 3).
pub fn may_be_asked(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_local(url))
}

/// Whether it is on this very machine.
pub fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
