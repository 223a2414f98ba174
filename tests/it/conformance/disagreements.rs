//! The known disagreements, each with its reason.

use super::{comparison::Difference, corpus::Case, subject::Answer};
use serde::Deserialize;
use std::{fs, path::Path};

pub struct Disagreements(Vec<Disagreement>);

/// One kind of disagreement. It matches if everything that it states holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Disagreement {
    name: String,
    /// The cause, and why the disagreement remains. For readers only.
    #[serde(rename = "reason")]
    _reason: String,
    difference: String,
    schema: Option<String>,
    /// The validation rule of graphql-js's first error.
    rule: Option<String>,
    /// The message of graphql-js's first error contains one of these.
    #[serde(default)]
    graphql_js: Vec<String>,
    /// The message of an error here contains one of these.
    #[serde(default)]
    here: Vec<String>,
    /// The document contains one of these.
    #[serde(default)]
    query: Vec<String>,
}

impl Disagreements {
    pub fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/disagreements.json");
        let text = fs::read_to_string(path).expect("the list of disagreements is there");
        Self(serde_json::from_str(&text).expect("it is a list of disagreements"))
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|known| known.name.as_str())
    }

    /// Returns the name of the first disagreement that matches.
    pub fn matching(&self, case: &Case, difference: &Difference, answer: &Answer) -> Option<&str> {
        let fault = case.expected.faults().first();
        let part = |parts: &[String], text: Option<&str>| {
            parts.is_empty() || text.is_some_and(|text| parts.iter().any(|part| text.contains(part)))
        };
        let message = answer.message();
        let known = self.0.iter().find(|known| {
            known.difference == difference.to_string()
                && known.schema.as_ref().is_none_or(|schema| *schema == case.schema)
                && known.rule.as_ref().is_none_or(|rule| fault.is_some_and(|fault| fault.rule == *rule))
                && part(&known.graphql_js, fault.map(|fault| fault.message.as_str()))
                && part(&known.here, message.as_deref())
                && part(&known.query, Some(&case.query))
        });
        known.map(|known| known.name.as_str())
    }
}
