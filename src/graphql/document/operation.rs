//! Rewrites an operation for the executor: one field per response key, and no variables, directives or named fragments.

use super::{
    Document, DocumentError, Documents, Prepared, Rejection,
    input::{self, VariableValues},
    introspection, prices,
};
use crate::graphql::execution::values;
use apollo_compiler::{
    Name, Node, ast,
    executable::{Directive, DirectiveList, Field, Operation, Selection, SelectionSet},
    schema::ExtendedType,
};
use async_graphql::{
    Name as ResponseName, Pos, Positioned, Value,
    indexmap::IndexMap,
    parser::types::{self as executor, DocumentOperations, ExecutableDocument, OperationType},
};
use std::{collections::HashMap, sync::Arc};

/// The maximum number of fields of the rewritten operation, as a multiple of the document's limit. A field on an
/// interface is repeated for each possible object type.
const MAX_EXPANSION: u64 = 8;

/// The response key of the placeholder field. The executor rejects objects without fields, so they get a placeholder. A
/// name in a document cannot contain a space, so the key is unique.
pub(super) const PLACEHOLDER_KEY: &str = " ";

/// The path of a field in the response, and its positions in the document.
pub(super) struct FieldLocation {
    pub path: Vec<String>,
    pub positions: Vec<Pos>,
}

/// Rewrites a valid operation with the given variables.
pub fn prepare(
    documents: &Documents,
    document: &Arc<Document>,
    operation: &Node<Operation>,
    variables: VariableValues,
) -> Result<Prepared, Rejection> {
    let mut rewriter = Rewriter::new(documents, document, &variables);
    let root_type = operation.object_type();
    let (mut set, cost) = rewriter.set(root_type, &[&operation.selection_set])?;
    let limits = &documents.limits;
    let position = document.lines.of(operation.location());
    if cost > limits.cost {
        let message = format!("The operation's cost is {cost}; the maximum is {}.", limits.cost);
        return Err(DocumentError::validation(message).at(position).into());
    }
    let has_empty = rewriter.has_empty;
    let keys = set.items.iter().filter_map(field_of).map(|field| field.response_key().node.clone()).collect();
    let all = set.items.len();
    set.items
        .retain(|item| field_of(item).is_some_and(|field| !introspection::is_root_field(&field.name.node)));
    let introspection = (set.items.len() < all)
        .then(|| introspection::Introspection::new(document.clone(), operation.clone(), &variables));
    let operation_type = match operation.operation_type {
        ast::OperationType::Query => OperationType::Query,
        ast::OperationType::Mutation => OperationType::Mutation,
        ast::OperationType::Subscription => OperationType::Subscription,
    };
    let roots = set.items.iter().filter_map(field_of).map(|field| field.name.node.to_string()).collect();
    let executable = (!set.items.is_empty()).then(|| ExecutableDocument {
        operations: DocumentOperations::Single(Positioned::new(
            executor::OperationDefinition {
                ty: operation_type,
                variable_definitions: Vec::new(),
                directives: Vec::new(),
                selection_set: Positioned::new(set, position),
            },
            position,
        )),
        fragments: HashMap::default(),
    });
    let (document, operation) = (document.clone(), operation.clone());
    Ok(Prepared {
        operation_type,
        roots,
        cost,
        keys,
        executable,
        introspection,
        document,
        operation,
        variables,
        has_empty,
    })
}

/// Returns the locations of all fields of the operation. Empty if the variables are invalid.
pub(super) fn field_locations(
    documents: &Documents,
    document: &Document,
    operation: &Operation,
    variables: &VariableValues,
) -> Vec<FieldLocation> {
    let mut rewriter = Rewriter::new(documents, document, variables);
    rewriter.locations = Some(Vec::new());
    match rewriter.set(operation.object_type(), &[&operation.selection_set]) {
        Ok(_) => rewriter.locations.unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

fn field_of(item: &Positioned<executor::Selection>) -> Option<&executor::Field> {
    match &item.node {
        executor::Selection::Field(field) => Some(&field.node),
        _ => None,
    }
}

struct Rewriter<'a> {
    documents: &'a Documents,
    document: &'a Document,
    variables: &'a VariableValues,
    /// The response keys that lead to the current selection set.
    path: Vec<&'a str>,
    /// The number of values in arguments so far.
    values: u64,
    /// The number of fields so far.
    fields: u64,
    has_empty: bool,
    /// The locations of the fields so far, if they are recorded.
    locations: Option<Vec<FieldLocation>>,
}

/// The arguments of a field, in the form of the executor.
type Arguments = Vec<(Positioned<ResponseName>, Positioned<async_graphql_value::Value>)>;

/// The fields of each response key, in order.
type Collected<'a> = IndexMap<&'a str, Vec<&'a Node<Field>>>;

impl<'a> Rewriter<'a> {
    fn new(documents: &'a Documents, document: &'a Document, variables: &'a VariableValues) -> Self {
        let (path, values, fields, has_empty, locations) = (Vec::new(), 0, 0, false, None);
        Self { documents, document, variables, path, values, fields, has_empty, locations }
    }

    /// Merges selection sets into one, and computes its cost.
    fn set(
        &mut self,
        of_type: &Name,
        sets: &[&'a SelectionSet],
    ) -> Result<(executor::SelectionSet, u64), Rejection> {
        let schema = &self.documents.schema;
        let is_object = matches!(schema.types.get(of_type), Some(ExtendedType::Object(_)));
        let has_fragments =
            || sets.iter().flat_map(|set| &set.selections).any(|selection| selection.as_field().is_none());
        if is_object || !has_fragments() {
            return self.fields_of(of_type, sets);
        }
        // One fragment for each possible object type of the interface or union.
        let (mut items, mut largest) = (Vec::new(), 0);
        for object in self.possible_types(of_type) {
            let (set, cost) = self.fields_of(object, sets)?;
            largest = largest.max(cost);
            if set.items.is_empty() {
                continue;
            }
            let position = set.items[0].pos;
            let on =
                executor::TypeCondition { on: Positioned::new(ResponseName::new(object.as_str()), position) };
            let fragment = executor::InlineFragment {
                type_condition: Some(Positioned::new(on, position)),
                directives: Vec::new(),
                selection_set: Positioned::new(set, position),
            };
            let fragment = executor::Selection::InlineFragment(Positioned::new(fragment, position));
            items.push(Positioned::new(fragment, position));
        }
        Ok((executor::SelectionSet { items }, largest))
    }

    fn possible_types(&self, of_type: &Name) -> Vec<&'a Name> {
        let Documents { schema, implementers, .. } = self.documents;
        match schema.types.get(of_type) {
            Some(ExtendedType::Union(union)) => union.members.iter().map(|member| &member.name).collect(),
            _ => implementers.get(of_type).map_or_else(Vec::new, |types| types.objects.iter().collect()),
        }
    }

    fn fields_of(
        &mut self,
        of_type: &Name,
        sets: &[&'a SelectionSet],
    ) -> Result<(executor::SelectionSet, u64), Rejection> {
        let mut collected = Collected::new();
        let mut spread = Vec::new();
        for set in sets {
            self.collect(of_type, set, &mut spread, &mut collected)?;
        }
        let mut items = Vec::with_capacity(collected.len());
        let mut cost = 0_u64;
        for (key, fields) in collected {
            self.path.push(key);
            let (field, cost_of_field) = self.field(key, &fields)?;
            self.path.pop();
            cost = cost.saturating_add(cost_of_field);
            items.push(Positioned::new(executor::Selection::Field(field.clone()), field.pos));
        }
        Ok((executor::SelectionSet { items }, cost))
    }

    /// Collects the fields that apply to an object type (GraphQL specification, "CollectFields").
    fn collect(
        &self,
        of_type: &Name,
        set: &'a SelectionSet,
        spread: &mut Vec<&'a Name>,
        collected: &mut Collected<'a>,
    ) -> Result<(), Rejection> {
        for selection in &set.selections {
            if !self.is_included(selection.directives())? {
                continue;
            }
            match selection {
                Selection::Field(field) => collected.entry(field.response_key()).or_default().push(field),
                Selection::InlineFragment(fragment) => {
                    if fragment
                        .type_condition
                        .as_ref()
                        .is_none_or(|condition| self.applies(condition, of_type))
                    {
                        self.collect(of_type, &fragment.selection_set, spread, collected)?;
                    }
                }
                Selection::FragmentSpread(named) => {
                    let name = &named.fragment_name;
                    if spread.contains(&name) {
                        continue;
                    }
                    spread.push(name);
                    if let Some(fragment) = self.document.executable.fragments.get(name)
                        && self.applies(fragment.type_condition(), of_type)
                    {
                        self.collect(of_type, &fragment.selection_set, spread, collected)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn applies(&self, condition: &Name, of_type: &Name) -> bool {
        condition == of_type || self.documents.schema.is_subtype(condition, of_type)
    }

    /// Evaluates `@skip` and `@include`.
    fn is_included(&self, directives: &DirectiveList) -> Result<bool, Rejection> {
        if directives.is_empty() {
            return Ok(true);
        }
        let condition =
            |name: &str| directives.get(name).map(|directive| self.condition(directive)).transpose();
        Ok(!condition("skip")?.unwrap_or(false) && condition("include")?.unwrap_or(true))
    }

    fn condition(&self, directive: &Node<Directive>) -> Result<bool, Rejection> {
        let literal = directive.specified_argument_by_name("if");
        if let Some(condition) = literal.and_then(|literal| literal.to_bool()) {
            return Ok(condition);
        }
        let variable = literal.and_then(|literal| literal.as_variable());
        match variable.and_then(|name| self.variables.get(name)) {
            Some(Value::Boolean(condition)) => Ok(*condition),
            _ => {
                let message = format!("The argument `if` of `@{}` must not be null.", directive.name);
                Err(DocumentError::validation(message)
                    .at(self.document.lines.of(directive.location()))
                    .into())
            }
        }
    }

    /// Merges the fields of one response key into one. Validation guarantees that they have the same name and
    /// arguments.
    fn field(
        &mut self,
        key: &'a str,
        fields: &[&'a Node<Field>],
    ) -> Result<(Positioned<executor::Field>, u64), Rejection> {
        let first = fields[0];
        let position = self.document.lines.of(first.location());
        let limit = self.documents.limits.selections.saturating_mul(MAX_EXPANSION);
        self.fields += 1;
        if self.fields > limit {
            let message = format!("The operation expands to more than {limit} fields.");
            return Err(DocumentError::validation(message).at(position).into());
        }
        if let Some(locations) = &mut self.locations {
            let path = self.path.iter().map(|&key| key.to_owned()).collect();
            let positions = fields.iter().map(|field| self.document.lines.of(field.location())).collect();
            locations.push(FieldLocation { path, positions });
        }
        let arguments = self.arguments(first, position)?;
        let sets: Vec<_> = fields.iter().map(|field| &field.selection_set).collect();
        let (set, inner) = match first.selection_set.selections.is_empty() {
            true => (executor::SelectionSet { items: Vec::new() }, 0),
            false => {
                let (mut set, cost) = self.set(first.ty().inner_named_type(), &sets)?;
                if set.items.is_empty() {
                    set.items.push(placeholder(position));
                    self.has_empty = true;
                }
                (set, cost)
            }
        };
        let own = prices::own_cost(&first.name, first.ty().inner_named_type());
        let cost = inner.saturating_mul(rows(&first.name, &arguments)).saturating_add(own);
        let name = ResponseName::new(first.name.as_str());
        let field = executor::Field {
            alias: first.alias.as_ref().map(|_| Positioned::new(ResponseName::new(key), position)),
            name: Positioned::new(name, position),
            arguments,
            directives: Vec::new(),
            selection_set: Positioned::new(set, position),
        };
        Ok((Positioned::new(field, position), cost))
    }

    /// Coerces the arguments of a field. Absent arguments without a default are omitted.
    fn arguments(&mut self, field: &'a Field, position: Pos) -> Result<Arguments, Rejection> {
        let Documents { schema, limits, .. } = self.documents;
        let mut arguments = Vec::with_capacity(field.arguments.len());
        for definition in &field.definition.arguments {
            let given = field.arguments.iter().find(|argument| argument.name == definition.name);
            let value =
                given.and_then(|given| input::coerce(schema, &definition.ty, &given.value, self.variables));
            let value = value
                .or_else(|| input::default_of(schema, &definition.ty, definition.default_value.as_deref()));
            let Some(value) = value else { continue };
            if !self.variables.is_empty() && !input::fits(schema, &definition.ty, &value) {
                let (name, of_type) = (&definition.name, &definition.ty);
                let message =
                    format!("The argument `{name}` of type `{of_type}` must not be or contain null.");
                return Err(DocumentError::validation(message).at(position).into());
            }
            self.values = self.values.saturating_add(values::size(&value));
            if self.values > limits.values {
                let message =
                    format!("The arguments of the operation have more than {} values.", limits.values);
                return Err(DocumentError::validation(message).at(position).into());
            }
            let at = given.map_or(position, |given| self.document.lines.of(given.location()));
            let name = ResponseName::new(definition.name.as_str());
            arguments.push((Positioned::new(name, at), Positioned::new(value.into_value(), at)));
        }
        Ok(arguments)
    }
}

/// Creates the placeholder field, a `__typename` under the placeholder key.
fn placeholder(position: Pos) -> Positioned<executor::Selection> {
    let field = executor::Field {
        alias: Some(Positioned::new(ResponseName::new(PLACEHOLDER_KEY), position)),
        name: Positioned::new(ResponseName::new("__typename"), position),
        arguments: Vec::new(),
        directives: Vec::new(),
        selection_set: Positioned::new(executor::SelectionSet { items: Vec::new() }, position),
    };
    Positioned::new(executor::Selection::Field(Positioned::new(field, position)), position)
}

/// The maximum number of objects that a field returns: the rows of a page, the number of `ids`, or the limit of a list.
fn rows(
    field: &Name,
    arguments: &[(Positioned<ResponseName>, Positioned<async_graphql_value::Value>)],
) -> u64 {
    use async_graphql_value::Value;
    let given = arguments.iter().filter(|(name, _)| matches!(name.node.as_str(), "first" | "last" | "ids"));
    let rows = given.filter_map(|(_, value)| match &value.node {
        Value::Number(number) => number.as_u64(),
        Value::List(items) => Some(items.len() as u64),
        _ => None,
    });
    rows.max().unwrap_or_else(|| prices::rows(field)).max(1)
}
