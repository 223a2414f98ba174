//! Builds queries that select everything reachable from a type.

use super::schema::Schema;
use std::collections::BTreeSet;

/// Returns a selection that reaches every type below `of`, and selects only the scalar fields of a type that it meets
/// again. Adds the types that it reaches to `reached`.
pub fn selection(schema: &Schema, of: &str, above: &[&str], reached: &mut BTreeSet<String>) -> String {
    reached.insert(of.to_owned());
    let mut selected = String::from("{ __typename");
    for (name, (kind, below), paged) in schema.fields(of) {
        let arguments = match (name, paged) {
            ("search", _) => "(query: \"a\", first: 9)",
            (_, true) => "(first: 9)",
            (_, false) => "",
        };
        let nested = match kind {
            "SCALAR" | "ENUM" => String::new(),
            _ if above.contains(&of) => continue,
            "OBJECT" => selection(schema, below, &[above, &[of]].concat(), reached),
            "INTERFACE" => {
                let above = [above, &[of]].concat();
                let possible = schema.possible(below).into_iter();
                let fragments: Vec<_> = possible
                    .map(|of| format!("... on {of} {}", selection(schema, of, &above, reached)))
                    .collect();
                format!("{{ {} }}", fragments.join(" "))
            }
            _ => panic!("{of}.{name}: {kind} is not supported by this crawler"),
        };
        // Conversations always have parameters, but messages may have none. One query selects both only with an alias.
        let alias = if (of, name) == ("Conversation", "generation") { "all: " } else { "" };
        selected += &format!(" {alias}{name}{arguments} {nested}");
    }
    selected + " }"
}

/// Returns a selection for every type that implements `Node`.
pub fn of_nodes(schema: &Schema) -> String {
    let nodes = schema.possible("Node").into_iter();
    let fragments =
        nodes.map(|of| format!("... on {of} {}", selection(schema, of, &[], &mut BTreeSet::new())));
    format!("{{ {} }}", fragments.collect::<Vec<_>>().join(" "))
}
