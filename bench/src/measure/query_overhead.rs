//! Server CPU time of small authenticated requests: the overhead of transport, document checks and executor.
//!
//! A known document is taken from the cache; a new one is parsed and validated. The new documents differ from the
//! cached one by a comment, and have the size of a chat client's documents.

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
/// The number of queries per connection in a round.
const QUERIES: usize = 5000;
const WARM_UP: usize = 200;
/// Numbers all requests, so that each document with a number is new.
static REQUESTS: AtomicUsize = AtomicUsize::new(0);

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let database = Database::Sqlite;
    let server = Server::start(bench, &database, &[]).await?;
    let api = Api::register(&server).await?;
    run_queries(&api, DOCUMENTS[0].2, WARM_UP).await?;
    for (name, label, document) in DOCUMENTS {
        let mut rounds = Vec::new();
        for _ in 0..bench.rounds {
            let before = server.usage().cpu()?;
            run_queries(&api, document, QUERIES).await?;
            let used = server.usage().cpu()? - before;
            rounds.push(used.as_secs_f64() * 1e6 / (CONNECTIONS * QUERIES) as f64);
        }
        let figure =
            Figure::new(name, format!("server CPU time per request, {label}"), &database, "µs", rounds)?
                .with("connections", CONNECTIONS)
                .with("queries_per_round", CONNECTIONS * QUERIES);
        report.add(figure)?;
    }
    server.end()
}

/// Returns the document of the nth request.
type Document = fn(usize) -> String;

/// The figures' names, labels and documents.
const DOCUMENTS: [(&str, &str, Document); 3] = [
    (NAME, "{ __typename }", |_| "{ __typename }".into()),
    ("cached_document", "cached document of 700 bytes", |_| LARGER.into()),
    ("new_document", "new document of 700 bytes", |number| format!("{LARGER} # {number}")),
];

/// Only the last field is executed.
const LARGER: &str = "query Chat($id: ID = \"\", $first: Int = 20, $yes: Boolean = false) {
  me @include(if: $yes) { ...Person conversations(first: $first) { edges { cursor node { ...Chat } } pageInfo { hasNextPage endCursor } } }
  conversation(id: $id) @include(if: $yes) { ...Chat messages(last: $first) { nodes { ...Text parent { id } } totalCount } }
  node(id: $id) @include(if: $yes) { id ... on Message { ...Text conversation { id } } }
  __typename
}
fragment Person on User { id name email createdAt }
fragment Chat on Conversation { id title systemPrompt model createdAt updatedAt }
fragment Text on Message { id role content status model createdAt finishedAt error { code message } usage { inputTokens outputTokens } }";

async fn run_queries(api: &Api, document: Document, queries: usize) -> Result<()> {
    let connections = (0..CONNECTIONS).map(|_| async move {
        for _ in 0..queries {
            let number = REQUESTS.fetch_add(1, Relaxed);
            let request = json!({ "query": document(number) }).to_string();
            let answer = api.post(request).await?;
            ensure!(*answer == *br#"{"data":{"__typename":"Query"}}"#, "an unexpected answer");
        }
        Ok(())
    });
    try_join_all(connections).await?;
    Ok(())
}
