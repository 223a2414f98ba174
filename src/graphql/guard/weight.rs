//! What a document comes to when its fragments are unfolded.

use super::{Refusal, prices};
use crate::graphql::values;
use async_graphql::{
    Name, Positioned, Value, Variables,
    parser::types::{Directive, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet},
};
use async_graphql_value::Value as Argument;
use std::collections::HashMap;

/// How deep selections may stand in each other, fragments opened: the executor takes 32, whatever is allowed, and each
/// level is a call within a call.
const MOST_LEVELS: usize = 64;

/// What a part of a document comes to when its fragments are unfolded. It may be more than any number holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    pub depth: u64,
    pub cost: u64,
    pub selections: u64,
    /// Fields that are in no other field.
    pub roots: u64,
    pub aliases: u64,
    pub directives: u64,
}

impl Weight {
    fn beside(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            cost: self.cost.saturating_add(other.cost),
            selections: self.selections.saturating_add(other.selections),
            roots: self.roots.saturating_add(other.roots),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
        }
    }
}

/// Weighs the operations of one document.
pub struct Scale<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &'a Variables,
    introspection: bool,
    /// The fragments' weights; `None` while one is being weighed.
    weighed: HashMap<&'a str, Option<Weight>>,
    /// How big each variable is that has been used.
    sizes: HashMap<&'a str, u64>,
    /// The values in the arguments so far.
    pub values: u64,
    levels: usize,
}

impl<'a> Scale<'a> {
    pub fn new(
        fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
        variables: &'a Variables,
        introspection: bool,
    ) -> Self {
        let (weighed, sizes) = (HashMap::new(), HashMap::new());
        Self { fragments, variables, introspection, weighed, sizes, values: 0, levels: 0 }
    }

    pub fn operation(&mut self, operation: &'a OperationDefinition) -> Result<Weight, Refusal> {
        let mut weight = self.set(&operation.selection_set.node)?;
        for definition in &operation.variable_definitions {
            weight = weight.beside(self.directives(&definition.node.directives));
        }
        Ok(weight.beside(self.directives(&operation.directives)))
    }

    /// A fragment that none of the operations weighed has led to: the first in the document.
    pub fn unweighed(&self) -> Option<(&'a Name, &'a Positioned<FragmentDefinition>)> {
        let unweighed = self.fragments.iter().filter(|(name, _)| !self.weighed.contains_key(name.as_str()));
        unweighed.min_by_key(|(_, fragment)| fragment.pos)
    }

    fn set(&mut self, set: &'a SelectionSet) -> Result<Weight, Refusal> {
        self.levels += 1;
        if self.levels > MOST_LEVELS {
            return Err(Refusal::new(format!("Selections are nested more than {MOST_LEVELS} deep.")));
        }
        let weight = set.items.iter().try_fold(Weight::default(), |sum, selection| {
            let weight = match &selection.node {
                Selection::Field(field) => self.field(&field.node)?,
                Selection::InlineFragment(fragment) => {
                    let set = self.set(&fragment.node.selection_set.node)?;
                    set.beside(self.directives(&fragment.node.directives))
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.fragment(&spread.node.fragment_name.node);
                    let fragment = fragment.map_err(|refusal| refusal.at(spread.pos))?;
                    fragment.beside(self.directives(&spread.node.directives))
                }
            };
            Ok(sum.beside(weight).beside(Weight { selections: 1, ..Weight::default() }))
        });
        self.levels -= 1;
        weight
    }

    fn field(&mut self, field: &'a Field) -> Result<Weight, Refusal> {
        if !self.introspection && matches!(field.name.node.as_str(), "__schema" | "__type") {
            return Err(Refusal::new("The schema does not describe itself here."));
        }
        let inner = match &field.selection_set.node.items[..] {
            [] => Weight::default(),
            _ => self.set(&field.selection_set.node)?,
        };
        self.arguments(&field.arguments);
        let own_cost = prices::own_cost(&field.name.node);
        let own = Weight {
            depth: inner.depth + 1,
            cost: inner.cost.saturating_mul(self.rows(field)).saturating_add(own_cost),
            roots: 1,
            aliases: inner.aliases.saturating_add(field.alias.is_some().into()),
            ..inner
        };
        Ok(own.beside(self.directives(&field.directives)))
    }

    fn fragment(&mut self, name: &str) -> Result<Weight, Refusal> {
        let Some((name, fragment)) = self.fragments.get_key_value(name) else {
            return Err(Refusal::new(format!("The fragment `{name}` is not there.")));
        };
        match self.weighed.get(&**name) {
            Some(Some(weight)) => return Ok(*weight),
            Some(None) => return Err(Refusal::new(format!("The fragment `{name}` spreads itself."))),
            None => {}
        }
        self.weighed.insert(name, None);
        let set = self.set(&fragment.node.selection_set.node)?;
        let weight = set.beside(self.directives(&fragment.node.directives));
        self.weighed.insert(name, Some(weight));
        Ok(weight)
    }

    fn directives(&mut self, directives: &'a [Positioned<Directive>]) -> Weight {
        for directive in directives {
            self.arguments(&directive.node.arguments);
        }
        Weight { directives: directives.len() as u64, ..Weight::default() }
    }

    fn arguments(&mut self, arguments: &'a [(Positioned<Name>, Positioned<Argument>)]) {
        for (_, value) in arguments {
            self.values = self.values.saturating_add(self.size(&value.node));
        }
    }

    fn size(&mut self, argument: &'a Argument) -> u64 {
        match argument {
            Argument::Variable(name) => {
                let variables = self.variables;
                *self.sizes.entry(name).or_insert_with(|| variables.get(name).map_or(1, values::size))
            }
            Argument::List(items) => items.iter().map(|item| self.size(item)).sum::<u64>() + 1,
            Argument::Object(fields) => fields.values().map(|field| self.size(field)).sum::<u64>() + 1,
            Argument::String(text) => values::text_size(text),
            _ => 1,
        }
    }

    /// How many objects a field may stand for: the rows of a page, what `ids` names, or what such a list may have.
    fn rows(&self, field: &Field) -> u64 {
        let asked = |argument| match &field.get_argument(argument)?.node {
            Argument::Number(number) => number.as_u64(),
            Argument::List(items) => Some(items.len() as u64),
            Argument::Variable(name) => match self.variables.get(name)? {
                Value::Number(number) => number.as_u64(),
                Value::List(items) => Some(items.len() as u64),
                _ => None,
            },
            _ => None,
        };
        let rows = ["first", "last", "ids"].into_iter().filter_map(asked).max();
        rows.unwrap_or_else(|| prices::rows(&field.name.node)).max(1)
    }
}
