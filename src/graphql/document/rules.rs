//! Validation rules that `apollo-compiler` (1.33) checks only in part:
//!
//! - "All Variable Usages Are Allowed" and "All Variable Uses Defined", inside lists and input objects, and if the
//!   default of a variable is null.
//! - "Input Object Field Uniqueness".
//! - "Single Root Field": `apollo-compiler` counts a response key that is selected twice as two fields.

use super::{Document, DocumentError, Rejection, lines::Lines};
use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::{Type, Value},
    collections::{HashMap, HashSet},
    executable::{Argument, DirectiveList, Operation, Selection, SelectionSet, VariableDefinition},
    schema::{ExtendedType, InputValueDefinition},
    validation::{Valid, WithErrors},
};
use async_graphql::Pos;

/// Accepts a document whose only errors are subscriptions that select the same root field several times.
pub fn allow_repeated_root_field(
    invalid: WithErrors<ExecutableDocument>,
    lines: &Lines,
) -> Result<Valid<ExecutableDocument>, Rejection> {
    let repeated = |name| name == Some("SubscriptionUsesMultipleFields");
    if !invalid.errors.iter().all(|diagnostic| repeated(diagnostic.error.unstable_error_name())) {
        return Err(Rejection::invalid(&invalid.errors, lines));
    }
    // `check` verifies that there is one response key.
    Ok(Valid::assume_valid(invalid.partial))
}

/// Checks a document that has passed the validation of `apollo-compiler`.
pub fn check(schema: &Schema, document: &Document) -> Result<(), Rejection> {
    let mut errors = Vec::new();
    for operation in document.executable.operations.iter() {
        if operation.is_subscription() {
            let keys: HashSet<_> =
                operation.root_fields(&document.executable).map(|field| field.response_key()).collect();
            if keys.len() != 1 {
                let at = document.lines.of(operation.location());
                errors.push(
                    DocumentError::validation("A subscription must have exactly one root field.").at(at),
                );
            }
        }
        let variables = operation.variables.iter().map(|variable| (&variable.name, variable)).collect();
        let mut rules =
            Rules { schema, document, variables, visited: HashSet::default(), errors: &mut errors };
        rules.operation(operation);
    }
    if errors.is_empty() { Ok(()) } else { Err(Rejection(errors)) }
}

struct Rules<'a> {
    schema: &'a Schema,
    document: &'a Document,
    variables: HashMap<&'a Name, &'a Node<VariableDefinition>>,
    /// The fragments that have been visited for this operation.
    visited: HashSet<&'a Name>,
    errors: &'a mut Vec<DocumentError>,
}

impl<'a> Rules<'a> {
    fn operation(&mut self, operation: &'a Operation) {
        self.directives(&operation.directives);
        for variable in &operation.variables {
            if let Some(default) = &variable.default_value {
                self.literal(&variable.ty, false, default);
            }
        }
        self.set(&operation.selection_set);
    }

    fn set(&mut self, set: &'a SelectionSet) {
        for selection in &set.selections {
            self.directives(selection.directives());
            match selection {
                Selection::Field(field) => {
                    self.arguments(&field.definition.arguments, &field.arguments);
                    self.set(&field.selection_set);
                }
                Selection::InlineFragment(fragment) => self.set(&fragment.selection_set),
                Selection::FragmentSpread(spread) => {
                    if self.visited.insert(&spread.fragment_name)
                        && let Some(fragment) = spread.fragment_def(&self.document.executable)
                    {
                        self.directives(&fragment.directives);
                        self.set(&fragment.selection_set);
                    }
                }
            }
        }
    }

    fn directives(&mut self, directives: &'a DirectiveList) {
        for directive in directives {
            if let Some(definition) = self.schema.directive_definitions.get(&directive.name) {
                self.arguments(&definition.arguments, &directive.arguments);
            }
        }
    }

    fn arguments(&mut self, definitions: &'a [Node<InputValueDefinition>], arguments: &'a [Node<Argument>]) {
        for argument in arguments {
            if let Some(definition) = definitions.iter().find(|definition| definition.name == argument.name) {
                self.literal(&definition.ty, definition.default_value.is_some(), &argument.value);
            }
        }
    }

    /// Checks a value at a position of the given type.
    fn literal(&mut self, of_type: &'a Type, has_default: bool, literal: &'a Node<Value>) {
        match &**literal {
            Value::Variable(name) => self.variable(name, Some((of_type, has_default)), literal),
            Value::List(items) if of_type.is_list() => {
                items.iter().for_each(|item| self.literal(of_type.item_type(), false, item));
            }
            Value::Object(fields) => {
                self.unique(fields);
                match self.schema.types.get(of_type.inner_named_type()) {
                    Some(ExtendedType::InputObject(object)) => {
                        for (name, value) in fields {
                            if let Some(field) = object.fields.get(name) {
                                self.literal(&field.ty, field.default_value.is_some(), value);
                            }
                        }
                    }
                    _ => fields.iter().for_each(|(_, value)| self.within_scalar(value)),
                }
            }
            Value::List(items) => items.iter().for_each(|item| self.within_scalar(item)),
            _ => {}
        }
    }

    /// Checks a value inside a custom scalar, which has no types.
    fn within_scalar(&mut self, literal: &'a Node<Value>) {
        match &**literal {
            Value::Variable(name) => self.variable(name, None, literal),
            Value::List(items) => items.iter().for_each(|item| self.within_scalar(item)),
            Value::Object(fields) => {
                self.unique(fields);
                fields.iter().for_each(|(_, value)| self.within_scalar(value));
            }
            _ => {}
        }
    }

    fn unique(&mut self, fields: &'a [(Name, Node<Value>)]) {
        let mut names = HashSet::default();
        for (name, value) in fields {
            if !names.insert(name) {
                let at = self.at(name.location().or(value.location()));
                let message = format!("There can be only one input field named \"{name}\".");
                self.errors.push(DocumentError::validation(message).at(at));
            }
        }
    }

    fn variable(&mut self, name: &Name, position: Option<(&Type, bool)>, usage: &Node<Value>) {
        let at = self.at(usage.location());
        let Some(definition) = self.variables.get(name) else {
            self.errors
                .push(DocumentError::validation(format!("Variable \"${name}\" is not defined.")).at(at));
            return;
        };
        let Some((of_type, has_default)) = position else { return };
        let has_value =
            has_default || definition.default_value.as_ref().is_some_and(|default| !default.is_null());
        let is_allowed = match of_type.is_non_null() && !definition.ty.is_non_null() {
            true => has_value && fits(&definition.ty, &of_type.clone().nullable()),
            false => fits(&definition.ty, of_type),
        };
        if !is_allowed {
            let (given, defined) = (&definition.ty, self.at(definition.location()));
            let message = format!(
                "Variable \"${name}\" of type \"{given}\" used in position expecting type \"{of_type}\"."
            );
            self.errors.push(DocumentError::validation(message).at(defined).at(at));
        }
    }

    fn at(&self, span: Option<apollo_compiler::parser::SourceSpan>) -> Pos {
        self.document.lines.of(span)
    }
}

/// Returns whether a variable of type `given` is allowed where `expected` is required (GraphQL specification,
/// "AreTypesCompatible").
fn fits(given: &Type, expected: &Type) -> bool {
    match (given, expected) {
        (Type::NonNullNamed(given), Type::Named(expected) | Type::NonNullNamed(expected))
        | (Type::Named(given), Type::Named(expected)) => given == expected,
        (Type::NonNullList(given), Type::List(expected) | Type::NonNullList(expected))
        | (Type::List(given), Type::List(expected)) => fits(given, expected),
        _ => false,
    }
}
