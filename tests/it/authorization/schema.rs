//! What the running schema takes and gives, as it tells by itself.

use crate::support::Server;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const INTROSPECTION: &str = "{ __schema { types { kind name possibleTypes { name }
    fields { name type { ...T } args { name type { ...T } } } inputFields { name type { ...T } } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// Its types, but those of introspection.
pub struct Schema(Vec<Value>);

impl Schema {
    /// Asks a server for it.
    pub async fn of(server: &Server) -> Self {
        let mut data = server.stranger().data(INTROSPECTION, json!({})).await;
        let Value::Array(types) = data["__schema"]["types"].take() else { panic!("no types") };
        Self(types.into_iter().filter(|one| !name(one).starts_with("__")).collect())
    }

    /// Each field where something begins, as `Query.me`.
    pub fn roots(&self) -> BTreeSet<String> {
        let roots = ["Query", "Mutation", "Subscription"].into_iter();
        roots
            .flat_map(|root| {
                parts(self.one(root), "fields").iter().map(move |f| format!("{root}.{}", name(f)))
            })
            .collect()
    }

    /// Each argument and each input's field that takes more than a number, a choice or an input object, and what it
    /// takes: `Query.node(id:)` takes an `ID`.
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

    /// The types that are objects.
    pub fn objects(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|one| one["kind"] == "OBJECT").map(name)
    }

    /// The types that an interface may be.
    pub fn possible(&self, interface: &str) -> Vec<&str> {
        parts(self.one(interface), "possibleTypes").iter().map(name).collect()
    }

    /// The type's fields: the name, the kind and name of what they give, and whether they are pages.
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
    value["name"].as_str().expect("everything has a name")
}

fn parts<'a>(value: &'a Value, what: &str) -> &'a [Value] {
    value[what].as_array().map_or(&[], Vec::as_slice)
}

/// The kind and the name of a type without its lists and exclamation marks.
fn innermost(mut of: &Value) -> (&str, &str) {
    while !of["ofType"].is_null() {
        of = &of["ofType"];
    }
    (of["kind"].as_str().expect("every type has a kind"), name(of))
}
