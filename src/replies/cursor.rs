//! The position of a subscriber in a reply.

use crate::{
    error::{Error, Result},
    parts::PartKinds,
    store::Id,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// A position in the parts of one attempt at a reply, for a subscriber to some kinds of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The attempt, counted from 1.
    pub attempt: i32,
    /// The offset into the selected parts of the attempt, in bytes of UTF-8.
    pub offset: usize,
    /// The kinds of parts that are selected.
    pub kinds: PartKinds,
}

/// Length in bytes: the end of the reply's ID, the attempt and the offset, all big-endian.
const LENGTH: usize = 4 + 4 + 4;
/// A cursor of a subscriber to anything but text also has a byte with the kinds. The shorter form is older than parts.
const LENGTH_WITH_KINDS: usize = LENGTH + 1;

impl Cursor {
    /// Encodes the cursor as an opaque string that is valid for this reply only.
    pub fn encode(self, reply: Id) -> String {
        let mut bytes = [0; LENGTH_WITH_KINDS];
        bytes[..4].copy_from_slice(&tail(reply));
        bytes[4..8].copy_from_slice(&self.attempt.to_be_bytes());
        bytes[8..12].copy_from_slice(&u32::try_from(self.offset).unwrap_or(u32::MAX).to_be_bytes());
        bytes[12] = self.kinds.bits();
        let length = if self.kinds == PartKinds::TEXT { LENGTH } else { LENGTH_WITH_KINDS };
        BASE64_URL_SAFE_NO_PAD.encode(&bytes[..length])
    }

    /// Decodes a cursor that [`Cursor::encode`] made for this reply. Any other text is an error in the field `after`.
    pub fn decode(text: &str, reply: Id) -> Result<Self> {
        let malformed = || Error::input("after", "must be a cursor of this reply.");
        let mut bytes = [0; LENGTH_WITH_KINDS];
        let kinds = match BASE64_URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(LENGTH) => PartKinds::TEXT,
            Ok(LENGTH_WITH_KINDS) => PartKinds::from_bits(bytes[LENGTH]),
            _ => return Err(malformed()),
        };
        let [a, b, c, d, e, f, g, h, i, j, k, l, _] = bytes;
        let (attempt, offset) = (i32::from_be_bytes([e, f, g, h]), u32::from_be_bytes([i, j, k, l]));
        if [a, b, c, d] != tail(reply) || attempt < 1 {
            return Err(malformed());
        }
        Ok(Self { attempt, offset: offset as usize, kinds })
    }
}

/// The last four bytes of an ID, which are random.
fn tail(id: Id) -> [u8; 4] {
    let [.., a, b, c, d] = *id.0.as_bytes();
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn decoding_reverses_encoding(attempt in 1..i32::MAX, offset in 0..u32::MAX, bits: u8) {
            let kinds = PartKinds::from_bits(bits);
            let (reply, cursor) = (Id::new(), Cursor { attempt, offset: offset as usize, kinds });
            prop_assert_eq!(Cursor::decode(&cursor.encode(reply), reply).unwrap(), cursor);
        }

        #[test]
        fn invalid_text_is_bad_user_input(text in "\\PC{0,40}") {
            if let Err(error) = Cursor::decode(&text, Id::new()) {
                prop_assert_eq!(error.code().as_str(), "BAD_USER_INPUT");
            }
        }
    }

    #[test]
    fn a_cursor_for_text_has_the_form_of_earlier_versions() {
        let cursor = Cursor { attempt: 2, offset: 259, kinds: PartKinds::TEXT };
        assert_eq!(cursor.encode(Id(uuid::Uuid::from_u128(7))), "AAAABwAAAAIAAAED");
        assert_eq!(Cursor::decode("AAAABwAAAAIAAAED", Id(uuid::Uuid::from_u128(7))).unwrap(), cursor);
    }

    #[test]
    fn the_cursor_of_another_reply_is_rejected() {
        let cursor = Cursor { attempt: 1, offset: 3, kinds: PartKinds::TEXT };
        let text = cursor.encode(Id(uuid::Uuid::from_u128(1)));
        assert!(Cursor::decode(&text, Id(uuid::Uuid::from_u128(2))).is_err());
    }
}
