//! Measures a Confab server under load.
//!
//! The server is a child process with its own environment, so that the kernel counts its CPU time and memory separately
//! from those of the clients.
//!
//! - [`measure`]: the measurements, one file each.
//! - [`server`], [`database`], [`redis`], [`provider`]: the server process and the services that it uses.
//! - [`cluster`]: several instances over one database.
//! - [`api`], [`follower`]: the clients, over HTTP and over WebSockets.
//! - [`usage`], [`report`]: the resources that a process has used, and the output.

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

/// The time limit for all measurements together.
const LIMIT: Duration = Duration::from_secs(570);
/// The time limit for one measurement.
const MEASUREMENT_LIMIT: Duration = Duration::from_secs(180);
/// The smallest permitted limit of open files: the server and the clients need one file for each socket.
const FILES: u64 = 4096;

/// Measures a Confab server under load.
#[derive(Parser)]
#[command(name = "confab-bench")]
struct Cli {
    /// The binary of the server [default: release/confab in the target folder of cargo]
    #[arg(long)]
    server: Option<PathBuf>,
    /// The file for the results, one line of JSON for each figure; `-` is the standard output [default: bench.jsonl in
    /// the target folder of cargo]
    #[arg(long)]
    json: Option<PathBuf>,
    /// Run only these measurements, separated by commas.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Measurement>,
    /// The number of rounds; the median of the rounds is the result.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=9))]
    rounds: u8,
    /// A PostgreSQL server on which databases can be created; without it only SQLite is measured.
    #[arg(long, env = "CONFAB_TEST_POSTGRES_URL", hide_env_values = true)]
    postgres: Option<url::Url>,
    /// A Redis server; without it or PostgreSQL, measurements with several instances are skipped.
    #[arg(long, env = "CONFAB_TEST_REDIS_URL", hide_env_values = true)]
    redis: Option<url::Url>,
    /// The target folder of cargo.
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
    ensure!(server.is_file(), "no server at {}: build it, or name a binary with --server", server.display());
    if cli.postgres.is_none() {
        eprintln!("confab-bench: CONFAB_TEST_POSTGRES_URL is not set: only SQLite is measured");
    }
    let bench = Bench { server, postgres: cli.postgres, redis: cli.redis, rounds: cli.rounds.into() };
    let mut report = Report::new(cli.json.unwrap_or_else(|| cli.built.join("bench.jsonl")))?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // Dropping an unfinished measurement stops its servers.
    let finished = select! {
        finished = measure_all(&bench, &cli.only, &mut report) => finished,
        () = sleep(LIMIT) => bail!("timeout after {} s", LIMIT.as_secs()),
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
            .unwrap_or_else(|_| bail!("timeout after {} s", MEASUREMENT_LIMIT.as_secs()))
            .with_context(|| measurement.name())?;
    }
    Ok(())
}

/// Raises the limit of open files to its maximum. Child processes inherit the limit.
fn allow_files() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
    ensure!(
        limit.maximum.is_none_or(|most| most >= FILES),
        "the limit of open files is too low: `ulimit -Hn` must be at least {FILES}"
    );
    Ok(())
}
