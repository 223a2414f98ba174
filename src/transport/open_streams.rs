//! Limits the streams per user, and per address for clients that are not signed in, on this instance.
//!
//! A stream is a WebSocket or a subscription over Server-Sent Events. Connections through a trusted proxy have no limit
//! per address, so without this limit one client could take all connections.

use super::keyed_limiter::{KeyedLimiter, Permit};
use crate::{address::ClientAddress, store::Id};
use ipnet::IpNet;
use std::sync::Arc;

/// A counter of open streams. Clones share it.
#[derive(Clone, Debug)]
pub struct OpenStreams {
    per_user: usize,
    per_address: usize,
    limiter: Arc<KeyedLimiter<Owner>>,
}

/// The user or address for which a stream counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A user who is signed in.
    User(Id),
    /// A client at this address that is not signed in.
    Address(IpNet),
}

/// A permit for one stream. Dropping it makes room for another.
pub type OpenStream = Permit<Owner>;

impl OpenStreams {
    /// Creates a counter with a limit per user, and one per address for clients that are not signed in; 0 means no
    /// limit.
    pub fn new(per_user: usize, per_address: usize) -> Self {
        Self { per_user, per_address, limiter: KeyedLimiter::new(0) }
    }

    /// Takes a permit for a stream of this user; `None` if the user has reached the limit.
    pub fn open(&self, user: Id) -> Option<OpenStream> {
        self.limiter.acquire(Some(Owner::User(user)), self.per_user).ok()
    }

    /// Takes a permit for a stream of a client that is not signed in (yet); `None` if its address has reached the
    /// limit.
    pub fn open_anonymous(&self, from: ClientAddress) -> Option<OpenStream> {
        self.limiter.acquire(Some(Owner::Address(from.host())), self.per_address).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_permit_makes_room_and_leaves_no_entry() {
        let streams = OpenStreams::new(2, 1);
        let (ada, eve) = (Id::new(), Id::new());
        let (first, second) = (streams.open(ada).unwrap(), streams.open(ada).unwrap());
        assert!(streams.open(ada).is_none());
        let others = streams.open(eve).unwrap();
        drop(first);
        let third = streams.open(ada).unwrap();
        assert!(streams.open(ada).is_none());
        let [here, there] = ["192.0.2.1", "192.0.2.2"].map(|ip| ClientAddress::new(ip.parse().unwrap()));
        let anonymous = [here, there].map(|from| streams.open_anonymous(from).unwrap());
        assert!(streams.open_anonymous(here).is_none());
        drop((second, third, others, anonymous));
        assert_eq!(streams.limiter.counts(), (0, 0));
        let unlimited = OpenStreams::new(0, 0);
        let many: Vec<_> = (0..1000).map_while(|_| unlimited.open(ada)).collect();
        assert_eq!(many.len(), 1000);
    }
}
