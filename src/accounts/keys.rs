//! The keys of access tokens: the instances' common secret, or pairs of keys, of which the public halves are published.
//!
//! Several pairs make a rotation: the first one signs, and what any of them has signed is good. So a new one is added
//! at the end, on all instances; then it is put first; and the old one goes when its last token has expired.

use super::Secret;
use base64::{Engine, prelude::BASE64_STANDARD};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash},
};
use std::{collections::HashSet, fmt};

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// What signs and verifies access tokens. A key of a pair goes by its thumbprint (RFC 7638).
pub struct Keys {
    pub(super) algorithm: Algorithm,
    pub(super) sign: (Option<String>, EncodingKey),
    pub(super) verify: Vec<(Option<String>, DecodingKey)>,
    pub(super) published: JwkSet,
}

impl Keys {
    /// HMAC with SHA-256, under the common secret. Nothing is published.
    pub fn of_secret(secret: &Secret) -> Self {
        let secret = secret.bytes();
        Self {
            algorithm: Algorithm::HS256,
            sign: (None, EncodingKey::from_secret(secret)),
            verify: vec![(None, DecodingKey::from_secret(secret))],
            published: JwkSet::default(),
        }
    }

    /// Ed25519 (RFC 8037), by private keys in PEM (RFC 7468, PKCS #8), one or several.
    pub fn of_pem(text: &str) -> Result<Self, &'static str> {
        let pairs = blocks(text).map(pair).collect::<Result<Vec<_>, _>>()?;
        let published = JwkSet { keys: pairs.iter().map(|(_, public)| public.clone()).collect() };
        let kids: HashSet<_> = published.keys.iter().map(|key| &key.common.key_id).collect();
        if kids.len() < pairs.len() {
            return Err("has the same key twice");
        }
        let verify = pairs.iter().map(|(_, public)| {
            let key = DecodingKey::from_jwk(public).map_err(|_| UNREADABLE)?;
            Ok((public.common.key_id.clone(), key))
        });
        let verify = verify.collect::<Result<_, &'static str>>()?;
        let (sign, public) = pairs.into_iter().next().ok_or("has no private key in PEM")?;
        Ok(Self { algorithm: Algorithm::EdDSA, sign: (public.common.key_id, sign), verify, published })
    }
}

const UNREADABLE: &str = "has a key that is not Ed25519's; `openssl genpkey -algorithm ed25519` makes one";

/// What stands in the blocks of a PEM file.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split(BEGIN).skip(1).map(|rest| rest.split_once(END).map_or("", |(body, _)| body))
}

/// A private key, and what is published of it.
fn pair(pem: &str) -> Result<(EncodingKey, Jwk), &'static str> {
    let base64: String = pem.split_ascii_whitespace().collect();
    let private = EncodingKey::from_ed_der(&BASE64_STANDARD.decode(base64).map_err(|_| UNREADABLE)?);
    let mut public = Jwk::from_encoding_key(&private, Algorithm::EdDSA).map_err(|_| UNREADABLE)?;
    public.common.key_id = Some(public.thumbprint(ThumbprintHash::SHA256).map_err(|_| UNREADABLE)?);
    public.common.public_key_use = Some(PublicKeyUse::Signature);
    Ok((private, public))
}

/// Only what is published is shown.
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
    fn what_is_published_is_as_the_rfc_has_it() {
        let keys = Keys::of_pem(&format!("a comment\n{KEY}")).unwrap();
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
    fn what_is_no_key_of_ours_is_refused() {
        let ec = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2
OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r
1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G
-----END PRIVATE KEY-----
";
        for (text, fault) in [
            ("", "no private key"),
            ("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n", "no private key"),
            ("-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n", "not Ed25519's"),
            (ec, "not Ed25519's"),
            (&format!("{KEY}{KEY}"), "twice"),
            (&format!("{KEY}-----BEGIN PRIVATE KEY-----\nMC4CAQ"), "not Ed25519's"),
        ] {
            let error = Keys::of_pem(text).unwrap_err();
            assert!(error.contains(fault), "{error}: {text}");
        }
    }
}
