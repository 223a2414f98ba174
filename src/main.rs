//! The command line.

use anyhow::{Context, anyhow};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use confab::{
    accounts::Accounts,
    app::{App, Surroundings},
    config::{Config, dotenv},
    graphql, open_files,
    store::{Database, Statements},
    telemetry,
};
use std::{
    fmt,
    io::{self, Write},
    net::SocketAddr,
    path::Path,
    process::ExitCode,
    time::Duration,
};
use tokio::{
    net::TcpListener,
    runtime::{self, Runtime},
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A chat server that speaks GraphQL.
#[derive(Parser)]
#[command(name = "confab", version, args_conflicts_with_subcommands = false)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    config: Config,
}

/// How long blocking calls, such as a query to SQLite, may go on when everything else has ended.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// The user does not want to wait any longer.
#[derive(Debug, thiserror::Error)]
#[error("ended at once by a second signal")]
struct SecondSignal;

#[derive(Clone, Copy, Subcommand)]
enum Command {
    /// Runs the server (the default).
    Serve,
    /// Brings the database's tables up to date, and ends.
    Migrate,
    /// Prints the GraphQL schema, and ends.
    Schema,
}

fn main() -> ExitCode {
    // Before any thread is started: the settings in `.env` become part of the environment.
    if let Err(error) = dotenv::load(Path::new(".env")) {
        complain(format_args!(".env: {error}"));
        return ExitCode::FAILURE;
    }
    let command = Cli::command().mut_args(|argument| argument.global(true));
    let Cli { command, config } = match Cli::from_arg_matches(&command.get_matches()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    match run(command.unwrap_or(Command::Serve), &config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, config: &Config) -> anyhow::Result<()> {
    if let Command::Schema = command {
        return io::stdout().write_all(graphql::sdl().as_bytes()).context("standard output");
    }
    telemetry::start(&config.log, config.log_format).map_err(|error| anyhow!(error))?;
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = match command {
        Command::Migrate => runtime.block_on(migrate(config)),
        _ => runtime.block_on(serve(config)),
    };
    shut_down(runtime, &ended);
    ended
}

/// Ends the runtime. To drop it would wait for its blocking calls, such as a DNS query that nobody answers.
fn shut_down(runtime: Runtime, ended: &anyhow::Result<()>) {
    match ended {
        Err(error) if error.is::<SecondSignal>() => runtime.shutdown_background(),
        _ => runtime.shutdown_timeout(CLOSE_WITHIN),
    }
}

/// Tells what is wrong on standard error, if that can be written.
fn complain(message: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "confab: {message}");
}

/// Tells on standard output where the server listens.
fn announce(address: SocketAddr, playground: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Confab is ready:")?;
    writeln!(out, "  chat        http://{address}/")?;
    if playground {
        writeln!(out, "  playground  http://{address}/playground")?;
    } else {
        writeln!(out, "  playground  off (CONFAB_PLAYGROUND=on turns it on)")?;
    }
    writeln!(out, "  GraphQL     http://{address}/graphql")?;
    writeln!(out, "  WebSocket   ws://{address}/graphql")?;
    out.flush()
}

async fn migrate(config: &Config) -> anyhow::Result<()> {
    let url = config.database_url().map_err(|error| anyhow!(error))?;
    let store = Database::connect(&url, &Statements::default()).await.context("DATABASE_URL")?;
    store.migrate().await.context("DATABASE_URL")?;
    Accounts::canonicalize_emails(&store).await.context("DATABASE_URL")
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    let complete = config.complete(|name| std::env::var(name).ok()).map_err(|error| anyhow!(error))?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let told = CancellationToken::new();
    let told_twice = async {
        for _ in 0..2 {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            told.cancel();
        }
    };
    open_files::allow_for(config.connections.max_connections);
    let around = Surroundings::default();
    let poke = around.poke.clone();
    let mut hang_up = signal(SignalKind::hangup())?;
    let playground = config.playground();
    let poked = async {
        while hang_up.recv().await.is_some() {
            tracing::info!("poked: looking for what there is to do");
            poke.all();
        }
        std::future::pending::<()>().await
    };
    let serve = async {
        let built = App::build(config, complete, around);
        let Some(app) = told.run_until_cancelled(built).await else { return Ok(()) };
        let app = app?;
        let listener = TcpListener::bind(config.listen)
            .await
            .with_context(|| format!("CONFAB_LISTEN: cannot listen on {}", config.listen))?;
        let address = listener.local_addr()?;
        if let Err(error) = announce(address, playground) {
            tracing::warn!(%error, %address, "listening; standard output cannot be written");
        }
        app.run(listener, told.cancelled()).await
    };
    tokio::select! {
        ended = serve => ended,
        () = poked => Ok(()),
        () = told_twice => Err(SecondSignal.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc, thread};

    #[test]
    fn the_end_does_not_wait_for_a_blocking_call() {
        for ended in [Ok(()), Err(anyhow::Error::from(SecondSignal))] {
            let runtime = runtime::Builder::new_multi_thread().build().expect("threads can be started");
            let (blocked, waits) = mpsc::channel::<()>();
            let (began, begun) = mpsc::channel();
            runtime.spawn_blocking(move || {
                began.send(()).expect("the test waits");
                waits.recv()
            });
            begun.recv().expect("it is called");
            let (done, is_done) = mpsc::channel();
            thread::spawn(move || {
                shut_down(runtime, &ended);
                done.send(())
            });
            is_done.recv_timeout(Duration::from_secs(20)).expect("the runtime ends");
            drop(blocked);
        }
    }
}
