//! E-mail addresses: checked once, shown as written, compared without regard to case.

use crate::error::{Error, Result};
use email_address::{EmailAddress, Options};

/// The longest address that can be delivered to, in bytes (RFC 5321, section 4.5.3.1.3).
const LENGTH: usize = 254;

/// An address of the form that mail servers take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    address: EmailAddress,
    key: String,
}

impl Email {
    /// Checks an address (RFC 5321, RFC 6531 for other scripts), without its display name or comments.
    pub fn parse(address: &str) -> Result<Self> {
        Self::parse_as("email", address)
    }

    /// Checks the address that is given in some field.
    pub fn parse_as(field: &'static str, address: &str) -> Result<Self> {
        let address = address.trim();
        let plain = Options::default().without_display_text().without_domain_literal();
        match EmailAddress::parse_with_options(address, plain) {
            Ok(parsed) if address.len() <= LENGTH => {
                let key = address.to_lowercase();
                Ok(Self { address: parsed, key })
            }
            // The library's reason may quote the input: ours is enough.
            _ => Err(Error::input(field, "must be an e-mail address, such as ada@example.com")),
        }
    }

    /// What two spellings of one address have in common.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What stands before the `@`.
    pub fn local_part(&self) -> &str {
        self.address.local_part()
    }

    /// The address as its owner wrote it.
    pub fn into_string(self) -> String {
        self.address.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_surrounding_space_make_no_difference() {
        let [a, b] = [" Ada@Example.com", "ada@example.COM "].map(|text| Email::parse(text).unwrap());
        assert_eq!(a.key(), b.key());
        assert_eq!(a.into_string(), "Ada@Example.com");
    }

    #[test]
    fn what_no_mail_server_takes_is_refused() {
        let long = format!("{}@example.com", "a".repeat(250));
        for text in [
            "",
            "ada",
            "ada@",
            "@example.com",
            "a b@example.com",
            "Ada <ada@example.com>",
            "a\0@b.com",
            &long,
        ] {
            let error = Email::parse(text).unwrap_err();
            assert_eq!(error.code().as_str(), "BAD_USER_INPUT", "{text:?}");
        }
    }

    #[test]
    fn other_scripts_are_welcome() {
        assert!(Email::parse("δοκιμή@παράδειγμα.δοκιμή").is_ok());
    }
}
