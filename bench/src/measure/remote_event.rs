//! CPU time per event of a reply that is followed on another instance than the one that runs it.
//!
//! All subscribers of a reply on one instance share one mirror there. The running instance and Redis therefore spend
//! their time per token, however many subscribers there are. It is measured for none, one and a thousand; with none it
//! is the cost of the reply itself, and of an idle Redis. The other instance's time per event compares with
//! `reply_event`, where the same subscribers follow without Redis.

use super::{Bench, followers};
use crate::{
    cluster::Cluster,
    provider::{Provider, Script},
    report::{Figure, Report, quantile},
    usage::Threads,
};
use anyhow::{Result, ensure};
use std::time::Duration;
use tokio::task::JoinSet;

pub const NAME: &str = "remote_event";
/// The same as for `reply_event`.
const AIM_US: f64 = 20.0;

const SCRIPT: Script = Script {
    tokens: 100,
    pace: Duration::from_millis(50),
    token: |number, _| format!("word{number} "),
    ..Script::SILENT
};

const FOLLOWERS: usize = 1000;
/// The names of the figures for the running instance and for Redis, by the number of remote subscribers.
const CASES: [(usize, &str, &str); 3] = [
    (0, "remote_event_writer_0", "remote_event_redis_0"),
    (1, "remote_event_writer_1", "remote_event_redis_1"),
    (FOLLOWERS, "remote_event_writer_1000", "remote_event_redis_1000"),
];

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let Some(services) = bench.services(NAME) else { return Ok(()) };
    let provider = Provider::start(SCRIPT).await?;
    let cluster = Cluster::start(bench, services, &provider, 2).await?;
    for (followers, writer, redis) in CASES {
        let mut rounds = Vec::new();
        for _ in 0..bench.rounds {
            rounds.push(round(&cluster, &provider, followers).await?);
        }
        let figure = |name, label, rounds| {
            let figure = Figure::new(name, label, &cluster.database, "µs", rounds)?
                .with("followers", followers)
                .with("tokens", SCRIPT.tokens)
                .with("pace_ms", SCRIPT.pace.as_millis() as u64);
            anyhow::Ok(figure)
        };
        if followers == FOLLOWERS {
            let label = format!("CPU time of the other instance per event, {FOLLOWERS} sockets");
            let mut events: Vec<f64> = rounds.iter().map(|usage| usage.events as f64).collect();
            events.sort_by(f64::total_cmp);
            let each = |usage: &Usage| microseconds(usage.mirror) / usage.events as f64;
            let figure = figure(NAME, label, rounds.iter().map(each).collect())?;
            report.add(figure.aim(AIM_US).with("events_per_round", quantile(&events, 0.5)))?;
        }
        let each = |used: Duration| microseconds(used) / f64::from(SCRIPT.tokens);
        let label = |of: &str| format!("CPU time of {of} per token, {followers} remote subscribers");
        let by_writer = rounds.iter().map(|usage| each(usage.writer)).collect();
        report.add(figure(writer, label("the running instance"), by_writer)?)?;
        let by_redis = rounds.iter().map(|usage| each(usage.redis)).collect();
        report.add(figure(redis, label("Redis"), by_redis)?)?;
    }
    cluster.end().await
}

/// The CPU time for one reply.
struct Usage {
    writer: Duration,
    /// Of the instance with the subscribers.
    mirror: Duration,
    redis: Duration,
    events: u64,
}

async fn round(cluster: &Cluster, provider: &Provider, sockets: usize) -> Result<Usage> {
    let (writer, other) = (&cluster.users[0], &cluster.users[1]);
    let sent = writer.send(None, None, "Talk.").await?;
    let followers = followers(other, &sent.reply, sockets, 1).await?;
    let events_before: u64 = followers.iter().map(|follower| follower.events).sum();

    let used = || anyhow::Ok([cluster.cpu(0)?, cluster.cpu(1)?, Threads::of(&[cluster.redis])?]);
    let before = used()?;
    let mut following = JoinSet::new();
    for mut follower in followers {
        following.spawn(async move { follower.finish(|_| ()).await.map(|()| follower) });
    }
    provider.release();
    let mut followers = Vec::with_capacity(sockets);
    while let Some(finished) = following.join_next().await {
        followers.push(finished??);
    }
    // The running instance is not asked, because that would add to its CPU time.
    let stored = other.finished(&sent.reply).await?.content;
    let after = used()?;

    let expected: String = (0..SCRIPT.tokens).map(|number| (SCRIPT.token)(number, provider.epoch)).collect();
    ensure!(stored == expected, "the provider sent {expected:?}, but {stored:?} is stored");
    for text in followers.iter().flat_map(|follower| &follower.texts) {
        ensure!(*text == stored, "a subscriber received {text:?}, but {stored:?} is stored");
    }
    let events = followers.iter().map(|follower| follower.events).sum::<u64>() - events_before;
    let [writer, mirror, redis] = std::array::from_fn(|of| after[of].since(&before[of]));
    Ok(Usage { writer, mirror, redis, events })
}

fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
