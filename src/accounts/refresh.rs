//! Refresh tokens. Each names its session and how often that has been refreshed, under a MAC.
//!
//! So one that was ever ours is told from a forged one for ever, and nothing secret is kept: the session's row has the
//! number of the token that is good. A token with a lesser number has been used before, so somebody has a copy (RFC
//! 9700, section 4.14.2); and the successor of a token can be told again without having been stored.

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

/// Tells a refresh token from other secrets at a glance, and to scanners of leaked ones.
const PREFIX: &str = "confab_refresh_";
/// What the key of these tokens is derived with: an access token's signature is no refresh token's.
const LABEL: &[u8] = b"confab refresh token 1";

const NO_GOOD: Error = Error::Unauthenticated("the refresh token is not, or no longer, good");

/// Something that has the form of a refresh token.
#[derive(Clone)]
pub struct RefreshToken {
    session: Id,
    generation: i32,
    mac: [u8; 32],
}

/// What a token of ours says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The session.
    pub session: Id,
    /// The token's number in it.
    pub generation: i32,
}

impl RefreshToken {
    /// Reads what a client presents. Whether it is ours, [`RefreshTokens`] knows; whether it is good, the database.
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
        decode().ok_or(NO_GOOD)
    }

    /// As it is handed out.
    pub fn into_secret(self) -> SecretString {
        let Self { session, generation, mac } = self;
        let bytes = [&session.0.as_bytes()[..], &generation.to_be_bytes(), &mac].concat();
        format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)).into()
    }
}

/// The MAC is never shown.
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

/// Makes refresh tokens, and knows its own.
pub struct RefreshTokens(Hmac<Sha256>);

impl RefreshTokens {
    /// Tokens under a key derived from this one.
    pub fn new(key: &Secret) -> Self {
        Self(key.derive(LABEL))
    }

    /// The session's token with this number.
    pub fn token(&self, named: Named) -> RefreshToken {
        let mac = self.mac(named).finalize().into_bytes().into();
        RefreshToken { session: named.session, generation: named.generation, mac }
    }

    /// What a token says, if it is one of ours.
    pub fn verify(&self, token: &RefreshToken) -> Result<Named> {
        let named = Named { session: token.session, generation: token.generation };
        let ours = self.mac(named).verify_slice(&token.mac).is_ok(); // in constant time
        // No token of ours has the last number, for then there would be none after it.
        if ours && (0..i32::MAX).contains(&named.generation) { Ok(named) } else { Err(NO_GOOD) }
    }

    /// Each part has a length of its own, so no two tokens have the same text.
    fn mac(&self, named: Named) -> Hmac<Sha256> {
        let Named { session, generation } = named;
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
    fn nothing_but_a_token_of_ours_is_verified() {
        let tokens = tokens(SECRET);
        let named = Named { session: Id::new(), generation: 7 };
        let text = tokens.token(named).into_secret().expose_secret().to_owned();
        let token = RefreshToken::parse(&text).unwrap();
        assert_eq!(tokens.verify(&token).unwrap(), named);
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
        fn no_text_breaks_it(text in "(confab_refresh_)?\\PC{0,80}") {
            if let Ok(token) = RefreshToken::parse(&text) {
                prop_assert!(tokens(SECRET).verify(&token).is_err());
            }
        }
    }
}
