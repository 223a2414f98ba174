//! How many connections there are, in all and from each address.

use ipnet::IpNet;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts connections. It remembers no more addresses than there are connections.
#[derive(Debug)]
pub struct Places {
    most: usize,
    most_per_host: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_host: HashMap<IpNet, usize>,
}

/// One connection's place. Dropping it makes it free.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    host: Option<IpNet>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// There are too many connections.
    All,
    /// There are too many from this address.
    Host,
}

impl Places {
    /// So many, and so many from one address; 0 is no limit.
    pub fn new(most: usize, most_per_host: usize) -> Arc<Self> {
        let limit = |most| if most == 0 { usize::MAX } else { most };
        Arc::new(Self { most: limit(most), most_per_host: limit(most_per_host), taken: Mutex::default() })
    }

    /// Takes a place; without an address it counts among all, but with none.
    pub fn take(self: &Arc<Self>, host: Option<IpNet>) -> Result<Place, Full> {
        let mut taken = self.taken();
        if taken.all >= self.most {
            return Err(Full::All);
        }
        if let Some(host) = host {
            let of_host = taken.by_host.entry(host).or_default();
            if *of_host >= self.most_per_host {
                return Err(Full::Host);
            }
            *of_host += 1;
        }
        taken.all += 1;
        Ok(Place { places: self.clone(), host })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Nothing in between can panic, so the counts are good.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all -= 1;
        if let Some(host) = self.host
            && let Some(of_host) = taken.by_host.get_mut(&host)
        {
            *of_host -= 1;
            if *of_host == 0 {
                taken.by_host.remove(&host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_and_leaves_nothing_behind() {
        let places = Places::new(3, 2);
        let (one, other) = ("192.0.2.1/32".parse().ok(), "192.0.2.2/32".parse().ok());
        let take = |host| places.take(host).map_err(|full: Full| full);
        let first = take(one).unwrap();
        let second = take(one).unwrap();
        assert_eq!(take(one).unwrap_err(), Full::Host);
        let third = take(other).unwrap();
        assert_eq!(take(None).unwrap_err(), Full::All, "a proxy counts too");
        drop(first);
        let proxy = take(None).unwrap();
        assert_eq!(take(one).unwrap_err(), Full::All);
        drop((second, third, proxy));
        let taken = places.taken();
        assert_eq!((taken.all, taken.by_host.len()), (0, 0));
    }

    #[test]
    fn nothing_is_no_limit() {
        let places = Places::new(0, 0);
        let host = "192.0.2.1/32".parse().ok();
        let taken: Vec<_> = (0..5000).map(|_| places.take(host).unwrap()).collect();
        assert_eq!(taken.len(), places.taken().all);
    }
}
