//! The check of a document before anything else looks at it.
//!
//! What fragments spread is counted, not walked ([`weight`]): each fragment is weighed once, so the work is linear in the
//! document's length, however much it would unfold to. (The executor's own checks walk every spread: a few hundred
//! bytes would keep them busy for minutes.)
//!
//! Two things come before: the text is looked at before it is parsed ([`super::tokens`]), and of variables only so many
//! are read ([`super::values`]).

mod prices;
mod weight;

pub use prices::CONNECTIONS;

use super::values;
use async_graphql::{
    Pos, Variables,
    parser::types::{ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet},
};
use weight::Scale;

/// What a document may have.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of text.
    pub document: usize,
    /// Tokens, comments and white space not counted.
    pub tokens: usize,
    /// Operations and fragments.
    pub definitions: usize,
    /// Levels of fields.
    pub depth: u64,
    /// Fields, each counted as often as its pages have rows.
    pub cost: u64,
    /// Fields and fragments, each counted as often as its fragment is spread, those of all operations together: the
    /// executor walks them more than once, whether they cost anything or not.
    pub selections: u64,
    /// Fields of the root, counted likewise for each operation.
    pub root_fields: u64,
    /// Aliases, counted likewise.
    pub aliases: u64,
    /// Directives, counted likewise.
    pub directives: u64,
    /// Values in arguments, a variable's counted as often as it is used: each use copies them. Texts count one more for
    /// each 1024 bytes. And what the variables are given, used or not.
    pub values: u64,
    /// Bytes of long texts in the answer, or in an event.
    pub text: usize,
    /// Whether the schema may be asked about itself.
    pub introspection: bool,
}

/// Why a document is not executed, for its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong, in a sentence.
    pub message: String,
    /// Where it is wrong. `None` if it is not at any one place.
    pub position: Option<Pos>,
}

impl Refusal {
    /// The variables hold more than they may.
    pub fn values(limits: &Limits) -> Self {
        Self::new(format!("The variables have more than {} values.", limits.values))
    }

    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), position: None }
    }

    fn at(mut self, position: Pos) -> Self {
        self.position = Some(position);
        self
    }
}

/// Checks every operation of the document; tells the cost of the largest one.
pub fn check(document: &ExecutableDocument, variables: &Variables, limits: &Limits) -> Result<u64, Refusal> {
    let ExecutableDocument { operations, fragments } = document;
    if operations.iter().count() + fragments.len() > limits.definitions {
        let most = limits.definitions;
        return Err(Refusal::new(format!("The document has more than {most} operations and fragments.")));
    }
    check_given(variables, limits)?;
    let mut scale = Scale::new(fragments, variables, limits.introspection);
    let (mut largest, mut selections) = (0, 0_u64);
    // In their order in the text, so that the same document is always refused with the same words.
    let mut in_order: Vec<_> = operations.iter().map(|(_, operation)| operation).collect();
    in_order.sort_unstable_by_key(|operation| operation.pos);
    for operation in in_order {
        let refuse = |message: String| Err(Refusal::new(message).at(operation.pos));
        let weight = scale.operation(&operation.node)?;
        selections = selections.saturating_add(weight.selections);
        if operation.node.ty == OperationType::Subscription && root_fields(&operation.node, document) != 1 {
            // GraphQL specification, "Single Root Field".
            return refuse("A subscription must have exactly one root field.".into());
        }
        for (what, is, limit) in [
            ("nesting", weight.depth, limits.depth),
            ("cost", weight.cost, limits.cost),
            ("number of root fields", weight.roots, limits.root_fields),
            ("number of aliases", weight.aliases, limits.aliases),
            ("number of directives", weight.directives, limits.directives),
            ("number of fields and fragments", selections, limits.selections),
            ("number of values", scale.values, limits.values),
        ] {
            if is > limit {
                return refuse(format!("The operation's {what} is {is}; at most {limit} is allowed."));
            }
        }
        largest = largest.max(weight.cost);
    }
    // Validation would look into it all the same, as often as others like it spread it.
    if let Some((name, fragment)) = scale.unweighed() {
        return Err(Refusal::new(format!("The fragment `{name}` is never used.")).at(fragment.pos));
    }
    Ok(largest)
}

/// What a request gives its variables is copied with it, used or not.
fn check_given(variables: &Variables, limits: &Limits) -> Result<(), Refusal> {
    if variables.values().map(values::size).sum::<u64>() > limits.values {
        return Err(Refusal::values(limits));
    }
    Ok(())
}

/// The first field of an operation's root, its fragments opened.
pub fn root_field<'a>(
    operation: &'a OperationDefinition,
    document: &'a ExecutableDocument,
) -> Option<&'a str> {
    fn first<'a>(set: &'a SelectionSet, document: &'a ExecutableDocument, levels: usize) -> Option<&'a str> {
        set.items.iter().find_map(|item| match &item.node {
            Selection::Field(field) => Some(field.node.name.node.as_str()),
            _ if levels == 0 => None,
            Selection::InlineFragment(fragment) => {
                first(&fragment.node.selection_set.node, document, levels - 1)
            }
            Selection::FragmentSpread(spread) => {
                let fragment = document.fragments.get(&spread.node.fragment_name.node)?;
                first(&fragment.node.selection_set.node, document, levels - 1)
            }
        })
    }
    first(&operation.selection_set.node, document, ROOT_LEVELS)
}

/// A root field deeper in fragments is nobody's honest document.
const ROOT_LEVELS: usize = 4;

/// How many fields a root selection has when its fragments are opened; 2 stands for more than one.
pub fn root_fields(operation: &OperationDefinition, document: &ExecutableDocument) -> usize {
    fn count(set: &SelectionSet, document: &ExecutableDocument, levels: usize) -> usize {
        set.items
            .iter()
            .map(|item| match &item.node {
                Selection::Field(_) => 1,
                _ if levels == 0 => 2,
                Selection::InlineFragment(fragment) => {
                    count(&fragment.node.selection_set.node, document, levels - 1)
                }
                Selection::FragmentSpread(spread) => document
                    .fragments
                    .get(&spread.node.fragment_name.node)
                    .map_or(0, |fragment| count(&fragment.node.selection_set.node, document, levels - 1)),
            })
            .take(2)
            .sum()
    }
    count(&operation.selection_set.node, document, ROOT_LEVELS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    const LIMITS: Limits = Limits {
        document: 10_000,
        tokens: 1000,
        definitions: 100,
        depth: 10,
        cost: 1000,
        selections: 200,
        root_fields: 4,
        aliases: 5,
        directives: 5,
        values: 50,
        text: 1000,
        introspection: false,
    };

    fn cost(query: &str) -> Result<u64, String> {
        let variables = Variables::from_json(serde_json::json!({ "n": 7 }));
        check(&parse_query(query).unwrap(), &variables, &LIMITS).map_err(|refusal| refusal.message)
    }

    #[test]
    fn fields_cost_one_each_times_the_rows_they_stand_under() {
        assert_eq!(cost("{ me { id name } }"), Ok(3));
        assert_eq!(cost("{ me { conversations(first: 5) { nodes { id } } } }"), Ok(1 + prices::DEAR + 5 * 2));
        assert_eq!(
            cost("query($n: Int) { me { conversations(last: $n) { nodes { id } } } }"),
            Ok(1 + prices::DEAR + 7 * 2)
        );
        assert_eq!(
            cost("{ me { sessions { id } accessTokens { id } } }"),
            Ok(1 + 10 + 100 + 10 + 50),
            "all of them"
        );
        assert_eq!(
            cost("{ me { conversations { nodes { id } } } }"),
            Ok(1 + prices::DEAR + 20 * 2),
            "the default page"
        );
        let nested =
            "{ me { conversations(first: 100) { nodes { messages(last: 100) { nodes { id } } } } } }";
        assert!(cost(nested).unwrap_err().contains("cost"));
    }

    #[test]
    fn what_ids_name_counts_as_often() {
        assert_eq!(cost(r#"{ nodes(ids: ["a", "b", "c"]) { id } }"#), Ok(1 + 3));
    }

    #[test]
    fn introspection_can_be_off() {
        assert!(cost("{ __schema { types { name } } }").is_err());
        assert!(cost("{ me { ...F } } fragment F on User { __type(name: \"User\") { name } }").is_err());
        assert_eq!(cost("{ __typename }"), Ok(1));
    }

    #[test]
    fn a_fragment_counts_as_often_as_it_is_spread() {
        assert_eq!(cost("{ me { ...F ...F } } fragment F on User { id name }"), Ok(5));
    }

    #[test]
    fn a_bomb_of_wide_fragments_is_weighed_not_walked() {
        let mut query = String::from("{ me { ...F0 } }");
        for i in 0..60 {
            let next = i + 1;
            query += &format!(" fragment F{i} on User {{ ...F{next} ...F{next} ...F{next} ...F{next} }}");
        }
        query += " fragment F60 on User { id }";
        assert!(
            cost(&query).unwrap_err().contains(&u64::MAX.to_string()),
            "4 to the 60th is beyond all numbers"
        );
    }

    #[test]
    fn each_limit_is_kept() {
        let deep = format!("{}id{}", "{ a ".repeat(11), " }".repeat(11));
        assert!(cost(&deep).unwrap_err().contains("nesting"));
        assert!(cost("{ me { a: id b: id c: id d: id e: id f: id } }").unwrap_err().contains("aliases"));
        assert!(
            cost("{ me ...F } fragment F on Query { me me me ... { me } }")
                .unwrap_err()
                .contains("root fields is 5")
        );
        assert!(
            cost(&format!("{{ me {} }}", "@skip(if: false) ".repeat(6))).unwrap_err().contains("directives")
        );
        let fragments: String = (0..101).map(|i| format!("fragment F{i} on User {{ id }} ")).collect();
        assert!(cost(&format!("{{ me {{ id }} }} {fragments}")).unwrap_err().contains("fragments"));
        assert!(cost("{ me { ...A } } fragment A on User { ...B } fragment B on User { ...A }").is_err());
    }

    #[test]
    fn a_subscription_has_one_root_field() {
        assert!(cost("subscription { a b }").unwrap_err().contains("root field"));
        assert!(cost("subscription { ...F } fragment F on S { a b }").is_err());
        assert!(cost("subscription { ...F } fragment F on S { a }").is_ok());
        // What it may cost is what one event of it may cost: each is executed by itself.
        let named = |query: &str| {
            let document = parse_query(query).unwrap();
            let (_, operation) = document.operations.iter().next().unwrap();
            root_field(&operation.node, &document).map(str::to_owned)
        };
        assert_eq!(named("subscription { a: reply { cursor } }").unwrap(), "reply");
        assert_eq!(named("subscription { ... { ...F } } fragment F on S { b: changes }").unwrap(), "changes");
        let changes = "subscription { changes { cursor ... on MessageAdded { message { content } } } }";
        assert_eq!(cost(changes), Ok(1 + 1 + 1 + prices::DEAR));
    }
}
