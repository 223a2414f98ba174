//! The parts of a reply, as a subscriber puts them together.

use serde_json::Value;

/// The parts received so far: the last snapshot and every delta after it.
#[derive(Debug)]
pub struct ReplyParts {
    /// The kinds that the subscriber has selected.
    pub kinds: Vec<&'static str>,
    /// The index, kind and text of each part.
    pub received: Vec<(i64, String, String)>,
}

impl ReplyParts {
    /// A subscription to the parts of a reply. It needs the variables `id`, `after` and `parts`.
    pub const QUERY: &str = "subscription($id: ID!, $after: String, $parts: [PartKind!]!) {
        reply(messageId: $id, after: $after, parts: $parts) {
            __typename cursor
            ... on ReplySnapshot { text attempt parts { __typename index ... on TextPart { text } ... on ReasoningPart { text } ... on SourcePart { url title } } }
            ... on ReplyDelta { text parts { index kind text name } }
            ... on ReplyFinished { message { id status content error { code }
                parts { __typename index ... on TextPart { text } ... on ReasoningPart { text } ... on SourcePart { url title } } } } } }";

    pub fn new(kinds: &[&'static str]) -> Self {
        Self { kinds: kinds.to_vec(), received: Vec::new() }
    }

    /// Takes an event. At the end, the parts received must be those that are stored.
    pub fn take(&mut self, event: &Value) {
        let list = |parts: &Value| parts.as_array().expect("a list").clone();
        match event["__typename"].as_str() {
            Some("ReplySnapshot") => {
                self.received = list(&event["parts"]).iter().map(part).collect();
                let is_selected = |(_, kind, _): &(i64, String, String)| self.kinds.contains(&kind.as_str());
                assert!(self.received.iter().all(is_selected), "{event}");
            }
            Some("ReplyDelta") => {
                let pieces = list(&event["parts"]);
                assert!(!pieces.is_empty(), "an empty event");
                for piece in pieces {
                    let index = piece["index"].as_i64().expect("a number");
                    let kind = piece["kind"].as_str().expect("a kind").to_owned();
                    let text = piece["text"].as_str().expect("a text");
                    assert!(!text.is_empty() && self.kinds.contains(&kind.as_str()), "{event}");
                    match self.received.last_mut().filter(|last| last.0 == index) {
                        Some(last) => last.2 += text,
                        None => self.received.push((index, kind, text.to_owned())),
                    }
                }
            }
            _ => {
                let mut stored: Vec<_> = list(&event["message"]["parts"]).iter().map(part).collect();
                stored.retain(|(_, kind, _)| self.kinds.contains(&kind.as_str()));
                assert_eq!(self.received, stored, "the stored parts equal the received parts");
            }
        }
    }
}

/// The index, kind and text of a `MessagePart`.
pub fn part(part: &Value) -> (i64, String, String) {
    let kind = match part["__typename"].as_str() {
        Some("TextPart") => "TEXT",
        Some("ReasoningPart") => "REASONING",
        Some("SourcePart") => "SOURCE",
        other => panic!("{other:?}"),
    };
    let text = part["text"].as_str().or(part["url"].as_str()).expect("a text or a URL").to_owned();
    (part["index"].as_i64().expect("a number"), kind.to_owned(), text)
}
