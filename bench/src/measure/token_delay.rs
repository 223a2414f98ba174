//! Latency of a token from the provider to a subscriber.
//!
//! The provider and the subscriber run in this process and share its clock. Each token contains the time at which it
//! was written, which is compared with the time at which the subscriber receives it. The figure includes the overhead
//! of both ends; the latency without a server is a parameter of the figure and is not subtracted.

use super::Bench;
use crate::{
    api::Api,
    follower::Follower,
    provider::{Provider, Script},
    report::{Figure, Report, milliseconds, quantile},
    server::Server,
};
use anyhow::{Result, ensure};
use std::time::Duration;

pub const NAME: &str = "token_delay";
const AIM_MS: f64 = 1.0;

pub const SCRIPT: Script = Script {
    tokens: 300,
    pace: Duration::from_millis(20),
    // Nanoseconds since the epoch.
    token: |_, epoch| format!("{} ", epoch.elapsed().as_nanos()),
    ..Script::SILENT
};

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let mut direct = Vec::new();
    let provider = Provider::start(SCRIPT).await?;
    provider.listen(|text, at| direct.extend(delays(text, at))).await?;
    ensure!(direct.len() == SCRIPT.tokens as usize, "tokens are missing");
    direct.sort_by(f64::total_cmp);
    for database in bench.databases().await? {
        let server = Server::start(bench, &database, &provider.settings()).await?;
        let api = Api::register(&server).await?;
        let (mut p50, mut p99) = (Vec::new(), Vec::new());
        for _ in 0..bench.rounds {
            let delays = round(&provider, &api).await?;
            p50.push(quantile(&delays, 0.5));
            p99.push(quantile(&delays, 0.99));
        }
        let figure = |name, label: &str, rounds| {
            let figure = Figure::new(name, label, &database, "ms", rounds)?
                .with("tokens_per_round", SCRIPT.tokens)
                .with("pace_ms", SCRIPT.pace.as_millis() as u64)
                .with("without_server_p50_ms", quantile(&direct, 0.5))
                .with("without_server_p99_ms", quantile(&direct, 0.99));
            anyhow::Ok(figure)
        };
        report
            .add(figure("token_delay_p50", "latency from provider to subscriber, p50", p50)?.aim(AIM_MS))?;
        report.add(figure("token_delay_p99", "latency from provider to subscriber, p99", p99)?)?;
        server.end()?;
        database.end().await?;
    }
    Ok(())
}

/// Returns the latencies of the tokens of a reply, in milliseconds, sorted.
async fn round(provider: &Provider, api: &Api) -> Result<Vec<f64>> {
    let sent = api.send(None, None, "What time is it?").await?;
    let mut follower = Follower::begin(api, &sent.reply, 1).await?;
    provider.release();
    let mut all = Vec::new();
    follower
        .finish(|received| all.extend(delays(received.text, received.at.duration_since(provider.epoch))))
        .await?;
    let stored = api.finished(&sent.reply).await?.content;
    ensure!(follower.texts == [stored], "the subscriber received another text");
    ensure!(all.len() == SCRIPT.tokens as usize, "tokens are missing");
    all.sort_by(f64::total_cmp);
    Ok(all)
}

/// Returns how long ago the tokens in a text were written, in milliseconds.
pub fn delays(text: &str, at: Duration) -> impl Iterator<Item = f64> {
    let written = text.split_whitespace().filter_map(|token| token.parse().ok());
    written.map(move |written| milliseconds(at.saturating_sub(Duration::from_nanos(written))))
}
