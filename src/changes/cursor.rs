//! Where a follower is in a user's feed, as clients see it: opaque, and good for this user alone.

use crate::{
    error::{Error, Result},
    store::Id,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// A mark that no other cursor has, the end of the user's id, and the number of the last entry told, big-endian.
const LENGTH: usize = 1 + 4 + 8;
/// Tells these cursors from others.
const MARK: u8 = b'f';

/// The cursor of who has been told everything up to this number.
pub fn encode(sequence: i64, user: Id) -> String {
    let mut bytes = [MARK; LENGTH];
    bytes[1..5].copy_from_slice(&tail(user));
    bytes[5..].copy_from_slice(&sequence.to_be_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a cursor that [`encode`] made for this user; anything else is the field `after` at fault.
pub fn decode(text: &str, user: Id) -> Result<i64> {
    let malformed = || Error::input("after", "must be a cursor of your `changes`");
    let mut bytes = [0; LENGTH];
    match BASE64_URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(LENGTH) => {}
        _ => return Err(malformed()),
    }
    let [mark, a, b, c, d, sequence @ ..] = bytes;
    let sequence = i64::from_be_bytes(sequence);
    if mark != MARK || [a, b, c, d] != tail(user) || sequence < 0 {
        return Err(malformed());
    }
    Ok(sequence)
}

/// The random end of a key.
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
        fn a_cursor_comes_back_as_it_was(sequence in 0..i64::MAX) {
            let user = Id::new();
            prop_assert_eq!(decode(&encode(sequence, user), user).unwrap(), sequence);
        }

        #[test]
        fn any_text_is_a_cursor_or_a_fault_of_the_field(text in "\\PC{0,40}") {
            if let Err(error) = decode(&text, Id::new()) {
                prop_assert_eq!(error.code().as_str(), "BAD_USER_INPUT");
            }
        }

        #[test]
        fn what_decodes_is_written_that_way(bytes in prop::array::uniform13(any::<u8>())) {
            let user = Id(uuid::Uuid::from_u128(0));
            let text = BASE64_URL_SAFE_NO_PAD.encode(bytes);
            let may_be_one = bytes[0] == MARK && bytes[1..5] == [0; 4] && bytes[5] < 0x80;
            prop_assert_eq!(decode(&text, user).is_ok(), may_be_one);
        }
    }

    #[test]
    fn another_users_cursor_is_refused_and_a_number_below_none() {
        let (one, other) = (Id(uuid::Uuid::from_u128(1)), Id(uuid::Uuid::from_u128(2)));
        assert!(decode(&encode(3, one), one).is_ok());
        assert!(decode(&encode(3, one), other).is_err());
        assert!(decode(&encode(-1, one), one).is_err());
    }
}
