//! E-mail addresses: validated once, displayed as the owner wrote them, and compared by a canonical form.
//!
//! The canonical form is lower case in normalization form C, with the domain in ASCII (UTS #46). So composed and
//! decomposed letters match, and so do a domain and its `xn--` form.
//!
//! Earlier versions compared addresses in lower case only. [`Accounts::canonicalize_emails`] updates the stored keys.
//! If two accounts turn out to have the same address, one of them keeps its former key. Its owner signs in with the
//! spelling they registered with, and nobody else can.

use super::Accounts;
use crate::{
    error::{Error, Result},
    store::{self, Database, removal::DELETED_OWNER, users::EmailTaken},
    unicode::{is_ignorable, is_mark},
};
use email_address::{EmailAddress, Options};
use idna::{
    AsciiDenyList,
    uts46::{DnsLength, Hyphens, Uts46},
};
use unicode_normalization::UnicodeNormalization;

/// The longest address that can be delivered to, in bytes (RFC 5321, section 4.5.3.1.3).
const LENGTH: usize = 254;
/// The longest part before the `@`, in bytes (RFC 5321, section 4.5.3.1.1).
const LOCAL_LENGTH: usize = 64;
/// The number of stored addresses that are processed in one step.
const BATCH: i64 = 1000;

/// An address in a format that mail servers accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    address: String,
    key: String,
}

impl Email {
    /// Parses an address (RFC 5321, RFC 6531 for other scripts), without a display name or comments.
    pub fn parse(address: &str) -> Result<Self> {
        Self::parse_as("email", address)
    }

    /// Parses the address in the given input field.
    pub fn parse_as(field: &'static str, address: &str) -> Result<Self> {
        Self::checked(address).ok_or_else(|| fault(field))
    }

    /// Parses the address of a sign-in. It also accepts addresses that earlier versions accepted and that are rejected
    /// for new accounts.
    pub fn parse_to_sign_in(address: &str) -> Result<Self> {
        let former = || {
            let address = address.trim();
            let was_accepted = address.len() <= LENGTH && is_address(address);
            was_accepted.then(|| Self { address: address.to_owned(), key: former_key(address) })
        };
        Self::checked(address).or_else(former).ok_or_else(|| fault("email"))
    }

    fn checked(address: &str) -> Option<Self> {
        let address = address.trim();
        let key = canonical(address)?;
        Some(Self { address: address.to_owned(), key })
    }

    /// The canonical form, equal for all spellings of one address.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The key by which earlier versions compared the address.
    pub fn former_key(&self) -> String {
        former_key(&self.address)
    }

    /// The part before the `@`.
    pub fn local_part(&self) -> &str {
        self.address.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The address as its owner wrote it.
    pub fn into_string(self) -> String {
        self.address
    }
}

fn fault(field: &'static str) -> Error {
    // The library's error may quote the input, so it is not shown.
    Error::input(field, "must be an e-mail address, such as ada@example.com.")
}

fn former_key(address: &str) -> String {
    address.to_lowercase()
}

/// Computes the canonical form. Returns `None` if the address is invalid.
pub(super) fn canonical(address: &str) -> Option<String> {
    let address: String = address.nfc().collect();
    let (local, domain) = address.rsplit_once('@')?;
    if address.len() > LENGTH || local.len() > LOCAL_LENGTH {
        return None;
    }
    let uts46 = Uts46::new();
    let domain =
        uts46.to_ascii(domain.as_bytes(), AsciiDenyList::URL, Hyphens::Allow, DnsLength::Verify).ok()?;
    // The library checks the ASCII rules but rejects many letters of other scripts, so `in_ascii` checks those.
    is_address(&format!("{}@{domain}", in_ascii(local)?)).then(|| {
        // Lower-casing may undo the normalization.
        let local: String = local.to_lowercase().nfc().collect();
        format!("{local}@{domain}")
    })
}

/// Replaces each non-ASCII character of a local part by an ASCII letter. Letters, digits, the marks after them, and
/// joiners between them are permitted. Returns `None` for any other character, such as an invisible one.
fn in_ascii(local: &str) -> Option<String> {
    let characters: Vec<char> = local.chars().collect();
    let is_letter = |character: char| character.is_alphanumeric() && !is_ignorable(character);
    let is_of_word =
        |character: char| is_letter(character) || (is_mark(character) && !is_ignorable(character));
    let ascii = characters.iter().enumerate().map(|(at, &character)| {
        let after_word = at > 0 && is_of_word(characters[at - 1]);
        let before_word = characters.get(at + 1).is_some_and(|&next| is_of_word(next));
        let is_joiner = matches!(character, '\u{200c}' | '\u{200d}');
        match character {
            _ if character.is_ascii() => Some(character),
            _ if is_letter(character) => Some('x'),
            _ if is_mark(character)
                && !is_ignorable(character)
                && (after_word || is_joined(&characters[..at])) =>
            {
                Some('x')
            }
            _ if is_joiner && after_word && before_word => Some('x'),
            _ => None,
        }
    });
    ascii.collect()
}

/// Returns whether the characters end in a joiner, which a mark may follow.
fn is_joined(characters: &[char]) -> bool {
    matches!(characters.last(), Some('\u{200c}' | '\u{200d}'))
}

fn is_address(address: &str) -> bool {
    let plain = Options::default().without_display_text().without_domain_literal();
    EmailAddress::parse_with_options(address, plain).is_ok()
}

impl Accounts {
    /// Updates the stored keys of all accounts to the canonical form. This runs at every start, because an instance of
    /// an earlier version may have registered users in the meantime.
    pub async fn canonicalize_emails(store: &Database) -> store::Result<()> {
        let mut last = DELETED_OWNER;
        loop {
            // Older accounts come first, so the older of two accounts with one address gets the canonical key.
            let some = store.international_emails(last, BATCH).await?;
            for (id, email, key) in &some {
                let Some(canonical) = email.as_deref().and_then(canonical).filter(|it| it != key) else {
                    continue;
                };
                if let Err(EmailTaken) = store.replace_email_key(*id, key, &canonical).await? {
                    tracing::warn!(user = %id, "two accounts have the same e-mail address in different spellings");
                }
            }
            match some.last() {
                Some((id, ..)) => last = *id,
                None => return Ok(()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(address: &str) -> String {
        Email::parse(address).unwrap_or_else(|_| panic!("{address} is an address")).key
    }

    #[test]
    fn case_and_surrounding_space_make_no_difference() {
        let [a, b] = [" Ada@Example.com", "ada@example.COM "].map(|text| Email::parse(text).unwrap());
        assert_eq!(a.key(), b.key());
        assert_eq!(a.into_string(), "Ada@Example.com");
    }

    #[test]
    fn all_spellings_of_an_address_have_one_key() {
        for (one, other) in [
            ("rené@example.com", "rene\u{301}@example.com"),
            ("RENÉ@example.com", "Rene\u{301}@EXAMPLE.com"),
            ("ada@bücher.example", "ada@xn--bcher-kva.example"),
            ("ada@BÜCHER.example", "ADA@XN--BCHER-KVA.EXAMPLE"),
            ("ada@bu\u{308}cher.example", "ada@bücher.example"),
            ("ada@ｅｘａｍｐｌｅ。com", "ada@example.com"),
            ("δοκιμή@παράδειγμα.δοκιμή", "ΔΟΚΙΜΉ@ΠΑΡΆΔΕΙΓΜΑ.xn--jxalpdlp"),
            ("가@example.com", "\u{1100}\u{1161}@example.com"),
        ] {
            assert_eq!(key(one), key(other), "{one} and {other}");
        }
        assert_ne!(
            key("ada@faß.example"),
            key("ada@fass.example"),
            "ß is a letter of its own since IDNA 2008"
        );
        assert_ne!(key("rené@example.com"), key("rene@example.com"));
    }

    #[test]
    fn addresses_that_no_mail_server_accepts_are_rejected() {
        let long = format!("{}@example.com", "a".repeat(250));
        let long_local = format!("{}@example.com", "न".repeat(22));
        let long_label = format!("ada@{}.example", "ü".repeat(60));
        for text in [
            "",
            "ada",
            "ada@",
            "@example.com",
            "a b@example.com",
            "Ada <ada@example.com>",
            "a\0@b.com",
            "ada@example.com.",
            "ada@[127.0.0.1]",
            "ada@［127.0.0.1］",
            "ada@a＠b.example",
            "ada@xn--a.example",
            "ada@xn--0.example",
            "ada@\u{301}a.example",
            "\u{200b}@example.com",
            "a\u{200b}da@example.com",
            "\u{202e}ada@example.com",
            "ada\u{200d}@example.com",
            "\u{3164}@example.com",
            "\u{301}ada@example.com",
            "ada.\u{301}@example.com",
            "a\u{fe0f}@example.com",
            "🦀@example.com",
            &long,
            &long_local,
            &long_label,
        ] {
            let error = Email::parse(text).unwrap_err();
            assert_eq!(error.code().as_str(), "BAD_USER_INPUT", "{text:?}");
        }
    }

    #[test]
    fn addresses_in_other_scripts_are_accepted() {
        for address in [
            "δοκιμή@παράδειγμα.δοκιμή",
            "हिन्दी@उदाहरण.परीक्षा",
            "शर्मा.जी@हिन्दी.भारत",
            "क्\u{200d}ष@उदाहरण.भारत",
            "ไทย@ตัวอย่าง.ไทย",
            "ผู้ใช้@ตัวอย่าง.ไทย",
            "தமிழ்@எடுத்துக்காட்டு.இந்தியா",
            "用户@例子.广告",
            "مثال@مثال.السعودية",
            "می\u{200c}خواهم@مثال.ایران",
            "ada.lovelace+news@example.com",
            "\"ada lovelace\"@example.com",
            "o'neill@example.com",
            "ada@localhost",
        ] {
            assert!(Email::parse(address).is_ok(), "{address}");
        }
    }

    #[test]
    fn addresses_that_earlier_versions_accepted_can_still_sign_in() {
        for address in ["\u{3164}@example.com", "ada@xn--a.example", "ada@a/b.example", "Ada@Example.com"] {
            let email = Email::parse_to_sign_in(address).unwrap();
            assert!([email.key.clone(), email.former_key()].contains(&address.to_lowercase()), "{address}");
        }
        assert!(Email::parse_to_sign_in("ada").is_err());
        assert!(Email::parse_to_sign_in("a\0@b.com").is_err());
    }

    proptest! {
        #[test]
        fn the_key_of_a_key_is_the_same(address in "(\\PC|[éÜßΣİ.\u{301}\u{308}]){1,12}@(\\PC|[éÜßΣİ.\u{301}]){1,12}(\\.example)?") {
            if let Ok(email) = Email::parse(&address) {
                let again = Email::parse(email.key());
                prop_assert_eq!(again.map(|email| email.key).ok(), Some(email.key));
            }
        }

        /// So accounts with ASCII addresses need no update.
        #[test]
        fn the_key_of_an_ascii_address_is_its_former_key(address in "[ -~]{1,12}@[ -~]{1,12}(\\.example)?") {
            if let Ok(email) = Email::parse(&address) && !email.key().contains("xn--") {
                prop_assert_eq!(email.former_key(), email.key);
            }
        }
    }
}
