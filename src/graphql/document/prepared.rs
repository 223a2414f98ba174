//! A prepared operation, and the completion of its response after execution.

use super::{Document, Documents, input::VariableValues, introspection, operation};
use apollo_compiler::{Node, executable::Operation};
use async_graphql::{
    Name as ResponseName, PathSegment, Request, Response, ServerError, Value,
    parser::types::{ExecutableDocument, OperationType},
};
use operation::{FieldLocation, PLACEHOLDER_KEY};
use std::sync::Arc;

/// An operation that is ready to be executed.
pub struct Prepared {
    /// Query, mutation or subscription.
    pub operation_type: OperationType,
    /// The names of the root fields, without introspection.
    pub roots: Vec<String>,
    /// The cost of the operation.
    pub cost: u64,
    /// The response keys of all root fields, in order.
    pub(super) keys: Vec<ResponseName>,
    pub(super) executable: Option<ExecutableDocument>,
    pub(super) introspection: Option<introspection::Introspection>,
    pub(super) document: Arc<Document>,
    pub(super) operation: Node<Operation>,
    pub(super) variables: VariableValues,
    /// Whether the operation contains a placeholder field that must be removed from the response.
    pub(super) has_empty: bool,
}

impl Prepared {
    /// Takes the request for the executor. `None` if all root fields are introspection.
    pub fn take_request(&mut self) -> Option<Request> {
        let mut request = Request::new("");
        request.set_parsed_query(self.executable.take()?);
        Some(request)
    }

    /// Completes the response of the executor: adds introspection, removes placeholders, and completes the paths of
    /// errors.
    pub fn complete(&self, documents: &Documents, response: &mut Response) {
        if !response.errors.is_empty() {
            self.complete_errors(documents, &mut response.errors);
        }
        if self.has_empty {
            remove_placeholders(&mut response.data);
        }
        let Some(introspection) = &self.introspection else { return };
        let (described, errors) = introspection.execute(documents);
        response.errors.extend(errors);
        if let (Value::Object(data), Some(mut described)) = (&mut response.data, described) {
            let fields = self.keys.iter().filter_map(|key| {
                Some((key.clone(), data.swap_remove(key).or_else(|| described.swap_remove(key))?))
            });
            *data = fields.collect();
        } else {
            response.data = Value::Null;
        }
    }

    /// Completes the paths and locations of errors. The executor reports only one of several merged fields, and the
    /// path of a field inside a list ends with the index.
    fn complete_errors(&self, documents: &Documents, errors: &mut [ServerError]) {
        let fields = operation::field_locations(documents, &self.document, &self.operation, &self.variables);
        for error in errors {
            let Some(at) = error.locations.first() else { continue };
            let keys: Vec<_> = error.path.iter().filter_map(key_of).collect();
            let matches = |field: &&FieldLocation| {
                let known = field.path.iter().map(String::as_str).take(keys.len());
                field.positions.first() == Some(at) && known.eq(keys.iter().copied())
            };
            if let Some(FieldLocation { path, positions }) = fields.iter().find(matches) {
                let missing = path[keys.len()..].iter().cloned().map(PathSegment::Field).collect::<Vec<_>>();
                error.path.extend(missing);
                error.locations.clone_from(positions);
            }
        }
    }
}

fn key_of(segment: &PathSegment) -> Option<&str> {
    match segment {
        PathSegment::Field(key) => Some(key),
        PathSegment::Index(_) => None,
    }
}

fn remove_placeholders(value: &mut Value) {
    match value {
        Value::List(items) => items.iter_mut().for_each(remove_placeholders),
        Value::Object(fields) => {
            fields.shift_remove(PLACEHOLDER_KEY);
            fields.values_mut().for_each(remove_placeholders);
        }
        _ => {}
    }
}
