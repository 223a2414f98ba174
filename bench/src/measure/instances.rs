//! How the cost of the same load grows with the number of instances.
//!
//! The load is some replies in progress, each followed by some clients. Replies and followers are spread evenly: with
//! more than one instance most follow a reply that is written elsewhere, and each reply is followed on every instance.
//! Counted is what the instances, Redis and PostgreSQL's backends spend together on each event that a client is told.

use super::Bench;
use crate::{
    cluster::Cluster,
    follower::Follower,
    provider::{Provider, Script},
    report::{Figure, Report, quantile},
    usage::{Process, Threads},
};
use anyhow::{Context, Result, ensure};
use std::{iter::zip, time::Duration};
use tokio::task::JoinSet;

pub const NAME: &str = "instances";

/// How many replies are in progress at once.
const REPLIES: usize = 24;
/// How many follow each.
const FOLLOWERS: usize = 4;
const SCRIPT: Script = Script {
    tokens: 60,
    pace: Duration::from_millis(50),
    token: |number, _| format!("word{number} "),
    ..Script::SILENT
};

/// The names of what an event costs and of how that compares with one instance, by the number of instances.
const CASES: [(&str, &str); 3] =
    [("instances_1", ""), ("instances_2", "instances_2_to_1"), ("instances_3", "instances_3_to_1")];

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let Some(services) = bench.services(NAME) else { return Ok(()) };
    let provider = Provider::start(SCRIPT).await?;
    // Side by side: what else the machine does shall not be taken for growth. The other clusters are idle meanwhile,
    // and what they are told on Redis is told before it is counted.
    let mut clusters = Vec::with_capacity(CASES.len());
    for instances in 1..=CASES.len() {
        let cluster = Cluster::start(bench, services, &provider, instances).await?;
        round(&provider, &cluster).await?; // connects to the database as often as it takes
        clusters.push((cluster, Vec::new()));
    }
    for _ in 0..bench.rounds {
        for (cluster, costs) in &mut clusters {
            costs.push(round(&provider, cluster).await?);
        }
    }
    let mut costs = Vec::with_capacity(CASES.len());
    for (cluster, of_cluster) in clusters {
        cluster.end().await?;
        costs.push(of_cluster);
    }
    for (number, (costs_here, (name, ratio))) in costs.iter().zip(CASES).enumerate() {
        let part = |of: usize| median(costs_here.iter().map(|cost| cost.0[of]).collect());
        let plural = if number == 0 { "" } else { "s" };
        let label = format!("CPU of all together per event, {} instance{plural}", number + 1);
        let figure = Figure::new(name, label, "postgres", "µs", costs_here.iter().map(Cost::sum).collect())?
            .with("replies", REPLIES)
            .with("followers_each", FOLLOWERS)
            .with("tokens", SCRIPT.tokens)
            .with("pace_ms", SCRIPT.pace.as_millis() as u64)
            .with("servers_us", part(0))
            .with("redis_us", part(1))
            .with("database_us", part(2));
        report.add(figure)?;
        if number > 0 {
            let label = format!("CPU of all together per event, {} instances to 1", number + 1);
            let ratios = zip(costs_here, &costs[0]).map(|(here, one)| here.sum() / one.sum()).collect();
            report.add(Figure::new(ratio, label, "postgres", "×", ratios)?)?;
        }
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    quantile(&values, 0.5)
}

/// What an event has cost the instances, Redis and PostgreSQL, in microseconds of CPU time.
struct Cost([f64; 3]);

impl Cost {
    fn sum(&self) -> f64 {
        self.0.iter().sum()
    }
}

async fn round(provider: &Provider, cluster: &Cluster) -> Result<Cost> {
    let (instances, mut followers) = (cluster.users.len(), Vec::new());
    for reply in 0..REPLIES {
        let sent = cluster.users[reply % instances].send(None, None, "Speak.").await?;
        for follower in 0..FOLLOWERS {
            let user = &cluster.users[(reply + follower) % instances];
            followers.push(Follower::begin(user, &sent.reply, 1).await?);
        }
    }
    let heard_before: u64 = followers.iter().map(|follower| follower.events).sum();

    let before = used(cluster).await?;
    let mut following = JoinSet::new();
    for mut follower in followers {
        following.spawn(async move { follower.finish(|_| ()).await.map(|()| follower) });
    }
    for _ in 0..REPLIES {
        provider.speak();
    }
    let followers = following.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    let after = used(cluster).await?;

    let expected: String = (0..SCRIPT.tokens).map(|number| (SCRIPT.token)(number, provider.epoch)).collect();
    ensure!(
        followers.iter().flat_map(|follower| &follower.texts).all(|text| *text == expected),
        "a subscriber was told something else"
    );
    let events = followers.iter().map(|follower| follower.events).sum::<u64>() - heard_before;
    let cost = |of: usize| after[of].since(&before[of]).as_secs_f64() * 1e6 / events as f64;
    Ok(Cost(std::array::from_fn(cost)))
}

/// What the instances, Redis and PostgreSQL have used.
async fn used(cluster: &Cluster) -> Result<[Threads; 3]> {
    let servers: Vec<Process> = cluster.servers.iter().map(|server| server.usage()).collect();
    let backends = cluster.database.backends().await.context("PostgreSQL does not tell its processes")?;
    Ok([Threads::of(&servers)?, Threads::of(&[cluster.redis])?, Threads::of(&backends)?])
}
