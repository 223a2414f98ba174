//! A request as a client sends it.

use super::values::{self, Given, GivenVariables};
use async_graphql::Value;
use serde::{Deserialize, Deserializer, de::Error};
use std::fmt;

/// A GraphQL request as it comes over any transport (GraphQL over HTTP, "Request Parameters"). `Debug` does not show it:
/// it may hold passwords and tokens.
#[derive(Default)]
pub struct Request {
    /// The document: its text, or the id of a trusted one.
    pub document: DocumentSource,
    /// Which of the document's operations is meant. Needed only if there are several.
    pub operation_name: Option<String>,
    /// The values of the operation's variables. Null is the same as none.
    pub variables: GivenVariables,
    /// What the client wants besides.
    pub extensions: Extensions,
    /// How many bytes it had as it came.
    pub bytes: usize,
}

/// Where a request's document is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentSource {
    /// In its text.
    Text(String),
    /// In the manifest of trusted documents, under this id.
    Id(String),
}

impl Default for DocumentSource {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// A request's fields. `documentId` is the one of GraphQL over HTTP ("Persisted Documents"), `doc_id` the one of Relay.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    query: Option<String>,
    operation_name: Option<String>,
    #[serde(default)]
    variables: GivenVariables,
    #[serde(default)]
    extensions: Extensions,
    #[serde(alias = "doc_id")]
    document_id: Option<String>,
}

impl<'de> Deserialize<'de> for Request {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Fields { query, operation_name, variables, extensions, document_id } =
            Fields::deserialize(deserializer)?;
        Self::new(query, operation_name, variables, extensions, document_id)
            .ok_or_else(|| D::Error::custom("neither `query` nor the id of a document"))
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Request").finish_non_exhaustive()
    }
}

impl Request {
    /// A request of these fields; `None` if it has no document. An empty `operationName` counts as absent, and so does an
    /// empty `query` beside an id, which some WebSocket clients must send.
    pub fn new(
        query: Option<String>,
        operation_name: Option<String>,
        variables: GivenVariables,
        mut extensions: Extensions,
        document_id: Option<String>,
    ) -> Option<Self> {
        let id = document_id.or_else(|| extensions.persisted_query.take());
        let document = match (query, id) {
            (Some(text), None) => DocumentSource::Text(text),
            (Some(text), Some(_)) if !text.is_empty() => DocumentSource::Text(text),
            (_, Some(id)) => DocumentSource::Id(id),
            (None, None) => return None,
        };
        let operation_name = operation_name.filter(|name| !name.is_empty());
        Some(Self { document, operation_name, variables, extensions, bytes: 0 })
    }

    /// How many bytes it holds, about.
    pub fn weight(&self) -> usize {
        let name = self.operation_name.as_ref().map_or(0, String::len);
        let (DocumentSource::Text(document) | DocumentSource::Id(document)) = &self.document;
        document.len() + name + values::weight(&self.variables.variables)
    }
}

/// The `extensions` of a request: an object, or null for none. Entries that the server does not know are ignored.
#[derive(Clone, Debug, Default)]
pub struct Extensions {
    /// `"cost": true`: the response's `extensions` show what the operation costs.
    pub cost: bool,
    /// `"persistedQuery"`: the id of a document, as Apollo's and urql's links send it (`{ "sha256Hash": "…" }`), or alone.
    persisted_query: Option<String>,
}

impl<'de> Deserialize<'de> for Extensions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let extensions = match Given::deserialize(deserializer)?.value {
            Value::Object(extensions) => extensions,
            Value::Null => return Ok(Self::default()),
            _ => return Err(D::Error::custom("the extensions are not an object")),
        };
        let persisted_query = match extensions.get("persistedQuery") {
            Some(Value::String(id)) => Some(id),
            Some(Value::Object(query)) => query.get("sha256Hash").and_then(|id| match id {
                Value::String(id) => Some(id),
                _ => None,
            }),
            _ => None,
        };
        Ok(Self {
            cost: extensions.get("cost") == Some(&Value::Boolean(true)),
            persisted_query: persisted_query.cloned(),
        })
    }
}
