//! The log, its fragments, and its limits.

use super::*;
use PartKind::{Reasoning, Source, Text, ToolCall};
use proptest::prelude::*;

fn kind() -> impl Strategy<Value = PartKind> {
    prop_oneof![Just(Text), Just(Reasoning), Just(Source), Just(ToolCall)]
}

fn push(parts: &mut Parts, kind: PartKind, text: &str) {
    match kind {
        ToolCall => {
            parts.begin_call(text, "tool");
            text.chars().for_each(|argument| parts.push_arguments(&argument.to_string()));
            match text.len() % 3 {
                0 => parts.end_call(ToolCallStatus::Completed, Some(text)),
                1 => parts.end_call(ToolCallStatus::Failed, None),
                _ => {}
            }
        }
        Source => parts.push_source(text, Some(format!("about {text}")).filter(|_| text.len() > 3)),
        _ => assert!(parts.push(kind, text)),
    }
}

fn pushes() -> impl Strategy<Value = Vec<(PartKind, String)>> {
    prop::collection::vec((kind(), "[a-zé🦀]{0,6}"), 0..30)
}

fn parts(pushes: &[(PartKind, String)]) -> Parts {
    let mut parts = Parts::default();
    for (kind, text) in pushes {
        push(&mut parts, *kind, text);
    }
    parts
}

proptest! {
    #[test]
    fn content_rest_and_heads_are_the_parts(pushes in pushes()) {
        let parts = parts(&pushes);
        let texts = pushes.iter().filter(|(kind, _)| *kind == Text).map(|(_, text)| &**text);
        prop_assert_eq!(parts.content(), texts.collect::<String>());
        let others = parts.iter().filter(|(kind, _)| *kind != Text).map(|(_, text)| text);
        prop_assert_eq!(parts.rest(), others.collect::<String>());
        let again = Parts::of_stored(parts.content(), parts.heads().to_vec(), &parts.rest());
        prop_assert_eq!(again, parts);
    }

    /// Fragments may be lost, repeated or late. The copy always has a prefix of the parts, and detects gaps.
    #[test]
    fn fragments_make_a_copy(
        pushes in pushes(),
        ranges in prop::collection::vec((0..60usize, 0..30usize), 0..40),
    ) {
        let parts = parts(&pushes);
        let mut copy = Parts::default();
        for (start, length) in ranges {
            let start = parts.log.floor_char_boundary(start);
            let fragment = parts.fragment(start, length);
            let end = start + fragment.text.len() + fragment.rest.len();
            let before = copy.len();
            let effect = copy.extend(&fragment);
            let expected = if start > before { Extension::Gap }
                else if end > before { Extension::Extended }
                else { Extension::Nothing };
            prop_assert_eq!(effect, expected);
            prop_assert!(parts.log.starts_with(&copy.log));
            prop_assert!(parts.heads.starts_with(&copy.heads));
        }
        copy.extend(&parts.fragment(copy.len(), usize::MAX / 2));
        prop_assert_eq!(copy, parts);
    }

    /// A subscriber that reads some kinds, at any time, gets these parts.
    #[test]
    fn pieces_add_up_to_the_selected_parts(
        pushes in pushes(),
        reads in prop::collection::vec(any::<bool>(), 30),
        bits in 0..16u8,
    ) {
        let kinds = PartKinds::from_bits(bits);
        let (mut parts, mut offset) = (Parts::default(), 0);
        let mut received: Vec<Piece> = Vec::new();
        for ((kind, text), read) in pushes.iter().zip(reads.into_iter()).chain([(&(Text, String::new()), true)]) {
            push(&mut parts, *kind, text);
            if !read {
                continue;
            }
            for piece in parts.after(kinds, offset).expect("the offset is a boundary") {
                match received.last_mut().filter(|last| last.index == piece.index) {
                    Some(last) => {
                        last.text.push_str(&piece.text);
                        last.call = piece.call;
                    }
                    None => received.push(piece),
                }
            }
            offset = parts.len_of(kinds);
        }
        let selected: Vec<_> = parts.pieces().filter(|piece| kinds.contains(piece.kind)).collect();
        prop_assert_eq!(received, selected);
        prop_assert_eq!(parts.after(kinds, offset + 1), None);
    }

    /// An instance without parts counts only text.
    #[test]
    fn offsets_of_text_and_of_the_log_correspond(pushes in pushes(), length in 0..60usize) {
        let parts = parts(&pushes);
        let length = length.min(parts.content().len());
        let offset = parts.offset_of_text(length);
        prop_assert_eq!(parts.text_before(offset), length);
        prop_assert!(offset == 0 || parts.text_before(offset - 1) < length, "it is the first one");
    }
}

#[test]
fn parts_that_contradict_the_content_are_ignored() {
    let heads = vec![Head::new(Reasoning, 0), Head::new(Text, 3)];
    assert!(!Parts::of_stored("ab".into(), heads.clone(), "hm.").is_only_text());
    for (content, rest) in [("ab", "hm"), ("ab", "h\u{e9}\u{e9}"), ("", "hm")] {
        assert_eq!(Parts::of_stored(content.into(), heads.clone(), rest), Parts::of_text(content.into()));
    }
}

#[test]
fn the_length_and_the_number_of_parts_are_limited() {
    let mut parts = Parts::default();
    for _ in 0..MAX_PARTS {
        assert!(parts.push(Reasoning, "r") && parts.push(Text, "t"));
    }
    parts.push_source("https://example.com", None);
    assert_eq!((parts.heads().len(), parts.content()), (MAX_PARTS, "t".repeat(MAX_PARTS)));
    assert!(!parts.push(Text, &"é".repeat(MAX_BYTES / 2)));
    assert!((MAX_BYTES - 1..=MAX_BYTES).contains(&parts.len()));
    assert!(!parts.push(Text, "é") && parts.push(Reasoning, ""));
}

#[test]
fn a_tool_call_grows_until_it_ends() {
    let mut parts = Parts::default();
    let call = |parts: &Parts| parts.pieces().last().and_then(|piece| piece.call).unwrap();
    let expected = |arguments: &str, status, result: Option<&str>| super::ToolCall {
        id: "c1".into(),
        arguments: arguments.into(),
        status,
        result: result.map(Into::into),
    };
    parts.begin_call("c1", "search");
    assert_eq!(call(&parts), expected("", ToolCallStatus::InProgress, None));
    parts.push_arguments("{\"a\":");
    parts.push_arguments("1}\u{1f}");
    assert_eq!(call(&parts), expected("{\"a\":1} ", ToolCallStatus::InProgress, None));
    let mut stopped = parts.clone();
    stopped.fail_open_call();
    assert_eq!(call(&stopped), expected("{\"a\":1} ", ToolCallStatus::Failed, None));
    parts.end_call(ToolCallStatus::Completed, Some(""));
    let ended = expected("{\"a\":1} ", ToolCallStatus::Completed, Some(""));
    assert_eq!(call(&parts), ended);
    parts.push_arguments("more");
    parts.end_call(ToolCallStatus::Failed, Some("more"));
    assert_eq!(call(&parts), ended, "it has ended");
    let pieces: Vec<_> = parts.pieces().collect();
    assert_eq!(
        (pieces.len(), pieces[0].name.as_deref(), &*pieces[0].text),
        (1, Some("search"), "{\"a\":1} ")
    );
    parts.begin_call("c2", "search");
    assert!(parts.push(Text, "Yes"));
    assert_eq!(parts.pieces().nth(1).unwrap().call.unwrap().status, ToolCallStatus::Failed, "text follows");
}

#[test]
fn tool_calls_are_limited() {
    let mut parts = Parts::default();
    let long = "é".repeat(MAX_FIELD_BYTES);
    for _ in 0..MAX_PARTS {
        parts.begin_call("c", "tool");
        parts.push_arguments(&long);
        parts.push_arguments("more");
        parts.end_call(ToolCallStatus::Completed, Some(&long));
    }
    let calls: Vec<_> = parts.pieces().map(|piece| piece.call.unwrap()).collect();
    assert_eq!(calls[0].arguments.len(), MAX_FIELD_BYTES);
    assert_eq!(calls[0].result.as_ref().map(String::len), Some(MAX_FIELD_BYTES));
    assert!(calls.iter().all(|call| call.status == ToolCallStatus::Completed));
    assert!(parts.len() <= MAX_BYTES && parts.heads().len() < MAX_PARTS, "{}", parts.len());
    let mut full = Parts::default();
    assert!(full.push(Reasoning, &"r".repeat(MAX_BYTES - 4)));
    full.begin_call("c", "tool");
    full.push_arguments("{}");
    full.fail_open_call();
    assert_eq!(full.len(), MAX_BYTES);
    assert_eq!(full.pieces().last().unwrap().call.unwrap().status, ToolCallStatus::Failed);
    full.begin_call("c", "tool");
    assert_eq!(full.heads().len(), 2);
}

#[test]
fn heads_of_other_parts_are_stored_as_before() {
    let head = Head { name: Some("A page".into()), ..Head::new(Source, 3) };
    assert_eq!(serde_json::to_string(&head).unwrap(), r#"{"kind":"SOURCE","start":3,"name":"A page"}"#);
}
