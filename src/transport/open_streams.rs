//! Limits the streams per user, and per address for clients that are not signed in, on this instance.
//!
//! A stream is a WebSocket or a subscription over Server-Sent Events. Connections through a trusted proxy have no limit
//! per address, so without this limit one client could take all connections.

use crate::{address::ClientAddress, store::Id};
use ipnet::IpNet;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A counter of open streams. Clones share it. It has no entry for a user or address without a stream.
#[derive(Clone, Debug)]
pub struct OpenStreams {
    per_user: usize,
    per_address: usize,
    open: Arc<Mutex<HashMap<Owner, usize>>>,
}

/// The user or address for which a stream counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Owner {
    User(Id),
    /// A client at this address that is not signed in.
    Address(IpNet),
}

/// A permit for one stream. Dropping it makes room for another.
#[derive(Debug)]
pub struct OpenStream {
    all: OpenStreams,
    owner: Owner,
}

impl OpenStreams {
    /// Creates a counter with a limit per user, and one per address for clients that are not signed in; 0 means no
    /// limit.
    pub fn new(per_user: usize, per_address: usize) -> Self {
        let or_unlimited = |limit| if limit == 0 { usize::MAX } else { limit };
        Self {
            per_user: or_unlimited(per_user),
            per_address: or_unlimited(per_address),
            open: Arc::default(),
        }
    }

    /// Takes a permit for a stream of this user; `None` if the user has reached the limit.
    pub fn open(&self, user: Id) -> Option<OpenStream> {
        self.take(Owner::User(user), self.per_user)
    }

    /// Takes a permit for a stream of a client that is not signed in (yet); `None` if its address has reached the
    /// limit.
    pub fn open_anonymous(&self, from: ClientAddress) -> Option<OpenStream> {
        self.take(Owner::Address(from.host()), self.per_address)
    }

    fn take(&self, owner: Owner, limit: usize) -> Option<OpenStream> {
        let mut all = self.lock();
        let open = all.entry(owner).or_default();
        if *open >= limit {
            return None;
        }
        *open += 1;
        Some(OpenStream { all: self.clone(), owner })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Owner, usize>> {
        // Nothing panics while the lock is held.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        if let Some(open) = all.get_mut(&self.owner) {
            *open -= 1;
            if *open == 0 {
                all.remove(&self.owner);
            }
        }
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
        assert!(streams.lock().is_empty());
        let unlimited = OpenStreams::new(0, 0);
        let many: Vec<_> = (0..1000).map_while(|_| unlimited.open(ada)).collect();
        assert_eq!(many.len(), 1000);
    }
}
