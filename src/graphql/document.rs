//! Validation of documents, and preparation of operations for the executor.
//!
//! A document is processed in five steps, each in its own file:
//!
//! 1. [`syntax`]: the size and the nesting of the text are checked, then `apollo-compiler` parses it.
//! 2. [`expansion`]: fields, fragments, aliases and directives are counted as if fragments were expanded. Each
//!    fragment is visited once, so the work is linear in the size of the text.
//! 3. `apollo-compiler` validates the document against the schema; [`rules`] adds checks that it lacks.
//! 4. [`variables`]: the values of the variables of the selected operation are coerced to their types.
//! 5. [`operation`]: the selected operation is rewritten. `@skip` and `@include` are applied, fragments are expanded,
//!    fields with equal response keys are merged, arguments are coerced and defaults are filled in. This also
//!    computes the cost.
//!
//! Steps 1 to 3 depend on the text alone, so their result is cached.
//!
//! The operation is rewritten because async-graphql's validation and collection of fields deviate from the
//! specification in ways that clients notice. For example, it executes a mutation twice if it is selected twice.

mod error;
mod expansion;
mod input;
mod introspection;
mod limits;
mod lines;
mod operation;
mod prepared;
pub(crate) mod prices;
mod rules;
mod syntax;
mod syntax_message;
mod trusted;
mod variables;

pub use error::{DocumentError, Rejection};
pub use limits::DocumentLimits;
pub use prepared::Prepared;
pub use prices::CONNECTIONS;
pub use syntax::MAX_NAME_LENGTH;
pub use trusted::TrustedDocuments;

use crate::{error::Code, graphql::execution::values::RequestVariables};
use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema, collections::HashMap, executable::Operation,
    schema::Implementers, validation::Valid,
};
use lines::Lines;
use quick_cache::{Weighter, sync::Cache};
use std::sync::Arc;

/// The maximum total size of the texts of cached documents, in bytes. A parsed document takes about thirty times the
/// memory of its text.
const CACHED_TEXT: u64 = 512 * 1024;
/// The expected number of cached documents.
const CACHED_DOCUMENTS: usize = 1000;

/// Validates and prepares documents for one schema.
pub struct Documents {
    schema: Valid<Schema>,
    implementers: HashMap<Name, Implementers>,
    limits: DocumentLimits,
    trusted: TrustedDocuments,
    cache: Cache<String, Arc<Document>, TextLength>,
}

/// A valid document, independent of variables.
pub struct Document {
    executable: Valid<ExecutableDocument>,
    lines: Lines,
}

/// Weighs a cached document by the length of its text.
#[derive(Clone)]
struct TextLength;

impl Weighter<String, Arc<Document>> for TextLength {
    fn weight(&self, text: &String, _: &Arc<Document>) -> u64 {
        text.len() as u64
    }
}

impl Documents {
    /// Creates a processor of documents for a schema, given as SDL. Fails if the SDL is invalid.
    pub fn new(sdl: &str, limits: DocumentLimits, trusted: TrustedDocuments) -> anyhow::Result<Self> {
        let schema = Schema::parse_and_validate(sdl, "schema.graphql")
            .map_err(|invalid| anyhow::anyhow!("The schema is invalid: {}", invalid.errors))?;
        let schema = introspection::add_is_one_of(schema);
        let implementers = schema.implementers_map();
        let cache = Cache::with_weighter(CACHED_DOCUMENTS, CACHED_TEXT, TextLength);
        Ok(Self { schema, implementers, limits, trusted, cache })
    }

    /// The limits on documents.
    pub fn limits(&self) -> &DocumentLimits {
        &self.limits
    }

    /// Returns the text of a trusted document. Fails with PERSISTED_QUERY_NOT_SUPPORTED if the ID is unknown; clients
    /// then send the text.
    pub fn trusted(&self, id: &str) -> Result<&str, Rejection> {
        // Apollo Client and urql check for exactly this message.
        let unknown = || DocumentError {
            code: Code::PersistedQueryNotSupported,
            ..DocumentError::validation("PersistedQueryNotSupported")
        };
        self.trusted.get(id).ok_or_else(|| unknown().into())
    }

    /// Prepares the operation with this name, or the only one.
    ///
    /// Fails with GRAPHQL_PARSE_FAILED if the text cannot be parsed. Fails with GRAPHQL_VALIDATION_FAILED if the
    /// document, a variable or the operation name is invalid, or if the document exceeds a limit.
    pub fn prepare(
        &self,
        text: &str,
        operation_name: Option<&str>,
        variables: &RequestVariables,
    ) -> Result<Prepared, Rejection> {
        let document = self.read(text)?;
        let operation = document.choose(operation_name)?;
        let variables = variables::coerce(&self.schema, operation, variables, &document.lines, &self.limits)?;
        operation::prepare(self, &document, operation, variables)
    }

    /// Returns a validated document, from the cache if possible.
    fn read(&self, text: &str) -> Result<Arc<Document>, Rejection> {
        if let Some(document) = self.cache.get(text) {
            return Ok(document);
        }
        let document = Arc::new(self.parse(text)?);
        self.cache.insert(text.to_owned(), document.clone());
        Ok(document)
    }

    fn parse(&self, text: &str) -> Result<Document, Rejection> {
        syntax::check(text, &self.limits)?;
        let document = syntax::parse(text)?;
        if !self.trusted.allows(&document) {
            let message = "This server executes trusted documents only.";
            return Err(DocumentError { code: Code::Forbidden, ..DocumentError::validation(message) }.into());
        }
        let lines = Lines::new(text);
        expansion::check(&document, &lines, &self.limits)?;
        let executable = document
            .to_executable_validate(&self.schema)
            .or_else(|invalid| rules::allow_repeated_root_field(invalid, &lines))?;
        let document = Document { executable, lines };
        rules::check(&self.schema, &document)?;
        Ok(document)
    }
}

impl Document {
    /// Selects the operation to execute (GraphQL specification, "GetOperation").
    fn choose(&self, name: Option<&str>) -> Result<&Node<Operation>, Rejection> {
        let operations = &self.executable.operations;
        match name {
            Some(name) if name.len() > MAX_NAME_LENGTH => {
                let message = format!("`operationName` must have at most {MAX_NAME_LENGTH} bytes.");
                Err(DocumentError::validation(message).into())
            }
            _ => operations.get(name).map_err(|_| {
                let message = match name {
                    Some(name) => format!("The document has no operation named `{name}`."),
                    None if operations.is_empty() => "The document has no operation.".into(),
                    None => {
                        "The document has several operations. Set `operationName` to the name of one.".into()
                    }
                };
                DocumentError::validation(message).into()
            }),
        }
    }
}
