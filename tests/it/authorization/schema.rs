//! The inputs and types of the running schema, from introspection.

use crate::support::Server;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const INTROSPECTION: &str = "{ __schema { types { kind name possibleTypes { name }
    fields { name type { ...T } args { name type { ...T } } } inputFields { name type { ...T } } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// The schema's types without those of introspection.
pub struct Schema(Vec<Value>);

impl Schema {
    /// Introspects a server's schema.
    pub async fn of(server: &Server) -> Self {
        let mut data = server.anonymous().data(INTROSPECTION, json!({})).await;
        let Value::Array(types) = data["__schema"]["types"].take() else { panic!("no types") };
        Self(types.into_iter().filter(|one| !name(one).starts_with("__")).collect())
    }

    /// Returns every root field, such as `Query.me`.
    pub fn roots(&self) -> BTreeSet<String> {
        let roots = ["Query", "Mutation", "Subscription"].into_iter();
        roots
            .flat_map(|root| {
                parts(self.one(root), "fields").iter().map(move |f| format!("{root}.{}", name(f)))
            })
            .collect()
    }

    /// Returns every argument and input field object type is `ID`, `String` or a custom scalar, with the name of that
    /// type: `Query.node(id:)` has the type `ID`.
    pub fn inputs(&self) -> BTreeMap<String, String> {
        let mut inputs = BTreeMap::new();
        for one in &self.0 {
            for field in parts(one, "fields") {
                for argument in parts(field, "args") {
                    let path = format!("{}.{}({}:)", name(one), name(field), name(argument));
                    inputs.insert(path, argument);
                }
            }
            for field in parts(one, "inputFields") {
                inputs.insert(format!("{}.{}", name(one), name(field)), field);
            }
        }
        let taken = inputs.into_iter().filter_map(|(path, input)| {
            let (kind, of) = innermost(&input["type"]);
            let may_name = kind == "SCALAR" && !["Int", "Float", "Boolean"].contains(&of);
            may_name.then(|| (path, of.to_owned()))
        });
        taken.collect()
    }

    /// Returns the names of the object types.
    pub fn objects(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|one| one["kind"] == "OBJECT").map(name)
    }

    /// Returns the types that implement an interface.
    pub fn possible(&self, interface: &str) -> Vec<&str> {
        parts(self.one(interface), "possibleTypes").iter().map(name).collect()
    }

    /// Returns a type's fields: the name, the kind and name of the field's type, and whether the field is a connection.
    pub fn fields<'a>(&'a self, of: &str) -> impl Iterator<Item = (&'a str, (&'a str, &'a str), bool)> {
        parts(self.one(of), "fields").iter().map(|field| {
            let paged = parts(field, "args").iter().any(|argument| name(argument) == "first");
            (name(field), innermost(&field["type"]), paged)
        })
    }

    fn one(&self, of: &str) -> &Value {
        self.0.iter().find(|one| name(one) == of).unwrap_or_else(|| panic!("no type {of}"))
    }
}

fn name(value: &Value) -> &str {
    value["name"].as_str().expect("every element has a name")
}

fn parts<'a>(value: &'a Value, what: &str) -> &'a [Value] {
    value[what].as_array().map_or(&[], Vec::as_slice)
}

/// Returns the kind and name of a type without its list and non-null wrappers.
fn innermost(mut of: &Value) -> (&str, &str) {
    while !of["ofType"].is_null() {
        of = &of["ofType"];
    }
    (of["kind"].as_str().expect("every type has a kind"), name(of))
}
