//! How much longer a token takes to a subscriber on another instance than to one on the instance that writes it.
//!
//! Both follow the same reply, in this process; each token is the time when the provider has written it, and is
//! compared with the times when the two have it. What is added is reckoned for each token.

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
/// Of what is added.
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
    let added = "added to a token by another instance";
    report.add(figure(NAME, format!("{added}, p50"), 0.5, |round| &round.added)?.aim(AIM_MS))?;
    report.add(figure("remote_delay_p99", format!("{added}, p99"), 0.99, |round| &round.added)?)?;
    let there = "token to socket, another instance";
    report.add(figure("remote_delay_there_p50", format!("{there}, p50"), 0.5, |round| &round.there)?)?;
    report.add(figure("remote_delay_there_p99", format!("{there}, p99"), 0.99, |round| &round.there)?)?;
    let here = "token to socket, the writing instance";
    report.add(figure("remote_delay_here_p50", format!("{here}, p50"), 0.5, |round| &round.here)?)?;
    report.add(figure("remote_delay_here_p99", format!("{here}, p99"), 0.99, |round| &round.here)?)?;
    cluster.end().await
}

/// The delays of the tokens of a reply, in milliseconds and in order of size.
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
    provider.speak();
    let mut followed = following.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    followed.sort_by_key(|(instance, _)| *instance);
    let stored = writer.finished(&sent.reply).await?.content;
    for (_, (text, all)) in &followed {
        ensure!(*text == stored, "a subscriber was told something else");
        ensure!(all.len() == SCRIPT.tokens as usize, "tokens are missing");
    }
    let [mut here, mut there] = [0, 1].map(|instance| followed[instance].1.1.clone());
    let mut added: Vec<f64> = zip(&there, &here).map(|(there, here)| there - here).collect();
    for all in [&mut here, &mut there, &mut added] {
        all.sort_by(f64::total_cmp);
    }
    Ok(Round { here, there, added })
}

/// Reads to the end: the text, and the delay of each token in order.
async fn follow(mut follower: Follower, epoch: Instant) -> Result<(String, Vec<f64>)> {
    let mut all = Vec::new();
    follower.finish(|heard| all.extend(delays(heard.text, heard.at.duration_since(epoch)))).await?;
    Ok((follower.texts.concat(), all))
}
