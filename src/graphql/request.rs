//! A request as a client sends it.

use super::values::{self, Given, GivenVariables};
use async_graphql::Value;
use serde::{Deserialize, Deserializer};
use std::fmt;

/// A GraphQL request as it comes over any transport (GraphQL over HTTP, "Request Parameters"). Of its
/// `extensions` only `cost` is looked at. `Debug` does not show it: it may hold passwords and tokens.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The document's text.
    pub query: String,
    /// Which of the document's operations is meant. Needed only if there are several.
    pub operation_name: Option<String>,
    /// What the operation's variables stand for. Null is the same as none.
    #[serde(default)]
    pub variables: GivenVariables,
    /// What the client wants besides.
    #[serde(default)]
    pub extensions: Extensions,
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Request").finish_non_exhaustive()
    }
}

impl Request {
    /// How many bytes it holds, about.
    pub fn weight(&self) -> usize {
        let name = self.operation_name.as_ref().map_or(0, String::len);
        self.query.len() + name + values::weight(&self.variables.variables)
    }
}

/// The `extensions` of a request. What is none of ours is left aside, whatever it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extensions {
    /// `"cost": true`: the answer's `extensions` are to tell what the operation costs.
    pub cost: bool,
}

impl<'de> Deserialize<'de> for Extensions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let extensions = Given::deserialize(deserializer)?;
        let Value::Object(extensions) = extensions.value else { return Ok(Self::default()) };
        Ok(Self { cost: extensions.get("cost") == Some(&Value::Boolean(true)) })
    }
}
