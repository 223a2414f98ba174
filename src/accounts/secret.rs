//! The secret that all instances share. Keys for signing and sealing are derived from it.

use crate::random;
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
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

/// The fewest distinct byte values that a secret decodes to. Sixteen random bytes have fewer with a probability of one
/// in a million.
const MIN_DISTINCT_BYTES: usize = 10;

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

    /// Returns whether the secret has the form of random bytes: 32 or more hexadecimal digits, or base64 of 32 or more
    /// bytes. Text that a person types rarely has that form.
    pub fn is_random(&self) -> bool {
        decoded(self.bytes())
            .is_some_and(|bytes| bytes.iter().collect::<HashSet<_>>().len() >= MIN_DISTINCT_BYTES)
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
    pub fn load_or_create(path: &Path) -> io::Result<Self> {
        if !path.exists() {
            let random =
                || random::bytes::<32>().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
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

/// Decodes a secret in hexadecimal or base64.
fn decoded(secret: &[u8]) -> Option<Vec<u8>> {
    let padding = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    if secret.iter().all(u8::is_ascii_hexdigit) {
        let byte = |digits: &[u8]| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok();
        return secret.chunks(2).map(byte).collect();
    }
    let of = |alphabet| GeneralPurpose::new(alphabet, padding).decode(secret).ok();
    of(&alphabet::STANDARD).or_else(|| of(&alphabet::URL_SAFE)).filter(|bytes| bytes.len() >= 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
    use rand::{RngExt, SeedableRng, rngs::StdRng};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_created_once_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwt-secret");
        let made = Secret::load_or_create(&path).unwrap();
        let found = Secret::load_or_create(&path).unwrap();
        assert_eq!(made.0.expose_secret(), found.0.expose_secret());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!format!("{made:?}").contains(made.0.expose_secret()));
    }

    fn is_random(text: &str) -> bool {
        Secret::from_secret(text.to_owned().into()).unwrap().is_random()
    }

    #[test]
    fn typed_secrets_are_not_random() {
        for typed in [
            "00000000000000000000000000000000",
            "0123456789abcdef0123456789abcdef",
            "fedcba9876543210fedcba9876543210",
            "zyxwvutsrqponmlkjihgfedcba987654",
            "qwertyuiopasdfghjklzxcvbnmqazwsx",
            "!QAZ@WSX#EDC$RFV%TGB^YHN&UJM*IK<(OL>",
            "change-me-change-me-change-me-now",
            "replace-this-key-before-you-deploy",
            "MyVeryLongProductionSigningKey2026",
            "JWT_KEY_FOR_PROD_DO_NOT_SHARE_IT!",
            "Sup3rS3cr3tPr0duct10nK3yF0rC0nf4b!!",
            "correct horse battery staple 1234",
            "admin1234admin1234admin1234admi7",
        ] {
            assert!(!is_random(typed), "{typed}");
        }
        assert!(Secret::from_secret("hunter2".to_owned().into()).is_none(), "shorter than 32 bytes");
    }

    #[test]
    fn generated_secrets_are_random() {
        // The same secrets at each run.
        let mut random = StdRng::seed_from_u64(1);
        for _ in 0..1000 {
            let bytes: [u8; 64] = random.random();
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let (standard, url_safe) =
                (BASE64_STANDARD.encode(&bytes[..32]), BASE64_URL_SAFE_NO_PAD.encode(bytes));
            for secret in [&hex, &hex[..32], &hex[..64].to_uppercase(), &standard, &standard[..43], &url_safe]
            {
                assert!(is_random(secret), "{secret}");
            }
        }
    }
}
