//! Refresh tokens: random, good once, and kept only as a hash.

use crate::error::{Error, Result};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// Tells a refresh token from other secrets at a glance, and to scanners of leaked ones.
const PREFIX: &str = "confab_refresh_";

/// A token with 256 bits of randomness. It is never shown, not even by `Debug`.
#[derive(Clone, Debug)]
pub struct RefreshToken(SecretString);

impl RefreshToken {
    /// A new token.
    pub fn random() -> Self {
        let secret: [u8; 32] = rand::random();
        Self(format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(secret)).into())
    }

    /// What a client presents as a token. Whether it is good, the database knows.
    pub fn parse(text: &str) -> Result<Self> {
        match text.strip_prefix(PREFIX) {
            Some(secret) if secret.len() == 43 => Ok(Self(text.to_owned().into())),
            _ => Err(Error::Unauthenticated("the refresh token is not, or no longer, good")),
        }
    }

    /// What is kept of it. It is random throughout, so a fast hash will do.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.expose_secret()).into()
    }
}

impl ExposeSecret<str> for RefreshToken {
    fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}
