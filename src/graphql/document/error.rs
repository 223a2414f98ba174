use super::{lines::Lines, syntax_message};
use crate::error::Code;
use apollo_compiler::{
    diagnostic::ToCliReport,
    validation::{DiagnosticList, WithErrors},
};
use async_graphql::{Pos, Response, ServerError};

/// The maximum length of a message, in bytes. Messages quote the document, which may be long.
const MAX_MESSAGE: usize = 500;

/// An error in a document or its variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentError {
    /// The code: GRAPHQL_PARSE_FAILED or GRAPHQL_VALIDATION_FAILED. FORBIDDEN if the server executes only trusted
    /// documents, PERSISTED_QUERY_NOT_SUPPORTED if the ID of a document is unknown.
    pub code: Code,
    /// A sentence that states what is wrong and what to do.
    pub message: String,
    /// The positions of the error. Empty if it has none.
    pub locations: Vec<Pos>,
}

impl DocumentError {
    /// Creates the error for an invalid document or variable.
    pub fn validation(message: impl Into<String>) -> Self {
        Self { code: Code::GraphqlValidationFailed, message: message.into(), locations: Vec::new() }
    }

    /// Creates the error for a text that cannot be parsed.
    pub fn syntax(message: impl std::fmt::Display) -> Self {
        let message = format!("Syntax error: {message}");
        Self { code: Code::GraphqlParseFailed, message, locations: Vec::new() }
    }

    /// Adds a position.
    pub fn at(mut self, position: Pos) -> Self {
        self.locations.push(position);
        self
    }
}

/// The errors of a document that is not executed: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection(pub Vec<DocumentError>);

impl Rejection {
    /// Converts the validation errors of `apollo-compiler`.
    pub(super) fn invalid(errors: &DiagnosticList, lines: &Lines) -> Self {
        let errors = errors.iter().map(|diagnostic| {
            let locations = diagnostic.error.location().map(|span| lines.position(span.offset()));
            let message = truncated(diagnostic.error.to_string());
            DocumentError { locations: locations.into_iter().collect(), ..DocumentError::validation(message) }
        });
        Self(errors.collect())
    }

    /// Converts the parse errors of `apollo-compiler`. Only the first is reported, because the parser guesses after it.
    pub(super) fn syntax<T>(errors: &WithErrors<T>, text: &str) -> Self {
        let Some(first) = errors.errors.iter().next() else {
            return DocumentError::syntax("The document cannot be parsed.").into();
        };
        let message = first.error.to_string();
        let message = message.strip_prefix("syntax error: ").unwrap_or(&message);
        let Some(span) = first.error.location() else {
            return DocumentError::syntax(truncated(message.to_owned())).into();
        };
        let before = text.get(..span.offset()).unwrap_or_default();
        let found = text.get(span.offset()..span.end_offset()).unwrap_or_default();
        let message = truncated(syntax_message::sentence(message, before, found));
        DocumentError::syntax(message).at(Lines::new(text).position(span.offset())).into()
    }

    /// Creates the response that reports the errors.
    pub fn into_response(self) -> Response {
        let errors = self.0.into_iter().map(|error| {
            let mut reported = ServerError::new(error.message, None);
            reported.locations = error.locations;
            reported.extensions.get_or_insert_default().set("code", error.code.as_str());
            reported
        });
        Response::from_errors(errors.collect())
    }
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.0.first().map_or("", |error| &error.message))
    }
}

impl From<DocumentError> for Rejection {
    fn from(error: DocumentError) -> Self {
        Self(vec![error])
    }
}

fn truncated(mut message: String) -> String {
    if message.len() > MAX_MESSAGE {
        message.truncate(message.floor_char_boundary(MAX_MESSAGE));
        message.push('…');
    }
    message
}
