//! Verification of ID tokens (OpenID Connect Core 1.0, section 3.1.3.7).

use super::identity_provider::{IdentityProvider, MAX_SKEW, VerifiedIdentity, is_subject, moment};
use crate::error::{Error, Result};
use serde::Deserialize;

/// The claims of an ID token that are read. The signature, issuer and audience are checked before.
#[derive(Deserialize)]
struct Claims {
    #[serde(flatten)]
    user: UserClaims,
    aud: Audience,
    azp: Option<String>,
    nonce: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    auth_time: Option<f64>,
}

/// The claims that describe the user. The user info endpoint returns them too.
#[derive(Deserialize)]
pub struct UserClaims {
    /// The provider's identifier of the user.
    pub sub: String,
    name: Option<String>,
    preferred_username: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
}

impl UserClaims {
    /// The user's name.
    pub fn name(&self) -> Option<String> {
        self.name.clone().or_else(|| self.preferred_username.clone())
    }
}

/// One audience or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(#[expect(dead_code, reason = "checked before")] String),
    Several(Vec<String>),
}

const INVALID: Error =
    Error::Unauthenticated("The ID token of the identity provider is invalid. Sign in again.");

impl IdentityProvider {
    /// Verifies the ID token of a sign-in. It must be for this client and carry this nonce.
    pub async fn verify_id_token(&self, token: &str, client: &str, nonce: &str) -> Result<VerifiedIdentity> {
        let invalid = |reason: &str| {
            tracing::warn!(reason, "an ID token of the identity provider is invalid");
            INVALID
        };
        let header = jsonwebtoken::decode_header(token).map_err(|_| invalid("the header"))?;
        let decoded: Option<Claims> = self.decode(token, &header, client).await?;
        let claims = decoded.ok_or_else(|| {
            invalid("the algorithm, signature, issuer, audience, or the absence of a required claim")
        })?;
        let now = self.clock.now();
        let (issued_at, expires_at) = (moment(claims.iat), moment(claims.exp));
        let is_one = matches!(claims.aud, Audience::One(_))
            || matches!(&claims.aud, Audience::Several(all) if all.len() == 1);
        if claims.azp.as_deref().map_or(!is_one, |azp| azp != client) {
            return Err(invalid("the authorized party"));
        }
        if claims.nonce.as_deref() != Some(nonce) {
            return Err(invalid("the nonce"));
        }
        let starts_at = claims.nbf.map_or(issued_at, moment).max(issued_at);
        if expires_at + MAX_SKEW <= now || starts_at > now + MAX_SKEW {
            return Err(invalid("the time"));
        }
        if !is_subject(&claims.user.sub) {
            return Err(invalid("the subject"));
        }
        Ok(VerifiedIdentity {
            name: claims.user.name(),
            email: claims.user.email,
            subject: claims.user.sub,
            // A time in the future counts as the current time.
            authenticated_at: moment(claims.auth_time.unwrap_or(claims.iat)).min(now),
            issued_at,
            expires_at,
        })
    }
}
