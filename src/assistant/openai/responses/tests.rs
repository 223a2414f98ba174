use super::*;
use crate::assistant::{AssistantErrorKind, ToolCallStep, openai::events::Parser};
use serde_json::{Value, json};

/// Returns the stream of these events. An event without a type is sent unchanged.
fn stream(events: &[Value]) -> String {
    let event =
        |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default());
    events.iter().map(event).collect()
}

/// An answer: its text, its reasoning, its tool calls and sources in short, and how it ended.
type Read = (Vec<String>, Result<End, AssistantError>);

fn read_split(body: &str, at: usize) -> Read {
    let provider = Provider::named("mine");
    let mut reader = Reader::new(&provider, &Secrets::of(&provider), Generation::default());
    let mut parser = Parser::default();
    let (first, second) = body.as_bytes().split_at(at);
    let (mut parts, mut failure, mut is_over) = (Vec::new(), None, false);
    let mut take = |event: &Event, parts: &mut Vec<Part>| {
        if !is_over {
            match reader.read(event) {
                Ok(update) => {
                    parts.extend(update.parts);
                    is_over = update.is_last;
                }
                Err(error) => (failure, is_over) = (Some(error), true),
            }
        }
    };
    for mut bytes in [first, second] {
        while !bytes.is_empty() {
            if let Some(event) = parser.next(&mut bytes).unwrap() {
                take(&event, &mut parts);
            }
        }
    }
    if let Some(event) = parser.finish() {
        take(&event, &mut parts);
    }
    let (rest, end) = reader.end(failure);
    parts.extend(rest);
    (shortened(parts), end)
}

fn read(events: &[Value]) -> Read {
    let body = stream(events);
    read_split(&body, body.len())
}

/// The parts in short; pieces of one part are joined.
fn shortened(parts: Vec<Part>) -> Vec<String> {
    let mut short: Vec<String> = Vec::new();
    let mut last = None;
    for part in parts {
        let (kind, text) = match part {
            Part::More(kind, text) => (Some(kind), text),
            Part::Source(source) => (None, format!("[{}]({})", source.title.unwrap_or_default(), source.url)),
            Part::ToolCall(ToolCallStep::Begin { id, name }) => (None, format!("{name}#{id}")),
            Part::ToolCall(ToolCallStep::Arguments(arguments)) => (Some(PartKind::ToolCall), arguments),
            Part::ToolCall(ToolCallStep::End { status, result }) => {
                (None, format!("{} {}", status.as_str(), result.unwrap_or_default()))
            }
            Part::End(end) => panic!("{end:?}"),
        };
        match short.last_mut().filter(|_| kind.is_some() && kind == last) {
            Some(before) => before.push_str(&text),
            None => short.push(text),
        }
        last = kind;
    }
    short
}

fn text(item: u32, delta: &str) -> Value {
    json!({ "type": "response.output_text.delta", "output_index": item, "content_index": 0, "delta": delta })
}

fn summary(index: u32, delta: &str) -> Value {
    json!({ "type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": index, "delta": delta })
}

fn added(index: u32, item: Value) -> Value {
    json!({ "type": "response.output_item.added", "output_index": index, "item": item })
}

fn done(index: u32, item: Value) -> Value {
    json!({ "type": "response.output_item.done", "output_index": index, "item": item })
}

fn search(id: &str, query: &str) -> Value {
    json!({ "type": "web_search_call", "id": id, "status": "completed", "action": { "type": "search", "query": query } })
}

fn completed() -> Value {
    json!({ "type": "response.completed", "response": { "status": "completed", "output": [], "usage": {
        "input_tokens": 9, "input_tokens_details": { "cached_tokens": 4 }, "output_tokens": 8,
        "output_tokens_details": { "reasoning_tokens": 5 } } } })
}

fn finish((parts, end): Read) -> (Vec<String>, Finish) {
    let finish = end.unwrap_or_else(|error| panic!("{error:?}: {parts:?}")).finish;
    (parts, finish)
}

#[test]
fn text_and_reasoning_and_usage_are_read() {
    let events = [
        json!({ "type": "response.created", "response": { "status": "in_progress", "error": null } }),
        added(0, json!({ "type": "reasoning", "id": "r", "summary": [] })),
        summary(0, "\n**One"),
        summary(0, "**"),
        summary(1, "Two"),
        json!({ "type": "response.reasoning_text.delta", "output_index": 0, "content_index": 0, "delta": "raw" }),
        json!({ "type": "response.content_part.added", "output_index": 1, "part": { "type": "output_text", "text": "" } }),
        text(1, "Yes"),
        text(1, "."),
        json!({ "type": "response.output_text.done", "output_index": 1, "text": "Yes." }),
        json!({ "type": "response.of_a_later_version", "code": 500, "message": "?", "error": "?" }),
        text(2, "Really."),
        completed(),
        text(2, "after the end"),
    ];
    let (parts, end) = read(&events);
    assert_eq!(parts, ["**One**\n\nTwo", "Yes.\n\nReally."]);
    let usage = crate::assistant::Usage {
        input_tokens: 9,
        output_tokens: 8,
        reasoning_tokens: Some(5),
        cached_tokens: Some(4),
    };
    assert_eq!(end.unwrap(), End { finish: Finish::Stop, usage: Some(usage) });
}

#[test]
fn citations_follow_the_text() {
    let cite = |url: &str| {
        json!({ "type": "response.output_text.annotation.added", "output_index": 0,
            "annotation": { "type": "url_citation", "url": url, "title": "A page", "start_index": 0, "end_index": 2 } })
    };
    let file = json!({ "type": "response.output_text.annotation.added", "annotation": { "type": "file_citation", "file_id": "f" } });
    let url = "https://example.com/a";
    let (parts, _) = finish(read(&[
        text(0, "a"),
        cite(url),
        file,
        cite("javascript:x"),
        text(0, "b"),
        cite(url),
        completed(),
    ]));
    assert_eq!(parts, ["ab", "[A page](https://example.com/a)"]);
}

#[test]
fn parallel_calls_are_released_one_after_the_other() {
    let mcp = |done: bool| {
        json!({ "type": "mcp_call", "id": "m", "name": "roll", "server_label": "dice",
            "arguments": if done { "{\"sides\":6}" } else { "" }, "output": done.then_some("4") })
    };
    let arguments = |delta: &str| json!({ "type": "response.mcp_call_arguments.delta", "output_index": 2, "delta": delta });
    let code = |delta: &str| json!({ "type": "response.code_interpreter_call_code.delta", "output_index": 3, "delta": delta });
    let interpreter = json!({ "type": "code_interpreter_call", "id": "c", "status": "completed", "code": "a = \"\u{e9}\"\n",
        "outputs": [{ "type": "logs", "logs": "1" }] });
    let events = [
        text(0, "Let me see."),
        added(1, json!({ "type": "web_search_call", "id": "w", "status": "in_progress" })),
        added(2, mcp(false)),
        json!({ "type": "response.web_search_call.searching", "output_index": 1, "item_id": "w" }),
        arguments("{\"sides\""),
        added(3, json!({ "type": "code_interpreter_call", "id": "c", "status": "in_progress", "code": "" })),
        code("a = \"\u{e9}"),
        arguments(":6}"),
        done(2, mcp(true)),
        text(4, "It is "),
        json!({ "type": "response.web_search_call.in_progress", "output_index": 1, "item_id": "w" }),
        done(1, search("w", "rain")),
        code("\"\n"),
        done(3, interpreter),
        text(4, "so."),
        completed(),
    ];
    let expected = [
        "Let me see.",
        "web_search#w",
        r#"{"query":"rain","type":"search"}"#,
        "COMPLETED ",
        "roll#m",
        r#"{"sides":6}"#,
        "COMPLETED 4",
        "code_interpreter#c",
        "{\"code\":\"a = \\\"\u{e9}\\\"\\n\"}",
        "COMPLETED [{\"logs\":\"1\",\"type\":\"logs\"}]",
        "\n\nIt is so.",
    ];
    assert_eq!(finish(read(&events)), (expected.map(str::to_owned).to_vec(), Finish::Stop));
    let body = stream(&events);
    let whole = read_split(&body, body.len());
    for at in 0..body.len() {
        assert_eq!(read_split(&body, at), whole, "cut at {at}");
    }
}

#[test]
fn a_call_without_an_end_has_failed() {
    let start = added(0, json!({ "type": "web_search_call", "id": "w" }));
    let searched = json!({ "type": "response.web_search_call.completed", "output_index": 0 });
    let (parts, end) = read(&[start.clone(), text(1, "half")]);
    assert_eq!(parts, ["web_search#w", "FAILED ", "half"]);
    assert_eq!(end.unwrap_err().kind, AssistantErrorKind::Unavailable);
    // Its end was reported, but its item was not.
    let (parts, _) = finish(read(&[start.clone(), searched.clone(), text(1, "all"), completed()]));
    assert_eq!(parts, ["web_search#w", "COMPLETED ", "all"]);
    // The last event has its item.
    let last = json!({ "type": "response.completed", "response": { "status": "completed", "output": [search("w", "rain")] } });
    let (parts, _) = finish(read(&[start, text(1, "all"), last]));
    assert_eq!(parts, ["web_search#w", r#"{"query":"rain","type":"search"}"#, "COMPLETED ", "all"]);
}

#[test]
fn errors_of_tools_are_results_without_secrets() {
    let failed = json!({ "type": "mcp_call", "id": "", "name": " ", "arguments": "{}", "output": null,
        "error": { "message": "the key sk-secret is bad" } });
    let files = json!({ "type": "file_search_call", "id": "f", "status": "failed", "queries": ["a"], "results": null });
    let (parts, _) = finish(read(&[done(0, failed), done(1, files), text(2, "Sorry."), completed()]));
    let error = r#"FAILED {"message":"the key *** is bad"}"#;
    assert_eq!(
        parts,
        ["mcp#call_0", "{}", error, "file_search#f", r#"{"queries":["a"]}"#, "FAILED ", "Sorry."]
    );
}

#[test]
fn the_last_event_determines_how_the_answer_ended() {
    let incomplete = |reason: &str| json!({ "type": "response.incomplete", "response": { "status": "incomplete", "incomplete_details": { "reason": reason } } });
    let refusal = json!({ "type": "response.refusal.delta", "output_index": 0, "delta": "I cannot." });
    for (events, expected) in [
        (vec![text(0, "a"), incomplete("max_output_tokens")], Finish::Length),
        (vec![text(0, "a"), incomplete("content_filter")], Finish::ContentFilter),
        (vec![refusal, completed()], Finish::ContentFilter),
    ] {
        assert_eq!(finish(read(&events)).1, expected, "{events:?}");
    }
    let failed = |code: &str| json!({ "type": "response.failed", "response": { "status": "failed", "error": { "code": code, "message": "m" } } });
    let function = added(0, json!({ "type": "function_call", "id": "f", "name": "f", "arguments": "" }));
    use AssistantErrorKind::*;
    for (events, expected) in [
        (vec![text(0, "a"), failed("server_error")], Unavailable),
        (vec![text(0, "a"), failed("rate_limit_exceeded")], Unavailable),
        (vec![text(0, "a"), failed("invalid_prompt")], Rejected),
        (vec![text(0, "a"), failed("context_length_exceeded")], ContextTooLong),
        (vec![text(0, "a"), json!({ "type": "error", "code": "server_error", "message": "m" })], Unavailable),
        (vec![json!({ "error": { "type": "invalid_request_error", "message": "m" } })], Rejected),
        (vec![text(0, "a")], Unavailable),
        (vec![json!({ "type": "response.created" })], Unavailable),
        (vec![completed()], Empty),
        (vec![incomplete("max_output_tokens")], Empty),
        (vec![function, completed()], Rejected),
    ] {
        assert_eq!(read(&events).1.unwrap_err().kind, expected, "{events:?}");
    }
}

#[test]
fn an_answer_that_is_not_streamed_is_read() {
    let response = json!({ "object": "response", "status": "incomplete", "incomplete_details": { "reason": "max_output_tokens" },
        "output": [
            { "type": "reasoning", "summary": [{ "type": "summary_text", "text": "hm" }, { "type": "summary_text", "text": "so" }] },
            search("w", "rain"),
            { "type": "message", "content": [{ "type": "output_text", "text": "Ra", "annotations": [
                { "type": "url_citation", "url": "https://example.com/", "title": "t" }] }, { "type": "output_text", "text": "in" }] },
        ] });
    let body = response.to_string();
    let expected = [
        "hm\n\nso",
        "web_search#w",
        r#"{"query":"rain","type":"search"}"#,
        "COMPLETED ",
        "Rain",
        "[t](https://example.com/)",
    ];
    let (parts, finish) = finish(read_split(&body, body.len()));
    assert_eq!((parts, finish), (expected.map(str::to_owned).to_vec(), Finish::Length));
}

#[test]
fn long_arguments_and_results_are_cut() {
    let long = "\u{e9}".repeat(100_000);
    let call = json!({ "type": "mcp_call", "id": "i".repeat(1000), "name": "n".repeat(1000), "arguments": long, "output": long });
    let (parts, _) = finish(read(&[done(0, call), text(1, "a"), completed()]));
    let lengths: Vec<usize> = parts.iter().map(String::len).collect();
    assert_eq!(lengths, [100 + 1 + 256, 64 << 10, "COMPLETED ".len() + (64 << 10), 1]);
}
