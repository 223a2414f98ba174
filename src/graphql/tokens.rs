//! A look at a document's text before it is parsed: how many tokens it has, and how deep its brackets are nested.
//!
//! The parser calls itself for each bracket and keeps something for each token, so it is shown only what has few of
//! both. This reads no further than it must: a text of whatever length with too many tokens costs no more than one with
//! just so many. No crate does it without parsing too, or without keeping what it reads.
//!
//! It must never count less than the parser will find. Hence what is no token of its own counts as one, and a string
//! without an end is refused: the parser would take another look at it, as something else.

use super::guard::Limits;
use async_graphql::Pos;

/// How deep brackets of all kinds may be nested: deeper than any query that the other limits let pass.
const MOST_NESTED: usize = 48;
/// How many bytes of comments and white space there may be. A token each, they would cost the parser more than the tokens.
const MOST_IGNORED: usize = 16 * 1024;
/// The longest name, in bytes. Errors say names again, each in its turn.
pub const LONGEST_NAME: usize = 200;

/// Why the text is not worth parsing, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong, to be read after "Syntax error: ".
    pub message: String,
    /// Where that is.
    pub position: Pos,
}

/// Looks at a document's text.
pub fn check(text: &str, limits: &Limits) -> Result<(), Refusal> {
    let most = limits.document;
    if text.len() > most {
        let message = format!("the document has more than {most} bytes: let variables hold what is long");
        return Err(Refusal { message, position: Pos { line: 1, column: 1 } });
    }
    count(text, limits.tokens).map(drop)
}

/// How many tokens there are, of at most so many.
fn count(text: &str, most: usize) -> Result<usize, Refusal> {
    let bytes = text.as_bytes();
    let (mut at, mut tokens, mut nested, mut ignored) = (0, 0, 0_usize, 0);
    let refuse = |message: String, at| Err(Refusal { message, position: position(text, at) });
    while let Some(&first) = bytes.get(at) {
        let rest = &bytes[at..];
        if let Some(length) = ignorable(rest) {
            (at, ignored) = (at + length, ignored + length);
            if ignored > MOST_IGNORED {
                return refuse(
                    format!("there are more than {MOST_IGNORED} bytes of comments and white space"),
                    at,
                );
            }
            continue;
        }
        let length = match first {
            b'"' => match string(rest) {
                Some(length) => length,
                None => return refuse("a string has no end".into(), at),
            },
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => {
                length_while(rest, |byte| byte.is_ascii_alphanumeric() || byte == b'_')
            }
            b'-' | b'0'..=b'9' => number(rest),
            b'.' if rest.starts_with(b"...") => 3,
            _ => 1,
        };
        match first {
            b'{' | b'[' | b'(' => nested += 1,
            b'}' | b']' | b')' => nested = nested.saturating_sub(1),
            _ if first != b'"' && length > LONGEST_NAME => {
                return refuse(format!("a name or number has more than {LONGEST_NAME} characters"), at);
            }
            _ => {}
        }
        tokens += 1 + hidden(&rest[..length]);
        if nested > MOST_NESTED {
            return refuse(format!("brackets are nested more than {MOST_NESTED} deep"), at);
        }
        if tokens > most {
            return refuse(format!("the document has more than {most} tokens"), at);
        }
        at += length;
    }
    Ok(tokens)
}

/// The length of what is passed over at the start, if anything is.
fn ignorable(bytes: &[u8]) -> Option<usize> {
    match *bytes.first()? {
        b' ' | b',' | b'\t' | b'\r' | b'\n' => Some(1),
        b'#' => Some(length_while(bytes, |byte| !matches!(byte, b'\r' | b'\n'))),
        // A byte order mark.
        _ => bytes.starts_with("\u{feff}".as_bytes()).then_some(3),
    }
}

fn length_while(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !belongs(*byte)).unwrap_or(bytes.len())
}

/// How many values more the parser may find in a token: it takes `nullnull0`, where there can be a value, for three.
fn hidden(token: &[u8]) -> usize {
    let keyword = [&b"null"[..], b"true", b"false"].into_iter().find(|keyword| token.starts_with(keyword));
    keyword.map_or(0, |keyword| token.len() - keyword.len())
}

/// The length of the string at the start, quotes included; `None` if it has no end.
fn string(bytes: &[u8]) -> Option<usize> {
    let block = bytes.starts_with(b"\"\"\"");
    let mut at = if block { 3 } else { 1 };
    loop {
        let rest = bytes.get(at..)?;
        at += match (block, *rest.first()?) {
            (true, _) if rest.starts_with(b"\"\"\"") => return Some(at + 3),
            (true, _) if rest.starts_with(b"\\\"\"\"") => 4,
            (false, b'"') => return Some(at + 1),
            (false, b'\\') => 2,
            (false, b'\r' | b'\n') => return None,
            _ => 1,
        };
    }
}

/// The length of the number at the start. After a leading zero comes no further digit: that would be another number.
fn number(bytes: &[u8]) -> usize {
    let digits = |at: usize| length_while(&bytes[at.min(bytes.len())..], |byte| byte.is_ascii_digit());
    let mut length = usize::from(bytes[0] == b'-');
    length += if bytes.get(length) == Some(&b'0') { 1 } else { digits(length) };
    if bytes.get(length) == Some(&b'.') && digits(length + 1) > 0 {
        length += 1 + digits(length + 1);
    }
    if let Some(b'e' | b'E') = bytes.get(length) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        if digits(length + 1 + sign) > 0 {
            length += 1 + sign + digits(length + 1 + sign);
        }
    }
    length
}

/// Lines and columns as the parser counts them.
fn position(text: &str, at: usize) -> Pos {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit(['\n', '\r']).next().unwrap_or(before).chars().count() + 1;
    Pos { line, column }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::{
        parse_query,
        types::{DocumentOperations, ExecutableDocument, Selection},
    };
    use async_graphql_value::Value;
    use proptest::prelude::*;

    fn tokens(text: &str) -> usize {
        count(text, 1000).unwrap_or_else(|refusal| panic!("{text}: {refusal:?}"))
    }

    #[test]
    fn tokens_are_those_of_the_specification() {
        for (text, expected) in [
            ("", 0),
            ("\u{feff} ,,\t\r\n # all of this is \" nothing {{{", 0),
            ("{ me { id } }", 6),
            ("query Q($n: Int! = -1.5e+3) @a { ...F }", 17),
            (r#""" "a" "\"" "\\""#, 4),
            (r#""""a "b" \""" { """ """""" "#, 2),
            ("[-0.5e-1-2 3]", 5),
            ("a#b\rc", 2),
            ("{ \u{e9} }", 4),
        ] {
            assert_eq!(tokens(text), expected, "{text}");
        }
        // As the parser has it, which takes leading zeros for numbers of their own.
        assert_eq!(tokens("[0001]"), 6);
        assert!(parse_query("{a(x:[0001])}").is_ok());
        assert_eq!(tokens("[nulltrue null]"), 8);
        assert!(parse_query("{a(x:[nulltrue])}").is_ok());
    }

    #[test]
    fn what_is_too_much_is_told_with_its_place() {
        let told = |text: &str| {
            let refusal = count(text, 10).unwrap_err();
            (refusal.position.line, refusal.position.column, refusal.message)
        };
        assert_eq!(told("a a a a a\na a a a a é"), (2, 11, "the document has more than 10 tokens".into()));
        assert_eq!(told("a \"b"), (1, 3, "a string has no end".into()));
        assert_eq!(told("\"a\n\""), (1, 1, "a string has no end".into()));
        assert_eq!(told("\"\"\"\""), (1, 1, "a string has no end".into()));
        assert!(told(&"a".repeat(201)).2.contains("200 characters"));
        assert!(told(&"1".repeat(201)).2.contains("200 characters"));
        let deep = count(&"[".repeat(49), 1000).unwrap_err();
        assert!(deep.message.contains("48 deep"));
        assert_eq!(tokens(&format!("{0}{1}{0}{1}", "{".repeat(48), "}".repeat(48))), 192);
    }

    #[test]
    fn what_the_parser_is_shown_at_most_it_takes_on_a_small_stack() {
        let deep = |open: &str, leaf: &str, close: &str, levels: usize| {
            format!("{}{leaf}{}", open.repeat(levels), close.repeat(levels))
        };
        let within = |text: &str| {
            tokens(text);
            let text = text.to_owned();
            // Half of what a thread has.
            let thread = std::thread::Builder::new().stack_size(1024 * 1024);
            thread.spawn(move || parse_query(text).is_ok()).unwrap().join().unwrap()
        };
        within(&deep("{a", "", "}", MOST_NESTED));
        within(&deep("{...", "{a}", "}", MOST_NESTED - 1));
        assert!(within(&format!("{{a(x:{})}}", deep("[", "", "]", MOST_NESTED - 2))));
        assert!(within(&format!("{{a(x:{})}}", deep("{x:", "1", "}", MOST_NESTED - 2))));
        assert!(within(&format!("query($a:{}){{a}}", deep("[", "I", "]", MOST_NESTED - 1))));
    }

    /// The items of the list that is the only argument of the only field.
    fn first_argument(document: &ExecutableDocument) -> &[Value] {
        let DocumentOperations::Single(operation) = &document.operations else { panic!("one operation") };
        let Selection::Field(field) = &operation.node.selection_set.node.items[0].node else {
            panic!("a field")
        };
        let Value::List(items) = &field.node.arguments[0].1.node else { panic!("a list") };
        items
    }

    proptest! {
        /// Lists of scalars: the parser tells how many there are, however they stand beside each other.
        #[test]
        fn nothing_the_parser_finds_is_missed(items in prop::collection::vec(
            prop::sample::select(vec![
                "0", "1", "-2", "3.5", "4e5", "6E-7", "-0", "a", "_b1", "null", "\"\"", "\" # \"", "\"\\\"\"",
                "\"\"\"\"\"\"", "\"\"\" \" \\\"\"\" \"\"\"", " ", ",", "#\"\n", "#{\r", "\u{feff}", "$v",
            ]), 0..40,
        )) {
            let text = format!("{{a(x:[{}])}}", items.concat());
            if let Ok(document) = parse_query(&text) {
                let found: usize = first_argument(&document)
                    .iter()
                    .map(|item| if let Value::Variable(_) = item { 2 } else { 1 })
                    .sum();
                match count(&text, 1000) {
                    Ok(counted) if text.contains("null") => prop_assert!(counted >= 9 + found, "{text}"),
                    Ok(counted) => prop_assert_eq!(counted, 9 + found, "{}", text),
                    // The parser takes four quotes for two strings; they are the beginning of one.
                    Err(refusal) => prop_assert_eq!(refusal.message, "a string has no end", "{}", text),
                }
            }
        }
    }
}
