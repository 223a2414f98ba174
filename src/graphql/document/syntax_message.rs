//! Plain sentences for syntax errors. The messages of the parser (apollo-parser 0.8) name its kinds of tokens and the
//! rules of its grammar, for example "expected R_CURLY, got EOF".

use apollo_parser::{Lexer, TokenKind};

/// The sentence for errors within the definition of a type, a directive or a schema.
const TYPE_SYSTEM: &str = "The document must contain only operations and fragments.";

/// Returns the sentence for a message of the parser. `before` is the text before the error. `found` is the token at
/// the error, empty at the end of the document. Returns an unknown message unchanged.
pub fn sentence(message: &str, before: &str, found: &str) -> String {
    let rule = message.strip_prefix("expected ").map(|rule| rule.split(", got ").next().unwrap_or(rule));
    match rule.map_or_else(|| lexical(message, found), |rule| grammatical(rule, before, found)) {
        Some(sentence) => sentence,
        None => message.to_owned(),
    }
}

/// Returns the sentence for a token or a rule of the grammar that the parser expected.
fn grammatical(rule: &str, before: &str, found: &str) -> Option<String> {
    let what = match rule {
        "BANG" => "`!`",
        "DOLLAR" => "`$`",
        "AMP" => "`&`",
        "SPREAD" => "`...`",
        "COMMA" => "`,`",
        "COLON" => "`:`",
        "EQ" => "`=`",
        "AT" | "@ symbol" => "`@`",
        "L_PAREN" => "`(`",
        "R_PAREN" => "`)`",
        "L_BRACK" => "`[`",
        "R_BRACK" => "`]`",
        "L_CURLY" | "a Selection Set" | "Selection Set" => "`{`",
        "R_CURLY" => "`}`",
        "PIPE" => "`|`",
        "EOF" => "the end of the document",
        // The parser reports a variable without a type in the same way as a missing name.
        "a Name" if follows_variable(before) => "`:` and a type",
        "IDENT" | "NAME" | "a Name" | "a name" => "a name",
        "INT" | "FLOAT" => "a number",
        "STRING" => "a string",
        "a definition"
        | "a definition after this Name"
        | "a definition after this StringValue"
        | "a StringValue, Name or OperationDefinition"
        | "definition" => "an operation or a fragment",
        "an Operation Type or a Selection Set" | "either a 'mutation', a 'query', or a 'subscription'" => {
            "an operation"
        }
        "at least one Selection in Selection Set" => "a field or a fragment",
        // The parser reports the position of the dots, not of the token after them.
        "an Inline Fragment or a Fragment Spread" => {
            return Some("Expected the name of a fragment, `on`, a directive or `{` after `...`.".into());
        }
        "Fragment Name" => "the name of a fragment",
        "'on'" | "Type Condition" => "`on`",
        "a Name in Type Condition" => "the name of a type",
        "a Type" | "a type" | "item type" => "a type",
        "a Variable Definition" => "a variable",
        "an Argument" => "an argument",
        "a valid Value" => "a value",
        "Directive Location"
        | "Directive Locations"
        | "Directive or Enum Values Definition"
        | "Directives"
        | "Directives or Union Member Types"
        | "Directives or an Input Fields Definition"
        | "Enum Value"
        | "Enum Value Definition"
        | "Field Definition"
        | "Root Operation Type Definition"
        | "Union Member Type"
        | "a Name Type"
        | "an Argument Definition"
        | "an Implements Interface, Directives or a Fields Definition"
        | "an Input Value Definition"
        | "an Interface name"
        | "directives or Root Operation Type Definition"
        | "valid Directive Location" => return Some(TYPE_SYSTEM.into()),
        _ => return None,
    };
    Some(expected(what, found))
}

/// Returns the sentence for the other messages, most of which are about a single token.
fn lexical(message: &str, found: &str) -> Option<String> {
    let sentence = match message {
        "Unexpected <EOF>." => return Some(expected("an operation or a fragment", "")),
        "Fragment Name cannot be 'on'" => return Some(expected("the name of a fragment", found)),
        "unexpected variable value in a Const context" => {
            "Default values of variables, and directives of variables, cannot contain variables."
        }
        "invalid Enum Value"
        | "exptected an Implements Interfaces, Directives, or a Fields Definition"
        | "Invalid Type System Extension. This extension cannot be applied." => TYPE_SYSTEM,
        "Unterminated spread operator" => "A spread consists of three dots (`...`).",
        "unexpected end of data while lexing string value" | "unterminated string value" => {
            "The string has no closing quotation mark."
        }
        "unexpected line terminator" => {
            "The string contains a line break. Write `\\n`, or use a block string (`\"\"\"`)."
        }
        "unexpected escaped character" => {
            "The string contains an invalid escape sequence. Write `\\\\` for a backslash."
        }
        "incomplete unicode escape sequence" | "invalid unicode escape sequence" => {
            "The string contains an invalid Unicode escape sequence. Write it as `\\u00e9` or `\\u{e9}`."
        }
        "unpaired surrogate in unicode escape sequence" => {
            "The string contains a Unicode escape sequence that is half of a surrogate pair."
        }
        "unicode escape sequence must specify a Unicode scalar value" => {
            "The string contains a Unicode escape sequence that does not stand for a character."
        }
        "Numbers must not have non-significant leading zeroes" => "A number must not have leading zeros.",
        "Unexpected EOF in float value" => "Expected a digit, but the document ends.",
        _ if message.starts_with("Unexpected character ") => {
            return Some(match message {
                _ if message.ends_with(", expected fractional digit") => {
                    "Expected a digit after the decimal point.".into()
                }
                _ if message.ends_with(", expected exponent digit or sign") => {
                    "Expected a digit or a sign in the exponent.".into()
                }
                _ if message.ends_with(", expected exponent digit") => {
                    "Expected a digit in the exponent.".into()
                }
                _ if found.starts_with('-') && !message.ends_with(" suffix") => {
                    "Expected a digit after `-`.".into()
                }
                // The character is the last one of an invalid number, or the only one.
                _ => unexpected(found.chars().last()?),
            });
        }
        _ => return None,
    };
    Some(sentence.into())
}

fn expected(what: &str, found: &str) -> String {
    match found.chars().next() {
        None => format!("Expected {what}, but the document ends."),
        Some('"') => format!("Expected {what}, found a string."),
        Some(_) => format!("Expected {what}, found `{found}`."),
    }
}

fn unexpected(character: char) -> String {
    match character {
        '!'..='_' | 'a'..='~' => format!("Unexpected character `{character}`."),
        _ if character.is_alphanumeric() => format!("Unexpected character `{character}`."),
        _ => format!("Unexpected character U+{:04X}.", u32::from(character)),
    }
}

/// Whether a text ends with the name of a variable, for example `$id`.
fn follows_variable(text: &str) -> bool {
    let kinds: Vec<_> = Lexer::new(text)
        .filter_map(Result::ok)
        .map(|token| token.kind())
        .filter(|kind| !matches!(kind, TokenKind::Whitespace | TokenKind::Comment | TokenKind::Comma))
        .collect();
    kinds.ends_with(&[TokenKind::Dollar, TokenKind::Name, TokenKind::Eof])
}

#[cfg(test)]
mod tests {
    use super::{super::syntax::parse, *};

    #[test]
    fn syntax_errors_are_plain_sentences() {
        for (document, expected) in [
            ("", "Expected an operation or a fragment, but the document ends."),
            ("# only a comment", "Expected an operation or a fragment, but the document ends."),
            ("}", "Expected an operation or a fragment, found `}`."),
            ("queryQ { a }", "Expected an operation or a fragment, found `queryQ`."),
            ("\"about\" 1", "Expected an operation or a fragment, found a string."),
            ("query Q", "Expected `{`, but the document ends."),
            ("query Q Q { a }", "Expected `{`, found `Q`."),
            ("{ a", "Expected `}`, but the document ends."),
            ("{ a ) }", "Expected `}`, found `)`."),
            ("{ a \"b\" }", "Expected `}`, found a string."),
            ("{ }", "Expected a field or a fragment, found `}`."),
            ("{", "Expected a field or a fragment, but the document ends."),
            ("{ a: }", "Expected a name, found `}`."),
            ("{ a @ }", "Expected a name, found `}`."),
            ("{ a() }", "Expected an argument, found `)`."),
            ("{ a(b: 1 }", "Expected `)`, found `}`."),
            ("{ a(b: 1", "Expected `)`, but the document ends."),
            ("{ a(b:) }", "Expected a value, found `)`."),
            ("{ a(b: [!]) }", "Expected a value, found `!`."),
            ("{ a(b: {c: 1)) }", "Expected `}`, found `)`."),
            ("{ a(b: {c:}) }", "Expected a value, found `}`."),
            ("{ ... }", "Expected the name of a fragment, `on`, a directive or `{` after `...`."),
            ("{ ... on }", "Expected the name of a type, found `}`."),
            ("{ ... on A }", "Expected `{`, found `}`."),
            ("fragment { a }", "Expected the name of a fragment, found `{`."),
            ("fragment on A { a }", "Expected the name of a fragment, found `on`."),
            ("fragment F A { a }", "Expected `on`, found `A`."),
            ("fragment F on { a }", "Expected the name of a type, found `{`."),
            ("fragment F on A", "Expected `{`, but the document ends."),
            ("query() { a }", "Expected a variable, found `)`."),
            ("query($: A) { a }", "Expected a name, found `:`."),
            ("query($a A) { a }", "Expected `:` and a type, found `A`."),
            ("query($a # comment\n ) { a }", "Expected `:` and a type, found `)`."),
            ("query($a:) { a }", "Expected a type, found `)`."),
            ("query($a: [A) { a }", "Expected `]`, found `)`."),
            ("query($a: []) { a }", "Expected a type, found `]`."),
            ("query($a: A b) { a }", "Expected `)`, found `b`."),
            (
                "query($a: A = $b) { a }",
                "Default values of variables, and directives of variables, cannot contain variables.",
            ),
            ("type A {", TYPE_SYSTEM),
            ("extend A", TYPE_SYSTEM),
            ("{ a. }", "A spread consists of three dots (`...`)."),
            ("{ a(b: \"c) }", "The string has no closing quotation mark."),
            ("{ a(b: \"", "The string has no closing quotation mark."),
            ("{ a(b: \"\"\"c\") }", "The string has no closing quotation mark."),
            (
                "{ a(b: \"c\nd\") }",
                "The string contains a line break. Write `\\n`, or use a block string (`\"\"\"`).",
            ),
            (
                r#"{ a(b: "\c") }"#,
                "The string contains an invalid escape sequence. Write `\\\\` for a backslash.",
            ),
            (
                r#"{ a(b: "\u00") }"#,
                "The string contains an invalid Unicode escape sequence. Write it as `\\u00e9` or `\\u{e9}`.",
            ),
            (
                r#"{ a(b: "\ud800") }"#,
                "The string contains a Unicode escape sequence that is half of a surrogate pair.",
            ),
            (
                r#"{ a(b: "\u{110000}") }"#,
                "The string contains a Unicode escape sequence that does not stand for a character.",
            ),
            ("{ a(b: 01) }", "A number must not have leading zeros."),
            ("{ a(b: 1x) }", "Unexpected character `x`."),
            ("{ a(b: 1.5.) }", "Unexpected character `.`."),
            ("{ a(b: 1.) }", "Expected a digit after the decimal point."),
            ("{ a(b: 1.", "Expected a digit, but the document ends."),
            ("{ a(b: 1e) }", "Expected a digit or a sign in the exponent."),
            ("{ a(b: 1e-) }", "Expected a digit in the exponent."),
            ("{ a(b: -) }", "Expected a digit after `-`."),
            ("{ a(b: -1x) }", "Unexpected character `x`."),
            ("{ a(b: -", "Expected a digit after `-`."),
            ("{ a ' }", "Unexpected character `'`."),
            ("{ é }", "Unexpected character `é`."),
            ("{ ` }", "Unexpected character U+0060."),
            ("{ a\u{200b} }", "Unexpected character U+200B."),
        ] {
            let rejection = parse(document).expect_err(document).to_string();
            assert_eq!(rejection, format!("Syntax error: {expected}"), "{document}");
        }
    }

    #[test]
    fn an_unknown_message_stays_unchanged() {
        for message in ["expected NEW_TOKEN, got EOF", "a new message"] {
            assert_eq!(sentence(message, "{", ""), message);
        }
    }
}
