//! Personal access tokens, for scripts: named, with an end, and for less than a session is good for. The token is shown
//! once; what is kept is its hash.
//!
//! Each request by one costs a look-up by a unique index, and so it is good for nothing from the moment it is deleted.

use super::{Access, Accounts, Caller, Grant, Viewer, display_name};
use crate::{
    error::{Error, Result},
    store::{Id, Instant, SecurityEventKind, access_tokens::AccessToken, security_events::SecurityEvent},
};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Tells a personal access token from other secrets at a glance, and to scanners of leaked ones.
const PREFIX: &str = "confab_pat_";
/// The random part, in hexadecimal digits: 256 bits.
const SECRET: usize = 64;
/// The digits after it: the first ones of its SHA-256, by which a scanner tells a token from what looks like one.
const CHECKSUM: usize = 8;
/// How many a user may have.
const MOST: i64 = 50;
/// The longest that one is good. The schema tells both too.
const LONGEST: i32 = 365;
/// How exactly it is known when one was last used.
const USED: Duration = Duration::from_secs(60);

/// A token as its owner has it. It is never shown, not even by `Debug`.
#[derive(Clone, Debug)]
pub struct PersonalToken(SecretString);

impl PersonalToken {
    /// A new token.
    pub fn random() -> Self {
        let secret = hex(&rand::random::<[u8; 32]>());
        Self(format!("{PREFIX}{secret}{}", checksum(&secret)).into())
    }

    /// What a client presents as one; `None` if it cannot be one. Whether it is good, the database knows.
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

/// What a token is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Queries and subscriptions.
    Read,
    /// Those, and what changes conversations and messages.
    Write,
}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What its owner calls it.
    pub name: String,
    /// What it is for: at least one.
    pub scopes: Vec<Scope>,
    /// How many days it is good.
    pub days: i32,
}

impl Accounts {
    /// Makes a token for the viewer. The secret is told now or never.
    pub async fn create_access_token(
        &self,
        viewer: Viewer,
        new: NewToken,
        caller: &Caller,
    ) -> Result<(AccessToken, PersonalToken)> {
        let name = display_name(&new.name)?;
        if new.scopes.is_empty() {
            return Err(Error::input("scopes", "must have at least one"));
        }
        let days = u64::try_from(new.days).ok().filter(|_| (1..=LONGEST).contains(&new.days));
        let days =
            days.ok_or_else(|| Error::input("expiresInDays", format!("must be from 1 to {LONGEST}")))?;
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
        match self.store.insert_access_token(&token, MOST, &event).await? {
            true => Ok((token, secret)),
            false => Err(Error::Conflict("there are as many access tokens as a user may have")),
        }
    }

    /// Deletes one of the viewer's tokens: no request is answered to it any more, and sockets that were opened by it end
    /// as if it were a session.
    pub async fn delete_access_token(&self, viewer: Viewer, id: Id, caller: &Caller) -> Result<()> {
        let event = self.audit.event(viewer.user_id, SecurityEventKind::TokenDeleted, caller);
        let ending = self.sessions.ending();
        let deleted = self.store.delete_access_token(viewer.user_id, id, &event, ending).await?;
        deleted.ok_or(Error::NotFound("access token"))?;
        self.sessions.ended(&[id], ending);
        Ok(())
    }

    /// Who presents this token, and until when they may. That it is used is noted once a minute.
    pub(super) async fn authenticate_script(&self, token: &PersonalToken) -> Result<Grant> {
        let now = self.clock.now();
        let found = self.store.access_token_by_hash(&token.hash()).await?;
        let found = found.ok_or(Error::Unauthenticated("the access token is not good"))?;
        if found.expires_at <= now {
            return Err(Error::Unauthenticated("the access token has expired"));
        }
        self.note_use(&found, now).await;
        let access = if found.can_write { Access::Write } else { Access::Read };
        let viewer = Viewer { user_id: found.user_id, session_id: found.id, access };
        Ok(Grant { viewer, expires_at: found.expires_at })
    }

    async fn note_use(&self, token: &AccessToken, now: Instant) {
        let since = now - USED;
        if token.last_used_at.is_none_or(|used| used <= since)
            && let Err(error) = self.store.touch_access_token(token.id, now, since).await
        {
            tracing::warn!(token = %token.id, %error, "use of an access token not noted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_token_is_known_again_and_one_with_a_slip_is_not() {
        let token = PersonalToken::random();
        let text = token.expose_secret();
        assert_eq!(text.len(), PREFIX.len() + SECRET + CHECKSUM);
        assert_eq!(PersonalToken::parse(text).map(|token| token.hash()), Some(token.hash()));
        assert!(!format!("{token:?}").contains(&text[PREFIX.len()..]));
        let digit = PREFIX.len() + 5;
        let slip = if text[digit..].starts_with('0') { "1" } else { "0" };
        let mistyped = format!("{}{slip}{}", &text[..digit], &text[digit + 1..]);
        for other in [&mistyped, &text[..text.len() - 1], &format!("{text}0"), &text.to_uppercase(), PREFIX] {
            assert!(PersonalToken::parse(other).is_none(), "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "(confab_pat_)?\\PC{0,80}") {
            prop_assert!(PersonalToken::parse(&text).is_none());
        }
    }
}
