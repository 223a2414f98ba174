//! Server CPU time for small requests, signed in: what the transport, the front end and the executor cost by themselves.
//!
//! A document that the server has seen is taken from its cache; a new one is parsed and validated. The new ones differ
//! from the cached one by a comment, and are of the size that clients of a chat send.

use super::Bench;
use crate::{
    api::Api,
    database::Database,
    report::{Figure, Report},
    server::Server,
};
use anyhow::{Result, ensure};
use futures_util::future::try_join_all;
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

pub const NAME: &str = "query_overhead";

const CONNECTIONS: usize = 4;
/// How many queries a connection asks in a round.
const QUERIES: usize = 5000;
const WARM_UP: usize = 200;
/// Numbers all requests, so that each document with a number is new.
static REQUESTS: AtomicUsize = AtomicUsize::new(0);

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let database = Database::Sqlite;
    let server = Server::start(bench, &database, &[]).await?;
    let api = Api::register(&server).await?;
    ask(&api, DOCUMENTS[0].2, WARM_UP).await?;
    for (name, label, document) in DOCUMENTS {
        let mut rounds = Vec::new();
        for _ in 0..bench.rounds {
            let before = server.usage().cpu()?;
            ask(&api, document, QUERIES).await?;
            let used = server.usage().cpu()? - before;
            rounds.push(used.as_secs_f64() * 1e6 / (CONNECTIONS * QUERIES) as f64);
        }
        let figure = Figure::new(name, format!("server CPU per {label}"), &database, "µs", rounds)?
            .with("connections", CONNECTIONS)
            .with("queries_per_round", CONNECTIONS * QUERIES);
        report.add(figure)?;
    }
    server.end()
}

/// The document of the nth request.
type Document = fn(usize) -> String;

/// A name for the figure and for people, and the documents.
const DOCUMENTS: [(&str, &str, Document); 3] = [
    (NAME, "{ __typename }", |_| "{ __typename }".into()),
    ("cached_document", "document of 700 bytes that was seen before", |_| LARGER.into()),
    ("new_document", "document of 700 bytes that is new", |number| format!("{LARGER} # {number}")),
];

/// Nothing of it is executed but the last field.
const LARGER: &str = "query Chat($id: ID = \"\", $first: Int = 20, $yes: Boolean = false) {
  me @include(if: $yes) { ...Person conversations(first: $first) { edges { cursor node { ...Chat } } pageInfo { hasNextPage endCursor } } }
  conversation(id: $id) @include(if: $yes) { ...Chat messages(last: $first) { nodes { ...Said parent { id } } totalCount } }
  node(id: $id) @include(if: $yes) { id ... on Message { ...Said conversation { id } } }
  __typename
}
fragment Person on User { id name email createdAt }
fragment Chat on Conversation { id title systemPrompt model createdAt updatedAt }
fragment Said on Message { id role content status model createdAt finishedAt error { code message } usage { inputTokens outputTokens } }";

async fn ask(api: &Api, document: Document, queries: usize) -> Result<()> {
    let connections = (0..CONNECTIONS).map(|_| async move {
        for _ in 0..queries {
            let number = REQUESTS.fetch_add(1, Relaxed);
            let request = json!({ "query": document(number) }).to_string();
            let answer = api.post(request).await?;
            ensure!(*answer == *br#"{"data":{"__typename":"Query"}}"#, "another answer");
        }
        Ok(())
    });
    try_join_all(connections).await?;
    Ok(())
}
