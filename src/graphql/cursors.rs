//! Cursors of connections: opaque, and good for one kind of list.

use crate::{
    error::{Error, Result},
    store::{Id, Instant, conversations::Place},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;

/// A place in a list that a client can hold on to.
pub trait Cursor: Sized {
    /// The place as clients see it.
    fn encode(&self) -> String;

    /// The place that a cursor stands for; `None` if it is none of this kind of list.
    fn decode(text: &str) -> Option<Self>;

    /// Reads a cursor of this kind of list; else the argument is at fault.
    fn parse(argument: &'static str, text: &str) -> Result<Self> {
        Self::decode(text).ok_or_else(|| Error::input(argument, "must be a cursor of this list"))
    }
}

/// Tells conversations' cursors from others.
const CONVERSATION: u8 = b'c';
/// Tells messages' cursors from others.
const MESSAGE: u8 = b'm';

impl Cursor for Place {
    fn encode(&self) -> String {
        let (Instant(at), Id(id)) = self;
        let mut bytes = [CONVERSATION; 25];
        bytes[1..9].copy_from_slice(&at.to_be_bytes());
        bytes[9..].copy_from_slice(id.as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; 25] = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (at, id) = bytes[1..].split_first_chunk::<8>()?;
        let id = Uuid::from_slice(id).ok()?;
        let at = Instant::told(i64::from_be_bytes(*at)).filter(|_| bytes[0] == CONVERSATION)?;
        Some((at, Id(id)))
    }
}

/// A message's place: its position on the active branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position(pub i32);

impl Cursor for Position {
    fn encode(&self) -> String {
        let mut bytes = [MESSAGE; 5];
        bytes[1..].copy_from_slice(&self.0.to_be_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; 5] = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let position = i32::from_be_bytes(*bytes[1..].first_chunk()?);
        (bytes[0] == MESSAGE && position >= 0).then_some(Self(position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::LATEST;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_was(at in 0..=LATEST, id in any::<u128>(), position in 0..i32::MAX) {
            let place = (Instant(at), Id(Uuid::from_u128(id)));
            prop_assert_eq!(Place::decode(&place.encode()), Some(place));
            prop_assert_eq!(Position::decode(&Position(position).encode()), Some(Position(position)));
            prop_assert_eq!(Position::decode(&place.encode()), None);
            prop_assert_eq!(Place::decode(&Position(position).encode()), None);
        }

        #[test]
        fn what_was_no_moment_is_no_place(at in any::<i64>().prop_filter("a moment", |at| Instant::told(*at).is_none())) {
            prop_assert_eq!(Place::decode(&(Instant(at), Id(Uuid::nil())).encode()), None);
        }

        #[test]
        fn no_text_breaks_it(text in "\\PC{0,60}") {
            let _ = (Place::decode(&text), Position::decode(&text));
        }
    }
}
