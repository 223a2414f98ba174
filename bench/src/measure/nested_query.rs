//! CPU time of the server and of PostgreSQL for a query of 20 conversations with 20 messages each.
//!
//! Two connections send one query after the other, so that the server is neither idle nor overloaded. An answer has
//! about 100 KB. The first answer is checked; the others must have the same length.

use super::Bench;
use crate::{
    api::Api,
    database::Database,
    report::{Figure, Report, milliseconds, quantile},
    server::Server,
};
use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, TryStreamExt, future::try_join_all, stream};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub const NAME: &str = "nested_query";
const AIM_MS: f64 = 1.2;
const DATABASE_AIM_MS: f64 = 0.7;

const CONVERSATIONS: usize = 20;
/// The number of messages sent to a conversation. With the replies it has twice as many.
const SENDS: usize = 10;
/// The length of each message, in characters.
const LENGTH: usize = 120;
pub const CONNECTIONS: usize = 2;
/// The number of queries per connection in a round.
const QUERIES: usize = 500;
const WARM_UP: usize = 100;

const QUERY: &str = "{ me { conversations(first: 20) { nodes {
  id title messages(last: 20) { nodes { id role content status createdAt } }
} } } }";

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    for database in bench.databases().await? {
        let server = Server::start(bench, &database, &[("CONFAB_PACE_MS", "0".into())]).await?;
        for figure in measure(bench, &database, &server).await? {
            report.add(figure)?;
        }
        server.end()?;
        database.end().await?;
    }
    Ok(())
}

async fn measure(bench: &Bench, database: &Database, server: &Server) -> Result<Vec<Figure>> {
    let api = Api::register(server).await?;
    let Query { request, bytes } = prepare(&api).await?;

    let (mut own, mut backends, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        let before = (server.usage().cpu()?, database.cpu().await);
        times.extend(run_queries(&api, &request, bytes, QUERIES).await?);
        let after = (server.usage().cpu()?, database.cpu().await);
        let each = |used: Duration| milliseconds(used) / (CONNECTIONS * QUERIES) as f64;
        own.push(each(after.0 - before.0));
        backends.extend(after.1.zip(before.1).map(|(after, before)| each(after.saturating_sub(before))));
    }
    times.sort_by(f64::total_cmp);
    let figure = Figure::new(NAME, "server CPU time per nested query", database, "ms", own)?
        .aim(AIM_MS)
        .with("conversations", CONVERSATIONS)
        .with("messages", 2 * SENDS)
        .with("answer_bytes", bytes)
        .with("connections", CONNECTIONS)
        .with("queries_per_round", CONNECTIONS * QUERIES)
        .with("wall_p50_ms", quantile(&times, 0.5))
        .with("wall_p99_ms", quantile(&times, 0.99));
    if backends.is_empty() {
        return Ok(vec![figure]);
    }
    let label = "PostgreSQL CPU time per nested query";
    let of_database =
        Figure::new("nested_query_database", label, database, "ms", backends)?.aim(DATABASE_AIM_MS);
    Ok(vec![figure, of_database])
}

/// The request, and the length of its answer.
pub struct Query {
    pub request: String,
    pub bytes: usize,
}

/// Creates the data, and sends the query until the server is warm.
pub async fn prepare(api: &Api) -> Result<Query> {
    stream::iter(0..CONVERSATIONS).map(Ok).try_for_each_concurrent(4, |number| fill(api, number)).await?;
    let request = json!({ "query": QUERY }).to_string();
    let bytes = check(&api.post(request.clone()).await?)?;
    run_queries(api, &request, bytes, WARM_UP).await?;
    Ok(Query { request, bytes })
}

/// Fills a conversation with messages and their echoes.
async fn fill(api: &Api, number: usize) -> Result<()> {
    let mut conversation: Option<String> = None;
    for send in 0..SENDS {
        let mut content = format!("Conversation {number}, message {send}: ");
        content.extend("a word for the other ".chars().cycle().take(LENGTH - content.len()));
        let sent = api.send(conversation.as_deref(), Some("echo"), content.trim()).await?;
        api.finished(&sent.reply).await?;
        conversation = Some(sent.conversation.id);
    }
    Ok(())
}

/// Checks that an answer is complete. Returns its length.
fn check(answer: &[u8]) -> Result<usize> {
    let value: Value = serde_json::from_slice(answer)?;
    let conversations = value["data"]["me"]["conversations"]["nodes"].as_array().context("no answer")?;
    let all = |conversation: &Value| {
        let messages = conversation["messages"]["nodes"].as_array();
        messages.is_some_and(|messages| messages.len() == 2 * SENDS)
    };
    ensure!(
        conversations.len() == CONVERSATIONS && conversations.iter().all(all),
        "the answer is incomplete"
    );
    Ok(answer.len())
}

/// Sends queries on all connections. Returns the duration of each query, in milliseconds.
pub async fn run_queries(api: &Api, request: &str, bytes: usize, queries: usize) -> Result<Vec<f64>> {
    let connections = (0..CONNECTIONS).map(|_| {
        let (api, request) = (api.clone(), request.to_owned());
        async move {
            let mut times = Vec::with_capacity(queries);
            for _ in 0..queries {
                let begun = Instant::now();
                let answer = api.post(request.clone()).await?;
                times.push(milliseconds(begun.elapsed()));
                ensure!(answer.len() == bytes, "the answer has {} bytes, not {bytes}", answer.len());
            }
            Ok(times)
        }
    });
    Ok(try_join_all(connections).await?.concat())
}
