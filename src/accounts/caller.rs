//! Where a request comes from, as a user is told of it later.

use std::net::IpAddr;

/// The longest description of a client that is kept, in characters.
const LONGEST: usize = 200;

/// Where a request comes from. It proves nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The network address, if it is known.
    pub address: Option<IpAddr>,
    /// What the client calls itself, if it does.
    pub agent: Option<String>,
}

impl Caller {
    /// A caller whose client describes itself like this (the header `User-Agent`); what is too long is cut.
    pub fn new(address: Option<IpAddr>, agent: Option<&str>) -> Self {
        let kept = |agent: &str| {
            agent.chars().filter(|character| !character.is_control()).take(LONGEST).collect::<String>()
        };
        Self { address, agent: agent.map(kept).filter(|agent| !agent.is_empty()) }
    }
}
