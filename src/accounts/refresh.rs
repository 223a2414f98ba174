//! Refresh tokens. Each token contains its session's ID and a generation number, authenticated by a MAC.
//!
//! The database stores no token, only the generation that is valid at the moment. The MAC distinguishes an old token
//! from a forged one, however old it is. A token with a lower generation has been used before, so it was probably
//! stolen (RFC 9700, section 4.14.2). The successor of a token can be computed again at any time.

use super::Secret;
use crate::{
    error::{Error, Result},
    store::Id,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use secrecy::SecretString;
use sha2::Sha256;
use std::fmt;
use uuid::Uuid;

/// The prefix that identifies a refresh token to people and to secret scanners.
const PREFIX: &str = "confab_refresh_";
/// The label of the key derivation. It keeps these MACs apart from the signatures of access tokens.
const LABEL: &[u8] = b"confab refresh token 1";

pub(super) const INVALID: Error =
    Error::Unauthenticated("The refresh token is invalid, expired or revoked. Sign in again.");

/// A string in the format of a refresh token, not verified yet.
#[derive(Clone)]
pub struct RefreshToken {
    session: Id,
    generation: i32,
    mac: [u8; 32],
}

/// The verified contents of a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshClaims {
    /// The session.
    pub session: Id,
    /// The token's generation in its session, counted from 0.
    pub generation: i32,
}

impl RefreshToken {
    /// Parses a token that a client presents. [`RefreshTokens::verify`] checks the MAC, and the database the
    /// generation.
    pub fn parse(text: &str) -> Result<Self> {
        let decode = || {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
            let (session, rest) = bytes.split_first_chunk::<16>()?;
            let (generation, mac) = rest.split_first_chunk::<4>()?;
            Some(Self {
                session: Id(Uuid::from_bytes(*session)),
                generation: i32::from_be_bytes(*generation),
                mac: mac.try_into().ok()?,
            })
        };
        decode().ok_or(INVALID)
    }

    /// Formats the token for the client.
    pub fn into_secret(self) -> SecretString {
        let Self { session, generation, mac } = self;
        let bytes = [&session.0.as_bytes()[..], &generation.to_be_bytes(), &mac].concat();
        format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)).into()
    }
}

/// Prints everything but the MAC.
impl fmt::Debug for RefreshToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { session, generation, mac: _ } = self;
        formatter
            .debug_struct("RefreshToken")
            .field("session", session)
            .field("generation", generation)
            .finish()
    }
}

/// Issues and verifies refresh tokens.
pub struct RefreshTokens(Hmac<Sha256>);

impl RefreshTokens {
    /// Creates an issuer with a key derived from the secret.
    pub fn new(key: &Secret) -> Self {
        Self(key.derive(LABEL))
    }

    /// Returns the token with these contents.
    pub fn token(&self, claims: RefreshClaims) -> RefreshToken {
        let mac = self.mac(claims).finalize().into_bytes().into();
        RefreshToken { session: claims.session, generation: claims.generation, mac }
    }

    /// Verifies the token's MAC and returns its contents.
    pub fn verify(&self, token: &RefreshToken) -> Result<RefreshClaims> {
        let claims = RefreshClaims { session: token.session, generation: token.generation };
        let ours = self.mac(claims).verify_slice(&token.mac).is_ok(); // in constant time
        // The last generation is never issued, because it would have no successor.
        if ours && (0..i32::MAX).contains(&claims.generation) { Ok(claims) } else { Err(INVALID) }
    }

    /// Computes the MAC. Each part has a fixed length, so different contents never have the same input.
    fn mac(&self, claims: RefreshClaims) -> Hmac<Sha256> {
        let RefreshClaims { session, generation } = claims;
        self.0.clone().chain_update(session.0.as_bytes()).chain_update(generation.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    fn tokens(secret: &str) -> RefreshTokens {
        RefreshTokens::new(&Secret::from_secret(secret.to_owned().into()).unwrap())
    }

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn only_our_own_tokens_verify() {
        let tokens = tokens(SECRET);
        let claims = RefreshClaims { session: Id::new(), generation: 7 };
        let text = tokens.token(claims).into_secret().expose_secret().to_owned();
        let token = RefreshToken::parse(&text).unwrap();
        assert_eq!(tokens.verify(&token).unwrap(), claims);
        assert!(super::tests::tokens("another secret of at least 32 bytes!").verify(&token).is_err());
        assert!(!format!("{token:?}").contains(&text[PREFIX.len() + 27..]));
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&text[PREFIX.len()..]).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut forged = bytes.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            let forged = format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(forged));
            assert!(tokens.verify(&RefreshToken::parse(&forged).unwrap()).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            let short = format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(&bytes[..length]));
            assert!(RefreshToken::parse(&short).is_err());
        }
        assert!(
            RefreshToken::parse(&format!("{text}A")).is_err() && RefreshToken::parse(&text[1..]).is_err()
        );
    }

    proptest! {
        #[test]
        fn arbitrary_text_is_rejected(text in "(confab_refresh_)?\\PC{0,80}") {
            if let Ok(token) = RefreshToken::parse(&text) {
                prop_assert!(tokens(SECRET).verify(&token).is_err());
            }
        }
    }
}
