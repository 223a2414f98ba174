//! Masks secrets in messages from providers, which quote keys, addresses and headers.

use crate::assistant::providers::Provider;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// The replacement for a secret.
const MASK: &str = "***";
/// Maximum length of a message that is shown, in bytes.
const MAX_SHOWN_BYTES: usize = 500;
/// Maximum length of a message that is searched for secrets, in bytes.
const MAX_READ_BYTES: usize = 16 << 10;
/// Minimum length of a secret. Shorter ones would also match parts of ordinary words.
const MIN_LENGTH: usize = 4;
/// Prefixes of the API keys of known providers.
const KEY_PREFIXES: [&str; 16] = [
    "sk-", "sk_", "pk-", "rk-", "csk-", "gsk_", "xai-", "hf_", "pplx-", "nvapi-", "tgp_", "AIza", "AKIA",
    "ghp_", "key-", "eyJ",
];
/// A word with a digit and at least this length is treated as a secret.
const LONG_TOKEN: usize = 40;

/// The secrets of one provider.
#[derive(Clone)]
pub struct Secrets(Vec<SecretString>);

impl Secrets {
    /// Collects the provider's key and the secrets in its base URL.
    pub fn of(provider: &Provider) -> Self {
        let url = &provider.base_url;
        let is_secret = |name: &str| {
            let name = name.to_lowercase();
            ["key", "token", "secret", "sig"].iter().any(|word| name.contains(word))
        };
        let in_query =
            url.query_pairs().filter(|(name, _)| is_secret(name)).map(|(_, value)| value.into_owned());
        let in_url = url.password().map(str::to_owned).into_iter().chain(in_query).map(SecretString::from);
        let all = provider.api_key.iter().cloned().chain(in_url);
        Self(all.filter(|secret| secret.expose_secret().len() >= MIN_LENGTH).collect())
    }

    /// The beginning of a text, on one line and with everything masked that looks like a secret.
    pub fn shown(&self, text: &str) -> String {
        let text = &text[..text.floor_char_boundary(MAX_READ_BYTES)];
        let mut text = text.replace(|character: char| character.is_control(), " ");
        for secret in &self.0 {
            text = text.replace(secret.expose_secret(), MASK);
        }
        let mut shown = masked(text.trim());
        shown.truncate(shown.floor_char_boundary(MAX_SHOWN_BYTES));
        shown
    }
}

/// Masks everything that looks like a key or a token.
fn masked(text: &str) -> String {
    let is_part = |character: char| character.is_alphanumeric() || "-_.*~".contains(character);
    let mut masked = String::new();
    let mut after_bearer = false;
    for piece in text.split_inclusive(|character| !is_part(character)) {
        let word = piece.trim_end_matches(|character| !is_part(character));
        let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
        let is_secret =
            KEY_PREFIXES.iter().any(|start| word.starts_with(start) && word.len() > start.len() + 2)
                || after_bearer && (has_digit || word.len() >= 16)
                || has_digit && word.len() >= LONG_TOKEN;
        masked.push_str(if is_secret { MASK } else { word });
        masked.push_str(&piece[word.len()..]);
        if !word.is_empty() {
            after_bearer = word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic");
        }
    }
    masked
}

/// A URL without user name, password, query and fragment.
pub fn public(url: &Url) -> Url {
    let mut url = url.clone();
    // These fail for URLs that cannot have a user name or password, and therefore have none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        Secrets::of(&Provider {
            base_url: "https://me:hunter2@llm.example/v1?api-version=2024-10-21&key=querysecret"
                .parse()
                .unwrap(),
            api_key: Some("opaque-own-key".to_owned().into()),
            ..Provider::named("mine")
        })
    }

    #[test]
    fn secrets_are_masked() {
        for (text, expected) in [
            ("Incorrect API key provided: sk-proj-ab***yz.", "Incorrect API key provided: ***"),
            ("key opaque-own-key is not opaque", "key *** is not opaque"),
            ("https://me:hunter2@llm.example?key=querysecret", "https://me:***@llm.example?key=***"),
            ("Authorization: Bearer abc123 was refused", "Authorization: Bearer *** was refused"),
            ("Invalid bearer token", "Invalid bearer token"),
            ("{\"key\":\"gsk_12345\"}", "{\"key\":\"***\"}"),
            (
                "api-version 2024-10-21, request 018f3c1e-9c5e-7d6a-8f00-0123456789ab",
                "api-version 2024-10-21, request 018f3c1e-9c5e-7d6a-8f00-0123456789ab",
            ),
            ("0123456789abcdef0123456789abcdef01234567", "***"),
            ("two\nlines\u{1b}[31m", "two lines [31m"),
        ] {
            assert_eq!(secrets().shown(text), expected);
        }
    }

    #[test]
    fn only_the_beginning_is_shown() {
        let long = secrets().shown(&"é".repeat(20_000));
        assert_eq!(long, "é".repeat(250));
        // A secret at the cut is masked before the text is cut.
        let shown = secrets().shown(&format!("{}opaque-own-key", "word ".repeat(98)));
        assert!(!shown.contains("opaque"), "{shown}");
    }

    #[test]
    fn a_url_is_shown_without_its_secrets() {
        let url = "https://me:hunter2@llm.example/v1?key=querysecret#x".parse().unwrap();
        assert_eq!(public(&url).as_str(), "https://llm.example/v1");
    }
}
