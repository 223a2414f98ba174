//! Every argument and input field of the schema that takes a scalar, found by introspection: none can be forgotten.

use super::world::World;
use crate::support::Client;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const INTROSPECTION: &str = "{ __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    types { name kind fields { name args { ...Input } type { ...Type } } inputFields { ...Input } } } }
    fragment Input on __InputValue { name defaultValue type { ...Type } }
    fragment Type on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// Marks the position of the hostile value.
const MARKER: &str = "@MARKER@";

/// An argument or input field that takes a scalar: the target of hostile values.
pub struct Target {
    /// `Query.node(id:)`, or `SendMessageInput.content`.
    pub name: String,
    /// The argument's or field's own name.
    pub field: String,
    /// `String`, `ID`, `Int` or `Float`.
    pub scalar: String,
    /// `query`, `mutation` or `subscription`.
    pub operation: &'static str,
    /// Request bodies with the marker: in the variables, and as a literal in the document.
    in_variables: String,
    in_document: String,
}

impl Target {
    /// Returns requests with this value, written so that JSON and GraphQL read it alike.
    pub fn requests(&self, value: &[u8]) -> [(&'static str, Vec<u8>); 2] {
        let mut escaped = Vec::new();
        for chunk in value.utf8_chunks() {
            let quoted = json!(chunk.valid()).to_string();
            escaped.extend_from_slice(&quoted.as_bytes()[1..quoted.len() - 1]);
            escaped.extend_from_slice(chunk.invalid());
        }
        [
            ("in a variable", fill(&self.in_variables, &format!("\"{MARKER}\""), value)),
            ("in the document", fill(&self.in_document, MARKER, &escaped)),
        ]
    }
}

fn fill(body: &str, marker: &str, value: &[u8]) -> Vec<u8> {
    let (before, after) = body.split_once(marker).expect("the body has a marker");
    [before.as_bytes(), value, after.as_bytes()].concat()
}

/// Returns all targets of the schema, in requests of this world's user.
pub async fn targets(world: &World) -> Vec<Target> {
    let schema = Schema::of(&world.client).await;
    let mut targets = Vec::new();
    for (owner, fields) in &schema.fields {
        for field in fields {
            for argument in field["args"].as_array().expect("fields have arguments") {
                let mut walk = Walk { schema: &schema, world, owner, field, argument, targets: &mut targets };
                walk.enter(argument, &format!("{owner}.{}({}:)", name(field), name(argument)), &[]);
            }
        }
    }
    assert!(targets.len() > 40, "the schema has more targets");
    targets
}

struct Schema {
    kinds: BTreeMap<String, String>,
    fields: BTreeMap<String, Vec<Value>>,
    inputs: BTreeMap<String, Vec<Value>>,
    roots: BTreeMap<String, &'static str>,
}

impl Schema {
    async fn of(client: &Client) -> Self {
        let schema = client.data(INTROSPECTION, json!({})).await["__schema"].take();
        let types: Vec<_> = schema["types"].as_array().expect("types").iter().collect();
        let types = || types.iter().filter(|one| !name(one).starts_with("__"));
        let parts = |part: &str| -> BTreeMap<_, _> {
            let with = types().filter_map(|one| Some((name(one).to_owned(), one[part].as_array()?.clone())));
            with.collect()
        };
        let roots =
            [("queryType", "query"), ("mutationType", "mutation"), ("subscriptionType", "subscription")];
        Self {
            kinds: types()
                .map(|one| (name(one).into(), one["kind"].as_str().expect("a kind").into()))
                .collect(),
            fields: parts("fields"),
            inputs: parts("inputFields"),
            roots: roots.map(|(root, operation)| (name(&schema[root]).into(), operation)).into(),
        }
    }
}

/// The walk from a field's argument down into its type.
struct Walk<'a> {
    schema: &'a Schema,
    world: &'a World,
    owner: &'a str,
    field: &'a Value,
    argument: &'a Value,
    targets: &'a mut Vec<Target>,
}

impl<'a> Walk<'a> {
    /// `above` are the input objects on the enclosing_selections to the input, each with the field that was taken.
    fn enter(&mut self, input: &'a Value, path: &str, above: &[(&'a str, &'a Value)]) {
        let inner = named(&input["type"]);
        match self.schema.kinds[inner].as_str() {
            "INPUT_OBJECT" => {
                for field in &self.schema.inputs[inner] {
                    let mut above = above.to_vec();
                    above.push((inner, field));
                    self.enter(field, &format!("{inner}.{}", name(field)), &above);
                }
            }
            "SCALAR" if ["String", "ID", "Int", "Float"].contains(&inner) => self.add(input, path, above),
            "SCALAR" | "ENUM" => {}
            other => panic!("{path} is a {other}"),
        }
    }

    fn add(&mut self, input: &Value, path: &str, above: &[(&str, &Value)]) {
        let marker = if is_list(&input["type"]) { json!([MARKER]) } else { json!(MARKER) };
        let mut whole = marker.clone();
        let mut literal = if is_list(&input["type"]) { format!("[{MARKER}]") } else { MARKER.into() };
        let (mut siblings, mut declared) = (Map::new(), String::new());
        for (object, field) in above.iter().rev() {
            let mut fields = Map::new();
            fields.insert(name(field).into(), whole);
            literal = format!("{}: {literal}", name(field));
            for other in self.schema.inputs[*object].iter().filter(|other| name(other) != name(field)) {
                // `ifLast` is about a conversation.
                let conversation = (name(field), name(other)) == ("ifLast", "conversationId");
                let conversation = conversation.then(|| json!(self.world.own["conversation"]));
                if let Some(valid) = conversation.or_else(|| self.needed(object, other)) {
                    let variable = format!("v{}", siblings.len());
                    literal += &format!(", {}: ${variable}", name(other));
                    declared += &format!("${variable}: {} ", written(&other["type"]));
                    fields.insert(name(other).into(), valid.clone());
                    siblings.insert(variable, valid);
                }
            }
            whole = fields.into();
            literal = format!("{{ {literal} }}");
        }
        let args = self.field["args"].as_array().expect("fields have arguments");
        let operation = self.schema.roots.get(self.owner).copied().unwrap_or("query");
        let others = |arg: &&Value| name(arg) != name(self.argument);
        let mut given = format!("{}: ", name(self.argument));
        let (mut beside, mut beside_declared, mut variables) = (String::new(), String::new(), Map::new());
        for other in args.iter().filter(others) {
            if let Some(valid) = self.needed(self.owner, other) {
                let variable = format!("a{}", variables.len());
                beside += &format!(", {}: ${variable}", name(other));
                beside_declared += &format!("${variable}: {} ", written(&other["type"]));
                variables.insert(variable, valid);
            }
        }
        let mut document = |declared: &str, value: &str| {
            let declared = if declared.is_empty() { String::new() } else { format!("({declared})") };
            let (open, close) = self.enclosing_selections();
            let selection = match self.schema.kinds[named(&self.field["type"])].as_str() {
                "SCALAR" | "ENUM" => "",
                _ => "{ __typename }",
            };
            given.truncate(name(self.argument).len() + 2);
            given += value;
            format!(
                "{operation}{declared} {{ {open}{}({given}{beside}) {selection}{close} }}",
                name(self.field)
            )
        };
        let by_variable =
            document(&format!("{beside_declared}$x: {}", written(&self.argument["type"])), "$x");
        let by_literal = document(&format!("{beside_declared}{declared}"), &literal);
        let mut with_marker = variables.clone();
        siblings.extend(variables);
        with_marker.insert("x".into(), whole);
        self.targets.push(Target {
            name: path.into(),
            field: name(input).into(),
            scalar: named(&input["type"]).into(),
            operation,
            in_variables: json!({ "query": by_variable, "variables": with_marker }).to_string(),
            in_document: json!({ "query": by_literal, "variables": siblings }).to_string(),
        });
    }

    /// Returns a valid value for an input that is required and has no default.
    fn needed(&self, owner: &str, input: &Value) -> Option<Value> {
        let must = input["type"]["kind"] == "NON_NULL" && input["defaultValue"].is_null();
        must.then(|| self.world.valid_value(owner, name(input)))
    }

    /// Returns the selections that enclose a field of this type in a document.
    fn enclosing_selections(&self) -> (String, &'static str) {
        match self.owner {
            root if self.schema.roots.contains_key(root) => (String::new(), ""),
            "User" => ("me { ".into(), " }"),
            "Conversation" => (format!("conversation(id: \"{}\") {{ ", self.world.own["conversation"]), " }"),
            other => panic!("add a path to {other}"),
        }
    }
}

fn name(value: &Value) -> &str {
    value["name"].as_str().expect("every element has a name")
}

fn named(of_type: &Value) -> &str {
    match &of_type["ofType"] {
        Value::Null => name(of_type),
        inner => named(inner),
    }
}

fn is_list(of_type: &Value) -> bool {
    of_type["kind"] == "LIST" || of_type.get("ofType").is_some_and(|inner| !inner.is_null() && is_list(inner))
}

/// Returns the type as documents spell it.
fn written(of_type: &Value) -> String {
    match of_type["kind"].as_str() {
        Some("NON_NULL") => format!("{}!", written(&of_type["ofType"])),
        Some("LIST") => format!("[{}]", written(&of_type["ofType"])),
        _ => name(of_type).into(),
    }
}
