//! An operation that is ready to be executed, and what its response lacks when the executor has answered.

use super::{Document, Documents, input::VariableValues, introspection, operation};
use apollo_compiler::{Node, executable::Operation};
use async_graphql::{
    Name as ResponseName, PathSegment, Request, Response, ServerError, Value,
    parser::types::{ExecutableDocument, OperationType},
};
use operation::{NOTHING, Place};
use std::sync::Arc;

/// An operation that is ready to be executed.
pub struct Prepared {
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// The names of the root fields, without introspection.
    pub roots: Vec<String>,
    /// What the operation costs.
    pub cost: u64,
    /// The response keys of all root fields, in order.
    pub(super) keys: Vec<ResponseName>,
    pub(super) executable: Option<ExecutableDocument>,
    pub(super) introspection: Option<introspection::Introspection>,
    pub(super) document: Arc<Document>,
    pub(super) operation: Node<Operation>,
    pub(super) variables: VariableValues,
    /// Whether an object has only a field that the executor needs and the client does not want.
    pub(super) has_empty: bool,
}

impl Prepared {
    /// The request for the executor. `None` if nothing is left for it, as all root fields are introspection.
    pub fn take_request(&mut self) -> Option<Request> {
        let mut request = Request::new("");
        request.set_parsed_query(self.executable.take()?);
        Some(request)
    }

    /// Completes what the executor has left out: introspection, objects without fields, and the ends of errors' paths.
    pub fn complete(&self, documents: &Documents, response: &mut Response) {
        if !response.errors.is_empty() {
            self.complete_errors(documents, &mut response.errors);
        }
        if self.has_empty {
            remove_nothing(&mut response.data);
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

    /// The executor names one of several merged fields, and of a field in a list only the index.
    fn complete_errors(&self, documents: &Documents, errors: &mut [ServerError]) {
        let places = operation::places(documents, &self.document, &self.operation, &self.variables);
        for error in errors {
            let Some(at) = error.locations.first() else { continue };
            let keys: Vec<_> = error.path.iter().filter_map(key_of).collect();
            let is_at = |place: &&Place| {
                let known = place.path.iter().map(String::as_str).take(keys.len());
                place.positions.first() == Some(at) && known.eq(keys.iter().copied())
            };
            if let Some(Place { path, positions }) = places.iter().find(is_at) {
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

fn remove_nothing(value: &mut Value) {
    match value {
        Value::List(items) => items.iter_mut().for_each(remove_nothing),
        Value::Object(fields) => {
            fields.shift_remove(NOTHING);
            fields.values_mut().for_each(remove_nothing);
        }
        _ => {}
    }
}
