use super::{DateTime, PageInfo};
use crate::{
    graphql::schema::{cursors::Cursor, ids::NodeType},
    store::{self, Id, Instant, paging::Page, security_events::EventSortKey},
};
use async_graphql::{Description, Enum, ID, Object};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use std::sync::Arc;
use uuid::Uuid;

/// A security event: something that happened to the account.
#[derive(Clone, Description)]
pub struct SecurityEvent(pub Arc<store::security_events::SecurityEvent>);

#[Object(use_type_description)]
impl SecurityEvent {
    /// The global ID.
    pub async fn id(&self) -> ID {
        NodeType::SecurityEvent.id(self.0.id)
    }

    /// The kind of event.
    async fn kind(&self) -> SecurityEventKind {
        self.0.kind.into()
    }

    /// When the event happened.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// The network address of the client. `null` if it is unknown.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// The `User-Agent` of the client, at most 200 characters. Clients can send any text here. `null` if it is unknown.
    async fn agent(&self) -> Option<&str> {
        self.0.agent.as_deref()
    }

    /// More about the event, for the following kinds. `null` for all others.
    ///
    /// - `TOKEN_CREATED`, `TOKEN_DELETED`: The name of the personal access token.
    /// - `EMAIL_CHANGED`: The previous e-mail address.
    /// - `REGISTERED`: The identity provider, if the account was created by signing in there.
    /// - `SIGNED_IN`: The identity provider, if the user signed in there.
    async fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }
}

/// The kind of a security event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "store::SecurityEventKind")]
pub enum SecurityEventKind {
    /// The account was created.
    Registered,
    /// A sign-in succeeded, with the password or at the identity provider.
    SignedIn,
    /// A sign-in failed because the password was wrong.
    SignInFailed,
    /// A session was ended by signing out.
    SignedOut,
    /// A wrong password was given for an operation that requires the password of the signed-in user again.
    PasswordRefused,
    /// The password was changed, and all other sessions were revoked.
    PasswordChanged,
    /// The e-mail address was changed.
    EmailChanged,
    /// A personal access token was created.
    TokenCreated,
    /// A personal access token was deleted.
    TokenDeleted,
    /// A session was revoked from another session.
    SessionRevoked,
    /// A refresh token was used again after its grace period. A third party may have a copy, so the session was
    /// revoked.
    RefreshTokenReused,
    /// The data of the account was exported.
    DataExported,
    /// The account was deleted. No user can see this event. It is kept for 90 days without a reference to the user.
    AccountDeleted,
}

/// A page of security events.
#[derive(Description)]
pub struct SecurityEventConnection(Page<Arc<store::security_events::SecurityEvent>>);

impl SecurityEventConnection {
    /// Wraps a page from the store.
    pub fn new(page: Page<store::security_events::SecurityEvent>) -> Self {
        let Page { rows, has_previous, has_next } = page;
        Self(Page { rows: rows.into_iter().map(Arc::new).collect(), has_previous, has_next })
    }
}

#[Object(use_type_description)]
impl SecurityEventConnection {
    /// The events of this page, each with its cursor.
    async fn edges(&self) -> Vec<SecurityEventEdge> {
        self.0.rows.iter().cloned().map(|row| SecurityEventEdge(SecurityEvent(row))).collect()
    }

    /// The events of this page.
    async fn nodes(&self) -> Vec<SecurityEvent> {
        self.0.rows.iter().cloned().map(SecurityEvent).collect()
    }

    /// The position of this page in the list.
    async fn page_info(&self) -> PageInfo {
        let cursor = |row: &Arc<store::security_events::SecurityEvent>| row.sort_key().encode();
        PageInfo {
            has_previous_page: self.0.has_previous,
            has_next_page: self.0.has_next,
            start_cursor: self.0.rows.first().map(cursor),
            end_cursor: self.0.rows.last().map(cursor),
        }
    }
}

/// A security event in a connection.
#[derive(Description)]
pub struct SecurityEventEdge(SecurityEvent);

#[Object(use_type_description)]
impl SecurityEventEdge {
    /// The cursor of this edge, for `after` and `before`.
    async fn cursor(&self) -> String {
        self.0.0.sort_key().encode()
    }

    /// The event.
    async fn node(&self) -> &SecurityEvent {
        &self.0
    }
}

/// The first byte of the cursors of security events. It distinguishes them from other cursors.
const TAG: u8 = b's';

impl Cursor for EventSortKey {
    fn encode(&self) -> String {
        let &Self(Instant(at), Id(id)) = self;
        let mut bytes = [TAG; 25];
        bytes[1..9].copy_from_slice(&at.to_be_bytes());
        bytes[9..].copy_from_slice(id.as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; 25] = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (at, id) = bytes[1..].split_first_chunk::<8>()?;
        let id = Uuid::from_slice(id).ok()?;
        let at = Instant::from_client_micros(i64::from_be_bytes(*at)).filter(|_| bytes[0] == TAG)?;
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
        fn cursors_round_trip_and_belong_to_one_list(at in 0..=store::MAX_MICROS, id in any::<u128>()) {
            let (at, id) = (Instant(at), Id(Uuid::from_u128(id)));
            prop_assert_eq!(EventSortKey::decode(&EventSortKey(at, id).encode()), Some(EventSortKey(at, id)));
            prop_assert_eq!(EventSortKey::decode(&(at, id).encode()), None);
            prop_assert_eq!(conversations::ConversationSortKey::decode(&EventSortKey(at, id).encode()), None);
        }
    }
}
