use super::{DateTime, PageInfo};
use crate::{
    graphql::{cursors::Cursor, ids::Kind},
    store::{self, Id, Instant, paging::Page, security_events::Place},
};
use async_graphql::{Description, Enum, ID, Object};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use std::sync::Arc;
use uuid::Uuid;

/// Something that happened to an account.
#[derive(Clone, Description)]
pub struct SecurityEvent(pub Arc<store::security_events::SecurityEvent>);

#[Object(use_type_description)]
impl SecurityEvent {
    /// The global id.
    pub async fn id(&self) -> ID {
        Kind::SecurityEvent.id(self.0.id)
    }

    /// What happened.
    async fn kind(&self) -> SecurityEventKind {
        self.0.kind.into()
    }

    /// When it happened.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// The network address it came from, if that is known.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// What the client called itself. Anybody can call themselves anything.
    async fn agent(&self) -> Option<&str> {
        self.0.agent.as_deref()
    }

    /// Of a personal access token, its name; of a change of address, the address before; of an account that was made by
    /// the word of the identity provider, the provider.
    async fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }
}

/// What can happen to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "store::SecurityEventKind")]
pub enum SecurityEventKind {
    /// The account was made.
    Registered,
    /// Somebody signed in with the password.
    SignedIn,
    /// Somebody tried to sign in with a wrong password.
    SignInFailed,
    /// Somebody signed out.
    SignedOut,
    /// Somebody who was signed in gave a wrong password where it is asked for again.
    PasswordRefused,
    /// Another password was chosen, and all other sessions ended.
    PasswordChanged,
    /// Another e-mail address was given.
    EmailChanged,
    /// A personal access token was made.
    TokenCreated,
    /// A personal access token was deleted.
    TokenDeleted,
    /// A session was ended from another one.
    SessionRevoked,
    /// A refresh token was presented that had been used before: somebody else may have had it.
    RefreshTokenReused,
    /// Everything there is of the account was downloaded.
    DataExported,
    /// The account was deleted. Nobody sees it: that an account was deleted is kept for 90 days, not whose it was.
    AccountDeleted,
}

/// A page of security events.
#[derive(Description)]
pub struct SecurityEventConnection(Page<Arc<store::security_events::SecurityEvent>>);

impl SecurityEventConnection {
    /// The page that the store has read.
    pub fn new(page: Page<store::security_events::SecurityEvent>) -> Self {
        let Page { rows, has_previous, has_next } = page;
        Self(Page { rows: rows.into_iter().map(Arc::new).collect(), has_previous, has_next })
    }
}

#[Object(use_type_description)]
impl SecurityEventConnection {
    /// The events with their cursors.
    async fn edges(&self) -> Vec<SecurityEventEdge> {
        self.0.rows.iter().cloned().map(|row| SecurityEventEdge(SecurityEvent(row))).collect()
    }

    /// The events alone.
    async fn nodes(&self) -> Vec<SecurityEvent> {
        self.0.rows.iter().cloned().map(SecurityEvent).collect()
    }

    /// Where this page lies in the list.
    async fn page_info(&self) -> PageInfo {
        let cursor = |row: &Arc<store::security_events::SecurityEvent>| row.place().encode();
        PageInfo {
            has_previous_page: self.0.has_previous,
            has_next_page: self.0.has_next,
            start_cursor: self.0.rows.first().map(cursor),
            end_cursor: self.0.rows.last().map(cursor),
        }
    }
}

/// A security event in a list.
#[derive(Description)]
pub struct SecurityEventEdge(SecurityEvent);

#[Object(use_type_description)]
impl SecurityEventEdge {
    /// Its place in the list, for `after` and `before`.
    async fn cursor(&self) -> String {
        self.0.0.place().encode()
    }

    /// The event.
    async fn node(&self) -> &SecurityEvent {
        &self.0
    }
}

/// Tells security events' cursors from others.
const MARK: u8 = b's';

impl Cursor for Place {
    fn encode(&self) -> String {
        let &Self(Instant(at), Id(id)) = self;
        let mut bytes = [MARK; 25];
        bytes[1..9].copy_from_slice(&at.to_be_bytes());
        bytes[9..].copy_from_slice(id.as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; 25] = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (at, id) = bytes[1..].split_first_chunk::<8>()?;
        let id = Uuid::from_slice(id).ok()?;
        let at = Instant::told(i64::from_be_bytes(*at)).filter(|_| bytes[0] == MARK)?;
        Some(Self(at, Id(id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conversations;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_was_and_is_no_other_lists(at in 0..=store::LATEST, id in any::<u128>()) {
            let (at, id) = (Instant(at), Id(Uuid::from_u128(id)));
            prop_assert_eq!(Place::decode(&Place(at, id).encode()), Some(Place(at, id)));
            prop_assert_eq!(Place::decode(&(at, id).encode()), None);
            prop_assert_eq!(conversations::Place::decode(&Place(at, id).encode()), None);
        }
    }
}
