//! How many files may be open at once. Each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What is open besides connections: databases, Redis, providers, the log.
const BESIDES: u64 = 100;

/// Takes as many as the system lets us have. Programs begin with few, often 1,024, for the sake of old ones that cannot
/// cope with more; tells whether that is too few for so many connections.
pub fn allow_for(connections: usize) {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::debug!(%error, "no more files may be open than at the start");
    }
    if let Some(files) = getrlimit(Resource::Nofile).current
        && files < connections as u64 + BESIDES
    {
        tracing::warn!(
            files,
            connections,
            "there may be fewer open files than connections: see `ulimit -Hn`"
        );
    }
}
