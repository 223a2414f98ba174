//! Where a request comes from, as it is limited by, and as a user is told of it later.

use crate::{address::ClientAddress, unicode::beginning};
use std::net::Ipv4Addr;

/// The longest description of a client that is kept, in characters.
const LONGEST: usize = 200;

/// Who asks, before it is known who they are. What the client calls itself proves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Where they ask from.
    pub address: ClientAddress,
    /// What the client calls itself, if it does.
    pub agent: Option<String>,
}

impl Caller {
    /// A caller whose client describes itself like this (the header `User-Agent`); what is too long is cut.
    pub fn new(address: ClientAddress, agent: Option<&str>) -> Self {
        let kept = |agent: &str| {
            let agent: String = agent.chars().filter(|character| !character.is_control()).collect();
            beginning(agent.trim(), LONGEST).to_owned()
        };
        Self { address, agent: agent.map(kept).filter(|agent| !agent.is_empty()) }
    }
}

/// From nowhere.
impl Default for Caller {
    fn default() -> Self {
        Self::new(ClientAddress::new(Ipv4Addr::UNSPECIFIED.into()), None)
    }
}
