use crate::{
    assistant::{
        Part, Source, ToolCallStep,
        openai::{
            AnswerReader,
            events::{Event, Parser},
            reader, responses,
            secrets::Secrets,
        },
        providers::Provider,
    },
    parts::PartKind,
};

/// The events of a provider's response do not depend on how the network splits it. If the response is an event stream,
/// they are those of the HTML standard. The resulting reply can be stored.
///
/// The first byte of the input selects the size of the pieces.
pub fn stream(input: &[u8]) {
    let [size, body @ ..] = input else { return };
    let whole = events(body, body.len().max(1));
    assert_eq!(events(body, usize::from(*size % 16) + 1), whole, "split into pieces of {}", size % 16 + 1);
    if let Some(expected) = expected(body) {
        assert_eq!(whole, expected);
    }
    check::<reader::Reader>(body, &whole);
    check::<responses::Reader>(body, &whole);
}

/// The reply that the events result in can be stored.
fn check<R: AnswerReader>(body: &[u8], events: &[Event]) {
    let provider = Provider::named("mine");
    let mut reader = R::new(&provider, &Secrets::of(&provider), crate::generation::Generation::default());
    let mut parts = Vec::new();
    let mut error = None;
    for event in events {
        match reader.read(event) {
            Ok(update) => {
                parts.extend(update.parts);
                if update.is_last {
                    break;
                }
            }
            Err(fault) => {
                error = Some(fault);
                break;
            }
        }
    }
    let (rest, end) = reader.end(error);
    parts.extend(rest);
    let mut open_call = false;
    for part in &parts {
        let is_step = matches!(part, Part::ToolCall(ToolCallStep::Arguments(_) | ToolCallStep::End { .. }));
        assert_eq!(open_call, is_step, "a call is open until it ends: {part:?}");
        match part {
            Part::More(_, text) => assert!(!text.is_empty(), "an empty part"),
            Part::Source(Source { url, title }) => {
                assert!(url.starts_with("http") && url.len() <= 2048, "{url:?}");
                assert!(title.as_ref().is_none_or(|title| !title.contains('\0')));
            }
            Part::ToolCall(ToolCallStep::Begin { id, name }) => {
                open_call = true;
                assert!(!id.is_empty() && id.len() <= 256 && name.chars().count() <= 100);
            }
            Part::ToolCall(ToolCallStep::Arguments(arguments)) => assert!(!arguments.is_empty()),
            Part::ToolCall(ToolCallStep::End { .. }) => open_call = false,
            Part::End(end) => panic!("the end is returned separately: {end:?}"),
        }
    }
    assert!(!open_call, "every call ends");
    let texts = |of: PartKind| -> String {
        let text = |part: &Part| match part {
            Part::More(kind, text) if *kind == of => Some(text.clone()),
            _ => None,
        };
        parts.iter().filter_map(text).collect()
    };
    let (text, all) = (texts(PartKind::Text), texts(PartKind::Text) + &texts(PartKind::Reasoning));
    assert!(!all.chars().any(|character| character.is_control() && !character.is_whitespace()), "{all:?}");
    assert!(all.len() <= 3 * body.len(), "the parts are longer than the response allows: {all:?}");
    assert!(end.is_err() || !text.trim().is_empty(), "an empty reply succeeded");
    let details = end.err().and_then(|fault| fault.details);
    assert!(details.is_none_or(|details| details.len() <= 500));
}

fn events(body: &[u8], piece: usize) -> Vec<Event> {
    let mut parser = Parser::default();
    let mut events = Vec::new();
    for mut piece in body.chunks(piece) {
        while !piece.is_empty() {
            let left = piece.len();
            let event = parser.next(&mut piece).expect("the response is short");
            assert!(piece.len() < left, "the parser made no progress");
            events.extend(event);
        }
    }
    events.extend(std::iter::from_fn(|| parser.finish()));
    assert!(parser.finish().is_none());
    events
}

/// The events according to the algorithm in the standard. `None` if the body is not an event stream.
fn expected(body: &[u8]) -> Option<Vec<Event>> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    if body.starts_with(b"\xef") || matches!(body.first(), Some(b'{' | b'[' | b'<')) {
        return None;
    }
    // Line ends are ASCII, so no invalid byte sequence spans one.
    let text = String::from_utf8_lossy(body).replace("\r\n", "\n").replace('\r', "\n");
    let mut events = Vec::new();
    let mut event = Event::default();
    for line in text.split('\n').chain([""]) {
        if line.is_empty() {
            event.data.pop();
            events.push(std::mem::take(&mut event));
            continue;
        }
        if line.starts_with('{') {
            events.push(Event { name: String::new(), data: line.to_owned() });
            continue;
        }
        let (field, value) = match line.split_once(':') {
            Some((field, value)) => (field, value.strip_prefix(' ').unwrap_or(value)),
            None => (line, ""),
        };
        match field {
            "data" => event.data += &format!("{value}\n"),
            "event" => event.name = value.to_owned(),
            _ => {}
        }
    }
    events.retain(|event| *event != Event::default());
    Some(events)
}
