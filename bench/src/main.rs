//! Measures a Confab server under load, from a process of its own: the server is a child with its own environment,
//! so that its CPU time and its memory are its own, as the kernel counts them. What the clients need is not counted.
//!
//! - [`measure`]: what is measured, a file each.
//! - [`server`], [`database`], [`redis`], [`provider`]: what stands on the server's side: the child, where it stores,
//!   where it meets others, its models.
//! - [`cluster`]: several servers over one database.
//! - [`api`], [`follower`]: the clients, over HTTP and over WebSockets.
//! - [`usage`], [`report`]: what a process has used, and how it is told.

mod api;
mod cluster;
mod database;
mod follower;
mod measure;
mod provider;
mod redis;
mod report;
mod server;
mod usage;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use measure::{Bench, Measurement};
use report::Report;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{path::PathBuf, process::ExitCode, time::Duration};
use tokio::{
    select,
    signal::unix::{SignalKind, signal},
    time::{sleep, timeout},
};

/// The longest that everything may take together.
const LIMIT: Duration = Duration::from_secs(570);
/// The longest that one measurement may take.
const MEASUREMENT_LIMIT: Duration = Duration::from_secs(180);
/// How many files must be allowed: the server and the clients each have one for every socket.
const FILES: u64 = 4096;

/// Measures a Confab server under load.
#[derive(Parser)]
#[command(name = "confab-bench")]
struct Cli {
    /// The server [default: release/confab in the folder that cargo builds into].
    #[arg(long)]
    server: Option<PathBuf>,
    /// Where to write a line of JSON for each figure, `-` for the standard output [default: bench.jsonl in the folder
    /// that cargo builds into].
    #[arg(long)]
    json: Option<PathBuf>,
    /// Measures only this, or these, with a comma between them.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Measurement>,
    /// How often each figure is taken. The median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=9))]
    rounds: u8,
    /// A PostgreSQL server that new databases may be made in; without one only SQLite is measured.
    #[arg(long, env = "CONFAB_TEST_POSTGRES_URL", hide_env_values = true)]
    postgres: Option<url::Url>,
    /// A Redis that instances may meet on; without one, or without PostgreSQL, what takes several is not measured.
    #[arg(long, env = "CONFAB_TEST_REDIS_URL", hide_env_values = true)]
    redis: Option<url::Url>,
    /// The folder that cargo builds into.
    #[arg(long, env = "CARGO_TARGET_DIR", default_value = "target", hide = true)]
    built: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("confab-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<()> {
    allow_files()?;
    let server = cli.server.unwrap_or_else(|| cli.built.join("release/confab"));
    let server = std::path::absolute(server)?;
    ensure!(
        server.is_file(),
        "there is no server at {}: build it, or name one with --server",
        server.display()
    );
    if cli.postgres.is_none() {
        eprintln!("confab-bench: CONFAB_TEST_POSTGRES_URL is not set: only SQLite is measured");
    }
    let bench = Bench { server, postgres: cli.postgres, redis: cli.redis, rounds: cli.rounds.into() };
    let mut report = Report::new(cli.json.unwrap_or_else(|| cli.built.join("bench.jsonl")))?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // Whatever is dropped unfinished ends its server.
    let finished = select! {
        finished = measure_all(&bench, &cli.only, &mut report) => finished,
        () = sleep(LIMIT) => bail!("gave up after {} s", LIMIT.as_secs()),
        _ = interrupt.recv() => bail!("interrupted"),
        _ = terminate.recv() => bail!("terminated"),
    };
    report.table();
    finished
}

async fn measure_all(bench: &Bench, only: &[Measurement], report: &mut Report) -> Result<()> {
    for measurement in Measurement::ALL {
        if !only.is_empty() && !only.contains(&measurement) {
            continue;
        }
        timeout(MEASUREMENT_LIMIT, measurement.run(bench, report))
            .await
            .unwrap_or_else(|_| bail!("gave up after {} s", MEASUREMENT_LIMIT.as_secs()))
            .with_context(|| measurement.name())?;
    }
    Ok(())
}

/// Takes as many files as this process may have; its children inherit the limit.
fn allow_files() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
    ensure!(
        limit.maximum.is_none_or(|most| most >= FILES),
        "too few open files are allowed: `ulimit -Hn` must be {FILES} or more"
    );
    Ok(())
}
