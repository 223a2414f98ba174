//! The log, its fragments, and its limits.

use super::*;
use PartKind::{Reasoning, Source, Text};
use proptest::prelude::*;

fn kind() -> impl Strategy<Value = PartKind> {
    prop_oneof![Just(Text), Just(Reasoning), Just(Source)]
}

fn push(parts: &mut Parts, kind: PartKind, text: &str) {
    match kind {
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
        let texts = |is_text: bool| -> String {
            pushes.iter().filter(|(kind, _)| (*kind == Text) == is_text).map(|(_, text)| &**text).collect()
        };
        prop_assert_eq!((parts.content(), parts.rest()), (texts(true), texts(false)));
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
        bits in 0..8u8,
    ) {
        let kinds = PartKinds::from_bits(bits);
        let (mut parts, mut offset) = (Parts::default(), 0);
        let mut received: Vec<(usize, PartKind, String)> = Vec::new();
        for ((kind, text), read) in pushes.iter().zip(reads.into_iter()).chain([(&(Text, String::new()), true)]) {
            push(&mut parts, *kind, text);
            if !read {
                continue;
            }
            for piece in parts.after(kinds, offset).expect("the offset is a boundary") {
                match received.last_mut().filter(|last| last.0 == piece.index) {
                    Some(last) => last.2.push_str(&piece.text),
                    None => received.push((piece.index, piece.kind, piece.text)),
                }
            }
            offset = parts.len_of(kinds);
        }
        let all = parts.iter().enumerate().map(|(index, (kind, text))| (index, kind, text.to_owned()));
        let selected: Vec<_> = all.filter(|(_, kind, _)| kinds.contains(*kind)).collect();
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
