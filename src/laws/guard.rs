use crate::graphql::{
    guard::{Limits, check, root_fields},
    tokens,
};
use async_graphql::{
    Positioned, Variables,
    parser::{
        parse_query,
        types::{Directive, ExecutableDocument, OperationType, Selection, SelectionSet},
    },
};

/// Small, so that many a document exceeds them.
const LIMITS: Limits = Limits {
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

/// Whatever is given, it is read and guarded in an end. What the guard lets pass has, all fragments unfolded, no more
/// than the limits allow: it is walked here as the executor would, so a guard that miscounts is found out.
///
/// The input is a document; after a NUL, which no document has, the variables as JSON.
pub fn guard(input: &[u8]) {
    let (text, variables) = match input.iter().position(|byte| *byte == 0) {
        Some(end) => (&input[..end], &input[end + 1..]),
        None => (input, &b"{}"[..]),
    };
    let Ok(text) = str::from_utf8(text) else { return };
    if tokens::check(text, &LIMITS).is_err() {
        return;
    }
    let Ok(document) = parse_query(text) else { return };
    let variables = Variables::from_json(serde_json::from_slice(variables).unwrap_or_default());
    let Ok(cost) = check(&document, &variables, &LIMITS) else { return };
    assert!(cost <= LIMITS.cost, "{cost}");
    let mut selections = 0;
    for (_, operation) in document.operations.iter() {
        let mut tally =
            Tally { document: &document, fields: 0, aliases: 0, directives: 0, roots: 0, selections };
        tally.directives(&operation.node.directives);
        tally.walk(&operation.node.selection_set.node, 1);
        assert!(tally.fields <= cost, "{} fields for {cost}", tally.fields);
        selections = tally.selections;
        let is_subscription = operation.node.ty == OperationType::Subscription;
        assert!(!is_subscription || root_fields(&operation.node, &document) == 1);
    }
}

/// What has been met so far. That a limit is exceeded ends the walk, which might else have no end.
struct Tally<'a> {
    document: &'a ExecutableDocument,
    fields: u64,
    aliases: u64,
    directives: u64,
    roots: u64,
    /// Those of the operations before included.
    selections: u64,
}

impl Tally<'_> {
    fn walk(&mut self, set: &SelectionSet, level: u64) {
        assert!(level <= LIMITS.depth + 1, "too deep");
        for selection in &set.items {
            self.selections += 1;
            assert!(self.selections <= LIMITS.selections, "too many selections");
            match &selection.node {
                Selection::Field(field) => {
                    assert!(level <= LIMITS.depth, "too deep");
                    self.fields += 1;
                    self.roots += u64::from(level == 1);
                    assert!(self.roots <= LIMITS.root_fields, "too many root fields");
                    assert!(self.fields <= LIMITS.cost, "too many fields");
                    self.aliases += u64::from(field.node.alias.is_some());
                    assert!(self.aliases <= LIMITS.aliases, "too many aliases");
                    self.directives(&field.node.directives);
                    self.walk(&field.node.selection_set.node, level + 1);
                }
                Selection::InlineFragment(fragment) => {
                    self.directives(&fragment.node.directives);
                    self.walk(&fragment.node.selection_set.node, level);
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.node.directives);
                    let fragment = self.document.fragments.get(&spread.node.fragment_name.node);
                    let fragment = &fragment.expect("a fragment that is not there was let pass").node;
                    self.directives(&fragment.directives);
                    self.walk(&fragment.selection_set.node, level);
                }
            }
        }
    }

    fn directives(&mut self, directives: &[Positioned<Directive>]) {
        self.directives += directives.len() as u64;
        assert!(self.directives <= LIMITS.directives, "too many directives");
    }
}
