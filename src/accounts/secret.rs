//! The instances' common secret, from which whatever they seal and sign by themselves is derived.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::{
    collections::HashSet,
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// A random secret of the shortest length, in hexadecimal digits, has fewer different bytes once in some billions.
const DISTINCT: usize = 8;
/// So many bytes do not stand in a random secret twice, but once in some hundred thousand of the shortest.
const PIECE: usize = 7;
/// What stands in examples, and is left there.
const PLACEHOLDERS: [&str; 8] =
    ["secret", "password", "change", "example", "default", "insecure", "confab", "your-"];
/// How many bytes, each the next of the one before, are no accident.
const RUN: usize = 6;

/// The secret. It is never shown, not even by `Debug`.
#[derive(Clone, Debug)]
pub struct Secret(SecretString);

impl Secret {
    /// The shortest secret that is not weaker than the algorithm, in bytes (RFC 7518, section 3.2).
    pub const SHORTEST: usize = 32;

    /// A secret from the settings; `None` if it is too short.
    pub fn from_secret(secret: SecretString) -> Option<Self> {
        (secret.expose_secret().len() >= Self::SHORTEST).then_some(Self(secret))
    }

    /// Why somebody might guess it, if so: what was typed in has far less in it than as many random bytes.
    pub fn weakness(&self) -> Option<&'static str> {
        let secret = self.bytes();
        let lower = String::from_utf8_lossy(secret).to_lowercase();
        let distinct = secret.iter().collect::<HashSet<_>>().len();
        let mut pieces = HashSet::new();
        let repeats = !secret.windows(PIECE).all(|piece| pieces.insert(piece));
        if distinct < DISTINCT || repeats {
            Some("repeats itself")
        } else if secret.contains(&b' ') {
            Some("is made of words")
        } else if PLACEHOLDERS.iter().any(|word| lower.contains(word)) {
            Some("looks like a placeholder")
        } else if secret.windows(RUN).any(is_run) {
            Some("has many characters in a row")
        } else {
            None
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }

    /// A key of its own for another purpose, which the label names: none can be found from another.
    pub(super) fn derive(&self, label: &[u8]) -> Hmac<Sha256> {
        let mac = |key: &[u8]| Hmac::new_from_slice(key).expect("a key may have any length");
        let derived = mac(self.bytes()).chain_update(label).finalize();
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

fn is_run(bytes: &[u8]) -> bool {
    bytes.windows(2).all(|pair| pair[0].wrapping_add(1) == pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_made_once_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwt-secret");
        let made = Secret::keep_in(&path).unwrap();
        let found = Secret::keep_in(&path).unwrap();
        assert_eq!(made.0.expose_secret(), found.0.expose_secret());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!format!("{made:?}").contains(made.0.expose_secret()));
    }

    #[test]
    fn what_was_typed_in_is_weak_and_what_is_random_is_not() {
        let secret = |text: &str| Secret::from_secret(text.to_owned().into());
        for weak in [
            "00000000000000000000000000000000",
            "abcdefghijklmnopqrstuvwxyzabcdef",
            "0123456789abcdef0123456789abcdef",
            "change-me-change-me-change-me-now",
            "this is a very long Secret of mine",
            "correct horse battery staple 1234",
            "MyCompany2024!MyCompany2025!xyzw",
            "admin1234admin1234admin1234admi7",
            "hello-you-hello-you-hello-you-hello-you",
        ] {
            assert!(secret(weak).unwrap().weakness().is_some(), "{weak}");
        }
        assert!(secret("hunter2").is_none(), "it is shorter than the algorithm's output");
        for _ in 0..1000 {
            let random: String =
                rand::random::<[u8; 16]>().iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(secret(&random).unwrap().weakness(), None, "{random}");
        }
        assert_eq!(secret("q7Jx+2vTzZr1mKf0sYb8Gd5uWc9LhEaN").unwrap().weakness(), None);
    }
}
