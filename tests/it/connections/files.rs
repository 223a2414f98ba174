//! Each connection needs an open file, and the limit of open files may be lower than the limit of connections.

use super::Line;
use crate::support::Process;
use std::fs;
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_takes_as_many_as_it_gets() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (process, _) = Process::serve_within("-Sn 300", folder.path(), &[]).await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", process.id)).expect("it runs");
    let line =
        limits.lines().find_map(|line| line.strip_prefix("Max open files")).expect("there is such a limit");
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!(words[0], words[1], "the soft limit is raised to the hard limit");
    assert_ne!(words[0], "300");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_they_are_used_up_connections_are_taken_as_others_end() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (mut process, address) = Process::serve_within("-n 100", folder.path(), &[]).await;
    let mut lines = Vec::new();
    for _ in 0..120 {
        lines.push(Line(TcpStream::connect(address).await.expect("the system takes it")));
    }
    // The first connection is still served; the last one waits until others end. 24 is EMFILE: too many open files.
    process.logs("os error 24").await;
    lines[0].healthy().await;
    let mut last = lines.pop().expect("there are some");
    lines.truncate(1);
    last.healthy().await;
    lines[0].healthy().await;
    process.signal("TERM");
    let ended = process.ended().await;
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.contains("ulimit"), "a warning at startup: {}", ended.stderr);
}
