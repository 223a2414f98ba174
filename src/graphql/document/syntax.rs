//! The document's text: how much of it there may be, and its grammar.
//!
//! The parser calls itself for each bracket and keeps something for each token. So its lexer alone looks at the text
//! first, without keeping anything, and stops at the first token too many.

use super::{Fault, Limits, Rejection, lines::Lines};
use apollo_compiler::{ast, parser::Parser};
use apollo_parser::{Lexer, TokenKind};

/// How deep brackets of all kinds may be nested: deeper than any document that the other limits let pass.
const MOST_NESTED: usize = 48;
/// How many bytes of comments, commas and white space there may be.
const MOST_IGNORED: usize = 16 * 1024;
/// The longest name or number, in bytes. Error messages repeat names.
pub const LONGEST_NAME: usize = 200;

/// Checks the size of a text: its bytes, tokens, nesting, names, and comments.
pub fn check(text: &str, limits: &Limits) -> Result<(), Rejection> {
    if text.len() > limits.document {
        let most = limits.document;
        let message = format!("the document has more than {most} bytes; pass long values as variables");
        return Err(Fault::syntax(message).into());
    }
    let (mut tokens, mut nested, mut ignored) = (0, 0_usize, 0);
    for token in Lexer::new(text) {
        // The parser reports what is no token.
        let (kind, data, index) = match &token {
            Ok(token) => (token.kind(), token.data(), token.index()),
            Err(error) => (TokenKind::Comma, "", error.index()),
        };
        let length = data.len();
        let fault = match kind {
            TokenKind::Whitespace | TokenKind::Comment | TokenKind::Comma if token.is_ok() => {
                ignored += length;
                (ignored > MOST_IGNORED)
                    .then(|| format!("there are more than {MOST_IGNORED} bytes of comments and white space"))
            }
            TokenKind::Name | TokenKind::Int | TokenKind::Float if length > LONGEST_NAME => {
                Some(format!("a name or number has more than {LONGEST_NAME} characters"))
            }
            _ => {
                match kind {
                    TokenKind::LCurly | TokenKind::LBracket | TokenKind::LParen => nested += 1,
                    TokenKind::RCurly | TokenKind::RBracket | TokenKind::RParen => {
                        nested = nested.saturating_sub(1);
                    }
                    _ => {}
                }
                tokens += usize::from(kind != TokenKind::Eof);
                if nested > MOST_NESTED {
                    Some(format!("brackets are nested more than {MOST_NESTED} deep"))
                } else {
                    (tokens > limits.tokens)
                        .then(|| format!("the document has more than {} tokens", limits.tokens))
                }
            }
        };
        if let Some(message) = fault {
            return Err(Fault::syntax(message).at(Lines::new(text).position(index)).into());
        }
    }
    Ok(())
}

/// Parses a text that has been checked.
pub fn parse(text: &str) -> Result<ast::Document, Rejection> {
    let (blanked, valueless) = blanked(text);
    let parsed = Parser::new().recursion_limit(2 * MOST_NESTED).parse_ast(blanked, "document");
    let document = parsed.map_err(|errors| Rejection::syntax(&errors, &Lines::new(text)))?;
    match valueless {
        None => Ok(document),
        Some(at) => Err(Fault::syntax("expected `:` and a value").at(Lines::new(text).position(at)).into()),
    }
}

/// The text with spaces in the place of commas and of descriptions, which mean nothing in an executable document: the
/// parser (apollo-parser 0.8) refuses some of them. All else keeps its position. And where an argument or an object's field
/// has no value: the parser drops it, if it is the last.
fn blanked(text: &str) -> (String, Option<usize>) {
    let mut valueless = None;
    let tokens: Vec<_> = Lexer::new(text)
        .filter_map(Result::ok)
        .filter(|token| !matches!(token.kind(), TokenKind::Whitespace | TokenKind::Comment))
        .collect();
    let mut bytes = text.as_bytes().to_vec();
    let mut blank = |token: &apollo_parser::Token<'_>| {
        for byte in &mut bytes[token.index()..token.index() + token.data().len()] {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    };
    let (significant, commas): (Vec<_>, Vec<_>) =
        tokens.into_iter().partition(|token| token.kind() != TokenKind::Comma);
    commas.iter().for_each(&mut blank);
    // The brackets that are open, by their kinds; the names of definitions stand outside of all.
    let mut open = Vec::new();
    let mut in_header = false;
    for (at, token) in significant.iter().enumerate() {
        let next = significant.get(at + 1);
        match token.kind() {
            TokenKind::LCurly | TokenKind::LParen | TokenKind::LBracket => open.push(token.kind()),
            TokenKind::RCurly | TokenKind::RParen | TokenKind::RBracket => {
                open.pop();
            }
            TokenKind::Name if open.is_empty() => in_header = true,
            TokenKind::Name
                if open.contains(&TokenKind::LParen) && open.last() != Some(&TokenKind::LBracket) =>
            {
                let before = at.checked_sub(1).map(|before| significant[before].kind());
                let begins = !matches!(
                    before,
                    Some(TokenKind::Colon | TokenKind::Dollar | TokenKind::At | TokenKind::Eq)
                );
                if begins && next.is_some_and(|next| next.kind() != TokenKind::Colon) {
                    valueless = valueless.or(next.map(apollo_parser::Token::index));
                }
            }
            TokenKind::StringValue if open.is_empty() => {
                let describes = |next: &apollo_parser::Token<'_>| {
                    matches!(next.data(), "query" | "mutation" | "subscription" | "fragment")
                };
                if next.is_some_and(describes) {
                    blank(token);
                }
            }
            // A variable's: what follows `=` is its default.
            TokenKind::StringValue if in_header && open == [TokenKind::LParen] => {
                let is_default = at > 0 && significant[at - 1].kind() == TokenKind::Eq;
                if !is_default && next.is_some_and(|next| next.kind() == TokenKind::Dollar) {
                    blank(token);
                }
            }
            _ => {}
        }
        in_header &= open.first() != Some(&TokenKind::LCurly);
    }
    (String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned()), valueless)
}
