use crate::graphql::{
    self,
    document::{DocumentLimits, Documents, TrustedDocuments},
    execution::values::RequestVariables,
};
use async_graphql::parser::types::{DocumentOperations, OperationType, Selection, SelectionSet};
use std::{collections::HashSet, sync::LazyLock};

/// Small limits, so that many documents exceed them.
const LIMITS: DocumentLimits = DocumentLimits {
    document: 2000,
    tokens: 300,
    definitions: 8,
    depth: 8,
    cost: 300,
    selections: 150,
    root_fields: 4,
    aliases: 5,
    directives: 5,
    values: 60,
    text: 1000,
    introspection: true,
};

static DOCUMENTS: LazyLock<Documents> = LazyLock::new(|| {
    Documents::new(&graphql::schema::sdl(), LIMITS, TrustedDocuments::default()).expect("the schema is valid")
});

/// Every document is prepared or rejected. A prepared request is within the limits and fully resolved: it has no
/// variables, directives, named fragments or duplicate response keys.
///
/// The input is a document, optionally followed by a NUL (which no document contains) and the variables as JSON.
pub fn guard(input: &[u8]) {
    let (text, variables) = match input.iter().position(|byte| *byte == 0) {
        Some(end) => (&input[..end], &input[end + 1..]),
        None => (input, &b"{}"[..]),
    };
    let Ok(text) = str::from_utf8(text) else { return };
    let variables: RequestVariables = serde_json::from_slice(variables).unwrap_or_default();
    let mut prepared = match DOCUMENTS.prepare(text, None, &variables) {
        Ok(prepared) => prepared,
        Err(rejection) => {
            assert!(!rejection.0.is_empty(), "rejected without an error");
            return;
        }
    };
    assert!(prepared.cost <= LIMITS.cost, "{}", prepared.cost);
    let Some(mut request) = prepared.take_request() else { return };
    let document = request.parsed_query().expect("the document is parsed");
    assert!(document.fragments.is_empty());
    let DocumentOperations::Single(operation) = &document.operations else { panic!("several operations") };
    assert!(operation.node.variable_definitions.is_empty() && operation.node.directives.is_empty());
    let roots = operation.node.selection_set.node.items.len() as u64;
    assert!(roots <= LIMITS.root_fields, "{roots} root fields");
    assert!(operation.node.ty != OperationType::Subscription || roots == 1);
    walk(&operation.node.selection_set.node, 1, &mut HashSet::new());
}

fn walk<'a>(set: &'a SelectionSet, level: u64, keys: &mut HashSet<&'a str>) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                let field = &field.node;
                assert!(level <= LIMITS.depth, "too deep");
                assert!(keys.insert(field.response_key().node.as_str()), "a duplicate response key");
                assert!(field.directives.is_empty());
                for (_, value) in &field.arguments {
                    assert!(value.node.clone().into_const().is_some(), "a variable");
                }
                walk(&field.selection_set.node, level + 1, &mut HashSet::new());
            }
            Selection::InlineFragment(fragment) => {
                assert!(fragment.node.type_condition.is_some() && fragment.node.directives.is_empty());
                // For one object at most one of the fragments applies, so they may share response keys.
                walk(&fragment.node.selection_set.node, level, &mut HashSet::new());
            }
            Selection::FragmentSpread(_) => panic!("a named fragment"),
        }
    }
}
