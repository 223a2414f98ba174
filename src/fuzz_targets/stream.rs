use crate::assistant::{
    openai::{
        events::{Event, Parser},
        reader::Reader,
        secrets::Secrets,
    },
    providers::Provider,
};

/// Whatever a provider sends, and however the network cuts it: the events are the same, and they are those of the HTML
/// standard where the body is a stream. The answer that is made of them can be stored.
pub fn stream(input: &[u8]) {
    let [cuts, body @ ..] = input else { return };
    let whole = events(body, body.len().max(1));
    assert_eq!(events(body, usize::from(*cuts % 16) + 1), whole, "cut into pieces of {}", cuts % 16 + 1);
    if let Some(expected) = expected(body) {
        assert_eq!(whole, expected);
    }
    let provider = Provider::named("mine");
    let mut reader = Reader::new(&provider, &Secrets::of(&provider));
    let mut text = String::new();
    let mut cut = None;
    for event in &whole {
        match reader.read(event) {
            Ok(news) if news.is_last => break,
            Ok(news) => text += &news.text,
            Err(fault) => {
                cut = Some(fault);
                break;
            }
        }
    }
    let (rest, end) = reader.end(cut);
    text += &rest;
    assert!(!text.chars().any(|character| character.is_control() && !character.is_whitespace()), "{text:?}");
    assert!(text.len() <= 3 * body.len(), "no text is made up: {text:?}");
    assert!(end.is_err() || !text.trim().is_empty(), "an answer without a word counts as one");
    let details = end.err().and_then(|fault| fault.details);
    assert!(details.is_none_or(|details| details.len() <= 500));
}

fn events(body: &[u8], piece: usize) -> Vec<Event> {
    let mut parser = Parser::default();
    let mut events = Vec::new();
    for mut piece in body.chunks(piece) {
        while !piece.is_empty() {
            let left = piece.len();
            let event = parser.next(&mut piece).expect("it is short");
            assert!(piece.len() < left, "nothing is read");
            events.extend(event);
        }
    }
    events.extend(std::iter::from_fn(|| parser.finish()));
    assert!(parser.finish().is_none());
    events
}

/// The events as the standard tells to find them, in the words of the standard; `None` if the body is no stream.
fn expected(body: &[u8]) -> Option<Vec<Event>> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    if body.starts_with(b"\xef") || matches!(body.first(), Some(b'{' | b'[' | b'<')) {
        return None;
    }
    // Line ends are ASCII, so no sequence of bytes that is invalid reaches over one.
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
