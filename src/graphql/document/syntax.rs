//! Limits on the text of a document, and its parsing.
//!
//! The parser recurses for each bracket and allocates for each token. Therefore the text is checked first with the
//! lexer alone, which allocates nothing, and stops at the first token over a limit.

use super::{DocumentError, DocumentLimits, Rejection, lines::Lines};
use apollo_compiler::{ast, parser::Parser};
use apollo_parser::{Lexer, TokenKind};

/// The maximum nesting of brackets of all kinds. Documents within the other limits never reach it.
const MAX_NESTING: usize = 48;
/// The maximum size of comments, commas and white space, in bytes.
const MAX_IGNORED: usize = 16 * 1024;
/// The maximum length of a name or number, in bytes. Error messages quote names.
pub const MAX_NAME_LENGTH: usize = 200;

/// Checks the limits on a text: its bytes, tokens, nesting, names and comments.
pub fn check(text: &str, limits: &DocumentLimits) -> Result<(), Rejection> {
    if text.len() > limits.document {
        let most = limits.document;
        let message = format!("The document has more than {most} bytes. Pass long values as variables.");
        return Err(DocumentError::syntax(message).into());
    }
    let (mut tokens, mut nested, mut ignored) = (0, 0_usize, 0);
    for token in Lexer::new(text) {
        // The parser reports invalid tokens.
        let (kind, data, index) = match &token {
            Ok(token) => (token.kind(), token.data(), token.index()),
            Err(error) => (TokenKind::Comma, "", error.index()),
        };
        let length = data.len();
        let error = match kind {
            TokenKind::Whitespace | TokenKind::Comment | TokenKind::Comma if token.is_ok() => {
                ignored += length;
                (ignored > MAX_IGNORED).then(|| {
                    format!("The document has more than {MAX_IGNORED} bytes of comments and white space.")
                })
            }
            TokenKind::Name | TokenKind::Int | TokenKind::Float if length > MAX_NAME_LENGTH => {
                Some(format!("A name or number has more than {MAX_NAME_LENGTH} characters."))
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
                if nested > MAX_NESTING {
                    Some(format!("Brackets are nested more than {MAX_NESTING} deep."))
                } else {
                    (tokens > limits.tokens)
                        .then(|| format!("The document has more than {} tokens.", limits.tokens))
                }
            }
        };
        if let Some(message) = error {
            return Err(DocumentError::syntax(message).at(Lines::new(text).position(index)).into());
        }
    }
    Ok(())
}

/// Parses a text that has passed [`check`].
pub fn parse(text: &str) -> Result<ast::Document, Rejection> {
    let (blanked, valueless) = blanked(text);
    let parsed = Parser::new().recursion_limit(2 * MAX_NESTING).parse_ast(blanked, "document");
    let document = parsed.map_err(|errors| Rejection::syntax(&errors, text))?;
    match valueless {
        None => Ok(document),
        Some(at) => {
            Err(DocumentError::syntax("Expected `:` and a value.").at(Lines::new(text).position(at)).into())
        }
    }
}

/// Works around two defects of the parser (apollo-parser 0.8). Returns the text with commas and descriptions replaced
/// by spaces: they have no meaning in an executable document, but the parser rejects some of them. All other tokens
/// keep their positions. Also returns the position of the first argument or object field without a value: the parser
/// silently drops such a field if it is the last.
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
    // The open brackets. A name outside of all brackets begins the header of a definition.
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
            // The description of a variable. A string after `=` is a default value.
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
