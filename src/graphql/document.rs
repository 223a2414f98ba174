//! From the text of a request to an operation that the executor cannot get wrong.
//!
//! A document is read in five steps, each in a file of its own:
//!
//! 1. [`syntax`]: the text's size and nesting are checked, then `apollo-compiler` parses it.
//! 2. [`weight`]: fields, fragments, aliases and directives are counted as if fragments were unfolded. Each fragment is
//!    counted once, so the work is linear in the text, whatever it unfolds to.
//! 3. `apollo-compiler` validates the document against the schema; [`rules`] adds what it leaves out.
//! 4. [`variables`]: the values of the chosen operation's variables are coerced to their types.
//! 5. [`operation`]: the chosen operation is rewritten: `@skip` and `@include` applied, fragments unfolded, equal
//!    response keys merged, arguments coerced, defaults filled in. Its cost is known then.
//!
//! Steps 1 to 3 depend on the text alone; their result is kept in a bounded cache.
//!
//! The rewriting exists because async-graphql's own validation and collection of fields differ from the specification
//! in ways that clients notice. For example, it executes a mutation twice that is selected twice.

mod fault;
mod input;
mod introspection;
mod limits;
mod lines;
mod operation;
mod prepared;
pub(crate) mod prices;
mod rules;
mod syntax;
mod trusted;
mod variables;
mod weight;

pub use fault::{Fault, Rejection};
pub use limits::Limits;
pub use prepared::Prepared;
pub use prices::CONNECTIONS;
pub use syntax::LONGEST_NAME;
pub use trusted::TrustedDocuments;

use super::values::GivenVariables;
use crate::error::Code;
use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema, collections::HashMap, executable::Operation,
    schema::Implementers, validation::Valid,
};
use lines::Lines;
use quick_cache::{Weighter, sync::Cache};
use std::sync::Arc;

/// How many bytes of text the documents in the cache may have together. A document in memory takes some thirty times
/// its text.
const CACHED_TEXT: u64 = 512 * 1024;
/// How many documents the cache is laid out for.
const CACHED_DOCUMENTS: usize = 1000;

/// Reads documents against one schema.
pub struct Documents {
    schema: Valid<Schema>,
    implementers: HashMap<Name, Implementers>,
    limits: Limits,
    trusted: TrustedDocuments,
    cache: Cache<String, Arc<Document>, TextLength>,
}

/// A valid document, independent of any variables.
pub struct Document {
    executable: Valid<ExecutableDocument>,
    lines: Lines,
}

/// Weighs a cached document by its text.
#[derive(Clone)]
struct TextLength;

impl Weighter<String, Arc<Document>> for TextLength {
    fn weight(&self, text: &String, _: &Arc<Document>) -> u64 {
        text.len() as u64
    }
}

impl Documents {
    /// Reads documents against the schema that this SDL describes. Fails if the SDL is invalid.
    pub fn new(sdl: &str, limits: Limits, trusted: TrustedDocuments) -> anyhow::Result<Self> {
        let schema = Schema::parse_and_validate(sdl, "schema.graphql")
            .map_err(|invalid| anyhow::anyhow!("the schema is invalid: {}", invalid.errors))?;
        let schema = introspection::add_is_one_of(schema);
        let implementers = schema.implementers_map();
        let cache = Cache::with_weighter(CACHED_DOCUMENTS, CACHED_TEXT, TextLength);
        Ok(Self { schema, implementers, limits, trusted, cache })
    }

    /// What a document may have.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The text of a trusted document. An id that is unknown is PERSISTED_QUERY_NOT_SUPPORTED, which makes clients send
    /// the text instead.
    pub fn trusted(&self, id: &str) -> Result<&str, Rejection> {
        // Apollo's and urql's links look at the message.
        let unknown = || Fault {
            code: Code::PersistedQueryNotSupported,
            ..Fault::validation("PersistedQueryNotSupported")
        };
        self.trusted.get(id).ok_or_else(|| unknown().into())
    }

    /// Prepares the operation of this name, or the only one.
    ///
    /// A text that cannot be parsed is GRAPHQL_PARSE_FAILED. A document, a variable or an operation name that does not
    /// fit the schema, and a document over the limits, are GRAPHQL_VALIDATION_FAILED.
    pub fn prepare(
        &self,
        text: &str,
        operation_name: Option<&str>,
        variables: &GivenVariables,
    ) -> Result<Prepared, Rejection> {
        let document = self.read(text)?;
        let operation = document.choose(operation_name)?;
        let variables = variables::coerce(&self.schema, operation, variables, &document.lines, &self.limits)?;
        operation::prepare(self, &document, operation, variables)
    }

    /// Reads a document, or takes it from the cache.
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
        if !self.trusted.admit(&document) {
            let message = "This server executes trusted documents only.";
            return Err(Fault { code: Code::Forbidden, ..Fault::validation(message) }.into());
        }
        let lines = Lines::new(text);
        weight::check(&document, &lines, &self.limits)?;
        let executable = document
            .to_executable_validate(&self.schema)
            .or_else(|invalid| rules::forgive_repeated_root_field(invalid, &lines))?;
        let document = Document { executable, lines };
        rules::check(&self.schema, &document)?;
        Ok(document)
    }
}

impl Document {
    /// The operation to execute (GraphQL specification, "GetOperation").
    fn choose(&self, name: Option<&str>) -> Result<&Node<Operation>, Rejection> {
        let operations = &self.executable.operations;
        match name {
            Some(name) if name.len() > LONGEST_NAME => {
                let message = format!("`operationName` must have at most {LONGEST_NAME} bytes.");
                Err(Fault::validation(message).into())
            }
            _ => operations.get(name).map_err(|_| {
                let message = match name {
                    Some(name) => format!("The document has no operation named `{name}`."),
                    None if operations.is_empty() => "The document has no operation.".into(),
                    None => "The document has several operations: `operationName` must name one.".into(),
                };
                Fault::validation(message).into()
            }),
        }
    }
}
