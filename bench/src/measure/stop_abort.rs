//! Time from a client's `stopReply` until the provider sees its connection closed.
//!
//! The provider sends some words and then nothing, so it does not notice the closed connection by writing. The client
//! follows the reply on the instance to which it sends `stopReply`: the one that runs the reply, or another. One reply
//! runs at a time.

use super::Bench;
use crate::{
    api::Api,
    cluster::Cluster,
    follower::Follower,
    provider::{Provider, Script},
    report::{Figure, Report, milliseconds, quantile},
};
use anyhow::{Context, Result, ensure};
use std::time::{Duration, Instant};
use tokio::time::timeout;

pub const NAME: &str = "stop_abort";
/// For the 99th percentile.
const AIM_MS: f64 = 100.0;

/// The number of replies that are stopped on each instance in a round.
const STOPS: usize = 100;
const SCRIPT: Script = Script {
    tokens: 3,
    pace: Duration::from_millis(1),
    token: |number, _| format!("word{number} "),
    ends: false,
    ..Script::SILENT
};
/// The timeout for the abort.
const TIMEOUT: Duration = Duration::from_secs(10);

/// By the instance that receives the stop; the first one runs the replies.
const CASES: [(usize, &str, &str, &str); 2] = [
    (0, "stop_abort_here_p50", "stop_abort_here_p99", "the same instance"),
    (1, "stop_abort_there_p50", "stop_abort_there_p99", "another instance"),
];

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let Some(services) = bench.services(NAME) else { return Ok(()) };
    let provider = Provider::start(SCRIPT).await?;
    let cluster = Cluster::start(bench, services, &provider, 2).await?;
    for (instance, p50, p99, whose) in CASES {
        let (mut rounds, mut answers) = (Vec::new(), Vec::new());
        for _ in 0..bench.rounds {
            let mut times = Vec::with_capacity(STOPS);
            for _ in 0..STOPS {
                let stopped = stop(&provider, &cluster.users[0], &cluster.users[instance]).await?;
                times.push(milliseconds(stopped.aborted));
                answers.push(milliseconds(stopped.answered));
            }
            times.sort_by(f64::total_cmp);
            rounds.push(times);
        }
        answers.sort_by(f64::total_cmp);
        let figure = |name, share, of: &str| {
            let rounds = rounds.iter().map(|times| quantile(times, share)).collect();
            let label = format!("time from stop to provider abort, {whose}, {of}");
            let figure = Figure::new(name, label, &cluster.database, "ms", rounds)?
                .with("stops_per_round", STOPS)
                .with("answer_p50_ms", quantile(&answers, 0.5))
                .with("answer_p99_ms", quantile(&answers, 0.99));
            anyhow::Ok(figure)
        };
        report.add(figure(p50, 0.5, "p50")?)?;
        report.add(figure(p99, 0.99, "p99")?.aim(AIM_MS))?;
    }
    cluster.end().await
}

/// Times since the request to stop.
struct Stopped {
    /// Until the provider's connection was closed.
    aborted: Duration,
    /// Until the client had its answer.
    answered: Duration,
}

async fn stop(provider: &Provider, writer: &Api, user: &Api) -> Result<Stopped> {
    let sent = writer.send(None, None, "Talk.").await?;
    let mut follower = Follower::begin(user, &sent.reply, 1).await?;
    provider.release();
    let text: String = (0..SCRIPT.tokens).map(|number| (SCRIPT.token)(number, provider.epoch)).collect();
    follower.until(text.len(), |_| ()).await?;

    let mut aborts = provider.aborts();
    let begun = Instant::now();
    let message = user.stop(&sent.reply).await?;
    let answered = begun.elapsed();
    ensure!(
        message.status == "STOPPED" && message.content == text,
        "a stopped reply is {} with the text {:?}",
        message.status,
        message.content
    );
    // The provider recorded the time at which the connection was closed.
    timeout(TIMEOUT, aborts.changed()).await.context("the provider's connection was not closed")??;
    let at = aborts.borrow().context("the provider recorded no abort")?;
    follower.finish(|_| ()).await?;
    Ok(Stopped { aborted: at.duration_since(begun), answered })
}
