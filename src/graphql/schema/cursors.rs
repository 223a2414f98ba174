//! The cursors of connections. Each is opaque and valid for one kind of list.

use crate::{
    error::{Error, Result},
    store::{Id, Instant, branches::TreePosition, conversations::ConversationSortKey},
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
/// The first byte of the cursors of all messages of a tree.
const TREE_TAG: u8 = b't';

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

/// The position of a message on a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The number of the branch.
    pub branch: i32,
    /// The position.
    pub position: i32,
}

impl Cursor for Position {
    fn encode(&self) -> String {
        match self.branch {
            // Versions without branches issued such cursors too.
            0 => encode_numbers(MESSAGE_TAG, [self.position]),
            branch => encode_numbers(MESSAGE_TAG, [self.position, branch]),
        }
    }

    fn decode(text: &str) -> Option<Self> {
        let numbers = decode_numbers(MESSAGE_TAG, text).map(|[position]| [position, 0]);
        let [position, branch] = numbers.or_else(|| decode_numbers(MESSAGE_TAG, text))?;
        Some(Self { branch, position })
    }
}

/// The position of a message among all messages of a conversation, while a branch is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeCursor {
    /// The number of the active branch.
    pub active: i32,
    /// The position.
    pub at: TreePosition,
}

impl Cursor for TreeCursor {
    fn encode(&self) -> String {
        encode_numbers(TREE_TAG, [self.active, self.at.branch, self.at.depth])
    }

    fn decode(text: &str) -> Option<Self> {
        let [active, branch, depth] = decode_numbers(TREE_TAG, text)?;
        Some(Self { active, at: TreePosition { branch, depth } })
    }
}

fn encode_numbers<const N: usize>(tag: u8, numbers: [i32; N]) -> String {
    let mut bytes = vec![tag];
    bytes.extend(numbers.into_iter().flat_map(i32::to_be_bytes));
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes as many numbers as the text must have, none of them negative.
fn decode_numbers<const N: usize>(tag: u8, text: &str) -> Option<[i32; N]> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    let (first, rest) = bytes.split_first()?;
    let (chunks, remainder) = rest.as_chunks::<4>();
    let numbers: Vec<i32> = chunks.iter().map(|chunk| i32::from_be_bytes(*chunk)).collect();
    let is_valid = *first == tag && remainder.is_empty() && numbers.iter().all(|number| *number >= 0);
    is_valid.then_some(numbers)?.try_into().ok()
}

/// The first byte of the cursors of search results.
const SEARCH_TAG: u8 = b'h';

/// The position of a search result: the ID of the message, or of the conversation if its title matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchCursor(pub Id);

impl Cursor for SearchCursor {
    fn encode(&self) -> String {
        let mut bytes = [SEARCH_TAG; 17];
        bytes[1..].copy_from_slice(self.0.0.as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; 17] = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let id = Uuid::from_slice(&bytes[1..]).ok()?;
        (bytes[0] == SEARCH_TAG).then_some(Self(Id(id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MAX_MICROS;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cursors_round_trip(at in 0..=MAX_MICROS, id in any::<u128>(), numbers in prop::array::uniform3(0..i32::MAX)) {
            let place = (Instant(at), Id(Uuid::from_u128(id)));
            let [branch, position, active] = numbers;
            let (on_branch, at) = (Position { branch, position }, TreePosition { branch, depth: position });
            let in_tree = TreeCursor { active, at };
            prop_assert_eq!(ConversationSortKey::decode(&place.encode()), Some(place));
            prop_assert_eq!(Position::decode(&on_branch.encode()), Some(on_branch));
            prop_assert_eq!(TreeCursor::decode(&in_tree.encode()), Some(in_tree));
            let hit = SearchCursor(Id(Uuid::from_u128(id)));
            prop_assert_eq!(SearchCursor::decode(&hit.encode()), Some(hit));
            prop_assert_eq!(SearchCursor::decode(&place.encode()), None);
            prop_assert_eq!(Position::decode(&place.encode()), None);
            prop_assert_eq!(Position::decode(&in_tree.encode()), None);
            prop_assert_eq!(TreeCursor::decode(&on_branch.encode()), None);
            prop_assert_eq!(ConversationSortKey::decode(&on_branch.encode()), None);
        }

        #[test]
        fn invalid_times_are_rejected(at in any::<i64>().prop_filter("invalid", |at| Instant::from_client_micros(*at).is_none())) {
            prop_assert_eq!(ConversationSortKey::decode(&(Instant(at), Id(Uuid::nil())).encode()), None);
        }

        #[test]
        fn any_text_can_be_decoded(text in "\\PC{0,60}") {
            let _ = (ConversationSortKey::decode(&text), Position::decode(&text));
            let _ = (TreeCursor::decode(&text), SearchCursor::decode(&text));
        }
    }

    #[test]
    fn cursors_of_versions_without_branches_are_valid_on_the_first_branch() {
        assert_eq!(Position::decode("bQAAAAc"), Some(Position { branch: 0, position: 7 }));
        assert_eq!(Position { branch: 0, position: 7 }.encode(), "bQAAAAc");
        assert_eq!(Position::decode("bf____8"), None, "negative");
    }
}
