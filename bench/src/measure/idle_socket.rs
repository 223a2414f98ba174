//! Memory of a socket with an idle subscription: the provider is silent.
//!
//! The figure is the growth of the server's own memory, after every socket has answered a ping and every subscription
//! is parked. The kernel's memory for connections is not counted. Each round uses a new server, because freed memory is
//! not always returned to the system. For the same reason many sockets are opened before the first reading: they reuse
//! the memory that was freed after hashing the user's password, about 20 MB.

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

/// Fewer if the limit of open files, which applies to the server and to this process, does not allow it.
const SOCKETS: usize = 10_000;
const SOCKETS_BEFORE: usize = 1000;
/// An upper bound of the other files that the server has open.
const OTHER_FILES: usize = 200;
/// Long enough for a ping on every socket, which the server sends every 20 seconds, and far longer than until a
/// subscription is parked (`PARK_AFTER` in the server's `src/app.rs`).
const SETTLE: Duration = Duration::from_secs(22);

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
    let figure =
        Figure::new(NAME, "memory per socket with an idle subscription", &database, "KiB", anonymous)?
            .aim(AIM_KIB)
            .with("sockets", sockets)
            .with("sockets_before", SOCKETS_BEFORE)
            .with("pss_kib", quantile(&proportional, 0.5));
    report.add(figure)
}

/// Returns how many sockets the limit of open files allows, at most [`SOCKETS`].
fn sockets() -> usize {
    let files = getrlimit(Resource::Nofile).current.and_then(|most| usize::try_from(most).ok());
    let most = files.unwrap_or(usize::MAX).saturating_sub(SOCKETS_BEFORE + OTHER_FILES);
    if most < SOCKETS {
        eprintln!(
            "confab-bench: {NAME} uses {most} sockets instead of {SOCKETS}: for more, `ulimit -Hn` must be at least {}",
            SOCKETS + SOCKETS_BEFORE + OTHER_FILES
        );
    }
    most.min(SOCKETS)
}

async fn round(bench: &Bench, database: &Database, sockets: usize) -> Result<(Memory, Memory)> {
    let provider = Provider::start(Script::SILENT).await?;
    let server = Server::start(bench, database, &provider.settings()).await?;
    let api = Api::register(&server).await?;
    let sent = api.send(None, None, "Be silent.").await?;
    let mut open = JoinSet::new();
    let mut memory = Vec::new();
    for sockets in [SOCKETS_BEFORE, sockets] {
        let mut opening =
            stream::iter(0..sockets).map(|_| Follower::begin(&api, &sent.reply, 1)).buffer_unordered(OPENING);
        while let Some(mut follower) = opening.try_next().await? {
            // Reading answers pings.
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
