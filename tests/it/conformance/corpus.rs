//! Requests, and the answers of graphql-js to them.

use serde::Deserialize;
use std::{fmt, path::Path, process::Stdio, time::Duration};
use tokio::{process::Command, time::timeout};

/// Far longer than the generator takes on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Line and column, both from 1.
pub type Location = [usize; 2];

pub struct Corpus {
    pub seed: u32,
    pub cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    /// `confab` or `test`. Only operations on `test` are executed.
    pub schema: String,
    pub query: String,
    pub operation_name: Option<String>,
    /// JSON.
    pub variables: String,
    /// The stage that decides about the request: `parse`, `validate`, `coerce` or `execute`.
    pub kind: String,
    pub expected: Expected,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "stage", rename_all = "lowercase")]
pub enum Expected {
    Parse {
        errors: Vec<Fault>,
    },
    Validate {
        errors: Vec<Fault>,
    },
    Choose {
        errors: Vec<Fault>,
    },
    Coerce {
        errors: Vec<Fault>,
    },
    /// graphql-js has no answer.
    Unknown {},
    Execute {
        /// Whether the schema is introspected.
        #[serde(default)]
        introspects: bool,
        /// One response, or one for each event of a subscription. `None` if nothing is executed.
        answers: Option<Vec<Response>>,
    },
}

/// An error before execution.
#[derive(Clone, Debug, Deserialize)]
pub struct Fault {
    /// The validation rule.
    #[serde(default)]
    pub rule: String,
    pub message: String,
    pub locations: Vec<Location>,
}

#[derive(Debug, Deserialize)]
pub struct Response {
    /// JSON.
    pub data: String,
    pub errors: Vec<FieldError>,
    /// The errors of all fields that fail, from graphql-js. If several make the same field null, the implementation
    /// chooses which of them it reports.
    #[serde(default)]
    pub possible: Vec<FieldError>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct FieldError {
    pub message: String,
    pub path: Vec<serde_json::Value>,
    pub locations: Vec<Location>,
}

impl Expected {
    /// The reasons why graphql-js refuses the request; empty if it does not.
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::Parse { errors }
            | Self::Validate { errors }
            | Self::Choose { errors }
            | Self::Coerce { errors } => errors,
            Self::Unknown {} | Self::Execute { .. } => &[],
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}

impl Corpus {
    /// Runs the generator. With `by_hand`, the corpus includes the requests written by hand.
    pub async fn generate(seed: u32, count: u32, by_hand: bool) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
        assert!(
            folder.join("node_modules").exists(),
            "scripts/install-packages tests/conformance has not run"
        );
        let mut command = Command::new("node");
        command.args(["generate.mjs", "--seed", &seed.to_string(), "--count", &count.to_string()]);
        if by_hand {
            command.args(["--cases", "cases.jsonl"]);
        }
        let output = command
            .current_dir(folder)
            .stderr(Stdio::inherit())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output =
            timeout(TIMEOUT, output).await.expect("the generator ends").expect("node can be started");
        assert!(output.status.success(), "the generator fails with seed {seed}");
        let lines = String::from_utf8(output.stdout).expect("it is text");
        let cases = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}")));
        Self { seed, cases: cases.collect() }
    }
}
