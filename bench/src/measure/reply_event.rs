//! Server CPU time per event of a reply with a thousand subscribers.
//!
//! The measurement starts when all subscribers have received the empty snapshot and the provider begins to send tokens.
//! It ends with the last event of the last subscriber. The pace is slow enough that most tokens become an event of
//! their own. Each subscriber's text must equal the stored text.

use super::{Bench, followers};
use crate::{
    api::Api,
    database::Database,
    provider::{Provider, Script},
    report::{Figure, Report},
    server::Server,
};
use anyhow::{Result, ensure};
use std::time::Duration;
use tokio::task::JoinSet;

pub const NAME: &str = "reply_event";
const AIM_US: f64 = 20.0;

const SCRIPT: Script = Script {
    tokens: 200,
    pace: Duration::from_millis(50),
    token: |number, _| format!("word{number} "),
    ..Script::SILENT
};

/// A thousand subscriptions: the number of sockets, and of subscriptions on each.
const CASES: [(&str, usize, usize); 2] = [(NAME, 1000, 1), ("reply_event_shared", 50, 20)];

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    for (name, sockets, subscriptions) in CASES {
        let database = Database::Sqlite;
        let provider = Provider::start(SCRIPT).await?;
        let server = Server::start(bench, &database, &provider.settings()).await?;
        let api = Api::register(&server).await?;
        let (mut rounds, mut events) = (Vec::new(), 0);
        for _ in 0..bench.rounds {
            let usage = round(&server, &provider, &api, sockets, subscriptions).await?;
            rounds.push(usage.cpu.as_secs_f64() * 1e6 / usage.events as f64);
            events += usage.events;
        }
        let label = format!("server CPU time per event, {sockets} sockets × {subscriptions} subscriptions");
        let figure = Figure::new(name, label, &database, "µs", rounds)?
            .aim(AIM_US)
            .with("sockets", sockets)
            .with("subscriptions_per_socket", subscriptions)
            .with("tokens", SCRIPT.tokens)
            .with("pace_ms", SCRIPT.pace.as_millis() as u64)
            .with("events_per_round", events / bench.rounds as u64);
        report.add(figure)?;
        server.end()?;
    }
    Ok(())
}

struct Usage {
    cpu: Duration,
    events: u64,
}

async fn round(
    server: &Server,
    provider: &Provider,
    api: &Api,
    sockets: usize,
    each: usize,
) -> Result<Usage> {
    let sent = api.send(None, None, "Talk.").await?;
    let followers = followers(api, &sent.reply, sockets, each).await?;
    let events_before: u64 = followers.iter().map(|follower| follower.events).sum();

    let before = server.usage().cpu()?;
    let mut following = JoinSet::new();
    for mut follower in followers {
        following.spawn(async move { follower.finish(|_| ()).await.map(|()| follower) });
    }
    provider.release();
    let mut followers = Vec::with_capacity(sockets);
    while let Some(finished) = following.join_next().await {
        followers.push(finished??);
    }
    let cpu = server.usage().cpu()? - before;

    let stored = api.finished(&sent.reply).await?.content;
    for text in followers.iter().flat_map(|follower| &follower.texts) {
        ensure!(*text == stored, "a subscriber received {text:?}, but {stored:?} is stored");
    }
    let expected: String = (0..SCRIPT.tokens).map(|number| (SCRIPT.token)(number, provider.epoch)).collect();
    ensure!(stored == expected, "the provider sent {expected:?}, but {stored:?} is stored");
    let events = followers.iter().map(|follower| follower.events).sum::<u64>() - events_before;
    Ok(Usage { cpu, events })
}
