//! The check of a document before anything else looks at it.
//!
//! What fragments spread is counted, not walked: each fragment is weighed once, so the work is linear in the
//! document's length, however much it would unfold to. (The executor's own checks walk every spread: a few hundred
//! bytes would keep them busy for minutes.)

use super::pages;
use async_graphql::{
    Name, Pos, Positioned, Value, Variables,
    parser::types::{
        Directive, ExecutableDocument, Field, FragmentDefinition, OperationDefinition, OperationType,
        Selection, SelectionSet,
    },
};
use std::collections::HashMap;

/// What a document may have.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Levels of fields.
    pub depth: u64,
    /// Fields, each counted as often as its pages have rows.
    pub cost: u64,
    /// Aliases, each counted as often as its fragment is spread.
    pub aliases: u64,
    /// Directives, counted likewise.
    pub directives: u64,
    /// Whether the schema may be asked about itself.
    pub introspection: bool,
}

/// The most fragments in a document.
const MOST_FRAGMENTS: usize = 100;
/// The fields that may be long, and count as many.
const LONG: [&str; 2] = ["content", "systemPrompt"];
/// What a long field counts.
const LONG_COST: u64 = 10;
/// The lists of the schema's description of itself, each of which may lead back to all types.
const INTROSPECTION: [&str; 7] =
    ["types", "fields", "args", "inputFields", "interfaces", "possibleTypes", "enumValues"];
/// How many rows such a list is reckoned to have.
const INTROSPECTION_ROWS: u64 = 5;
/// The fields that are connections, whose pages multiply what is asked of a row.
pub const CONNECTIONS: [&str; 3] = ["conversations", "messages", "securityEvents"];

/// Why a document is not executed, for its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong, in a sentence.
    pub message: String,
    /// Where it is wrong. `None` if it is not at any one place.
    pub position: Option<Pos>,
}

impl Refusal {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), position: None }
    }

    fn at(mut self, position: Pos) -> Self {
        self.position = Some(position);
        self
    }
}

/// What a part of a document comes to when its fragments are unfolded. It may be more than any number holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Weight {
    depth: u64,
    cost: u64,
    aliases: u64,
    directives: u64,
}

impl Weight {
    fn beside(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            cost: self.cost.saturating_add(other.cost),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
        }
    }
}

/// Checks every operation of the document; tells the cost of the largest one.
pub fn check(document: &ExecutableDocument, variables: &Variables, limits: &Limits) -> Result<u64, Refusal> {
    if document.fragments.len() > MOST_FRAGMENTS {
        return Err(Refusal::new(format!("The document has more than {MOST_FRAGMENTS} fragments.")));
    }
    let introspection = limits.introspection;
    let mut scale =
        Scale { fragments: &document.fragments, variables, introspection, weighed: HashMap::new() };
    let mut largest = 0;
    for (_, operation) in document.operations.iter() {
        let refuse = |message: String| Err(Refusal::new(message).at(operation.pos));
        let weight = scale.operation(&operation.node)?;
        if operation.node.ty == OperationType::Subscription && root_fields(&operation.node, document) != 1 {
            // GraphQL specification, "Single Root Field".
            return refuse("A subscription must have exactly one root field.".into());
        }
        for (what, is, limit) in [
            ("nesting", weight.depth, limits.depth),
            ("cost", weight.cost, limits.cost),
            ("number of aliases", weight.aliases, limits.aliases),
            ("number of directives", weight.directives, limits.directives),
        ] {
            if is > limit {
                return refuse(format!("The operation's {what} is {is}; at most {limit} is allowed."));
            }
        }
        largest = largest.max(weight.cost);
    }
    Ok(largest)
}

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
    // A root field four fragments deep is nobody's honest document.
    count(&operation.selection_set.node, document, 4)
}

struct Scale<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &'a Variables,
    introspection: bool,
    /// The fragments' weights; `None` while one is being weighed.
    weighed: HashMap<&'a str, Option<Weight>>,
}

impl<'a> Scale<'a> {
    fn operation(&mut self, operation: &'a OperationDefinition) -> Result<Weight, Refusal> {
        let set = self.set(&operation.selection_set.node)?;
        Ok(set.beside(directives(&operation.directives)))
    }

    fn set(&mut self, set: &'a SelectionSet) -> Result<Weight, Refusal> {
        set.items.iter().try_fold(Weight::default(), |sum, selection| {
            let weight = match &selection.node {
                Selection::Field(field) => self.field(&field.node)?,
                Selection::InlineFragment(fragment) => {
                    self.set(&fragment.node.selection_set.node)?.beside(directives(&fragment.node.directives))
                }
                Selection::FragmentSpread(spread) => self
                    .fragment(&spread.node.fragment_name.node)
                    .map_err(|refusal| refusal.at(spread.pos))?
                    .beside(directives(&spread.node.directives)),
            };
            Ok(sum.beside(weight))
        })
    }

    fn field(&mut self, field: &'a Field) -> Result<Weight, Refusal> {
        if !self.introspection && matches!(field.name.node.as_str(), "__schema" | "__type") {
            return Err(Refusal::new("The schema does not describe itself here."));
        }
        let inner = self.set(&field.selection_set.node)?;
        let own_cost = if LONG.contains(&field.name.node.as_str()) { LONG_COST } else { 1 };
        let own = Weight {
            depth: inner.depth + 1,
            cost: inner.cost.saturating_mul(self.rows(field)).saturating_add(own_cost),
            aliases: inner.aliases.saturating_add(field.alias.is_some().into()),
            ..inner
        };
        Ok(own.beside(directives(&field.directives)))
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
        let weight = set.beside(directives(&fragment.node.directives));
        self.weighed.insert(name, Some(weight));
        Ok(weight)
    }

    /// How many objects a field may stand for: the rows of a page, or what `ids` names. 1 if it is neither.
    fn rows(&self, field: &Field) -> u64 {
        let asked = |argument| {
            let value = field.get_argument(argument)?.node.clone();
            let given = |name: Name| Ok::<_, ()>(self.variables.get(&name).cloned().unwrap_or_default());
            match value.into_const_with(given) {
                Ok(Value::Number(number)) => number.as_u64(),
                Ok(Value::List(items)) => Some(items.len() as u64),
                _ => None,
            }
        };
        let rows = ["first", "last", "ids"].into_iter().filter_map(asked).max();
        let unasked = match field.name.node.as_str() {
            name if CONNECTIONS.contains(&name) => pages::DEFAULT as u64,
            name if INTROSPECTION.contains(&name) => INTROSPECTION_ROWS,
            _ => 1,
        };
        rows.unwrap_or(unasked).max(1)
    }
}

fn directives(directives: &[Positioned<Directive>]) -> Weight {
    Weight { directives: directives.len() as u64, ..Weight::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    const LIMITS: Limits = Limits { depth: 10, cost: 1000, aliases: 5, directives: 5, introspection: false };

    fn cost(query: &str) -> Result<u64, String> {
        let variables = Variables::from_json(serde_json::json!({ "n": 7 }));
        check(&parse_query(query).unwrap(), &variables, &LIMITS).map_err(|refusal| refusal.message)
    }

    #[test]
    fn fields_cost_one_each_times_the_rows_they_stand_under() {
        assert_eq!(cost("{ me { id name } }"), Ok(3));
        assert_eq!(cost("{ me { conversations(first: 5) { nodes { id } } } }"), Ok(1 + 1 + 5 * 2));
        assert_eq!(cost("query($n: Int) { me { conversations(last: $n) { nodes { id } } } }"), Ok(2 + 7 * 2));
        assert_eq!(cost("{ me { conversations { nodes { id } } } }"), Ok(2 + 20 * 2), "the default page");
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
        for i in 0..90 {
            let next = i + 1;
            query += &format!(" fragment F{i} on User {{ ...F{next} ...F{next} ...F{next} ...F{next} }}");
        }
        query += " fragment F90 on User { id }";
        assert!(
            cost(&query).unwrap_err().contains(&u64::MAX.to_string()),
            "4 to the 90th is beyond all numbers"
        );
    }

    #[test]
    fn each_limit_is_kept() {
        let deep = format!("{}id{}", "{ a ".repeat(11), " }".repeat(11));
        assert!(cost(&deep).unwrap_err().contains("nesting"));
        assert!(cost("{ a: me b: me c: me d: me e: me f: me }").unwrap_err().contains("aliases"));
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
        let changes = "subscription { changes { cursor ... on MessageAdded { message { content } } } }";
        assert_eq!(cost(changes), Ok(1 + 1 + 1 + LONG_COST));
    }
}
