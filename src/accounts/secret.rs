//! The secret that all instances share. Keys for signing and sealing are derived from it.

mod typed;

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

/// The fewest distinct byte values of an acceptable secret. A random secret of 32 hexadecimal digits has fewer with a
/// probability of less than one in a billion.
const MIN_DISTINCT_BYTES: usize = 8;

/// The shared secret. `Debug` does not print it.
#[derive(Clone, Debug)]
pub struct Secret(SecretString);

impl Secret {
    /// The minimum length in bytes, equal to the output of the MAC (RFC 7518, section 3.2).
    pub const MIN_BYTES: usize = 32;

    /// Creates a secret from a setting. Returns `None` if it is too short.
    pub fn from_secret(secret: SecretString) -> Option<Self> {
        (secret.expose_secret().len() >= Self::MIN_BYTES).then_some(Self(secret))
    }

    /// Returns the reason why the secret may be guessable, if there is one. Text that a person typed has far less
    /// entropy than random bytes of the same length.
    pub fn weakness(&self) -> Option<&'static str> {
        let secret = self.bytes();
        let distinct = secret.iter().collect::<HashSet<_>>().len();
        if distinct < MIN_DISTINCT_BYTES {
            Some("repeats itself")
        } else if secret.iter().all(u8::is_ascii_digit) {
            Some("is a number")
        } else if typed::looks_typed(secret) {
            Some("looks typed by a person instead of random")
        } else {
            None
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }

    /// Derives an independent key for the purpose that `label` names. No derived key reveals another.
    pub(super) fn derive(&self, label: &[u8]) -> Hmac<Sha256> {
        let mac = |key: &[u8]| Hmac::new_from_slice(key).expect("HMAC accepts a key of any length");
        let derived = mac(self.bytes()).chain_update(label).finalize();
        mac(&derived.into_bytes())
    }

    /// Reads the secret from a file, and creates the file with a random secret if it does not exist.
    ///
    /// Only the owner may read the file. The file appears complete or not at all, so instances that start at the same
    /// time all get the same secret.
    pub fn keep_in(path: &Path) -> io::Result<Self> {
        if !path.exists() {
            let random =
                || rand::random::<[u8; 32]>().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            let draft = path.with_extension(random());
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
            let linked = file
                .write_all(random().as_bytes())
                .and_then(|()| file.sync_all())
                .and_then(|()| fs::hard_link(&draft, path)); // fails if another instance was faster
            fs::remove_file(&draft)?;
            linked.or_else(|error| if path.exists() { Ok(()) } else { Err(error) })?;
        }
        let secret: SecretString = fs::read_to_string(path)?.trim().to_owned().into();
        Self::from_secret(secret).ok_or_else(|| {
            io::Error::other("the secret is shorter than 32 bytes; delete the file to create a new one")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng, rngs::StdRng};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_created_once_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwt-secret");
        let made = Secret::keep_in(&path).unwrap();
        let found = Secret::keep_in(&path).unwrap();
        assert_eq!(made.0.expose_secret(), found.0.expose_secret());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!format!("{made:?}").contains(made.0.expose_secret()));
    }

    fn weakness(text: &str) -> Option<&'static str> {
        Secret::from_secret(text.to_owned().into()).unwrap().weakness()
    }

    #[test]
    fn typed_text_is_weak() {
        for weak in [
            "00000000000000000000000000000000",
            "31415926535897932384626433832795",
            "abcdefghijklmnopqrstuvwxyzabcdef",
            "0123456789abcdef0123456789abcdef",
            "fedcba9876543210fedcba9876543210",
            "zyxwvutsrqponmlkjihgfedcba987654",
            "acegikmoqsuwybdfhjlnprtvxz02468135",
            "aabbccddeeffgghhiijjkkllmmnnoopp",
            "00112233445566778899aabbccddeeff",
            "qwertyuiopasdfghjklzxcvbnmqazwsx",
            "1q2w3e4r5t6y7u8i9o0p1a2s3d4f5g6h",
            "!QAZ@WSX#EDC$RFV%TGB^YHN&UJM*IK<(OL>",
            "Abcd1234Efgh5678Ijkl9012Mnop3456",
            "change-me-change-me-change-me-now",
            "replace-this-key-before-you-deploy",
            "MyVeryLongProductionSigningKey2026",
            "JWT_KEY_FOR_PROD_DO_NOT_SHARE_IT!",
            "Sup3rS3cr3tPr0duct10nK3yF0rC0nf4b!!",
            "this is a very long Secret of mine",
            "correct horse battery staple 1234",
            "purpleelephantsdancingundermoonlight",
            "MeinSehrGeheimesPasswortFuerProduktion",
            "MyCompany2024!MyCompany2025!xyzw",
            "admin1234admin1234admin1234admi7",
            "hello-you-hello-you-hello-you-hello-you",
        ] {
            assert!(weakness(weak).is_some(), "{weak}");
            let long = weak.repeat(1000);
            assert!(weakness(&long).is_some(), "{weak}, a thousand times");
        }
        assert!(
            Secret::from_secret("hunter2".to_owned().into()).is_none(),
            "the secret is shorter than the MAC's output"
        );
    }

    #[test]
    fn random_text_is_not_weak() {
        // A fixed seed, so that each run tests the same secrets, in all usual formats.
        let mut random = StdRng::seed_from_u64(1);
        let hex = "0123456789abcdef";
        let base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let signs: String = ('!'..='~').collect();
        for _ in 0..300 {
            let mut draw = |alphabet: &str, length: usize| -> String {
                let of = alphabet.as_bytes();
                (0..length).map(|_| char::from(of[random.random_range(0..of.len())])).collect()
            };
            let mut uuid = || [8, 4, 4, 4, 12].map(|length| draw(hex, length)).join("-");
            let uuids = format!("{}{}", uuid(), uuid());
            for drawn in [
                uuids,
                draw(hex, 32),
                draw(hex, 64),
                draw(hex, 64).to_uppercase(),
                draw(base64, 32),
                draw(base64, 43) + "=",
                draw(base64, 43).replace('+', "-").replace('/', "_"),
                draw(base64, 86) + "==",
                draw(&base64[..62], 40),
                draw(&signs, 40),
            ] {
                assert_eq!(weakness(&drawn), None, "{drawn}");
            }
        }
        assert_eq!(weakness("q7Jx+2vTzZr1mKf0sYb8Gd5uWc9LhEaN"), None);
    }
}
