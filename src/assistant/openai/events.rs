//! Server-sent events, read from whatever a provider sends.
//!
//! The format is the HTML standard's ("Server-sent events", section 9.2.6), read liberally:
//!
//! - A byte order mark is skipped, and invalid UTF-8 is replaced by U+FFFD.
//! - The last event counts even if the blank line after it is missing.
//! - A line that begins with `{` is an event by itself: some providers report an error as bare JSON within a stream.
//! - A body that begins with `{`, `[` or `<` is no stream: the whole of it is one event.
//!
//! The crates for this are made for the standard alone, and have no bounds: none takes all of the above.
//!
//! Reading takes linear time and a bounded amount of memory. [`Events`] does a bounded amount of work in each poll, so a
//! provider that sends as fast as it can does not hold a worker thread: timeouts and `stopReply` are still heard.

use super::fault::unavailable;
use crate::assistant::Fault;
use bytes::{Buf, Bytes};
use futures_util::{StreamExt, stream::BoxStream};
use memchr::memchr2;
use tokio::task::coop::consume_budget;

/// The most bytes of one answer.
const LONGEST_ANSWER: usize = 64 << 20;
/// The most bytes of one event.
const LONGEST_EVENT: usize = 32 << 20;
/// The most bytes parsed for one unit of the task's budget.
const STEP: usize = 16 << 10;

/// Begins a stream, where it begins one at all.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The value of its last `event` field; empty if it has none.
    pub name: String,
    /// Its `data` fields, with a line feed between two.
    pub data: String,
}

/// An event, or the answer, is longer than it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// Makes events of bytes.
#[derive(Debug, Default)]
pub struct Parser {
    form: Form,
    /// The beginning of a line whose end is still to come.
    line: Vec<u8>,
    /// The last byte was a carriage return: a line feed right after it ends no further line.
    after_cr: bool,
    name: Vec<u8>,
    /// The data of the event so far, each line with a line feed after it.
    data: Vec<u8>,
}

/// What the body turned out to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    /// Only white space has been seen, or a part of a byte order mark.
    #[default]
    Unknown,
    Stream,
    /// JSON or HTML: it has no lines that mean anything.
    Document,
}

impl Parser {
    /// Reads up to the end of the next event, and takes what it has read off the front of `bytes`. `None` if all of
    /// them are read.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Result<Option<Event>, TooLong> {
        if self.form == Form::Unknown {
            self.recognise(bytes);
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

    /// The last event, at the end of the stream. `None` if there is none, and always at the second call.
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

    /// Skips white space and a byte order mark, and looks at what comes then.
    fn recognise(&mut self, bytes: &mut &[u8]) {
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
        if self.line.len() + self.data.len() + length > LONGEST_EVENT {
            return Err(TooLong);
        }
        self.line.extend_from_slice(&bytes[..length]);
        *bytes = &bytes[length..];
        Ok(())
    }

    /// Reads a whole line; gives the event that it ends.
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
                // A long line is not copied.
                let before = line.len() - value.len();
                std::mem::swap(&mut self.line, &mut self.data);
                self.data.drain(..before);
                self.data.push(b'\n');
            }
            b"data" => {
                self.data.extend_from_slice(value);
                self.data.push(b'\n');
            }
            _ => {} // a comment, `id`, `retry`, or a field that nobody knows
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

/// What a step of reading brought.
#[derive(Debug)]
pub enum Sign {
    /// A whole event.
    Event(Event),
    /// The provider lives, but no event has come to its end.
    Bytes,
    /// The body has ended.
    End,
}

/// The events of a body.
pub struct Events {
    body: BoxStream<'static, Result<Bytes, Fault>>,
    parser: Parser,
    /// What has arrived and is not parsed yet.
    bytes: Bytes,
    /// The number of bytes that the answer has left.
    left: usize,
    ended: bool,
}

impl Events {
    /// Reads a body of which `first` has been read already.
    pub fn new(first: Bytes, body: BoxStream<'static, Result<Bytes, Fault>>) -> Self {
        let left = LONGEST_ANSWER.saturating_sub(first.len());
        Self { body, parser: Parser::default(), bytes: first, left, ended: false }
    }

    /// Parses a bounded number of bytes, and waits for some if there are none.
    pub async fn next(&mut self) -> Result<Sign, Fault> {
        consume_budget().await;
        let too_long = |TooLong| unavailable("The model's answer is too long.");
        if self.bytes.is_empty() && !self.ended {
            match self.body.next().await.transpose()? {
                Some(bytes) => {
                    self.left = self.left.checked_sub(bytes.len()).ok_or(TooLong).map_err(too_long)?;
                    self.bytes = bytes;
                }
                None => self.ended = true,
            }
        }
        if self.ended {
            return Ok(self.parser.finish().map_or(Sign::End, Sign::Event));
        }
        let length = self.bytes.len().min(STEP);
        let mut step = &self.bytes[..length];
        let event = self.parser.next(&mut step).map_err(too_long)?;
        let read = length - step.len();
        self.bytes.advance(read);
        Ok(event.map_or(Sign::Bytes, Sign::Event))
    }
}
