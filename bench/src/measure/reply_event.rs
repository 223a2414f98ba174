//! Server CPU time for an event of a reply that a thousand subscribers follow.
//!
//! All have subscribed and heard the empty text when the provider begins to speak; from then on it is counted, to the
//! last subscriber's last event. The pace leaves room, so that most tokens become an event of their own. Each
//! subscriber's text must be what is stored in the end.

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

/// A thousand subscribers, by sockets and subscriptions on each.
const CASES: [(&str, usize, usize); 2] = [(NAME, 1000, 1), ("reply_event_shared", 50, 20)];

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    for (name, sockets, subscriptions) in CASES {
        let database = Database::Sqlite;
        let provider = Provider::start(SCRIPT).await?;
        let server = Server::start(bench, &database, &provider.settings()).await?;
        let api = Api::register(&server).await?;
        let (mut rounds, mut events) = (Vec::new(), 0);
        for _ in 0..bench.rounds {
            let told = round(&server, &provider, &api, sockets, subscriptions).await?;
            rounds.push(told.cpu.as_secs_f64() * 1e6 / told.events as f64);
            events += told.events;
        }
        let label = format!("server CPU per event, {sockets} sockets × {subscriptions}");
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

struct Told {
    cpu: Duration,
    events: u64,
}

async fn round(server: &Server, provider: &Provider, api: &Api, sockets: usize, each: usize) -> Result<Told> {
    let sent = api.send(None, None, "Speak.").await?;
    let followers = followers(api, &sent.reply, sockets, each).await?;
    let heard_before: u64 = followers.iter().map(|follower| follower.events).sum();

    let before = server.usage().cpu()?;
    let mut following = JoinSet::new();
    for mut follower in followers {
        following.spawn(async move { follower.finish(|_| ()).await.map(|()| follower) });
    }
    provider.speak();
    let mut followers = Vec::with_capacity(sockets);
    while let Some(finished) = following.join_next().await {
        followers.push(finished??);
    }
    let cpu = server.usage().cpu()? - before;

    let stored = api.finished(&sent.reply).await?.content;
    for text in followers.iter().flat_map(|follower| &follower.texts) {
        ensure!(*text == stored, "a subscriber was told {text:?}, stored is {stored:?}");
    }
    let expected: String = (0..SCRIPT.tokens).map(|number| (SCRIPT.token)(number, provider.epoch)).collect();
    ensure!(stored == expected, "the provider said {expected:?}, stored is {stored:?}");
    let events = followers.iter().map(|follower| follower.events).sum::<u64>() - heard_before;
    Ok(Told { cpu, events })
}
