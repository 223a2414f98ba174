//! The parts of a reply, as a subscriber puts them together.

use serde_json::Value;

/// The parts received so far: the last snapshot and every delta after it.
#[derive(Debug)]
pub struct ReplyParts {
    /// The kinds that the subscriber has selected.
    pub kinds: Vec<&'static str>,
    /// The parts received so far.
    pub received: Vec<ReceivedPart>,
}

/// A part.
#[derive(Debug, PartialEq)]
pub struct ReceivedPart {
    pub index: i64,
    pub kind: String,
    /// The text, the URL of a source, or the arguments of a tool call.
    pub text: String,
    /// The ID, name, state and result of a tool call.
    pub call: Option<[Value; 4]>,
}

impl ReplyParts {
    /// A subscription to the parts of a reply. It needs the variables `id`, `after` and `parts`.
    pub const QUERY: &str = "subscription($id: ID!, $after: String, $parts: [PartKind!]!) {
        reply(messageId: $id, after: $after, parts: $parts) {
            __typename cursor
            ... on ReplySnapshot { text attempt parts { __typename index ... on TextPart { text } ... on ReasoningPart { text } ... on SourcePart { url title }
                ... on ToolCallPart { callId tool: name arguments status result } } }
            ... on ReplyDelta { text parts { index kind text name toolCall { callId tool: name status arguments result } } }
            ... on ReplyFinished { message { id status content error { code }
                parts { __typename index ... on TextPart { text } ... on ReasoningPart { text } ... on SourcePart { url title }
                    ... on ToolCallPart { callId tool: name arguments status result } } } } } }";

    pub fn new(kinds: &[&'static str]) -> Self {
        Self { kinds: kinds.to_vec(), received: Vec::new() }
    }

    /// Takes an event. At the end, the parts received must be those that are stored.
    pub fn take(&mut self, event: &Value) {
        let list = |parts: &Value| parts.as_array().expect("a list").clone();
        match event["__typename"].as_str() {
            Some("ReplySnapshot") => {
                self.received = list(&event["parts"]).iter().map(part).collect();
                let is_selected = |part: &ReceivedPart| self.kinds.contains(&part.kind.as_str());
                assert!(self.received.iter().all(is_selected), "{event}");
            }
            Some("ReplyDelta") => {
                let pieces = list(&event["parts"]);
                assert!(!pieces.is_empty(), "an empty event");
                for piece in pieces {
                    let index = piece["index"].as_i64().expect("a number");
                    let kind = piece["kind"].as_str().expect("a kind").to_owned();
                    let text = piece["text"].as_str().expect("a text").to_owned();
                    let called = &piece["toolCall"];
                    let call = (kind == "TOOL_CALL").then(|| call(called));
                    assert_eq!(called.is_null(), call.is_none(), "{event}");
                    assert!(!text.is_empty() || call.is_some(), "{event}");
                    assert!(self.kinds.contains(&kind.as_str()), "{event}");
                    match self.received.last_mut().filter(|last| last.index == index) {
                        Some(last) => {
                            last.text += &text;
                            last.call = call;
                            assert!(last.call.is_none() || called["arguments"] == last.text, "{event}");
                        }
                        None => self.received.push(ReceivedPart { index, kind, text, call }),
                    }
                }
            }
            _ => {
                let mut stored: Vec<_> = list(&event["message"]["parts"]).iter().map(part).collect();
                stored.retain(|part| self.kinds.contains(&part.kind.as_str()));
                assert_eq!(self.received, stored, "the stored parts equal the received parts");
            }
        }
    }
}

/// Reads a `MessagePart`.
fn part(part: &Value) -> ReceivedPart {
    let (kind, text) = match part["__typename"].as_str() {
        Some("TextPart") => ("TEXT", "text"),
        Some("ReasoningPart") => ("REASONING", "text"),
        Some("SourcePart") => ("SOURCE", "url"),
        Some("ToolCallPart") => ("TOOL_CALL", "arguments"),
        other => panic!("{other:?}"),
    };
    ReceivedPart {
        index: part["index"].as_i64().expect("a number"),
        kind: kind.to_owned(),
        text: part[text].as_str().expect("a text").to_owned(),
        call: (kind == "TOOL_CALL").then(|| call(part)),
    }
}

fn call(part: &Value) -> [Value; 4] {
    assert!(part["callId"].is_string() && part["tool"].is_string(), "{part}");
    ["callId", "tool", "status", "result"].map(|name| part[name].clone())
}
