//! Introspection, which `apollo-compiler` answers from the schema alone.

use super::{Document, Documents, input::VariableValues};
use apollo_compiler::{
    Node,
    executable::Operation,
    introspection::{check_max_depth, partial_execute},
    response::{GraphQLError, JsonMap, JsonValue},
    validation::Valid,
};
use async_graphql::{Name, Pos, ServerError, Value, indexmap::IndexMap};
use std::sync::Arc;

/// Whether a root field asks about the schema.
pub fn is_root_field(name: &str) -> bool {
    matches!(name, "__schema" | "__type")
}

/// The introspection of one operation.
pub struct Introspection {
    document: Arc<Document>,
    operation: Node<Operation>,
    variables: Valid<JsonMap>,
}

impl Introspection {
    /// Not yet executed.
    pub fn new(document: Arc<Document>, operation: Node<Operation>, variables: &VariableValues) -> Self {
        let json = |value: &Value| value.clone().into_json().map_or(JsonValue::Null, JsonValue::from);
        let variables = variables.iter().map(|(name, value)| (name.as_str().into(), json(value)));
        Self { document, operation, variables: Valid::assume_valid(variables.collect()) }
    }

    /// The root fields that ask about the schema, by their response keys; and the errors.
    pub fn execute(&self, documents: &Documents) -> (Option<IndexMap<Name, Value>>, Vec<ServerError>) {
        let Self { document, operation, variables } = self;
        let executed = check_max_depth(&document.executable, operation).and_then(|()| {
            partial_execute(
                &documents.schema,
                &documents.implementers,
                &document.executable,
                operation,
                variables,
            )
        });
        let executed = match executed {
            Ok(executed) => executed,
            Err(error) => {
                let error = error.to_graphql_error(&document.executable.sources);
                return (None, vec![server_error(&error)]);
            }
        };
        let fields = executed.data.map(|data| {
            let fields = data.into_iter().map(|(key, value)| (Name::new(key.as_str()), value_of(value)));
            fields.collect()
        });
        (fields, executed.errors.iter().map(server_error).collect())
    }
}

fn server_error(error: &GraphQLError) -> ServerError {
    let mut reported = ServerError::new(error.message.clone(), None);
    reported.locations = error.locations.iter().map(|at| Pos { line: at.line, column: at.column }).collect();
    reported
}

fn value_of(json: JsonValue) -> Value {
    match json {
        JsonValue::Null => Value::Null,
        JsonValue::Bool(value) => Value::Boolean(value),
        JsonValue::Number(number) => Value::Number(number),
        JsonValue::String(text) => Value::String(text.as_str().to_owned()),
        JsonValue::Array(items) => Value::List(items.into_iter().map(value_of).collect()),
        JsonValue::Object(fields) => {
            let fields = fields.into_iter().map(|(key, value)| (Name::new(key.as_str()), value_of(value)));
            Value::Object(fields.collect())
        }
    }
}
