use crate::{
    changes,
    error::Error,
    graphql::schema::cursors::{Cursor, Position},
    replies,
    store::{Id, conversations, security_events},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;

/// Decoding and encoding a cursor returns the same text. No text is a cursor of two lists, replies or feeds. Any other
/// text is rejected with `BAD_USER_INPUT` for the argument.
///
/// The input is a text. Because few texts are cursors, the input is also read as 16 bytes of a key followed by the
/// bytes of a cursor for it.
pub fn cursors(input: &[u8]) {
    if let Ok(text) = str::from_utf8(input) {
        cursor(text, Id(Uuid::nil()));
    }
    if let Some((key, bytes)) = input.split_first_chunk() {
        cursor(&BASE64_URL_SAFE_NO_PAD.encode(bytes), Id(Uuid::from_bytes(*key)));
    }
}

/// Decodes a text as a cursor of every kind. `key` identifies the reply, and the user of the change feed.
fn cursor(text: &str, key: Id) {
    let other = Id(Uuid::from_u128(!key.0.as_u128()));
    let mut encoded = Vec::new();
    encoded.extend(reencode::<conversations::ConversationSortKey>(text));
    encoded.extend(reencode::<Position>(text));
    encoded.extend(reencode::<security_events::EventSortKey>(text));
    let reply = |key| valid("after", replies::Cursor::decode(text, key)).map(|cursor| cursor.encode(key));
    let feed = |key| {
        valid("after", changes::cursor::decode(text, key)).map(|last| changes::cursor::encode(last, key))
    };
    encoded.extend([key, other].into_iter().filter_map(reply));
    encoded.extend([key, other].into_iter().filter_map(feed));
    assert!(encoded.len() <= 1, "valid for {} kinds", encoded.len());
    assert!(encoded.iter().all(|encoded| encoded == text), "encoded as {encoded:?}");
}

fn reencode<C: Cursor>(text: &str) -> Option<String> {
    valid("after", C::parse("after", text)).map(|cursor| cursor.encode())
}

/// The decoded cursor, if it is valid. Panics for any error other than `BAD_USER_INPUT` for the argument.
fn valid<T>(argument: &str, decoded: Result<T, Error>) -> Option<T> {
    match decoded {
        Ok(cursor) => Some(cursor),
        Err(Error::BadUserInput { field, .. }) if field == argument => None,
        Err(other) => panic!("{other:?}"),
    }
}
