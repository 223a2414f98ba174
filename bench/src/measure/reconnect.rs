//! Time from a new connection to all the text there is, for a client that comes back to a reply of 4,000 tokens.
//!
//! Many such replies are in progress at once: most of each has been said in lots, the rest comes token by token. A
//! reader on the writing instance tells how far each is, and the cursors on the way. A client comes back with one of
//! these, from anywhere in the text: on the instance that writes the reply, or on another one, where nobody follows it
//! yet: there the checkpoint may be older than what the client has seen, and what follows must be asked for over Redis.
//! One client comes at a time. It is timed from the opening of its connection until it has what the reader had by
//! then; it must be told deltas only, and they must add up to what the provider has said.

use super::{Bench, OPENING};
use crate::{
    api::{Api, Node},
    cluster::Cluster,
    follower::{Follower, Heard},
    provider::{Provider, Script},
    report::{Figure, Report, milliseconds, quantile},
};
use anyhow::{Context, Result, bail, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::time::{Duration, Instant};
use tokio::{select, sync::watch, task::JoinSet, time::timeout};

pub const NAME: &str = "reconnect";
/// At p99.
const AIM_MS: f64 = 100.0;

/// How many replies there are in a round. Each is come back to once on each instance.
const REPLIES: usize = 100;
const SCRIPT: Script = Script {
    tokens: 4000,
    // The clients come back when there are but single tokens left; all are gone before the last.
    lot: |number| if number < SOON { 100 } else { 1 },
    pace: Duration::from_millis(200),
    token: |number, _| format!("word{number} "),
    ends: false,
};
/// How many tokens come in lots.
const SOON: u32 = 3800;
/// How long a client may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// By the number of the instance; the first one writes.
const CASES: [(&str, &str, &str); 2] = [
    ("reconnect_here_p50", "reconnect_here_p99", "the writing instance"),
    ("reconnect_there_p50", "reconnect_there_p99", "another instance"),
];

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let Some(services) = bench.services(NAME) else { return Ok(()) };
    let provider = Provider::start(SCRIPT).await?;
    let cluster = Cluster::start(bench, services, &provider, 2).await?;
    let mut rounds = Vec::new();
    for _ in 0..bench.rounds {
        rounds.push(round(&provider, &cluster).await?);
    }
    for (instance, (p50, p99, whose)) in CASES.into_iter().enumerate() {
        let figure = |name, share, of: &str| {
            let rounds = rounds.iter().map(|times| quantile(&times[instance], share)).collect();
            let label = format!("reconnect to caught-up on {whose}, {of}");
            let figure = Figure::new(name, label, &cluster.database, "ms", rounds)?
                .with("tokens", SCRIPT.tokens)
                .with("clients_per_round", REPLIES);
            anyhow::Ok(figure)
        };
        report.add(figure(p50, 0.5, "p50")?)?;
        report.add(figure(p99, 0.99, "p99")?.aim(AIM_MS))?;
    }
    cluster.end().await
}

/// How long the clients took on each instance, in milliseconds and in order of size.
async fn round(provider: &Provider, cluster: &Cluster) -> Result<[Vec<f64>; 2]> {
    let text: String = (0..SCRIPT.tokens).map(|number| (SCRIPT.token)(number, provider.epoch)).collect();
    let soon: usize = (0..SOON).map(|number| (SCRIPT.token)(number, provider.epoch).len()).sum();
    let mut reading = JoinSet::new();
    let mut replies = begin(provider, &cluster.users[0], &mut reading).await?;
    for (_, read) in &mut replies {
        read.wait_for(|cursors| cursors.last().is_some_and(|(_, length)| *length >= soon)).await?;
    }
    let mut times = [Vec::new(), Vec::new()];
    for (number, (reply, read)) in replies.iter().enumerate() {
        for (user, times) in cluster.users.iter().zip(&mut times) {
            // Spread over the text: from the first cursor of the first reply to the last but one of the last.
            let (cursor, known, there_is) = {
                let cursors = read.borrow();
                let (cursor, known) = &cursors[number * (cursors.len() - 1) / REPLIES];
                (cursor.clone(), *known, cursors[cursors.len() - 1].1)
            };
            let client = come_back(user, reply, &text[..known], &cursor, there_is);
            let (client, time) = select! {
                client = timeout(PATIENCE, client) => client.context("a client waits in vain")??,
                Some(ended) = reading.join_next() => {
                    ended??;
                    bail!("a reply has ended");
                }
            };
            ensure!(client.snapshots == 0, "a client was told all anew");
            ensure!(text.starts_with(&client.texts[0]), "the deltas do not add up");
            times.push(milliseconds(time));
        }
    }
    for times in &mut times {
        times.sort_by(f64::total_cmp);
    }
    for (reply, _) in &replies {
        ensure!(cluster.users[0].stop(reply).await?.status == "STOPPED", "a reply was not in progress");
    }
    reading.join_all().await.into_iter().collect::<Result<()>>()?;
    Ok(times)
}

/// The cursors that a reader has been told, each with the length of the text up to it.
type Read = watch::Receiver<Vec<(String, usize)>>;

/// Starts the replies, each with a reader.
async fn begin(
    provider: &Provider,
    writer: &Api,
    reading: &mut JoinSet<Result<()>>,
) -> Result<Vec<(Node, Read)>> {
    let begin = |_| async {
        let sent = writer.send(None, None, "Speak.").await?;
        let reader = Follower::begin(writer, &sent.reply, 1).await?;
        anyhow::Ok((sent.reply, reader))
    };
    let begun: Vec<_> = stream::iter(0..REPLIES).map(begin).buffer_unordered(OPENING).try_collect().await?;
    let mut replies = Vec::with_capacity(REPLIES);
    for (reply, mut reader) in begun {
        let (tell, told) = watch::channel(Vec::new());
        let mut length = 0;
        let keep = move |heard: Heard<'_>| {
            length += heard.text.len();
            tell.send_modify(|cursors| cursors.push((heard.cursor.to_owned(), length)));
        };
        reading.spawn(async move { reader.finish(keep).await });
        replies.push((reply, told));
        provider.speak();
    }
    Ok(replies)
}

/// Comes back with the text up to a cursor, and reads until there is so much; how long that took.
async fn come_back(
    user: &Api,
    reply: &Node,
    text: &str,
    cursor: &str,
    length: usize,
) -> Result<(Follower, Duration)> {
    let begun = Instant::now();
    let mut client = Follower::resume(user, reply, text, cursor).await?;
    client.until(length, |_| ()).await?;
    Ok((client, begun.elapsed()))
}
