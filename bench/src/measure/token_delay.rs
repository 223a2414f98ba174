//! Time from a provider's token to a subscriber's socket.
//!
//! The provider and the subscriber are in this process and share its clock: each token is the time when it is
//! written, and is compared with the time when the subscriber has it. Both ends' own part is in the figure; how long
//! a token takes without a server between is told beside it. Nothing is subtracted.

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
        report.add(figure("token_delay_p50", "token to socket, p50", p50)?.aim(AIM_MS))?;
        report.add(figure("token_delay_p99", "token to socket, p99", p99)?)?;
        server.end()?;
        database.end().await?;
    }
    Ok(())
}

/// The delay of each token of a reply, in milliseconds and in order of size.
async fn round(provider: &Provider, api: &Api) -> Result<Vec<f64>> {
    let sent = api.send(None, None, "What time is it?").await?;
    let mut follower = Follower::begin(api, &sent.reply, 1).await?;
    provider.speak();
    let mut all = Vec::new();
    follower.finish(|heard| all.extend(delays(heard.text, heard.at.duration_since(provider.epoch)))).await?;
    let stored = api.finished(&sent.reply).await?.content;
    ensure!(follower.texts == [stored], "the subscriber was told something else");
    ensure!(all.len() == SCRIPT.tokens as usize, "tokens are missing");
    all.sort_by(f64::total_cmp);
    Ok(all)
}

/// How long ago the tokens in a text were written, in milliseconds.
pub fn delays(text: &str, at: Duration) -> impl Iterator<Item = f64> {
    let written = text.split_whitespace().filter_map(|token| token.parse().ok());
    written.map(move |written| milliseconds(at.saturating_sub(Duration::from_nanos(written))))
}
