//! The signing keys of access tokens: the shared secret, or Ed25519 key pairs whose public keys are published.
//!
//! Several key pairs allow rotation: the first key signs, and every key verifies. To rotate, add a new key at the end
//! on all instances, then move it to the front, and remove the old key when its last token has expired.

use super::Secret;
use base64::{Engine, prelude::BASE64_STANDARD};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash},
};
use std::{collections::HashSet, fmt};

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// The keys that sign and verify access tokens. A key pair is identified by its thumbprint (RFC 7638).
pub struct Keys {
    pub(super) algorithm: Algorithm,
    pub(super) sign: (Option<String>, EncodingKey),
    pub(super) verify: Vec<(Option<String>, DecodingKey)>,
    pub(super) published: JwkSet,
}

impl Keys {
    /// Uses HMAC with SHA-256 under the shared secret. No key is published.
    pub fn from_secret(secret: &Secret) -> Self {
        let secret = secret.bytes();
        Self {
            algorithm: Algorithm::HS256,
            sign: (None, EncodingKey::from_secret(secret)),
            verify: vec![(None, DecodingKey::from_secret(secret))],
            published: JwkSet::default(),
        }
    }

    /// Reads one or more Ed25519 private keys (RFC 8037) in PEM (RFC 7468, PKCS #8).
    pub fn from_pem(text: &str) -> Result<Self, &'static str> {
        let pairs = blocks(text).map(pair).collect::<Result<Vec<_>, _>>()?;
        let published = JwkSet { keys: pairs.iter().map(|(_, public)| public.clone()).collect() };
        let kids: HashSet<_> = published.keys.iter().map(|key| &key.common.key_id).collect();
        if kids.len() < pairs.len() {
            return Err("contains the same key twice");
        }
        let verify = pairs.iter().map(|(_, public)| {
            let key = DecodingKey::from_jwk(public).map_err(|_| UNREADABLE)?;
            Ok((public.common.key_id.clone(), key))
        });
        let verify = verify.collect::<Result<_, &'static str>>()?;
        let (sign, public) = pairs.into_iter().next().ok_or("contains no private key in PEM")?;
        Ok(Self { algorithm: Algorithm::EdDSA, sign: (public.common.key_id, sign), verify, published })
    }
}

const UNREADABLE: &str =
    "contains a key that is not an Ed25519 key; `openssl genpkey -algorithm ed25519` generates one";

/// Returns the contents of the private-key blocks of a PEM file.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split(BEGIN).skip(1).map(|rest| rest.split_once(END).map_or("", |(body, _)| body))
}

/// Decodes a private key and computes its public JWK.
fn pair(pem: &str) -> Result<(EncodingKey, Jwk), &'static str> {
    let base64: String = pem.split_ascii_whitespace().collect();
    let private = EncodingKey::from_ed_der(&BASE64_STANDARD.decode(base64).map_err(|_| UNREADABLE)?);
    let mut public = Jwk::from_encoding_key(&private, Algorithm::EdDSA).map_err(|_| UNREADABLE)?;
    public.common.key_id = Some(public.thumbprint(ThumbprintHash::SHA256).map_err(|_| UNREADABLE)?);
    public.common.public_key_use = Some(PublicKeyUse::Signature);
    Ok((private, public))
}

/// Prints only the published part.
impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { algorithm, published, sign: _, verify: _ } = self;
        formatter.debug_struct("Keys").field("algorithm", algorithm).field("published", published).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The key of RFC 8037, appendix A.
    const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";

    #[test]
    fn the_published_key_is_that_of_rfc_8037() {
        let keys = Keys::from_pem(&format!("a comment\n{KEY}")).unwrap();
        let published = serde_json::to_value(&keys.published).unwrap();
        let expected = serde_json::json!({ "keys": [{
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        }] });
        assert_eq!(published, expected);
        assert!(!format!("{keys:?}").contains("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"));
    }

    #[test]
    fn files_without_usable_keys_are_rejected() {
        let ec = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2
OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r
1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G
-----END PRIVATE KEY-----
";
        for (text, fault) in [
            ("", "no private key"),
            ("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n", "no private key"),
            ("-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n", "not an Ed25519 key"),
            (ec, "not an Ed25519 key"),
            (&format!("{KEY}{KEY}"), "twice"),
            (&format!("{KEY}-----BEGIN PRIVATE KEY-----\nMC4CAQ"), "not an Ed25519 key"),
        ] {
            let error = Keys::from_pem(text).unwrap_err();
            assert!(error.contains(fault), "{error}: {text}");
        }
    }
}
