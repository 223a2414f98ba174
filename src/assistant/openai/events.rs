//! Reads server-sent events leniently.
//!
//! The format is that of the HTML standard ("Server-sent events", section 9.2.6), with these additions:
//!
//! - A byte order mark is skipped, and invalid UTF-8 is replaced by U+FFFD.
//! - The last event is read even if the blank line after it is missing.
//! - A line that begins with `{` is an event by itself. Some providers report an error as bare JSON within a stream.
//! - A body that begins with `{`, `[` or `<` is not a stream. All of it is one event.
//!
//! Existing crates implement only the standard, and without limits on memory.
//!
//! Reading takes linear time and bounded memory. Each poll of [`Events`] does a bounded amount of work, so a fast
//! provider cannot keep a worker thread busy, and timeouts and `stopReply` still take effect.

use super::provider_error::unavailable;
use crate::assistant::AssistantError;
use bytes::{Buf, Bytes};
use futures_util::{StreamExt, stream::BoxStream};
use memchr::memchr2;
use tokio::task::coop::consume_budget;

/// Maximum length of an answer, in bytes.
const MAX_ANSWER_BYTES: usize = 64 << 20;
/// Maximum length of an event, in bytes.
const MAX_EVENT_BYTES: usize = 32 << 20;
/// Bytes parsed for one unit of the task's cooperative budget.
const STEP_BYTES: usize = 16 << 10;

/// The byte order mark that may begin a stream.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A server-sent event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The value of its last `event` field; empty if there is none.
    pub name: String,
    /// Its `data` fields, joined by line feeds.
    pub data: String,
}

impl Event {
    /// Whether this is the mark with which many providers end a stream.
    pub fn is_done(&self) -> bool {
        self.data.trim() == "[DONE]"
    }
}

/// The event or the answer exceeds its maximum length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// An incremental parser of server-sent events.
#[derive(Debug, Default)]
pub struct Parser {
    form: Form,
    /// The beginning of an incomplete line.
    line: Vec<u8>,
    /// Whether the last byte was a carriage return. A line feed right after it belongs to the same line end.
    after_cr: bool,
    name: Vec<u8>,
    /// The data of the current event, with a line feed after each line.
    data: Vec<u8>,
}

/// The form of a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    /// Only white space, or a part of a byte order mark, has been read.
    #[default]
    Unknown,
    Stream,
    /// JSON or HTML, which is not split into lines.
    Document,
}

impl Parser {
    /// Parses up to the end of the next event and removes what it has parsed from the front of `bytes`.
    ///
    /// Returns `None` if all bytes were parsed without completing an event.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Result<Option<Event>, TooLong> {
        if self.form == Form::Unknown {
            self.detect_form(bytes);
        }
        while !bytes.is_empty() && self.form != Form::Unknown {
            if self.form == Form::Document {
                self.take(bytes, bytes.len())?;
                break;
            }
            if std::mem::take(&mut self.after_cr) && bytes[0] == b'\n' {
                *bytes = &bytes[1..];
                continue;
            }
            let Some(end) = memchr2(b'\r', b'\n', bytes) else {
                self.take(bytes, bytes.len())?;
                break;
            };
            self.take(bytes, end)?;
            self.after_cr = bytes[0] == b'\r';
            *bytes = &bytes[1..];
            if let Some(event) = self.end_line() {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// The last event, at the end of the stream. Returns `None` if there is none, and on every further call.
    pub fn finish(&mut self) -> Option<Event> {
        match self.form {
            Form::Document => {
                let data = text(std::mem::take(&mut self.line));
                (!data.is_empty()).then(|| Event { name: String::new(), data })
            }
            _ if self.line.is_empty() => self.end_event(),
            _ => self.end_line().or_else(|| self.end_event()),
        }
    }

    /// Skips white space and a byte order mark, and detects the form of the body.
    fn detect_form(&mut self, bytes: &mut &[u8]) {
        while let [first, rest @ ..] = *bytes {
            let mark = self.line.len();
            if BYTE_ORDER_MARK.get(mark) == Some(first) {
                self.line.push(*first);
            } else if mark.is_multiple_of(BYTE_ORDER_MARK.len()) && first.is_ascii_whitespace() {
                self.line.clear();
            } else {
                self.form = if matches!(first, b'{' | b'[' | b'<') { Form::Document } else { Form::Stream };
                if mark == BYTE_ORDER_MARK.len() {
                    self.line.clear();
                }
                return;
            }
            *bytes = rest;
        }
    }

    fn take(&mut self, bytes: &mut &[u8], length: usize) -> Result<(), TooLong> {
        if self.line.len() + self.data.len() + length > MAX_EVENT_BYTES {
            return Err(TooLong);
        }
        self.line.extend_from_slice(&bytes[..length]);
        *bytes = &bytes[length..];
        Ok(())
    }

    /// Handles a complete line. Returns the event if the line ends one.
    fn end_line(&mut self) -> Option<Event> {
        let line = &*self.line;
        match line.first() {
            None => return self.end_event(),
            Some(b'{') => {
                let data = text(std::mem::take(&mut self.line));
                return Some(Event { name: String::new(), data });
            }
            Some(_) => {}
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &b""[..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"event" => self.name = value.to_vec(),
            b"data" if self.data.is_empty() => {
                // Swap the buffers instead of copying a long line.
                let before = line.len() - value.len();
                std::mem::swap(&mut self.line, &mut self.data);
                self.data.drain(..before);
                self.data.push(b'\n');
            }
            b"data" => {
                self.data.extend_from_slice(value);
                self.data.push(b'\n');
            }
            _ => {} // a comment, `id`, `retry` or an unknown field
        }
        self.line.clear();
        None
    }

    fn end_event(&mut self) -> Option<Event> {
        let (name, mut data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
        data.pop();
        (!name.is_empty() || !data.is_empty()).then(|| Event { name: text(name), data: text(data) })
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The result of a step of reading.
#[derive(Debug)]
pub enum StreamItem {
    /// A complete event.
    Event(Event),
    /// Data arrived, but no event is complete.
    Incomplete,
    /// The end of the body.
    End,
}

/// Reads the events of a response body.
pub struct Events {
    body: BoxStream<'static, Result<Bytes, AssistantError>>,
    parser: Parser,
    /// Received bytes that are not parsed yet.
    bytes: Bytes,
    /// Bytes that the answer may still have.
    remaining: usize,
    ended: bool,
}

impl Events {
    /// Reads a body whose first bytes, `first`, have been read already.
    pub fn new(first: Bytes, body: BoxStream<'static, Result<Bytes, AssistantError>>) -> Self {
        let remaining = MAX_ANSWER_BYTES.saturating_sub(first.len());
        Self { body, parser: Parser::default(), bytes: first, remaining, ended: false }
    }

    /// Parses a bounded number of bytes, and waits if there are none.
    pub async fn next(&mut self) -> Result<StreamItem, AssistantError> {
        consume_budget().await;
        let too_long = |TooLong| unavailable("The model's answer is too long.");
        if self.bytes.is_empty() && !self.ended {
            match self.body.next().await.transpose()? {
                Some(bytes) => {
                    self.remaining =
                        self.remaining.checked_sub(bytes.len()).ok_or(TooLong).map_err(too_long)?;
                    self.bytes = bytes;
                }
                None => self.ended = true,
            }
        }
        if self.ended {
            return Ok(self.parser.finish().map_or(StreamItem::End, StreamItem::Event));
        }
        let length = self.bytes.len().min(STEP_BYTES);
        let mut step = &self.bytes[..length];
        let event = self.parser.next(&mut step).map_err(too_long)?;
        let read = length - step.len();
        self.bytes.advance(read);
        Ok(event.map_or(StreamItem::Incomplete, StreamItem::Event))
    }
}
