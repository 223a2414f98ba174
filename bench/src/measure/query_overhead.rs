//! Server CPU time for the smallest request, signed in: what the transport and the executor cost by themselves.

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

pub const NAME: &str = "query_overhead";

const CONNECTIONS: usize = 4;
/// How many queries a connection asks in a round.
const QUERIES: usize = 5000;
const WARM_UP: usize = 200;

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let database = Database::Sqlite;
    let server = Server::start(bench, &database, &[]).await?;
    let api = Api::register(&server).await?;
    ask(&api, WARM_UP).await?;
    let mut rounds = Vec::new();
    for _ in 0..bench.rounds {
        let before = server.usage().cpu()?;
        ask(&api, QUERIES).await?;
        let used = server.usage().cpu()? - before;
        rounds.push(used.as_secs_f64() * 1e6 / (CONNECTIONS * QUERIES) as f64);
    }
    let figure = Figure::new(NAME, "server CPU per { __typename }", &database, "µs", rounds)?
        .with("connections", CONNECTIONS)
        .with("queries_per_round", CONNECTIONS * QUERIES);
    report.add(figure)?;
    server.end()
}

async fn ask(api: &Api, queries: usize) -> Result<()> {
    let connections = (0..CONNECTIONS).map(|_| async {
        let request = json!({ "query": "{ __typename }" }).to_string();
        for _ in 0..queries {
            let answer = api.post(request.clone()).await?;
            ensure!(*answer == *br#"{"data":{"__typename":"Query"}}"#, "another answer");
        }
        Ok(())
    });
    try_join_all(connections).await?;
    Ok(())
}
