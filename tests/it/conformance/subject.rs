//! The system under test: the server's document checks, and an executor behind them.

use super::{
    corpus::{Case, FieldError, Location, Response},
    schema::{self, TestSchema, Total},
};
use async_graphql::{PathSegment, ServerError, Value, indexmap::IndexMap, parser::types::OperationType};
use confab::{
    error::Code,
    graphql::{
        self,
        document::{DocumentLimits, Documents, Rejection, TrustedDocuments},
        execution::request::{DocumentSource, Request},
    },
};
use futures_util::{FutureExt, StreamExt};
use std::{fs, panic::AssertUnwindSafe, time::Duration};
use tokio::time::timeout;

/// Far longer than any operation of the corpus takes on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);
/// More events than any subscription of the corpus has.
const MOST_EVENTS: usize = 20;
/// Limits so high that no document of the corpus exceeds them. Other tests cover the limits.
const LIMITS: DocumentLimits = DocumentLimits {
    document: 1_000_000,
    tokens: 100_000,
    definitions: 1000,
    depth: 1000,
    cost: u64::MAX,
    selections: 1_000_000,
    root_fields: 100_000,
    aliases: 100_000,
    directives: 100_000,
    values: 100_000,
    text: 1_000_000,
    introspection: true,
};

/// The answer to one request.
#[derive(Debug)]
pub enum Answer {
    /// Nothing is executed. `message` and `places` are those of all errors.
    Refused {
        syntax: bool,
        message: String,
        places: Vec<Location>,
    },
    /// One response, or one for each event of a subscription. Empty if nothing was to be executed.
    Executed(Vec<Response>),
    Panicked,
}

impl Answer {
    /// The messages of all errors.
    pub fn message(&self) -> Option<String> {
        match self {
            Self::Refused { message, .. } => Some(message.clone()),
            Self::Executed(responses) => {
                let errors = responses.iter().flat_map(|response| &response.errors);
                Some(errors.map(|error| error.message.as_str()).collect::<Vec<_>>().join("\n"))
            }
            Self::Panicked => None,
        }
    }
}

pub struct Subject {
    confab: Documents,
    test: Documents,
    executor: TestSchema,
}

impl Subject {
    pub fn new() -> Self {
        let executor = schema::schema();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/schema.graphql");
        let sdl = fs::read_to_string(path).expect("the schema is there");
        assert_eq!(executor.sdl(), sdl, "the schema here differs from that of graphql-js");
        let documents =
            |sdl: &str| Documents::new(sdl, LIMITS, TrustedDocuments::default()).expect("it is valid");
        Self { confab: documents(&graphql::schema::sdl()), test: documents(&sdl), executor }
    }

    /// Answers a request. Operations on the server's own schema are prepared, but not executed.
    pub async fn answer(&self, case: &Case) -> Answer {
        let answer = AssertUnwindSafe(self.answer_or_panic(case)).catch_unwind();
        timeout(TIMEOUT, answer).await.expect("the operation ends").unwrap_or(Answer::Panicked)
    }

    async fn answer_or_panic(&self, case: &Case) -> Answer {
        let quoted = |text: &str| serde_json::to_string(text).expect("text can be written");
        let name = case.operation_name.as_deref().map_or("null".into(), quoted);
        let (query, variables) = (quoted(&case.query), &case.variables);
        let body = format!(r#"{{"query":{query},"operationName":{name},"variables":{variables}}}"#);
        let request: Request = serde_json::from_str(&body).expect("it is a request");
        let DocumentSource::Text(text) = &request.document else { panic!("{body} has a document") };
        let documents = if case.schema == "confab" { &self.confab } else { &self.test };
        let mut prepared =
            match documents.prepare(text, request.operation_name.as_deref(), &request.variables) {
                Ok(prepared) => prepared,
                Err(rejection) => return refused(&rejection),
            };
        if case.schema == "confab" {
            return Answer::Executed(Vec::new());
        }
        let mut responses = match prepared.take_request() {
            Some(request) if prepared.operation_type == OperationType::Subscription => {
                self.executor.execute_stream(request.data(Total::default())).take(MOST_EVENTS).collect().await
            }
            Some(request) => vec![self.executor.execute(request.data(Total::default())).await],
            None => vec![async_graphql::Response::new(Value::Object(IndexMap::default()))],
        };
        responses.iter_mut().for_each(|response| prepared.complete(documents, response));
        Answer::Executed(responses.iter().map(executed).collect())
    }
}

fn refused(rejection: &Rejection) -> Answer {
    let messages: Vec<_> = rejection.0.iter().map(|fault| fault.message.as_str()).collect();
    let locations = rejection.0.iter().flat_map(|fault| &fault.locations);
    Answer::Refused {
        syntax: rejection.0[0].code == Code::GraphqlParseFailed,
        message: messages.join("\n"),
        places: locations.map(|at| [at.line, at.column]).collect(),
    }
}

fn executed(response: &async_graphql::Response) -> Response {
    Response {
        data: serde_json::to_string(&response.data).expect("it can be written"),
        errors: response.errors.iter().map(field_error).collect(),
        possible: Vec::new(),
    }
}

fn field_error(error: &ServerError) -> FieldError {
    let path = error.path.iter().map(|segment| match segment {
        PathSegment::Field(name) => name.as_str().into(),
        PathSegment::Index(index) => (*index).into(),
    });
    FieldError {
        message: error.message.clone(),
        path: path.collect(),
        locations: error.locations.iter().map(|at| [at.line, at.column]).collect(),
    }
}
