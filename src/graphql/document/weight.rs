//! What a document comes to when its fragments are unfolded, found without unfolding them.
//!
//! This runs before validation, so that a few hundred bytes of fragments that spread each other cannot keep the
//! validator busy.

use super::{Fault, Limits, Rejection, lines::Lines};
use apollo_compiler::{
    Node,
    ast::{Definition, DirectiveList, Document, FragmentDefinition, OperationDefinition, Selection},
};
use std::collections::HashMap;

/// How deep selections may be nested, fragments unfolded. Each level is a call within a call.
const MOST_LEVELS: usize = 64;

/// Checks every operation of the document.
pub fn check(document: &Document, lines: &Lines, limits: &Limits) -> Result<(), Rejection> {
    if document.definitions.len() > limits.definitions {
        let most = limits.definitions;
        return Err(Fault::validation(format!(
            "The document has more than {most} operations and fragments."
        ))
        .into());
    }
    let fragments = document.definitions.iter().filter_map(|definition| match definition {
        Definition::FragmentDefinition(fragment) => Some((fragment.name.as_str(), fragment)),
        _ => None,
    });
    let mut scale =
        Scale { fragments: fragments.collect(), weighed: HashMap::new(), lines, limits, levels: 0 };
    let mut selections = 0_u64;
    for definition in &document.definitions {
        let Definition::OperationDefinition(operation) = definition else { continue };
        let weight = scale.operation(operation)?;
        selections = selections.saturating_add(weight.selections);
        for (what, is, limit) in [
            ("nesting", weight.depth, limits.depth),
            ("number of root fields", weight.roots, limits.root_fields),
            ("number of aliases", weight.aliases, limits.aliases),
            ("number of directives", weight.directives, limits.directives),
            ("number of fields and fragments", selections, limits.selections),
        ] {
            if is > limit {
                let message = format!("The operation's {what} is {is}; at most {limit} is allowed.");
                return Err(Fault::validation(message).at(lines.of(operation.location())).into());
            }
        }
    }
    scale.reject_unused()
}

/// What a part of a document comes to when its fragments are unfolded. It may be more than any number holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Weight {
    depth: u64,
    selections: u64,
    /// Fields that are in no other field.
    roots: u64,
    aliases: u64,
    directives: u64,
}

impl Weight {
    fn plus(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            selections: self.selections.saturating_add(other.selections),
            roots: self.roots.saturating_add(other.roots),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
        }
    }

    fn of_directives(directives: &DirectiveList) -> Self {
        Self { directives: directives.len() as u64, ..Self::default() }
    }
}

struct Scale<'a> {
    fragments: HashMap<&'a str, &'a Node<FragmentDefinition>>,
    /// The fragments' weights; `None` while one is being weighed.
    weighed: HashMap<&'a str, Option<Weight>>,
    lines: &'a Lines,
    limits: &'a Limits,
    levels: usize,
}

impl<'a> Scale<'a> {
    fn operation(&mut self, operation: &'a OperationDefinition) -> Result<Weight, Rejection> {
        let variables =
            operation.variables.iter().map(|variable| Weight::of_directives(&variable.directives));
        let own = variables.fold(Weight::of_directives(&operation.directives), Weight::plus);
        Ok(self.set(&operation.selection_set)?.plus(own))
    }

    fn set(&mut self, selections: &'a [Selection]) -> Result<Weight, Rejection> {
        self.levels += 1;
        if self.levels > MOST_LEVELS {
            let message = format!("Selections are nested more than {MOST_LEVELS} deep.");
            return Err(Fault::validation(message).into());
        }
        let weight = selections.iter().try_fold(Weight::default(), |sum, selection| {
            let weight = match selection {
                Selection::Field(field) => {
                    let inner = self.set(&field.selection_set)?;
                    if !self.limits.introspection && matches!(field.name.as_str(), "__schema" | "__type") {
                        let at = self.lines.of(field.location());
                        return Err(Fault::validation("Introspection is disabled on this server.")
                            .at(at)
                            .into());
                    }
                    let own = Weight {
                        depth: inner.depth + 1,
                        roots: 1,
                        aliases: inner.aliases.saturating_add(field.alias.is_some().into()),
                        ..inner
                    };
                    own.plus(Weight::of_directives(&field.directives))
                }
                Selection::InlineFragment(fragment) => {
                    self.set(&fragment.selection_set)?.plus(Weight::of_directives(&fragment.directives))
                }
                Selection::FragmentSpread(spread) => {
                    let at = self.lines.of(spread.location());
                    let fragment = self.fragment(&spread.fragment_name).map_err(|fault| match fault {
                        Unfoldable::Fault(fault) => fault.at(at).into(),
                        Unfoldable::Within(rejection) => rejection,
                    });
                    fragment?.plus(Weight::of_directives(&spread.directives))
                }
            };
            Ok(sum.plus(weight).plus(Weight { selections: 1, ..Weight::default() }))
        });
        self.levels -= 1;
        weight
    }

    fn fragment(&mut self, name: &str) -> Result<Weight, Unfoldable> {
        let Some((&name, &fragment)) = self.fragments.get_key_value(name) else {
            return Err(Fault::validation(format!("The fragment `{name}` is not defined.")).into());
        };
        match self.weighed.get(name) {
            Some(Some(weight)) => return Ok(*weight),
            Some(None) => {
                return Err(Fault::validation(format!("The fragment `{name}` spreads itself.")).into());
            }
            None => {}
        }
        self.weighed.insert(name, None);
        let set = self.set(&fragment.selection_set).map_err(Unfoldable::Within)?;
        let weight = set.plus(Weight::of_directives(&fragment.directives));
        self.weighed.insert(name, Some(weight));
        Ok(weight)
    }

    /// Validation would look into a fragment that no operation uses, as often as others like it spread it.
    fn reject_unused(&self) -> Result<(), Rejection> {
        let unused =
            self.fragments.values().filter(|fragment| !self.weighed.contains_key(fragment.name.as_str()));
        match unused.min_by_key(|fragment| fragment.location().map(|span| span.offset())) {
            None => Ok(()),
            Some(fragment) => {
                let fault = Fault::validation(format!("The fragment `{}` is never used.", fragment.name));
                Err(fault.at(self.lines.of(fragment.location())).into())
            }
        }
    }
}

/// Why a fragment cannot be unfolded: its spread is at fault, or something within it.
enum Unfoldable {
    Fault(Fault),
    Within(Rejection),
}

impl From<Fault> for Unfoldable {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
