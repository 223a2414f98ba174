//! CPU time for an event of a reply that is followed on another instance than the one that writes it.
//!
//! All subscribers of a reply on one instance share one mirror there. So what the writing instance and Redis spend is
//! for each token, however many follow: it is told for nobody, for one and for a thousand. With nobody, it is what the
//! writing of the reply costs, and what Redis spends in that time on nothing. What the other instance spends on each
//! event is to be compared with `reply_event`, where the same subscribers follow without a Redis between.

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
/// As `reply_event`'s.
const AIM_US: f64 = 20.0;

const SCRIPT: Script = Script {
    tokens: 100,
    pace: Duration::from_millis(50),
    token: |number, _| format!("word{number} "),
    ..Script::SILENT
};

const FOLLOWERS: usize = 1000;
/// The names of what the writing instance and Redis spend, by how many follow elsewhere.
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
            let label = format!("CPU per event on another instance, {FOLLOWERS} sockets");
            let mut events: Vec<f64> = rounds.iter().map(|told| told.events as f64).collect();
            events.sort_by(f64::total_cmp);
            let each = |told: &Told| microseconds(told.mirror) / told.events as f64;
            let figure = figure(NAME, label, rounds.iter().map(each).collect())?;
            report.add(figure.aim(AIM_US).with("events_per_round", quantile(&events, 0.5)))?;
        }
        let each = |used: Duration| microseconds(used) / f64::from(SCRIPT.tokens);
        let label = |of: &str| format!("CPU of {of} per token, {followers} follow elsewhere");
        let by_writer = rounds.iter().map(|told| each(told.writer)).collect();
        report.add(figure(writer, label("the writing instance"), by_writer)?)?;
        let by_redis = rounds.iter().map(|told| each(told.redis)).collect();
        report.add(figure(redis, label("Redis"), by_redis)?)?;
    }
    cluster.end().await
}

/// What was spent on one reply.
struct Told {
    writer: Duration,
    /// By the instance where it is followed.
    mirror: Duration,
    redis: Duration,
    events: u64,
}

async fn round(cluster: &Cluster, provider: &Provider, sockets: usize) -> Result<Told> {
    let (writer, other) = (&cluster.users[0], &cluster.users[1]);
    let sent = writer.send(None, None, "Speak.").await?;
    let followers = followers(other, &sent.reply, sockets, 1).await?;
    let heard_before: u64 = followers.iter().map(|follower| follower.events).sum();

    let used = || anyhow::Ok([cluster.cpu(0)?, cluster.cpu(1)?, Threads::of(&[cluster.redis])?]);
    let before = used()?;
    let mut following = JoinSet::new();
    for mut follower in followers {
        following.spawn(async move { follower.finish(|_| ()).await.map(|()| follower) });
    }
    provider.speak();
    let mut followers = Vec::with_capacity(sockets);
    while let Some(finished) = following.join_next().await {
        followers.push(finished??);
    }
    // Not asked of the writing instance, which would spend something on it.
    let stored = other.finished(&sent.reply).await?.content;
    let after = used()?;

    let expected: String = (0..SCRIPT.tokens).map(|number| (SCRIPT.token)(number, provider.epoch)).collect();
    ensure!(stored == expected, "the provider said {expected:?}, stored is {stored:?}");
    for text in followers.iter().flat_map(|follower| &follower.texts) {
        ensure!(*text == stored, "a subscriber was told {text:?}, stored is {stored:?}");
    }
    let events = followers.iter().map(|follower| follower.events).sum::<u64>() - heard_before;
    let [writer, mirror, redis] = std::array::from_fn(|of| after[of].since(&before[of]));
    Ok(Told { writer, mirror, redis, events })
}

fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
