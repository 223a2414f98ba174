//! The limit on open files. Each connection counts as one open file.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that the server opens besides client connections: database, Redis, providers, the log.
const OTHER_FILES: u64 = 100;

/// Raises the soft limit on open files to the hard limit, and logs a warning if it is too low for `connections`.
///
/// The soft limit is often 1,024, for the sake of old programs that fail with more.
pub fn raise_limit(connections: usize) {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::debug!(%error, "the limit on open files could not be raised");
    }
    if let Some(files) = getrlimit(Resource::Nofile).current
        && files < connections as u64 + OTHER_FILES
    {
        tracing::warn!(
            files,
            connections,
            "the limit on open files is too low for CONFAB_MAX_CONNECTIONS; raise the hard limit (`ulimit -Hn`)"
        );
    }
}
