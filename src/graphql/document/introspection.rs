//! Introspection, which `apollo-compiler` executes on the schema.
//!
//! `apollo-compiler` (1.33) lacks `__Type.isOneOf` (GraphQL specification, September 2025), but tools select it. So
//! the field is added to the schema, and executed as `inputFields { isOneOf__: __typename }`, which is null exactly
//! when `isOneOf` is. In the result, the marked list is replaced with `false`, because the schema has no OneOf input
//! objects.

use super::{Document, Documents, input::VariableValues};
use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::Type,
    executable::{DirectiveList, Field, Operation, Selection, SelectionSet},
    introspection::{check_max_depth, partial_execute},
    name,
    response::{GraphQLError, JsonMap, JsonValue},
    schema::{Component, ExtendedType, FieldDefinition},
    validation::Valid,
};
use async_graphql::{Name as ResponseName, Pos, ServerError, Value, indexmap::IndexMap};
use std::sync::Arc;

/// Returns whether a root field is introspection.
pub fn is_root_field(name: &str) -> bool {
    matches!(name, "__schema" | "__type")
}

/// The response key that marks a list in place of `isOneOf`.
const MARK: &str = "isOneOf__";

/// Adds `__Type.isOneOf` to a schema.
pub fn add_is_one_of(schema: Valid<Schema>) -> Valid<Schema> {
    let mut schema = schema.into_inner();
    if let Some(ExtendedType::Object(of_type)) = schema.types.get_mut("__Type") {
        let field = FieldDefinition {
            description: None,
            name: name!("isOneOf"),
            arguments: Vec::new(),
            ty: Type::Named(name!("Boolean")),
            directives: DirectiveList::default(),
        };
        of_type.make_mut().fields.insert(name!("isOneOf"), Component::new(field));
    }
    Valid::assume_valid(schema)
}

/// Replaces each `isOneOf` in a document with its substitute.
fn without_is_one_of(schema: &Schema, document: &Valid<ExecutableDocument>) -> Valid<ExecutableDocument> {
    let mut document = document.clone().into_inner();
    for operation in document.operations.anonymous.iter_mut().chain(document.operations.named.values_mut()) {
        replace(schema, &mut operation.make_mut().selection_set);
    }
    for fragment in document.fragments.values_mut() {
        replace(schema, &mut fragment.make_mut().selection_set);
    }
    Valid::assume_valid(document)
}

fn replace(schema: &Schema, set: &mut SelectionSet) {
    for selection in &mut set.selections {
        match selection {
            Selection::Field(field) if field.name == "isOneOf" && set.ty == "__Type" => {
                let key = field.response_key().clone();
                let Ok(input_fields) = schema.type_field("__Type", "inputFields") else { continue };
                let Ok(type_name) = schema.type_field("__InputValue", "__typename") else { continue };
                let marked =
                    Field::new(name!("__typename"), type_name.node.clone()).with_alias(name!("isOneOf__"));
                let list = Field::new(name!("inputFields"), input_fields.node.clone()).with_alias(key);
                let list = list.with_directives(field.directives.iter().cloned()).with_selection(marked);
                *field = field.same_location(list);
            }
            Selection::Field(field) => replace(schema, &mut field.make_mut().selection_set),
            Selection::InlineFragment(fragment) => replace(schema, &mut fragment.make_mut().selection_set),
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// The introspection of one operation.
pub struct Introspection {
    document: Arc<Document>,
    operation: Node<Operation>,
    variables: Valid<JsonMap>,
}

impl Introspection {
    /// Creates the introspection of an operation, without executing it.
    pub fn new(document: Arc<Document>, operation: Node<Operation>, variables: &VariableValues) -> Self {
        let json = |value: &Value| value.clone().into_json().map_or(JsonValue::Null, JsonValue::from);
        let variables = variables.iter().map(|(name, value)| (name.as_str().into(), json(value)));
        Self { document, operation, variables: Valid::assume_valid(variables.collect()) }
    }

    /// Executes the introspection. Returns its root fields by response key, and the errors.
    pub fn execute(
        &self,
        documents: &Documents,
    ) -> (Option<IndexMap<ResponseName, Value>>, Vec<ServerError>) {
        let Self { document, operation, variables } = self;
        let Documents { schema, implementers, .. } = documents;
        let executable = without_is_one_of(schema, &document.executable);
        let name = operation.name.as_ref().map(Name::as_str);
        let executed = executable.operations.get(name).and_then(|operation| {
            check_max_depth(&executable, operation)?;
            partial_execute(schema, implementers, &executable, operation, variables)
        });
        let executed = match executed {
            Ok(executed) => executed,
            Err(error) => {
                let error = error.to_graphql_error(&document.executable.sources);
                return (None, vec![server_error(&error)]);
            }
        };
        let fields = executed.data.map(|data| {
            let fields =
                data.into_iter().map(|(key, value)| (ResponseName::new(key.as_str()), value_of(value)));
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
        JsonValue::Array(items) if items.first().is_some_and(is_mark) => Value::Boolean(false),
        JsonValue::Array(items) => Value::List(items.into_iter().map(value_of).collect()),
        JsonValue::Object(fields) => {
            let fields =
                fields.into_iter().map(|(key, value)| (ResponseName::new(key.as_str()), value_of(value)));
            Value::Object(fields.collect())
        }
    }
}

fn is_mark(item: &JsonValue) -> bool {
    item.as_object().is_some_and(|item| item.len() == 1 && item.contains_key(MARK))
}
