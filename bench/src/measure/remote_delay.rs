//! Additional latency of a token for a subscriber on another instance than the one that runs the reply.
//!
//! Two subscribers in this process follow the same reply, one on each instance. Each token contains the time at which
//! the provider wrote it. The difference of the two latencies is calculated for each token.

use super::{Bench, token_delay::delays};
use crate::{
    cluster::Cluster,
    follower::Follower,
    provider::{Provider, Script},
    report::{Figure, Report, quantile},
};
use anyhow::{Result, ensure};
use std::{iter::zip, time::Instant};
use tokio::task::JoinSet;

pub const NAME: &str = "remote_delay";
/// For the additional latency.
const AIM_MS: f64 = 5.0;

const SCRIPT: Script = super::token_delay::SCRIPT;

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let Some(services) = bench.services(NAME) else { return Ok(()) };
    let provider = Provider::start(SCRIPT).await?;
    let cluster = Cluster::start(bench, services, &provider, 2).await?;
    let mut rounds = Vec::new();
    for _ in 0..bench.rounds {
        rounds.push(round(&provider, &cluster).await?);
    }
    let figure = |name, label, share, of: fn(&Round) -> &[f64]| {
        let rounds = rounds.iter().map(|round| quantile(of(round), share)).collect();
        let figure = Figure::new(name, label, &cluster.database, "ms", rounds)?
            .with("tokens_per_round", SCRIPT.tokens)
            .with("pace_ms", SCRIPT.pace.as_millis() as u64);
        anyhow::Ok(figure)
    };
    let added = "additional latency on another instance";
    report.add(figure(NAME, format!("{added}, p50"), 0.5, |round| &round.added)?.aim(AIM_MS))?;
    report.add(figure("remote_delay_p99", format!("{added}, p99"), 0.99, |round| &round.added)?)?;
    let there = "latency from provider to subscriber, another instance";
    report.add(figure("remote_delay_there_p50", format!("{there}, p50"), 0.5, |round| &round.there)?)?;
    report.add(figure("remote_delay_there_p99", format!("{there}, p99"), 0.99, |round| &round.there)?)?;
    let here = "latency from provider to subscriber, the same instance";
    report.add(figure("remote_delay_here_p50", format!("{here}, p50"), 0.5, |round| &round.here)?)?;
    report.add(figure("remote_delay_here_p99", format!("{here}, p99"), 0.99, |round| &round.here)?)?;
    cluster.end().await
}

/// The latencies of the tokens of a reply, in milliseconds, sorted.
struct Round {
    here: Vec<f64>,
    there: Vec<f64>,
    added: Vec<f64>,
}

async fn round(provider: &Provider, cluster: &Cluster) -> Result<Round> {
    let writer = &cluster.users[0];
    let sent = writer.send(None, None, "What time is it?").await?;
    let mut following = JoinSet::new();
    for (instance, user) in cluster.users.iter().enumerate() {
        let follower = Follower::begin(user, &sent.reply, 1).await?;
        let epoch = provider.epoch;
        following.spawn(async move { anyhow::Ok((instance, follow(follower, epoch).await?)) });
    }
    provider.release();
    let mut followed = following.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    followed.sort_by_key(|(instance, _)| *instance);
    let stored = writer.finished(&sent.reply).await?.content;
    for (_, (text, all)) in &followed {
        ensure!(*text == stored, "a subscriber received another text");
        ensure!(all.len() == SCRIPT.tokens as usize, "tokens are missing");
    }
    let [mut here, mut there] = [0, 1].map(|instance| followed[instance].1.1.clone());
    let mut added: Vec<f64> = zip(&there, &here).map(|(there, here)| there - here).collect();
    for all in [&mut here, &mut there, &mut added] {
        all.sort_by(f64::total_cmp);
    }
    Ok(Round { here, there, added })
}

/// Reads to the end. Returns the text, and the latency of each token in order.
async fn follow(mut follower: Follower, epoch: Instant) -> Result<(String, Vec<f64>)> {
    let mut all = Vec::new();
    follower.finish(|received| all.extend(delays(received.text, received.at.duration_since(epoch)))).await?;
    Ok((follower.texts.concat(), all))
}
