//! How many sockets each user has open on this instance, and each address of those who are nobody. Behind a proxy no
//! connection is counted by address, so that else one of them could have all there are.

use crate::{address::ClientAddress, store::Id};
use ipnet::IpNet;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts sockets. Cloning shares it; it remembers nobody who has none.
#[derive(Clone, Debug)]
pub struct OpenSockets {
    most_of_user: usize,
    most_of_nobody: usize,
    open: Arc<Mutex<HashMap<Whose, usize>>>,
}

/// Who a socket counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Whose {
    User(Id),
    /// Nobody who is known, at this address.
    Nobody(IpNet),
}

/// A socket's place among those of its user or address, until it is dropped.
#[derive(Debug)]
pub struct OpenSocket {
    all: OpenSockets,
    whose: Whose,
}

impl OpenSockets {
    /// So many for each user, and for nobody at each address; 0 is no limit.
    pub fn new(most_of_user: usize, most_of_nobody: usize) -> Self {
        let limit = |most| if most == 0 { usize::MAX } else { most };
        Self {
            most_of_user: limit(most_of_user),
            most_of_nobody: limit(most_of_nobody),
            open: Arc::default(),
        }
    }

    /// A place for another one; `None` if the user has as many as they may.
    pub fn open(&self, user: Id) -> Option<OpenSocket> {
        self.take(Whose::User(user), self.most_of_user)
    }

    /// A place for one of nobody yet, who may never tell who they are; `None` if their address has as many as it may.
    pub fn open_for_nobody(&self, from: ClientAddress) -> Option<OpenSocket> {
        self.take(Whose::Nobody(from.host()), self.most_of_nobody)
    }

    fn take(&self, whose: Whose, most: usize) -> Option<OpenSocket> {
        let mut all = self.lock();
        let open = all.entry(whose).or_default();
        if *open >= most {
            return None;
        }
        *open += 1;
        Some(OpenSocket { all: self.clone(), whose })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Whose, usize>> {
        // Nothing that could panic is done under the lock.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        if let Some(open) = all.get_mut(&self.whose) {
            *open -= 1;
            if *open == 0 {
                all.remove(&self.whose);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_and_nobody_is_remembered() {
        let sockets = OpenSockets::new(2, 1);
        let (ada, eve) = (Id::new(), Id::new());
        let (first, second) = (sockets.open(ada).unwrap(), sockets.open(ada).unwrap());
        assert!(sockets.open(ada).is_none());
        let others = sockets.open(eve).unwrap();
        drop(first);
        let third = sockets.open(ada).unwrap();
        assert!(sockets.open(ada).is_none());
        let [here, there] = ["192.0.2.1", "192.0.2.2"].map(|ip| ClientAddress::new(ip.parse().unwrap()));
        let nobodys = [here, there].map(|from| sockets.open_for_nobody(from).unwrap());
        assert!(sockets.open_for_nobody(here).is_none());
        drop((second, third, others, nobodys));
        assert!(sockets.lock().is_empty());
        let unlimited = OpenSockets::new(0, 0);
        let many: Vec<_> = (0..1000).map_while(|_| unlimited.open(ada)).collect();
        assert_eq!(many.len(), 1000);
    }
}
