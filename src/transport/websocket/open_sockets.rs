//! How many sockets each user has open on this instance. Those of nobody are counted with the connections of their
//! address.

use crate::store::Id;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts sockets. Cloning shares it; it remembers nobody who has none.
#[derive(Clone, Debug)]
pub struct OpenSockets {
    most: usize,
    by_user: Arc<Mutex<HashMap<Id, usize>>>,
}

/// A socket's place among those of its user, until it is dropped.
#[derive(Debug)]
pub struct OpenSocket {
    all: OpenSockets,
    user: Id,
}

impl OpenSockets {
    /// So many for each user; 0 is no limit.
    pub fn new(most: usize) -> Self {
        Self { most: if most == 0 { usize::MAX } else { most }, by_user: Arc::default() }
    }

    /// A place for another one; `None` if the user has as many as they may.
    pub fn open(&self, user: Id) -> Option<OpenSocket> {
        let mut by_user = self.lock();
        let open = by_user.entry(user).or_default();
        if *open >= self.most {
            return None;
        }
        *open += 1;
        Some(OpenSocket { all: self.clone(), user })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, usize>> {
        // Nothing that could panic is done under the lock.
        self.by_user.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        let mut by_user = self.all.lock();
        if let Some(open) = by_user.get_mut(&self.user) {
            *open -= 1;
            if *open == 0 {
                by_user.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_and_nobody_is_remembered() {
        let sockets = OpenSockets::new(2);
        let (ada, eve) = (Id::new(), Id::new());
        let (first, second) = (sockets.open(ada).unwrap(), sockets.open(ada).unwrap());
        assert!(sockets.open(ada).is_none());
        let others = sockets.open(eve).unwrap();
        drop(first);
        let third = sockets.open(ada).unwrap();
        assert!(sockets.open(ada).is_none());
        drop((second, third, others));
        assert!(sockets.lock().is_empty());
        let unlimited = OpenSockets::new(0);
        let many: Vec<_> = (0..1000).map_while(|_| unlimited.open(ada)).collect();
        assert_eq!(many.len(), 1000);
    }
}
