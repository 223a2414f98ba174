//! Limits on the size of a document with expanded fragments, computed without expanding them.
//!
//! This runs before validation. Otherwise a few hundred bytes of fragments that spread each other could keep the
//! validator busy.

use super::{DocumentError, DocumentLimits, Rejection, lines::Lines};
use apollo_compiler::{
    Node,
    ast::{Definition, DirectiveList, Document, FragmentDefinition, OperationDefinition, Selection},
};
use std::collections::HashMap;

/// The maximum nesting of selections, with fragments expanded. Each level is a recursive call.
const MAX_LEVELS: usize = 64;

/// Checks every operation of the document.
pub fn check(document: &Document, lines: &Lines, limits: &DocumentLimits) -> Result<(), Rejection> {
    if document.definitions.len() > limits.definitions {
        let most = limits.definitions;
        return Err(DocumentError::validation(format!(
            "The document has more than {most} operations and fragments."
        ))
        .into());
    }
    let fragments = document.definitions.iter().filter_map(|definition| match definition {
        Definition::FragmentDefinition(fragment) => Some((fragment.name.as_str(), fragment)),
        _ => None,
    });
    let mut counter =
        Counter { fragments: fragments.collect(), counted: HashMap::new(), lines, limits, levels: 0 };
    let mut selections = 0_u64;
    for definition in &document.definitions {
        let Definition::OperationDefinition(operation) = definition else { continue };
        let counts = counter.operation(operation)?;
        selections = selections.saturating_add(counts.selections);
        for (name, count, limit) in [
            ("nesting", counts.depth, limits.depth),
            ("number of root fields", counts.roots, limits.root_fields),
            ("number of aliases", counts.aliases, limits.aliases),
            ("number of directives", counts.directives, limits.directives),
            ("number of fields and fragments", selections, limits.selections),
        ] {
            if count > limit {
                let message = format!("The operation's {name} is {count}; the maximum is {limit}.");
                return Err(DocumentError::validation(message).at(lines.of(operation.location())).into());
            }
        }
    }
    counter.reject_unused()
}

/// The counts of a part of a document, with fragments expanded. Sums saturate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    depth: u64,
    selections: u64,
    /// Fields that are not inside another field.
    roots: u64,
    aliases: u64,
    directives: u64,
}

impl Counts {
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

struct Counter<'a> {
    fragments: HashMap<&'a str, &'a Node<FragmentDefinition>>,
    /// The counts of the fragments. `None` while a fragment is being counted.
    counted: HashMap<&'a str, Option<Counts>>,
    lines: &'a Lines,
    limits: &'a DocumentLimits,
    levels: usize,
}

impl<'a> Counter<'a> {
    fn operation(&mut self, operation: &'a OperationDefinition) -> Result<Counts, Rejection> {
        let variables =
            operation.variables.iter().map(|variable| Counts::of_directives(&variable.directives));
        let own = variables.fold(Counts::of_directives(&operation.directives), Counts::plus);
        Ok(self.set(&operation.selection_set)?.plus(own))
    }

    fn set(&mut self, selections: &'a [Selection]) -> Result<Counts, Rejection> {
        self.levels += 1;
        if self.levels > MAX_LEVELS {
            let message = format!("Selections are nested more than {MAX_LEVELS} deep.");
            return Err(DocumentError::validation(message).into());
        }
        let counts = selections.iter().try_fold(Counts::default(), |sum, selection| {
            let counts = match selection {
                Selection::Field(field) => {
                    let inner = self.set(&field.selection_set)?;
                    if !self.limits.introspection && matches!(field.name.as_str(), "__schema" | "__type") {
                        let at = self.lines.of(field.location());
                        return Err(DocumentError::validation("Introspection is disabled on this server.")
                            .at(at)
                            .into());
                    }
                    let own = Counts {
                        depth: inner.depth + 1,
                        roots: 1,
                        aliases: inner.aliases.saturating_add(field.alias.is_some().into()),
                        ..inner
                    };
                    own.plus(Counts::of_directives(&field.directives))
                }
                Selection::InlineFragment(fragment) => {
                    self.set(&fragment.selection_set)?.plus(Counts::of_directives(&fragment.directives))
                }
                Selection::FragmentSpread(spread) => {
                    let at = self.lines.of(spread.location());
                    let fragment = self.fragment(&spread.fragment_name).map_err(|error| match error {
                        FragmentError::Spread(error) => error.at(at).into(),
                        FragmentError::Inside(rejection) => rejection,
                    });
                    fragment?.plus(Counts::of_directives(&spread.directives))
                }
            };
            Ok(sum.plus(counts).plus(Counts { selections: 1, ..Counts::default() }))
        });
        self.levels -= 1;
        counts
    }

    fn fragment(&mut self, name: &str) -> Result<Counts, FragmentError> {
        let Some((&name, &fragment)) = self.fragments.get_key_value(name) else {
            return Err(DocumentError::validation(format!("The fragment `{name}` is not defined.")).into());
        };
        match self.counted.get(name) {
            Some(Some(counts)) => return Ok(*counts),
            Some(None) => {
                return Err(
                    DocumentError::validation(format!("The fragment `{name}` spreads itself.")).into()
                );
            }
            None => {}
        }
        self.counted.insert(name, None);
        let set = self.set(&fragment.selection_set).map_err(FragmentError::Inside)?;
        let counts = set.plus(Counts::of_directives(&fragment.directives));
        self.counted.insert(name, Some(counts));
        Ok(counts)
    }

    /// Rejects unused fragments. They are not counted here, but validation would visit them, once for each spread in
    /// other unused fragments.
    fn reject_unused(&self) -> Result<(), Rejection> {
        let unused =
            self.fragments.values().filter(|fragment| !self.counted.contains_key(fragment.name.as_str()));
        match unused.min_by_key(|fragment| fragment.location().map(|span| span.offset())) {
            None => Ok(()),
            Some(fragment) => {
                let error =
                    DocumentError::validation(format!("The fragment `{}` is never used.", fragment.name));
                Err(error.at(self.lines.of(fragment.location())).into())
            }
        }
    }
}

/// The reason why a fragment cannot be expanded: its spread is invalid, or something inside it.
enum FragmentError {
    Spread(DocumentError),
    Inside(Rejection),
}

impl From<DocumentError> for FragmentError {
    fn from(error: DocumentError) -> Self {
        Self::Spread(error)
    }
}
