use crate::{
    changes,
    error::Error,
    graphql::cursors::{Cursor, Position},
    replies,
    store::{Id, conversations, security_events},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;

/// A cursor that is read is written again as it was, and no text is a cursor of two lists, replies or feeds. Whatever
/// else is given is the argument's fault.
///
/// The input is a text; or, since few texts are cursors, 16 bytes of a key and the bytes of a cursor for it.
pub fn cursors(input: &[u8]) {
    if let Ok(text) = str::from_utf8(input) {
        cursor(text, Id(Uuid::nil()));
    }
    if let Some((key, bytes)) = input.split_first_chunk() {
        cursor(&BASE64_URL_SAFE_NO_PAD.encode(bytes), Id(Uuid::from_bytes(*key)));
    }
}

/// `key` is that of the reply, and of the user whose feed it is.
fn cursor(text: &str, key: Id) {
    let other = Id(Uuid::from_u128(!key.0.as_u128()));
    let mut read = Vec::new();
    read.extend(again::<conversations::Place>(text));
    read.extend(again::<Position>(text));
    read.extend(again::<security_events::Place>(text));
    let reply = |key| or_fault("after", replies::Cursor::decode(text, key)).map(|cursor| cursor.encode(key));
    let feed = |key| {
        or_fault("after", changes::cursor::decode(text, key)).map(|last| changes::cursor::encode(last, key))
    };
    read.extend([key, other].into_iter().filter_map(reply));
    read.extend([key, other].into_iter().filter_map(feed));
    assert!(read.len() <= 1, "good in {} places", read.len());
    assert!(read.iter().all(|again| again == text), "read as {read:?}");
}

fn again<C: Cursor>(text: &str) -> Option<String> {
    or_fault("after", C::parse("after", text)).map(|cursor| cursor.encode())
}

/// What was read, if anything; else the argument is to blame, and nothing else.
fn or_fault<T>(argument: &str, read: Result<T, Error>) -> Option<T> {
    match read {
        Ok(read) => Some(read),
        Err(Error::BadUserInput { field, .. }) if field == argument => None,
        Err(other) => panic!("{other:?}"),
    }
}
