//! The command line.

use anyhow::{Context, anyhow};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use confab::{
    accounts::Accounts,
    app::{App, AppOverrides},
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

/// How long the runtime waits for blocking calls, such as a query to SQLite, after everything else has ended.
const BLOCKING_CALLS_TIMEOUT: Duration = Duration::from_secs(1);

/// The server received a second signal while it was shutting down.
#[derive(Debug, thiserror::Error)]
#[error("Stopped immediately by a second signal.")]
struct SecondSignal;

#[derive(Clone, Copy, Subcommand)]
enum Command {
    /// Runs the server (the default).
    Serve,
    /// Brings the database schema up to date, then exits.
    Migrate,
    /// Prints the GraphQL schema, then exits.
    Schema,
}

fn main() -> ExitCode {
    // Changing the environment is only safe before the first thread is started.
    if let Err(error) = dotenv::load(Path::new(".env")) {
        print_error(format_args!(".env: {error}"));
        return ExitCode::FAILURE;
    }
    let command = Cli::command().mut_args(|argument| {
        // A flag's value is named after its environment variable.
        let variable = argument.get_env().map(|name| name.to_string_lossy().into_owned());
        let argument = argument.global(true);
        match variable {
            Some(variable) => argument.value_name(variable),
            None => argument,
        }
    });
    let Cli { command, config } = match Cli::from_arg_matches(&command.get_matches()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    match run(command.unwrap_or(Command::Serve), &config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_error(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, config: &Config) -> anyhow::Result<()> {
    if let Command::Schema = command {
        return io::stdout().write_all(graphql::schema::sdl().as_bytes()).context("standard output");
    }
    telemetry::start(&config.log, config.log_format).map_err(|error| anyhow!(error))?;
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = match command {
        Command::Migrate => runtime.block_on(migrate(config)),
        _ => runtime.block_on(serve(config)),
    };
    shut_down(runtime, &result);
    result
}

/// Ends the runtime. Dropping it would wait without limit for blocking calls, such as a DNS query without a response.
fn shut_down(runtime: Runtime, result: &anyhow::Result<()>) {
    match result {
        Err(error) if error.is::<SecondSignal>() => runtime.shutdown_background(),
        _ => runtime.shutdown_timeout(BLOCKING_CALLS_TIMEOUT),
    }
}

/// Prints an error to standard error. A failure to print is ignored.
fn print_error(message: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "confab: {message}");
}

/// Prints the server's addresses to standard output.
fn print_addresses(address: SocketAddr, playground: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Confab is ready:")?;
    writeln!(out, "  chat        http://{address}/")?;
    if playground {
        writeln!(out, "  playground  http://{address}/playground")?;
    } else {
        writeln!(out, "  playground  off (set CONFAB_PLAYGROUND=on to enable it)")?;
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
    let resolved = config.resolve(|name| std::env::var(name).ok()).map_err(|error| anyhow!(error))?;
    for warning in config.tuning.warnings(|name| std::env::var(name).ok()) {
        tracing::warn!("{warning}");
    }
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let shutdown = CancellationToken::new();
    let second_signal = async {
        for _ in 0..2 {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            shutdown.cancel();
        }
    };
    open_files::raise_limit(config.connections.max_connections);
    let overrides = AppOverrides::default();
    let waker = overrides.waker.clone();
    let mut hangup = signal(SignalKind::hangup())?;
    let playground = config.playground();
    let wake_on_hangup = async {
        while hangup.recv().await.is_some() {
            tracing::info!("received SIGHUP; waking the background tasks");
            waker.wake_all();
        }
        std::future::pending::<()>().await
    };
    let serve = async {
        let built = App::build(config, resolved, overrides);
        let Some(app) = shutdown.run_until_cancelled(built).await else { return Ok(()) };
        let app = app?;
        let listener = TcpListener::bind(config.listen)
            .await
            .with_context(|| format!("CONFAB_LISTEN: cannot listen on {}", config.listen))?;
        let address = listener.local_addr()?;
        if let Err(error) = print_addresses(address, playground) {
            tracing::warn!(%error, %address, "the server is listening, but standard output cannot be written");
        }
        app.run(listener, shutdown.cancelled()).await
    };
    tokio::select! {
        result = serve => result,
        () = wake_on_hangup => Ok(()),
        () = second_signal => Err(SecondSignal.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc, thread};

    #[test]
    fn shutdown_does_not_wait_for_a_blocking_call() {
        for result in [Ok(()), Err(anyhow::Error::from(SecondSignal))] {
            let runtime = runtime::Builder::new_multi_thread().build().expect("threads can be started");
            let (unblock, blocked) = mpsc::channel::<()>();
            let (start, started) = mpsc::channel();
            runtime.spawn_blocking(move || {
                start.send(()).expect("the test waits");
                blocked.recv()
            });
            started.recv().expect("the blocking call starts");
            let (end, ended) = mpsc::channel();
            thread::spawn(move || {
                shut_down(runtime, &result);
                end.send(())
            });
            ended.recv_timeout(Duration::from_secs(20)).expect("the runtime ends");
            drop(unblock);
        }
    }
}
