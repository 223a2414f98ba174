use super::lines::Lines;
use crate::error::Code;
use apollo_compiler::{
    diagnostic::ToCliReport,
    validation::{DiagnosticList, WithErrors},
};
use async_graphql::{Pos, Response, ServerError};

/// The longest message, in bytes. Messages quote the document, which may be long.
const LONGEST_MESSAGE: usize = 500;

/// One reason why a document is not executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// GRAPHQL_PARSE_FAILED or GRAPHQL_VALIDATION_FAILED; FORBIDDEN or PERSISTED_QUERY_NOT_SUPPORTED where only trusted
    /// documents are executed, or one is named that is unknown.
    pub code: Code,
    /// What is wrong and what to do, in a sentence.
    pub message: String,
    /// Where it is wrong. Empty if it is not at any one place.
    pub locations: Vec<Pos>,
}

impl Fault {
    /// The document, or a variable, is invalid.
    pub fn validation(message: impl Into<String>) -> Self {
        Self { code: Code::GraphqlValidationFailed, message: message.into(), locations: Vec::new() }
    }

    /// The text cannot be parsed.
    pub fn syntax(message: impl std::fmt::Display) -> Self {
        let message = format!("Syntax error: {message}");
        Self { code: Code::GraphqlParseFailed, message, locations: Vec::new() }
    }

    /// The same fault at a position.
    pub fn at(mut self, position: Pos) -> Self {
        self.locations.push(position);
        self
    }
}

/// Why a document is not executed: at least one fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection(pub Vec<Fault>);

impl Rejection {
    /// The document does not fit the schema.
    pub(super) fn invalid(errors: &DiagnosticList, lines: &Lines) -> Self {
        let faults = errors.iter().map(|diagnostic| {
            let locations = diagnostic.error.location().map(|span| lines.position(span.offset()));
            let message = shortened(diagnostic.error.to_string());
            Fault { locations: locations.into_iter().collect(), ..Fault::validation(message) }
        });
        Self(faults.collect())
    }

    /// The text cannot be parsed. Only the first error counts: the parser goes on after it by guessing.
    pub(super) fn syntax<T>(errors: &WithErrors<T>, lines: &Lines) -> Self {
        let Some(first) = errors.errors.iter().next() else {
            return Fault::syntax("the document cannot be parsed").into();
        };
        let message = shortened(first.error.to_string());
        let fault = Fault::syntax(message.strip_prefix("syntax error: ").unwrap_or(&message));
        match first.error.location() {
            Some(span) => fault.at(lines.position(span.offset())).into(),
            None => fault.into(),
        }
    }

    /// The response that reports it.
    pub fn into_response(self) -> Response {
        let errors = self.0.into_iter().map(|fault| {
            let mut error = ServerError::new(fault.message, None);
            error.locations = fault.locations;
            error.extensions.get_or_insert_default().set("code", fault.code.as_str());
            error
        });
        Response::from_errors(errors.collect())
    }
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.0.first().map_or("", |fault| &fault.message))
    }
}

impl From<Fault> for Rejection {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

fn shortened(mut message: String) -> String {
    if message.len() > LONGEST_MESSAGE {
        message.truncate(message.floor_char_boundary(LONGEST_MESSAGE));
        message.push('…');
    }
    message
}
