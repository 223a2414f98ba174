//! The command line.

use anyhow::{Context, anyhow};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use confab::{
    accounts::Accounts,
    app::{App, Surroundings},
    config::Config,
    graphql, open_files,
    store::{Database, Statements},
    telemetry,
};
use std::process::ExitCode;
use tokio::{
    net::TcpListener,
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
    if let Err(error) = dotenvy::from_path(".env")
        && !error.not_found()
    {
        eprintln!("confab: .env: {error}");
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
            eprintln!("confab: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, config: &Config) -> anyhow::Result<()> {
    if let Command::Schema = command {
        print!("{}", graphql::sdl());
        return Ok(());
    }
    telemetry::start(&config.log, config.log_format).map_err(|error| anyhow!(error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match command {
        Command::Migrate => runtime.block_on(migrate(config)),
        _ => runtime.block_on(serve(config)),
    }
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
        println!("Confab is ready:");
        println!("  chat        http://{address}/");
        if playground {
            println!("  playground  http://{address}/playground");
        } else {
            println!("  playground  off (CONFAB_PLAYGROUND=on turns it on)");
        }
        println!("  GraphQL     http://{address}/graphql");
        println!("  WebSocket   ws://{address}/graphql");
        app.run(listener, told.cancelled()).await
    };
    tokio::select! {
        ended = serve => ended,
        () = poked => Ok(()),
        () = told_twice => Err(anyhow!("ended at once by a second signal")),
    }
}
