//! Splits a file into its conversations while it arrives. Only one conversation is in memory at a time.
//!
//! The file is a list of conversations, an object with a list named `conversations`, or one conversation. All else in
//! such an object is skipped.

use bytes::{Buf, Bytes};
use serde::{
    Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{
    cell::Cell,
    fmt,
    io::{self, BufReader, Read},
};
use tokio::sync::mpsc::Receiver;

/// Maximum size of one conversation, in bytes.
const MAX_CONVERSATION: usize = 16 << 20;
/// Maximum number of fields of the outermost object before a list of conversations.
const MAX_FIELDS: usize = 1000;
/// The byte order mark, which some programs write before the text.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The reason why a file cannot be read to its end. The conversations before the fault have been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileError {
    /// It is no JSON, or neither a list nor an object.
    Malformed,
    /// It ends too early.
    Incomplete,
    /// One conversation is larger than [`MAX_CONVERSATION`].
    TooLarge,
    /// The recipient of the conversations has stopped.
    Stopped,
}

/// Reads the chunks of a body. The end of the channel is the end of the file.
pub struct ChannelReader {
    chunks: Receiver<Bytes>,
    chunk: Bytes,
}

impl ChannelReader {
    /// Creates a reader, which blocks its thread while it waits for a chunk.
    pub fn new(chunks: Receiver<Bytes>) -> Self {
        Self { chunks, chunk: Bytes::new() }
    }
}

impl Read for ChannelReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

/// Passes each conversation of a file to `each`, until it returns false.
pub fn split(file: impl Read, mut each: impl FnMut(&str) -> bool) -> Result<(), FileError> {
    let state = State::default();
    let mut reader = BufReader::new(Limited { file, state: &state });
    let skipped = skip_byte_order_mark(&mut reader).map_err(|_| FileError::Incomplete)?;
    let mut json = serde_json::Deserializer::from_reader(Read::chain(skipped, reader));
    let mut each = |conversation: &str| {
        state.left.set(MAX_CONVERSATION);
        let goes_on = each(conversation);
        state.stopped.set(!goes_on);
        goes_on
    };
    let read = json.deserialize_any(FileVisitor(&mut each)).and_then(|()| json.end());
    read.map_err(|error| match error.classify() {
        _ if state.stopped.get() => FileError::Stopped,
        serde_json::error::Category::Io => FileError::TooLarge,
        serde_json::error::Category::Eof => FileError::Incomplete,
        _ => FileError::Malformed,
    })
}

/// Reads the first bytes. Returns those that are not a byte order mark.
fn skip_byte_order_mark(reader: &mut impl Read) -> io::Result<io::Cursor<Vec<u8>>> {
    let mut first = Vec::new();
    reader.take(BYTE_ORDER_MARK.len() as u64).read_to_end(&mut first)?;
    if first == BYTE_ORDER_MARK {
        first.clear();
    }
    Ok(io::Cursor::new(first))
}

struct State {
    /// The number of bytes that may be read until the next conversation is complete.
    left: Cell<usize>,
    stopped: Cell<bool>,
}

impl Default for State {
    fn default() -> Self {
        Self { left: Cell::new(MAX_CONVERSATION), stopped: Cell::new(false) }
    }
}

/// A file whose conversations must not be too large.
struct Limited<'a, R> {
    file: R,
    state: &'a State,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        let left = self.state.left.get().checked_sub(read);
        self.state.left.set(left.ok_or_else(|| io::Error::other("too large"))?);
        Ok(read)
    }
}

/// Reads the outermost value.
struct FileVisitor<'a, F>(&'a mut F);

impl<'de, F: FnMut(&str) -> bool> Visitor<'de> for FileVisitor<'_, F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of conversations, or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        ListVisitor(self.0).visit_seq(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let mut others: Vec<(String, Box<RawValue>)> = Vec::new();
        let mut has_list = false;
        while let Some(name) = fields.next_key::<String>()? {
            if name == "conversations" {
                fields.next_value_seed(ListVisitor(&mut *self.0))?;
                has_list = true;
            } else if has_list {
                fields.next_value::<IgnoredAny>()?;
            } else if others.len() == MAX_FIELDS {
                return Err(A::Error::custom("too many fields"));
            } else {
                others.push((name, fields.next_value()?));
            }
        }
        if has_list {
            return Ok(());
        }
        let fields = others.iter().map(|(name, value)| format!("{}:{value}", serde_json::json!(name)));
        let conversation = format!("{{{}}}", fields.collect::<Vec<_>>().join(","));
        if (self.0)(&conversation) { Ok(()) } else { Err(A::Error::custom("stopped")) }
    }
}

/// Reads a list of conversations.
struct ListVisitor<'a, F>(&'a mut F);

impl<'de, F: FnMut(&str) -> bool> DeserializeSeed<'de> for ListVisitor<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(&str) -> bool> Visitor<'de> for ListVisitor<'_, F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of conversations")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<Box<RawValue>>()? {
            if !(self.0)(item.get()) {
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &[u8]) -> (Vec<String>, Result<(), FileError>) {
        let mut found = Vec::new();
        let read = split(text, |conversation| {
            found.push(conversation.to_owned());
            true
        });
        (found, read)
    }

    #[test]
    fn each_form_of_a_file_is_split() {
        for (text, expected) in [
            ("[]", &[][..]),
            (" [{\"a\": [1]}, 2 ]\n", &["{\"a\": [1]}", "2"]),
            ("\u{feff}[1]", &["1"]),
            ("{\"user\":{\"a\":1},\"conversations\":[{\"b\":2},3],\"sessions\":[4]}", &["{\"b\":2}", "3"]),
            ("{\"a\":1, \"é\\\"\":[ {} ]}", &["{\"a\":1,\"é\\\"\":[ {} ]}"]),
        ] {
            let (found, read) = parts(text.as_bytes());
            assert_eq!(
                (found, read),
                (expected.iter().map(|part| (*part).to_owned()).collect(), Ok(())),
                "{text}"
            );
        }
    }

    #[test]
    fn the_parts_before_a_fault_are_read() {
        for (text, count, fault) in [
            ("", 0, FileError::Incomplete),
            ("[1,2", 2, FileError::Incomplete),
            ("[1,{\"a\":", 1, FileError::Incomplete),
            ("{\"conversations\":[1],\"x\":", 1, FileError::Incomplete),
            ("PK\u{3}\u{4}", 0, FileError::Malformed),
            ("[1] 2", 1, FileError::Malformed),
            ("7", 0, FileError::Malformed),
            ("{\"conversations\":7}", 0, FileError::Malformed),
            ("[1,}", 1, FileError::Malformed),
        ] {
            let (found, read) = parts(text.as_bytes());
            assert_eq!((found.len(), read), (count, Err(fault)), "{text}");
        }
    }

    #[test]
    fn a_conversation_that_is_too_large_is_refused_before_its_end() {
        let small = format!("\"{}\"", "a".repeat(MAX_CONVERSATION / 2));
        let (found, read) = parts(format!("[{small},{small},{small}]").as_bytes());
        assert_eq!((found.len(), read), (3, Ok(())), "the limit is on each, not on the file");
        let endless = Read::chain(&b"[\""[..], io::repeat(b'a'));
        assert_eq!(split(endless, |_| true), Err(FileError::TooLarge));
        let endless = Read::chain(&b"{\"a\":1,\""[..], io::repeat(b'a'));
        assert_eq!(split(endless, |_| true), Err(FileError::TooLarge));
    }

    #[test]
    fn the_recipient_can_stop() {
        let mut count = 0;
        let read = split(&b"[1,2,3]"[..], |_| {
            count += 1;
            count < 2
        });
        assert_eq!((count, read), (2, Err(FileError::Stopped)));
    }
}
