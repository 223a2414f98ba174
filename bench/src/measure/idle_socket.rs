//! Memory for a socket with a subscription on which nothing happens: the provider is silent.
//!
//! Counted is by how much the server's own memory has grown, after every socket has been through a ping and every
//! subscription has been silent for so long that it is parked. What the kernel keeps for a connection is not counted.
//! Each round has a new server, for memory that was freed is not always given back. For the same reason many sockets
//! are there before: they fill what hashing the user's password has left, some 20 MB.

use super::{Bench, OPENING};
use crate::{
    api::Api,
    database::Database,
    follower::Follower,
    provider::{Provider, Script},
    report::{Figure, Report, quantile},
    server::Server,
    usage::Memory,
};
use anyhow::{Result, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use rustix::process::{Resource, getrlimit};
use std::time::Duration;
use tokio::{select, task::JoinSet, time::sleep};

pub const NAME: &str = "idle_socket";
const AIM_KIB: f64 = 10.0;

/// Fewer where the limit of open files, which is the server's and this process's alike, does not allow them.
const SOCKETS: usize = 10_000;
const SOCKETS_BEFORE: usize = 1000;
/// What else the server has open, and more.
const OTHER_FILES: usize = 200;
/// How often the server pings, in seconds.
const PING: u64 = 3;
/// Until every socket has been pinged, and long after the last subscription is parked (`PARK_AFTER` in the server's
/// `src/app.rs`).
const SETTLE: Duration = Duration::from_secs(PING + 2);

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let database = Database::Sqlite;
    let sockets = sockets();
    let (mut anonymous, mut proportional) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        let (before, after) = round(bench, &database, sockets).await?;
        let each = |before: u64, after: u64| after.saturating_sub(before) as f64 / 1024.0 / sockets as f64;
        anonymous.push(each(before.anonymous, after.anonymous));
        proportional.push(each(before.proportional, after.proportional));
    }
    proportional.sort_by(f64::total_cmp);
    let figure = Figure::new(NAME, "memory per idle subscribed socket", &database, "KiB", anonymous)?
        .aim(AIM_KIB)
        .with("sockets", sockets)
        .with("sockets_before", SOCKETS_BEFORE)
        .with("ping_interval_s", PING)
        .with("pss_kib", quantile(&proportional, 0.5));
    report.add(figure)
}

/// How many sockets the limit of open files allows, [`SOCKETS`] at most.
fn sockets() -> usize {
    let files = getrlimit(Resource::Nofile).current.and_then(|most| usize::try_from(most).ok());
    let most = files.unwrap_or(usize::MAX).saturating_sub(SOCKETS_BEFORE + OTHER_FILES);
    if most < SOCKETS {
        eprintln!(
            "confab-bench: {NAME} has {most} sockets instead of {SOCKETS}: `ulimit -Hn` must be {} or more",
            SOCKETS + SOCKETS_BEFORE + OTHER_FILES
        );
    }
    most.min(SOCKETS)
}

async fn round(bench: &Bench, database: &Database, sockets: usize) -> Result<(Memory, Memory)> {
    let provider = Provider::start(Script::SILENT).await?;
    let mut settings = provider.settings();
    settings.push(("CONFAB_PING_INTERVAL", PING.to_string()));
    let server = Server::start(bench, database, &settings).await?;
    let api = Api::register(&server).await?;
    let sent = api.send(None, None, "Be silent.").await?;
    let mut open = JoinSet::new();
    let mut memory = Vec::new();
    for sockets in [SOCKETS_BEFORE, sockets] {
        let mut opening =
            stream::iter(0..sockets).map(|_| Follower::begin(&api, &sent.reply, 1)).buffer_unordered(OPENING);
        while let Some(mut follower) = opening.try_next().await? {
            // It answers pings from now on.
            open.spawn(async move { follower.finish(|_| ()).await });
        }
        select! {
            () = sleep(SETTLE) => {}
            Some(ended) = open.join_next() => {
                ended??;
                bail!("a silent reply has ended");
            }
        }
        memory.push(server.usage().memory()?);
    }
    drop(open);
    server.end()?;
    Ok((memory[0], memory[1]))
}
