//! From the text of a request to an operation that may be executed.

use super::{
    Loaders, guard,
    text_budget::TextBudget,
    tokens::{self, LONGEST_NAME},
    values::{self, Given, GivenVariables},
};
use crate::{
    accounts::{Caller, Viewer},
    store::Database,
};
use async_graphql::{
    Name, Pos, Request, Response, ServerError, Value, Variables,
    parser::{
        parse_query,
        types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType},
    },
};
use serde::{Deserialize, Deserializer, de::Error};
use std::{fmt, sync::Arc};

/// A GraphQL request as it comes over any transport (GraphQL over HTTP, "Request Parameters"). Of its
/// `extensions` only `cost` is looked at. `Debug` does not show it: it may hold passwords and tokens.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Incoming {
    /// The document's text.
    pub query: String,
    /// Which of the document's operations is meant. Needed only if there are several. An empty name counts as absent.
    #[serde(default, deserialize_with = "name_if_any")]
    pub operation_name: Option<String>,
    /// What the operation's variables stand for. Null is the same as none.
    #[serde(default)]
    pub variables: GivenVariables,
    /// What the client wants besides.
    #[serde(default)]
    pub extensions: Extensions,
}

impl fmt::Debug for Incoming {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Incoming").finish_non_exhaustive()
    }
}

impl Incoming {
    /// How many bytes it holds, about.
    pub fn weight(&self) -> usize {
        let name = self.operation_name.as_ref().map_or(0, String::len);
        self.query.len() + name + values::weight(&self.variables.variables)
    }
}

fn name_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|name| !name.is_empty()))
}

/// The `extensions` of a request: an object, or null for none. Entries that the server does not know are ignored.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extensions {
    /// `"cost": true`: the answer's `extensions` are to tell what the operation costs.
    pub cost: bool,
}

impl<'de> Deserialize<'de> for Extensions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let extensions = Given::deserialize(deserializer)?;
        match extensions.value {
            Value::Object(extensions) => {
                Ok(Self { cost: extensions.get("cost") == Some(&Value::Boolean(true)) })
            }
            Value::Null => Ok(Self::default()),
            _ => Err(D::Error::custom("the extensions are not an object")),
        }
    }
}

/// A request whose document has been read and found within the limits.
pub struct Prepared {
    /// What the executor takes: the document, its variables, the viewer and the loaders.
    pub request: Request,
    /// What kind of operation will be executed; `None` if validation will find that it is not to be told.
    pub operation: Option<OperationType>,
    /// Whether it has but one root field: if that does nothing, nothing is done.
    pub single: bool,
    /// What it is reckoned to cost.
    pub cost: u64,
    /// Whether each event costs as much: `changes` goes on for ever, while a reply is one answer in pieces.
    pub costs_each_time: bool,
    /// Whether the client wants to know.
    pub tell_cost: bool,
}

impl Prepared {
    /// The same, and where it comes from.
    pub fn with(self, caller: Arc<Caller>) -> Self {
        Self { request: self.request.data(caller), ..self }
    }
}

/// Why there is nothing to execute.
pub struct Unfit {
    /// GRAPHQL_PARSE_FAILED or GRAPHQL_VALIDATION_FAILED.
    code: &'static str,
    message: String,
    locations: Vec<Pos>,
}

impl Unfit {
    /// The answer that tells it.
    pub fn into_response(self) -> Response {
        let mut error = ServerError::new(self.message, None);
        error.locations = self.locations;
        error.extensions.get_or_insert_default().set("code", self.code);
        Response::from_errors(vec![error])
    }
}

impl From<guard::Refusal> for Unfit {
    fn from(refusal: guard::Refusal) -> Self {
        Self {
            code: "GRAPHQL_VALIDATION_FAILED",
            message: refusal.message,
            locations: refusal.position.into_iter().collect(),
        }
    }
}

/// Reads and guards the document, and gives the operation its dataloaders.
pub fn prepare(
    incoming: &Incoming,
    viewer: Option<Viewer>,
    store: &Database,
    limits: &guard::Limits,
) -> Result<Prepared, Unfit> {
    // Where there is no operation of that name, the answer says it again.
    if incoming.operation_name.as_ref().is_some_and(|name| name.len() > LONGEST_NAME) {
        return Err(Unfit {
            code: "GRAPHQL_VALIDATION_FAILED",
            message: format!("`operationName` has more than {LONGEST_NAME} bytes"),
            locations: Vec::new(),
        });
    }
    tokens::check(&incoming.query, limits).map_err(|refusal| Unfit {
        code: "GRAPHQL_PARSE_FAILED",
        message: format!("Syntax error: {}", refusal.message),
        locations: vec![refusal.position],
    })?;
    let document = parse_query(&incoming.query).map_err(|error| Unfit {
        code: "GRAPHQL_PARSE_FAILED",
        message: syntax_error(&error.to_string()),
        locations: error.positions().collect(),
    })?;
    if incoming.variables.cut {
        return Err(guard::Refusal::values(limits).into());
    }
    let mut variables = incoming.variables.variables.clone();
    let operation = chosen(&document, incoming.operation_name.as_deref());
    if let Some(operation) = operation {
        fill_in_defaults(&mut variables, operation);
        require(&variables, operation)?;
    }
    let kind = operation.map(|operation| operation.ty);
    let cost = guard::check(&document, &variables, limits)?;
    let single = operation.is_some_and(|operation| guard::root_fields(operation, &document) == 1);
    let costs_each_time = kind == Some(OperationType::Subscription)
        && operation.and_then(|operation| guard::root_field(operation, &document)) != Some("reply");
    // The document stands for its text, which is not looked at again.
    let mut request = Request::new("").variables(variables);
    request.operation_name = incoming.operation_name.clone();
    request.set_parsed_query(document);
    Ok(Prepared {
        request: request.data(viewer).data(Loaders::new(store, viewer)).data(TextBudget::new(limits.text)),
        operation: kind,
        single,
        cost,
        costs_each_time,
        tell_cost: incoming.extensions.cost,
    })
}

/// What was expected, without the line where it was: that may be long, and hold a password.
fn syntax_error(message: &str) -> String {
    let expected = message.rsplit_once("= ").map_or(message, |(_, expected)| expected);
    format!("Syntax error: {expected}")
}

fn chosen<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Option<&'a OperationDefinition> {
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), _) => Some(&operation.node),
        (DocumentOperations::Multiple(all), Some(name)) => all.get(name).map(|operation| &operation.node),
        (DocumentOperations::Multiple(all), None) if all.len() == 1 => {
            all.values().next().map(|one| &one.node)
        }
        (DocumentOperations::Multiple(_), None) => None,
    }
}

/// A required variable must have a value before anything is done (GraphQL specification, "Coercing Variable Values");
/// the executor would find it missing only at the field that uses it.
fn require(variables: &Variables, operation: &OperationDefinition) -> Result<(), Unfit> {
    for definition in &operation.variable_definitions {
        let (name, of_type) = (&definition.node.name.node, &definition.node.var_type.node);
        if !of_type.nullable && variables.get(name).is_none_or(|value| *value == Value::Null) {
            return Err(Unfit {
                code: "GRAPHQL_VALIDATION_FAILED",
                message: format!("Variable \"${name}\" of required type \"{of_type}\" was not provided."),
                locations: vec![definition.pos],
            });
        }
    }
    Ok(())
}

/// The executor forgets a variable's default in `@skip` and `@include`, so it is given as a value.
fn fill_in_defaults(variables: &mut Variables, operation: &OperationDefinition) {
    for definition in &operation.variable_definitions {
        let name: &Name = &definition.node.name.node;
        if let Some(default) = &definition.node.default_value
            && !variables.contains_key(name)
        {
            variables.insert(name.clone(), Value::clone(&default.node));
        }
    }
}
