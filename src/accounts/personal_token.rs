//! Personal access tokens for scripts: named, limited in time, and less powerful than a session.
//!
//! A token is shown once, and only its hash is stored. Each request looks the hash up by a unique index, so a deleted
//! token is rejected immediately.

use super::{Accounts, AuthMethod, Caller, Grant, Viewer, display_name};
use crate::{
    error::{Error, Result},
    random,
    store::{Id, Instant, SecurityEventKind, access_tokens::AccessToken, security_events::SecurityEvent},
};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// The prefix that identifies a personal access token to people and to secret scanners.
const PREFIX: &str = "confab_pat_";
/// The length of the random part: 256 bits in hexadecimal digits.
const SECRET: usize = 64;
/// The length of the checksum: the first digits of the random part's SHA-256. Secret scanners verify it.
const CHECKSUM: usize = 8;
/// The maximum number of tokens per user. The schema states this limit too.
const MAX_PER_USER: i64 = 50;
/// The maximum lifetime in days. The schema states this limit too.
const MAX_DAYS: i32 = 365;
/// The precision of the time at which a token was last used.
const LAST_USED_PRECISION: Duration = Duration::from_secs(60);

/// A personal access token in plain text. `Debug` does not print it.
#[derive(Clone, Debug)]
pub struct PersonalToken(SecretString);

impl PersonalToken {
    /// Generates a token.
    pub fn random() -> Self {
        let secret = hex(&random::bytes::<32>());
        Self(format!("{PREFIX}{secret}{}", checksum(&secret)).into())
    }

    /// Parses a token that a client presents. Returns `None` if the format or the checksum is wrong. Only the database
    /// knows whether the token is valid.
    pub fn parse(text: &str) -> Option<Self> {
        let (secret, check) = text.strip_prefix(PREFIX)?.split_at_checked(SECRET)?;
        (checksum(secret) == check).then(|| Self(text.to_owned().into()))
    }

    fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.expose_secret()).to_vec()
    }
}

impl ExposeSecret<str> for PersonalToken {
    fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn checksum(secret: &str) -> String {
    hex(&Sha256::digest(secret)[..CHECKSUM / 2])
}

/// A scope of a personal access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Queries and subscriptions.
    Read,
    /// Queries and subscriptions, and mutations of conversations and messages.
    Write,
}

/// A personal access token to be created.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The name that the owner gives it.
    pub name: String,
    /// The scopes; at least one.
    pub scopes: Vec<Scope>,
    /// The lifetime in days.
    pub days: i32,
}

impl Accounts {
    /// Creates a token for the viewer. Its plain text is returned here and is not stored.
    pub async fn create_access_token(
        &self,
        viewer: Viewer,
        new: NewToken,
        caller: &Caller,
    ) -> Result<(AccessToken, PersonalToken)> {
        let name = display_name(&new.name)?;
        if new.scopes.is_empty() {
            return Err(Error::input("scopes", "must contain at least one scope."));
        }
        let days = u64::try_from(new.days).ok().filter(|_| (1..=MAX_DAYS).contains(&new.days));
        let days =
            days.ok_or_else(|| Error::input("expiresInDays", format!("must be from 1 to {MAX_DAYS}.")))?;
        let (secret, now) = (PersonalToken::random(), self.clock.now());
        let token = AccessToken {
            id: Id::new(),
            user_id: viewer.user_id,
            hash: secret.hash(),
            can_write: new.scopes.contains(&Scope::Write),
            created_at: now,
            expires_at: now + Duration::from_secs(days * 24 * 3600),
            last_used_at: None,
            name,
        };
        let event = SecurityEvent {
            detail: Some(token.name.clone()),
            ..self.audit.event(viewer.user_id, SecurityEventKind::TokenCreated, caller)
        };
        match self.store.insert_access_token(&token, MAX_PER_USER, &event).await? {
            true => Ok((token, secret)),
            false => Err(Error::Conflict(
                "The account has the maximum number of access tokens. Delete one before you create another.",
            )),
        }
    }

    /// Deletes one of the viewer's tokens. Requests with it fail, and connections that use it are closed, as when a
    /// session is revoked.
    pub async fn delete_access_token(&self, viewer: Viewer, id: Id, caller: &Caller) -> Result<()> {
        let event = self.audit.event(viewer.user_id, SecurityEventKind::TokenDeleted, caller);
        let revocation = self.sessions.new_revocation();
        let deleted = self.store.delete_access_token(viewer.user_id, id, &event, revocation).await?;
        deleted.ok_or(Error::NotFound("access token"))?;
        self.sessions.publish_revoked(&[id], revocation);
        Ok(())
    }

    /// Authenticates a personal access token. Its use is recorded at most once a minute.
    pub(super) async fn authenticate_personal_token(&self, token: &PersonalToken) -> Result<Grant> {
        let now = self.clock.now();
        let found = self.store.access_token_by_hash(&token.hash()).await?;
        let found =
            found.ok_or(Error::Unauthenticated("The access token is invalid. Create another one."))?;
        if found.expires_at <= now {
            return Err(Error::Unauthenticated("The access token has expired. Create another one."));
        }
        self.record_use(&found, now).await;
        let scope = if found.can_write { Scope::Write } else { Scope::Read };
        let viewer =
            Viewer { user_id: found.user_id, method: AuthMethod::PersonalToken { id: found.id, scope } };
        Ok(Grant { viewer, expires_at: found.expires_at })
    }

    async fn record_use(&self, token: &AccessToken, now: Instant) {
        let since = now - LAST_USED_PRECISION;
        if token.last_used_at.is_none_or(|used| used <= since)
            && let Err(error) = self.store.touch_access_token(token.id, now, since).await
        {
            tracing::warn!(token = %token.id, %error, "cannot record the use of a personal access token");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_valid_token_is_parsed_and_a_mistyped_one_is_rejected() {
        let token = PersonalToken::random();
        let text = token.expose_secret();
        assert_eq!(text.len(), PREFIX.len() + SECRET + CHECKSUM);
        assert_eq!(PersonalToken::parse(text).map(|token| token.hash()), Some(token.hash()));
        assert!(!format!("{token:?}").contains(&text[PREFIX.len()..]));
        let digit = PREFIX.len() + 5;
        let typo = if text[digit..].starts_with('0') { "1" } else { "0" };
        let mistyped = format!("{}{typo}{}", &text[..digit], &text[digit + 1..]);
        for other in [&mistyped, &text[..text.len() - 1], &format!("{text}0"), &text.to_uppercase(), PREFIX] {
            assert!(PersonalToken::parse(other).is_none(), "{other}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_is_rejected(text in "(confab_pat_)?\\PC{0,80}") {
            prop_assert!(PersonalToken::parse(&text).is_none());
        }
    }
}
