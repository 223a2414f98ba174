//! Passwords: kept as argon2id hashes, worked out on a bounded number of threads.

use crate::error::{Error, Result};
use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use secrecy::{ExposeSecret, SecretString};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};
use unicode_normalization::UnicodeNormalization;

/// How long a password may be, in Unicode scalar values.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=256;
/// The longest wait for a free place among the hashing threads.
const PATIENCE: Duration = Duration::from_secs(10);
/// argon2id with 19 MiB, two passes and one lane (OWASP Password Storage Cheat Sheet): the hash of no password,
/// for an address without account, so that it takes the same time.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm8tc3VjaC1hY2NvdW50$VLk4RGrh9E8BEbP2IWBoIewdsi2ZVBdKTAxH4FU6lwY";

/// A password of an allowed length. It is never shown, not even by `Debug`.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

impl Password {
    /// Checks a password that is about to be chosen.
    pub fn choose(field: &'static str, password: &str) -> Result<Self> {
        let (least, most) = (LENGTHS.start(), LENGTHS.end());
        Self::present(password)
            .ok_or_else(|| Error::input(field, format!("must have {least} to {most} characters")))
    }

    /// A password that is presented; `None` if it cannot be anybody's. Any script is welcome; characters that can
    /// be written in several ways are made one (normalisation form C, as RFC 8265 asks).
    pub fn present(password: &str) -> Option<Self> {
        // Counted as typed, and no further than needed: the text may be as long as a request.
        let length = password.chars().take(LENGTHS.end() + 1).count();
        LENGTHS.contains(&length).then(|| Self(password.nfc().collect::<String>().into()))
    }

    fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

/// Hashes and verifies, a few at a time.
#[derive(Clone)]
pub struct Passwords {
    places: Arc<Semaphore>,
}

impl Passwords {
    /// At most `threads` passwords are worked on at once; each takes 19 MiB meanwhile.
    pub fn new(threads: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(threads)) }
    }

    /// The hash to keep of a password, as a PHC string.
    pub async fn hash(&self, password: Password) -> Result<String> {
        self.work(move || {
            let hash = Argon2::default().hash_password(password.bytes()).map_err(Error::internal)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether the password is the hash's; `None` is nobody's hash, and takes as long.
    pub async fn verify(&self, password: Password, hash: Option<String>) -> Result<bool> {
        self.work(move || {
            let hash = PasswordHash::new(hash.as_deref().unwrap_or(NOBODY)).map_err(Error::internal)?;
            Ok(Argon2::default().verify_password(password.bytes(), &hash).is_ok())
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, job: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let busy = Error::RateLimited { message: "too many people are signing in right now", retry_after: 5 };
        let place = timeout(PATIENCE, self.places.clone().acquire_owned())
            .await
            .map_err(|_| busy)?
            .map_err(Error::internal)?;
        // The place is kept until the thread is done, even when the request is given up.
        spawn_blocking(move || {
            let result = job();
            drop(place);
            result
        })
        .await
        .map_err(Error::internal)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::{Algorithm, Params};

    #[tokio::test]
    async fn a_password_is_known_again_however_its_characters_are_composed() {
        let passwords = Passwords::new(1);
        let composed = Password::present("caf\u{e9} cr\u{e8}me").unwrap();
        let decomposed = Password::present("cafe\u{301} cre\u{300}me").unwrap();
        let hash = passwords.hash(composed).await.unwrap();
        assert!(passwords.verify(decomposed.clone(), Some(hash)).await.unwrap());
        assert!(!passwords.verify(decomposed, None).await.unwrap());
    }

    #[test]
    fn nobodys_hash_costs_what_a_new_one_costs() {
        let fresh = Argon2::default().hash_password(b"any password").unwrap();
        let nobody = PasswordHash::new(NOBODY).unwrap();
        assert_eq!(nobody.algorithm, Algorithm::Argon2id.ident());
        assert_eq!((nobody.algorithm, nobody.version), (fresh.algorithm, fresh.version));
        let costs = |hash| {
            let params = Params::try_from(hash).unwrap();
            (params.m_cost(), params.t_cost(), params.p_cost(), params.output_len())
        };
        assert_eq!(costs(&nobody), costs(&fresh));
        assert_eq!(costs(&fresh), (19 * 1024, 2, 1, Some(32)));
    }

    #[test]
    fn the_length_is_counted_in_characters_of_any_script() {
        for (text, good) in [
            ("1234567".into(), false),
            ("пароль12".into(), true),
            ("🦀".repeat(256), true),
            ("🦀".repeat(257), false),
        ] {
            assert_eq!(Password::choose("password", &text).is_ok(), good, "{text}");
        }
    }
}
