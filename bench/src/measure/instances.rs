//! CPU time of the same load by the number of instances.
//!
//! The load consists of running replies with several subscribers each. Replies and subscribers are spread evenly: with
//! more than one instance most subscribers follow a reply of another instance, and each reply is followed on every
//! instance. The figure is the CPU time of the instances, of Redis and of PostgreSQL's backends per delivered event.

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

/// The number of concurrent replies.
const REPLIES: usize = 24;
/// The number of subscribers of each reply.
const FOLLOWERS: usize = 4;
const SCRIPT: Script = Script {
    tokens: 60,
    pace: Duration::from_millis(50),
    token: |number, _| format!("word{number} "),
    ..Script::SILENT
};

/// The names of the cost per event and of its ratio to that of one instance, by the number of instances.
const CASES: [(&str, &str); 3] =
    [("instances_1", ""), ("instances_2", "instances_2_to_1"), ("instances_3", "instances_3_to_1")];

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let Some(services) = bench.services(NAME) else { return Ok(()) };
    let provider = Provider::start(SCRIPT).await?;
    // The clusters are measured in turns, so that other load on the machine affects all of them. The others are idle
    // meanwhile.
    let mut clusters = Vec::with_capacity(CASES.len());
    for instances in 1..=CASES.len() {
        let cluster = Cluster::start(bench, services, &provider, instances).await?;
        round(&provider, &cluster).await?; // fills the connection pools
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
        let label = format!("total CPU time per event, {} instance{plural}", number + 1);
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
            let label = format!("total CPU time per event, {} instances compared with 1", number + 1);
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

/// The CPU time of the instances, Redis and PostgreSQL per event, in microseconds.
struct Cost([f64; 3]);

impl Cost {
    fn sum(&self) -> f64 {
        self.0.iter().sum()
    }
}

async fn round(provider: &Provider, cluster: &Cluster) -> Result<Cost> {
    let (instances, mut followers) = (cluster.users.len(), Vec::new());
    for reply in 0..REPLIES {
        let sent = cluster.users[reply % instances].send(None, None, "Talk.").await?;
        for follower in 0..FOLLOWERS {
            let user = &cluster.users[(reply + follower) % instances];
            followers.push(Follower::begin(user, &sent.reply, 1).await?);
        }
    }
    let events_before: u64 = followers.iter().map(|follower| follower.events).sum();

    let before = used(cluster).await?;
    let mut following = JoinSet::new();
    for mut follower in followers {
        following.spawn(async move { follower.finish(|_| ()).await.map(|()| follower) });
    }
    for _ in 0..REPLIES {
        provider.release();
    }
    let followers = following.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    let after = used(cluster).await?;

    let expected: String = (0..SCRIPT.tokens).map(|number| (SCRIPT.token)(number, provider.epoch)).collect();
    ensure!(
        followers.iter().flat_map(|follower| &follower.texts).all(|text| *text == expected),
        "a subscriber received another text"
    );
    let events = followers.iter().map(|follower| follower.events).sum::<u64>() - events_before;
    let cost = |of: usize| after[of].since(&before[of]).as_secs_f64() * 1e6 / events as f64;
    Ok(Cost(std::array::from_fn(cost)))
}

/// Returns the CPU time of the instances, Redis and PostgreSQL.
async fn used(cluster: &Cluster) -> Result<[Threads; 3]> {
    let servers: Vec<Process> = cluster.servers.iter().map(|server| server.usage()).collect();
    let backends = cluster.database.backends().await.context("the processes of PostgreSQL are unknown")?;
    Ok([Threads::of(&servers)?, Threads::of(&[cluster.redis])?, Threads::of(&backends)?])
}
