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
    // A byte order mark is white space to GraphQL (specification, "Unicode").
    Parser::new()
        .recursion_limit(2 * MOST_NESTED)
        .parse_ast(text, "document")
        .map_err(|errors| Rejection::syntax(&errors))
}
