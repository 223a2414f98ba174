//! GraphQL requests.

use super::values::{self, BoundedJson, RequestVariables};
use async_graphql::Value;
use serde::{Deserialize, Deserializer, de::Error};
use std::fmt;

/// A GraphQL request, from any transport (GraphQL over HTTP, "Request Parameters"). `Debug` hides its content, which
/// may include passwords and tokens.
#[derive(Default)]
pub struct Request {
    /// The document: its text, or the ID of a trusted document.
    pub document: DocumentSource,
    /// The name of the operation to execute. Required only if the document has several.
    pub operation_name: Option<String>,
    /// The values of the variables. `null` is treated as empty.
    pub variables: RequestVariables,
    /// The protocol extensions that the client uses.
    pub extensions: Extensions,
    /// The size of the request in bytes, as received.
    pub bytes: usize,
}

/// The source of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentSource {
    /// The text itself.
    Text(String),
    /// The ID of a document in the manifest of trusted documents.
    Id(String),
}

impl Default for DocumentSource {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// The JSON form of a request. `documentId` comes from GraphQL over HTTP ("Persisted Documents"), `doc_id` from Relay.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    query: Option<String>,
    operation_name: Option<String>,
    #[serde(default)]
    variables: RequestVariables,
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
            .ok_or_else(|| D::Error::custom("`query` or the ID of a document is required"))
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Request").finish_non_exhaustive()
    }
}

impl Request {
    /// Creates a request. `None` if it has no document. An empty `operationName` is treated as absent, and so is an
    /// empty `query` next to an ID, because some WebSocket clients have to send one.
    pub fn new(
        query: Option<String>,
        operation_name: Option<String>,
        variables: RequestVariables,
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

    /// The approximate memory that the request occupies, in bytes.
    pub fn memory_size(&self) -> usize {
        let name = self.operation_name.as_ref().map_or(0, String::len);
        let (DocumentSource::Text(document) | DocumentSource::Id(document)) = &self.document;
        document.len() + name + values::memory_size(&self.variables.variables)
    }
}

/// The `extensions` of a request: an object or `null`. Unknown entries are ignored.
#[derive(Clone, Debug, Default)]
pub struct Extensions {
    /// `"cost": true`: the response states the cost of the operation in its `extensions`.
    pub cost: bool,
    /// `"persistedQuery"`: the ID of a document, either as a string or as `{ "sha256Hash": "…" }`, which Apollo
    /// Client and urql send.
    persisted_query: Option<String>,
}

impl<'de> Deserialize<'de> for Extensions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let extensions = match BoundedJson::deserialize(deserializer)?.value {
            Value::Object(extensions) => extensions,
            Value::Null => return Ok(Self::default()),
            _ => return Err(D::Error::custom("`extensions` must be an object")),
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
