//! Cursors in a user's change feed: opaque to clients, and valid for that user only.

use crate::{
    error::{Error, Result},
    store::Id,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// Length in bytes: [`MARK`], the end of the user's ID, and the sequence number of the last entry sent, big-endian.
const LENGTH: usize = 1 + 4 + 8;
/// The first byte, which distinguishes these cursors from all others.
const MARK: u8 = b'f';

/// Encodes the cursor of a client that has received every entry up to this sequence number.
pub fn encode(sequence: i64, user: Id) -> String {
    let mut bytes = [MARK; LENGTH];
    bytes[1..5].copy_from_slice(&tail(user));
    bytes[5..].copy_from_slice(&sequence.to_be_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes a cursor that [`encode`] made for this user. Any other text is an error in the field `after`.
pub fn decode(text: &str, user: Id) -> Result<i64> {
    let malformed = || Error::input("after", "must be a cursor of your `changes`.");
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
        fn decoding_reverses_encoding(sequence in 0..i64::MAX) {
            let user = Id::new();
            prop_assert_eq!(decode(&encode(sequence, user), user).unwrap(), sequence);
        }

        #[test]
        fn invalid_text_is_bad_user_input(text in "\\PC{0,40}") {
            if let Err(error) = decode(&text, Id::new()) {
                prop_assert_eq!(error.code().as_str(), "BAD_USER_INPUT");
            }
        }

        #[test]
        fn only_valid_bytes_decode(bytes in prop::array::uniform13(any::<u8>())) {
            let user = Id(uuid::Uuid::from_u128(0));
            let text = BASE64_URL_SAFE_NO_PAD.encode(bytes);
            let is_valid = bytes[0] == MARK && bytes[1..5] == [0; 4] && bytes[5] < 0x80;
            prop_assert_eq!(decode(&text, user).is_ok(), is_valid);
        }
    }

    #[test]
    fn cursors_of_other_users_and_negative_numbers_are_rejected() {
        let (one, other) = (Id(uuid::Uuid::from_u128(1)), Id(uuid::Uuid::from_u128(2)));
        assert!(decode(&encode(3, one), one).is_ok());
        assert!(decode(&encode(3, one), other).is_err());
        assert!(decode(&encode(-1, one), one).is_err());
    }
}
