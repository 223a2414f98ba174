//! The cursors of connections. Each is opaque and valid for one kind of list.

use crate::{
    error::{Error, Result},
    store::{Id, Instant, conversations::ConversationSortKey},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;

/// A position in a list, in a form that clients can keep.
pub trait Cursor: Sized {
    /// Encodes the position for clients.
    fn encode(&self) -> String;

    /// Decodes a cursor. `None` if it is not a cursor of this kind of list.
    fn decode(text: &str) -> Option<Self>;

    /// Decodes a cursor that a client sent as `argument`. Fails with BAD_USER_INPUT if it is invalid.
    fn parse(argument: &'static str, text: &str) -> Result<Self> {
        Self::decode(text).ok_or_else(|| Error::input(argument, "must be a cursor of this list."))
    }
}

/// The first byte of the cursors of conversations.
const CONVERSATION_TAG: u8 = b'c';
/// The first byte of the cursors of messages.
const MESSAGE_TAG: u8 = b'm';

impl Cursor for ConversationSortKey {
    fn encode(&self) -> String {
        let (Instant(at), Id(id)) = self;
        let mut bytes = [CONVERSATION_TAG; 25];
        bytes[1..9].copy_from_slice(&at.to_be_bytes());
        bytes[9..].copy_from_slice(id.as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; 25] = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (at, id) = bytes[1..].split_first_chunk::<8>()?;
        let id = Uuid::from_slice(id).ok()?;
        let at =
            Instant::from_client_micros(i64::from_be_bytes(*at)).filter(|_| bytes[0] == CONVERSATION_TAG)?;
        Some((at, Id(id)))
    }
}

/// The position of a message on the active branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position(pub i32);

impl Cursor for Position {
    fn encode(&self) -> String {
        let mut bytes = [MESSAGE_TAG; 5];
        bytes[1..].copy_from_slice(&self.0.to_be_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; 5] = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let position = i32::from_be_bytes(*bytes[1..].first_chunk()?);
        (bytes[0] == MESSAGE_TAG && position >= 0).then_some(Self(position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MAX_MICROS;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cursors_round_trip(at in 0..=MAX_MICROS, id in any::<u128>(), position in 0..i32::MAX) {
            let place = (Instant(at), Id(Uuid::from_u128(id)));
            prop_assert_eq!(ConversationSortKey::decode(&place.encode()), Some(place));
            prop_assert_eq!(Position::decode(&Position(position).encode()), Some(Position(position)));
            prop_assert_eq!(Position::decode(&place.encode()), None);
            prop_assert_eq!(ConversationSortKey::decode(&Position(position).encode()), None);
        }

        #[test]
        fn invalid_times_are_rejected(at in any::<i64>().prop_filter("invalid", |at| Instant::from_client_micros(*at).is_none())) {
            prop_assert_eq!(ConversationSortKey::decode(&(Instant(at), Id(Uuid::nil())).encode()), None);
        }

        #[test]
        fn any_text_can_be_decoded(text in "\\PC{0,60}") {
            let _ = (ConversationSortKey::decode(&text), Position::decode(&text));
        }
    }
}
