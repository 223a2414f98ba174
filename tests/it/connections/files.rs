//! Each connection needs an open file, and the limit of open files may be lower than the limit of connections.

use super::RawConnection;
use crate::support::Process;
use std::fs;
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_of_open_files_is_raised() {
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
async fn without_free_files_connections_wait_for_others_to_end() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (mut process, address) = Process::serve_within("-n 100", folder.path(), &[]).await;
    let mut connections = Vec::new();
    for _ in 0..120 {
        connections.push(RawConnection(TcpStream::connect(address).await.expect("the system takes it")));
    }
    // The first connection is still served; the last one waits until others end. 24 is EMFILE: too many open files.
    process.wait_for_log("os error 24").await;
    connections[0].healthy().await;
    let mut last = connections.pop().expect("there are some");
    connections.truncate(1);
    last.healthy().await;
    connections[0].healthy().await;
    process.signal("TERM");
    let ended = process.wait().await;
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.contains("ulimit"), "a warning at startup: {}", ended.stderr);
}
