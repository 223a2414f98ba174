//! The origin of a request: its address for rate limits, and its client for the audit trail.

use crate::{address::ClientAddress, unicode::truncate};
use std::net::Ipv4Addr;

/// The longest client description that is stored, in characters.
const MAX_AGENT_LENGTH: usize = 200;

/// The origin of a request, before authentication. The client's description of itself is not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The client's address.
    pub address: ClientAddress,
    /// The client's description of itself, if it sends one.
    pub agent: Option<String>,
}

impl Caller {
    /// Creates a caller from an address and a `User-Agent` header. A long description is shortened to 200 characters.
    pub fn new(address: ClientAddress, agent: Option<&str>) -> Self {
        let kept = |agent: &str| {
            let agent: String = agent.chars().filter(|character| !character.is_control()).collect();
            truncate(agent.trim(), MAX_AGENT_LENGTH).to_owned()
        };
        Self { address, agent: agent.map(kept).filter(|agent| !agent.is_empty()) }
    }
}

/// A caller with an unspecified address and no description.
impl Default for Caller {
    fn default() -> Self {
        Self::new(ClientAddress::new(Ipv4Addr::UNSPECIFIED.into()), None)
    }
}
