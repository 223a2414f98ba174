//! A query that reads all there is to be read from somewhere, made from the schema.

use super::schema::Schema;
use std::collections::BTreeSet;

/// What to select of an object to reach each type below it, and of a type that is met again its own values. It notes
/// the types that are reached.
pub fn selection(schema: &Schema, of: &str, above: &[&str], reached: &mut BTreeSet<String>) -> String {
    reached.insert(of.to_owned());
    let mut selected = String::from("{ __typename");
    for (name, (kind, below), paged) in schema.fields(of) {
        let arguments = if paged { "(first: 9)" } else { "" };
        let nested = match kind {
            "SCALAR" | "ENUM" => String::new(),
            _ if above.contains(&of) => continue,
            "OBJECT" => selection(schema, below, &[above, &[of]].concat(), reached),
            _ => panic!("{of}.{name}: this crawler has met no {kind} yet"),
        };
        selected += &format!(" {name}{arguments} {nested}");
    }
    selected + " }"
}

/// What to select of anything that has an id.
pub fn of_nodes(schema: &Schema) -> String {
    let nodes = schema.possible("Node").into_iter();
    let fragments =
        nodes.map(|of| format!("... on {of} {}", selection(schema, of, &[], &mut BTreeSet::new())));
    format!("{{ {} }}", fragments.collect::<Vec<_>>().join(" "))
}
