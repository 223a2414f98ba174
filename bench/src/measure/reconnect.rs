//! Time to catch up for a client that reconnects to a running reply of 4,000 tokens.
//!
//! Many such replies are in progress at once. The provider sends most of each in large groups, the rest token by token.
//! A reader on the instance that runs the reply records the cursors and the lengths of the text.
//!
//! A client reconnects with one of these cursors, from anywhere in the text. It reconnects to the instance that runs
//! the reply, or to another one, where the reply has no subscriber yet. There the checkpoint may be older than the
//! client's text, and the rest must be requested over Redis.
//!
//! One client reconnects at a time. The time runs from opening its connection until it has the text that the reader had
//! at that moment. The client must receive deltas only, and together they must equal the provider's text.

use super::{Bench, OPENING};
use crate::{
    api::{Api, Node},
    cluster::Cluster,
    follower::{Follower, Received},
    provider::{Provider, Script},
    report::{Figure, Report, milliseconds, quantile},
};
use anyhow::{Context, Result, bail, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::time::{Duration, Instant};
use tokio::{select, sync::watch, task::JoinSet, time::timeout};

pub const NAME: &str = "reconnect";
/// For the 99th percentile.
const AIM_MS: f64 = 100.0;

/// The number of replies in a round. For each, one client reconnects to each instance.
const REPLIES: usize = 100;
const SCRIPT: Script = Script {
    tokens: 4000,
    // The clients reconnect while single tokens are sent, and finish before the last token.
    group: |number| if number < GROUPED { 100 } else { 1 },
    pace: Duration::from_millis(200),
    token: |number, _| format!("word{number} "),
    ends: false,
};
/// The number of tokens that are sent in groups.
const GROUPED: u32 = 3800;
/// The timeout for a client.
const TIMEOUT: Duration = Duration::from_secs(10);

/// By instance; the first one runs the replies.
const CASES: [(&str, &str, &str); 2] = [
    ("reconnect_here_p50", "reconnect_here_p99", "the same instance"),
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
            let label = format!("time to catch up after a reconnect, {whose}, {of}");
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

/// Returns the times of the clients on each instance, in milliseconds, sorted.
async fn round(provider: &Provider, cluster: &Cluster) -> Result<[Vec<f64>; 2]> {
    let text: String = (0..SCRIPT.tokens).map(|number| (SCRIPT.token)(number, provider.epoch)).collect();
    let grouped: usize = (0..GROUPED).map(|number| (SCRIPT.token)(number, provider.epoch).len()).sum();
    let mut reading = JoinSet::new();
    let mut replies = begin(provider, &cluster.users[0], &mut reading).await?;
    for (_, read) in &mut replies {
        read.wait_for(|cursors| cursors.last().is_some_and(|(_, length)| *length >= grouped)).await?;
    }
    let mut times = [Vec::new(), Vec::new()];
    for (number, (reply, read)) in replies.iter().enumerate() {
        for (user, times) in cluster.users.iter().zip(&mut times) {
            // The positions are spread over the text, from its first cursor to its last but one.
            let (cursor, known, available) = {
                let cursors = read.borrow();
                let (cursor, known) = &cursors[number * (cursors.len() - 1) / REPLIES];
                (cursor.clone(), *known, cursors[cursors.len() - 1].1)
            };
            let client = reconnect(user, reply, &text[..known], &cursor, available);
            let (client, time) = select! {
                client = timeout(TIMEOUT, client) => client.context("a client did not catch up in time")??,
                Some(ended) = reading.join_next() => {
                    ended??;
                    bail!("a reply has ended");
                }
            };
            ensure!(client.snapshots == 0, "a client received a snapshot");
            ensure!(text.starts_with(&client.texts[0]), "the deltas differ from the text");
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

/// The cursors that a reader has received, each with the length of the text up to it.
type Read = watch::Receiver<Vec<(String, usize)>>;

/// Starts the replies, and a reader for each.
async fn begin(
    provider: &Provider,
    writer: &Api,
    reading: &mut JoinSet<Result<()>>,
) -> Result<Vec<(Node, Read)>> {
    let begin = |_| async {
        let sent = writer.send(None, None, "Talk.").await?;
        let reader = Follower::begin(writer, &sent.reply, 1).await?;
        anyhow::Ok((sent.reply, reader))
    };
    let begun: Vec<_> = stream::iter(0..REPLIES).map(begin).buffer_unordered(OPENING).try_collect().await?;
    let mut replies = Vec::with_capacity(REPLIES);
    for (reply, mut reader) in begun {
        let (sender, receiver) = watch::channel(Vec::new());
        let mut length = 0;
        let keep = move |received: Received<'_>| {
            length += received.text.len();
            sender.send_modify(|cursors| cursors.push((received.cursor.to_owned(), length)));
        };
        reading.spawn(async move { reader.finish(keep).await });
        replies.push((reply, receiver));
        provider.release();
    }
    Ok(replies)
}

/// Reconnects with the text up to a cursor, and reads until the text has `length` bytes. Returns the time taken.
async fn reconnect(
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
