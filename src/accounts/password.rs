//! Passwords: stored as Argon2id hashes, which are computed on a limited number of threads.

use crate::error::{Error, Result};
use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use secrecy::{ExposeSecret, SecretString};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};
use unicode_normalization::UnicodeNormalization;

/// The permitted lengths of a password, in Unicode scalar values.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=256;
/// The longest wait for a free hashing thread.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(10);
/// A hash that matches no password. It is verified for an address without an account, so that the response takes the
/// same time. Argon2id with 19 MiB, two passes and one lane (OWASP Password Storage Cheat Sheet).
const DUMMY_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm8tc3VjaC1hY2NvdW50$VLk4RGrh9E8BEbP2IWBoIewdsi2ZVBdKTAxH4FU6lwY";

/// A password of a permitted length. `Debug` does not print it.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

impl Password {
    /// Checks the length of a new password.
    pub fn choose(field: &'static str, password: &str) -> Result<Self> {
        let (least, most) = (LENGTHS.start(), LENGTHS.end());
        Self::present(password)
            .ok_or_else(|| Error::input(field, format!("must have {least} to {most} characters.")))
    }

    /// Reads a password that is to be verified. Returns `None` if its length is not permitted. All scripts are
    /// accepted. The text is converted to normalization form C, as RFC 8265 requires, so equivalent spellings match.
    pub fn present(password: &str) -> Option<Self> {
        // Characters are counted before normalization, and only up to the limit, because the text may be very long.
        let length = password.chars().take(LENGTHS.end() + 1).count();
        LENGTHS.contains(&length).then(|| Self(password.nfc().collect::<String>().into()))
    }

    fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

/// Hashes and verifies passwords with limited concurrency.
#[derive(Clone)]
pub struct Passwords {
    permits: Arc<Semaphore>,
}

impl Passwords {
    /// Creates a pool that processes at most `threads` passwords at once. Each needs 19 MiB of memory.
    pub fn new(threads: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(threads)) }
    }

    /// Computes the hash of a password, as a PHC string.
    pub async fn hash(&self, password: Password) -> Result<String> {
        self.work(move || {
            let hash = Argon2::default().hash_password(password.bytes()).map_err(Error::internal)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Returns whether the password matches the hash. `None` matches no password, and takes as long to verify.
    pub async fn verify(&self, password: Password, hash: Option<String>) -> Result<bool> {
        self.work(move || {
            let hash = PasswordHash::new(hash.as_deref().unwrap_or(DUMMY_HASH)).map_err(Error::internal)?;
            Ok(Argon2::default().verify_password(password.bytes(), &hash).is_ok())
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, job: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let busy = Error::RateLimited {
            message: "Too many users are signing in at the moment. Retry after `retryAfter` seconds.",
            retry_after: 5,
        };
        let permit = timeout(QUEUE_TIMEOUT, self.permits.clone().acquire_owned())
            .await
            .map_err(|_| busy)?
            .map_err(Error::internal)?;
        // The thread holds the permit until it is done, even if the request is cancelled.
        spawn_blocking(move || {
            let result = job();
            drop(permit);
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
    async fn composed_and_decomposed_characters_match() {
        let passwords = Passwords::new(1);
        let composed = Password::present("caf\u{e9} cr\u{e8}me").unwrap();
        let decomposed = Password::present("cafe\u{301} cre\u{300}me").unwrap();
        let hash = passwords.hash(composed).await.unwrap();
        assert!(passwords.verify(decomposed.clone(), Some(hash)).await.unwrap());
        assert!(!passwords.verify(decomposed, None).await.unwrap());
    }

    #[test]
    fn the_dummy_hash_costs_as_much_as_a_new_one() {
        let fresh = Argon2::default().hash_password(b"any password").unwrap();
        let dummy = PasswordHash::new(DUMMY_HASH).unwrap();
        assert_eq!(dummy.algorithm, Algorithm::Argon2id.ident());
        assert_eq!((dummy.algorithm, dummy.version), (fresh.algorithm, fresh.version));
        let costs = |hash| {
            let params = Params::try_from(hash).unwrap();
            (params.m_cost(), params.t_cost(), params.p_cost(), params.output_len())
        };
        assert_eq!(costs(&dummy), costs(&fresh));
        assert_eq!(costs(&fresh), (19 * 1024, 2, 1, Some(32)));
    }

    #[test]
    fn the_length_is_counted_in_characters_of_any_script() {
        for (text, accepted) in [
            ("1234567".into(), false),
            ("пароль12".into(), true),
            ("🦀".repeat(256), true),
            ("🦀".repeat(257), false),
        ] {
            assert_eq!(Password::choose("password", &text).is_ok(), accepted, "{text}");
        }
    }
}
