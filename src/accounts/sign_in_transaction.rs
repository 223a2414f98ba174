//! The state of a sign-in at the identity provider, from the redirect to the provider until the browser comes back.
//!
//! The browser keeps the transaction in a cookie, so any instance can finish it. The cookie has a random number, the
//! time and the page to return to. Three values are derived from it with a secret key:
//!
//! - `state` authenticates the cookie. A cookie that was changed or made up does not fit the `state` of an answer, and
//!   an answer to another browser does not fit the cookie (login CSRF).
//! - `nonce` ties the ID token to the transaction.
//! - The PKCE verifier (RFC 7636) ties the code to the transaction. The browser never sees it.

use super::Secret;
use crate::{
    random,
    store::{Id, Instant},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::{fmt, time::Duration};
use uuid::Uuid;

/// The time within which the user must come back from the provider.
pub const MAX_AGE: Duration = Duration::from_secs(10 * 60);
/// The tolerance for the clock of the instance that started the transaction.
const MAX_SKEW: Duration = Duration::from_secs(60);
/// The label of the key derivation.
const LABEL: &[u8] = b"confab sign-in transaction 1";
/// The start of the path of a conversation's page.
const CONVERSATION: &str = "/c/conversation_";

/// A page of this server to return to: the chat page at its start, or at a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReturnPage(Option<Id>);

impl ReturnPage {
    /// Parses a path. Everything that is not the path of a conversation stands for the start page, so that a link
    /// cannot lead to another site.
    pub fn parse(path: &str) -> Self {
        let id = path.strip_prefix(CONVERSATION).filter(|id| id.len() == 32);
        Self(id.and_then(|id| Uuid::try_parse(id).ok()).map(Id))
    }

    /// The path of the page.
    pub fn path(&self) -> String {
        self.0.map_or_else(|| "/".to_owned(), |id| format!("{CONVERSATION}{id}"))
    }
}

/// A sign-in that has been started.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Transaction {
    random: [u8; 32],
    started_at: Instant,
    /// The page to return to.
    pub page: ReturnPage,
}

impl Transaction {
    /// Starts a transaction.
    pub fn start(page: ReturnPage, now: Instant) -> Self {
        Self { random: random::bytes(), started_at: now, page }
    }

    /// The value of the cookie.
    pub fn to_cookie(self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.bytes())
    }

    /// Parses the value of a cookie. Only [`TransactionKey::is_state_of`] shows that this server wrote it.
    pub fn from_cookie(cookie: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cookie).ok()?;
        let (random, rest) = bytes.split_first_chunk::<32>()?;
        let (started_at, rest) = rest.split_first_chunk::<8>()?;
        let page = match rest {
            [] => None,
            id => Some(Id(Uuid::from_slice(id).ok()?)),
        };
        Some(Self {
            random: *random,
            started_at: Instant(i64::from_be_bytes(*started_at)),
            page: ReturnPage(page),
        })
    }

    /// Returns whether the transaction can still be finished.
    pub fn is_current(&self, now: Instant) -> bool {
        (now - MAX_AGE..=now + MAX_SKEW).contains(&self.started_at)
    }

    fn bytes(&self) -> Vec<u8> {
        let page = self.page.0.map(|id| *id.0.as_bytes());
        let page = page.as_ref().map_or(&[][..], |id| &id[..]);
        [&self.random[..], &self.started_at.0.to_be_bytes(), page].concat()
    }
}

/// Prints everything but the random number.
impl fmt::Debug for Transaction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { random: _, started_at, page } = self;
        formatter.debug_struct("Transaction").field("started_at", started_at).field("page", page).finish()
    }
}

/// Derives the secrets of transactions. All instances have the same key.
pub struct TransactionKey(Hmac<Sha256>);

impl TransactionKey {
    /// Creates a key that is derived from the secret.
    pub fn new(secret: &Secret) -> Self {
        Self(secret.derive(LABEL))
    }

    /// The `state` of the request to the provider.
    pub fn state(&self, transaction: &Transaction) -> String {
        encode(self.mac(transaction, b's'))
    }

    /// Returns whether the provider's answer belongs to this transaction.
    pub fn is_state_of(&self, transaction: &Transaction, state: &str) -> bool {
        let state = BASE64_URL_SAFE_NO_PAD.decode(state);
        state.is_ok_and(|state| self.mac(transaction, b's').verify_slice(&state).is_ok()) // in constant time
    }

    /// The `nonce` that the ID token must have.
    pub fn nonce(&self, transaction: &Transaction) -> String {
        encode(self.mac(transaction, b'n'))
    }

    /// The PKCE verifier.
    pub fn verifier(&self, transaction: &Transaction) -> String {
        encode(self.mac(transaction, b'v'))
    }

    /// The PKCE challenge with the method `S256`.
    pub fn challenge(&self, transaction: &Transaction) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier(transaction)))
    }

    fn mac(&self, transaction: &Transaction, purpose: u8) -> Hmac<Sha256> {
        self.0.clone().chain_update([purpose]).chain_update(transaction.bytes())
    }
}

fn encode(mac: Hmac<Sha256>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Instant = Instant(1_800_000_000_000_000);

    fn key(secret: &str) -> TransactionKey {
        TransactionKey::new(&Secret::from_secret(secret.to_owned().into()).unwrap())
    }

    #[test]
    fn a_state_fits_only_the_cookie_that_it_was_made_with() {
        let key = key("0123456789abcdef0123456789abcdef");
        let page = ReturnPage::parse("/c/conversation_0123456789abcdef0123456789abcdef");
        for page in [ReturnPage::default(), page] {
            let transaction = Transaction::start(page, NOW);
            let (cookie, state) = (transaction.to_cookie(), key.state(&transaction));
            let read = Transaction::from_cookie(&cookie).unwrap();
            assert_eq!(read, transaction);
            assert!(key.is_state_of(&read, &state));
            let derived =
                [state.clone(), key.nonce(&read), key.verifier(&read), key.challenge(&read), cookie];
            assert!(derived.iter().all(|one| derived.iter().filter(|other| *other == one).count() == 1));
            assert!(!key.is_state_of(&Transaction::start(page, NOW), &state), "another browser's");
            assert!(!super::tests::key("another secret of at least 32 bytes!").is_state_of(&read, &state));
            let bytes = transaction.bytes();
            for bit in 0..bytes.len() * 8 {
                let mut forged = bytes.clone();
                forged[bit / 8] ^= 1 << (bit % 8);
                let forged = Transaction::from_cookie(&BASE64_URL_SAFE_NO_PAD.encode(forged)).unwrap();
                assert!(!key.is_state_of(&forged, &state), "bit {bit}");
            }
            for length in 0..bytes.len() {
                let short = Transaction::from_cookie(&BASE64_URL_SAFE_NO_PAD.encode(&bytes[..length]));
                assert!(short.is_none_or(|short| !key.is_state_of(&short, &state)), "{length} bytes");
            }
            for wrong in ["", "nonsense", &state[1..], &key.nonce(&read)] {
                assert!(!key.is_state_of(&read, wrong), "{wrong}");
            }
        }
    }

    #[test]
    fn a_transaction_ends_after_ten_minutes() {
        let transaction = Transaction::start(ReturnPage::default(), NOW);
        assert!(transaction.is_current(NOW) && transaction.is_current(NOW + MAX_AGE));
        assert!(!transaction.is_current(NOW + MAX_AGE + Duration::from_millis(1)));
        assert!(transaction.is_current(NOW - MAX_SKEW), "the other instance's clock is ahead");
        assert!(!transaction.is_current(NOW - MAX_SKEW * 2));
    }

    #[test]
    fn only_paths_of_conversations_are_returned_to() {
        let own = "/c/conversation_0123456789abcdef0123456789abcdef";
        assert_eq!(ReturnPage::parse(own).path(), own);
        for other in [
            "",
            "/",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/c/https://evil.example",
            "/c/conversation_0123456789abcdef0123456789abcdef/..",
            "/c/conversation_01234567-89ab-cdef-0123-456789abcdef",
            "/c/conversation_0123456789abcdef0123456789abcdeg",
            "/playground",
            "/c/user_0123456789abcdef0123456789abcdef",
        ] {
            assert_eq!(ReturnPage::parse(other).path(), "/", "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_path_becomes_a_path_of_this_server(path in "\\PC{0,80}", cookie in "[A-Za-z0-9_-]{0,100}") {
            let is_own = |path: String| path == "/" || path.starts_with(CONVERSATION) && path.len() == CONVERSATION.len() + 32;
            prop_assert!(is_own(ReturnPage::parse(&path).path()));
            if let Some(transaction) = Transaction::from_cookie(&cookie) {
                prop_assert!(is_own(transaction.page.path()));
            }
        }
    }
}
