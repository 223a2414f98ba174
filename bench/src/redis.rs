//! The process of the Redis server.

use crate::usage::Process;
use anyhow::{Context, Result, ensure};
use std::fs;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;

/// Returns the process of a Redis on this machine.
pub async fn process(url: &Url) -> Result<Process> {
    let host = url.host_str().context("the URL of Redis has no host")?;
    let mut stream =
        TcpStream::connect((host, url.port().unwrap_or(6379))).await.context("Redis cannot be reached")?;
    if let Some(password) = url.password() {
        let user = if url.username().is_empty() { "default" } else { url.username() };
        stream.write_all(format!("AUTH {user} {password}\r\n").as_bytes()).await?;
    }
    stream.write_all(b"INFO server\r\nQUIT\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let id = answer.lines().find_map(|line| line.strip_prefix("process_id:"));
    let process = Process(id.context("Redis does not report its process ID")?.parse()?);
    let name = fs::read_to_string(format!("/proc/{}/comm", process.0)).unwrap_or_default();
    ensure!(
        ["redis", "valkey"].iter().any(|known| name.starts_with(known)),
        "Redis does not run on this machine"
    );
    Ok(process)
}
