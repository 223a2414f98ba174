//! The server under test: a child process with its own folder and environment.

use crate::{database::Database, measure::Bench, usage::Process};
use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::time::sleep;

/// The timeout for the start of the server.
const START: Duration = Duration::from_secs(20);
/// The time until a server that does not shut down is killed.
const END: Duration = Duration::from_secs(15);

/// Rate limits that are off, because the load would exceed them.
const UNTHROTTLED: [&str; 9] = [
    "CONFAB_LOGIN_RATE_PER_ADDRESS",
    "CONFAB_LOGIN_RATE_PER_ACCOUNT",
    "CONFAB_REGISTER_RATE_PER_ADDRESS",
    "CONFAB_SEND_RATE",
    "CONFAB_MAX_RUNNING",
    "CONFAB_COST_RATE",
    "CONFAB_MAX_CONNECTIONS",
    "CONFAB_MAX_CONNECTIONS_PER_ADDRESS",
    "CONFAB_MAX_SOCKETS",
];

/// A running server. Dropping it shuts it down and waits for its end.
pub struct Server {
    child: Child,
    folder: TempDir,
    pub address: SocketAddr,
}

impl Server {
    /// Starts a server with these additional settings, and waits until it is ready.
    pub async fn start(bench: &Bench, database: &Database, settings: &[(&str, String)]) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("confab-bench.").tempdir()?;
        let address = free_address()?;
        let log = File::create(folder.path().join("log"))?;
        let child = Command::new(&bench.server)
            .arg("serve")
            // The server inherits no environment and finds no `.env`.
            .env_clear()
            .current_dir(folder.path())
            .env("CONFAB_LISTEN", address.to_string())
            .env("CONFAB_DATA_DIR", folder.path().join("data"))
            .env("CONFAB_LOG", "warn")
            // Production generates no secret.
            .env("CONFAB_JWT_SECRET", "5f0c6d1e9a7b48c3e2f1a0b9d8c7e6f5")
            // All clients have the same address, and are faster than any person.
            .envs(UNTHROTTLED.map(|setting| (setting, "0")))
            .env("DATABASE_URL", database.url(folder.path()))
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} does not start", bench.server.display()))?;
        let mut server = Self { child, folder, address };
        server.ready().await?;
        Ok(server)
    }

    /// Returns the URL of the GraphQL endpoint.
    pub fn url(&self) -> String {
        format!("http://{}/graphql", self.address)
    }

    /// Returns the process of the server.
    pub fn usage(&self) -> Process {
        Process(self.child.id())
    }

    /// Shuts the server down and prints its log, which contains only warnings. Fails if its exit status is not success.
    pub fn end(mut self) -> Result<()> {
        let status = self.stop()?;
        let log = self.log();
        if !log.is_empty() {
            eprintln!("Log of the server:\n{log}");
        }
        ensure!(status.success(), "the server failed: {status}");
        Ok(())
    }

    async fn ready(&mut self) -> Result<()> {
        let url = format!("http://{}/readyz", self.address);
        let http = reqwest::Client::builder().no_proxy().build()?;
        let give_up = Instant::now() + START;
        while Instant::now() < give_up {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server does not start ({status}): {}", self.log());
            }
            let answer = http.get(&url).timeout(Duration::from_secs(1)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            sleep(Duration::from_millis(20)).await;
        }
        bail!("the server is not ready after {} s: {}", START.as_secs(), self.log());
    }

    fn stop(&mut self) -> Result<ExitStatus> {
        // The process ID cannot be reused before the process has been waited for.
        if let Some(status) = self.child.try_wait()? {
            return Ok(status);
        }
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let give_up = Instant::now() + END;
        while Instant::now() < give_up {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(10));
        }
        self.child.kill()?;
        Ok(self.child.wait()?)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("confab-bench: the server may still be running: {error:#}");
        }
    }
}

/// Returns an address with a free port.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
