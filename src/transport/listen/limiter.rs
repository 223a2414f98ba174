//! Limits the number of open connections, in total and per host.

use ipnet::IpNet;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts open connections. It has no entry for a host without connections.
#[derive(Debug)]
pub struct ConnectionLimiter {
    limit: usize,
    limit_per_host: usize,
    open: Mutex<OpenConnections>,
}

#[derive(Debug, Default)]
struct OpenConnections {
    total: usize,
    by_host: HashMap<IpNet, usize>,
}

/// A permit for one connection. Dropping it makes room for another.
#[derive(Debug)]
pub struct ConnectionPermit {
    limiter: Arc<ConnectionLimiter>,
    host: Option<IpNet>,
}

/// The limit that a connection would exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitExceeded {
    /// The limit on all connections.
    Total,
    /// The limit on connections from one host.
    PerHost,
}

impl ConnectionLimiter {
    /// Creates a limiter for all connections and for those of one host; 0 means no limit.
    pub fn new(limit: usize, limit_per_host: usize) -> Arc<Self> {
        let or_unlimited = |limit| if limit == 0 { usize::MAX } else { limit };
        Arc::new(Self {
            limit: or_unlimited(limit),
            limit_per_host: or_unlimited(limit_per_host),
            open: Mutex::default(),
        })
    }

    /// Takes a permit. Without a host only the limit on all connections applies.
    pub fn acquire(self: &Arc<Self>, host: Option<IpNet>) -> Result<ConnectionPermit, LimitExceeded> {
        let mut open = self.open();
        if open.total >= self.limit {
            return Err(LimitExceeded::Total);
        }
        if let Some(host) = host {
            let of_host = open.by_host.entry(host).or_default();
            if *of_host >= self.limit_per_host {
                return Err(LimitExceeded::PerHost);
            }
            *of_host += 1;
        }
        open.total += 1;
        Ok(ConnectionPermit { limiter: self.clone(), host })
    }

    fn open(&self) -> MutexGuard<'_, OpenConnections> {
        // Nothing panics while the lock is held, so the counts are correct.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut open = self.limiter.open();
        open.total -= 1;
        if let Some(host) = self.host
            && let Some(of_host) = open.by_host.get_mut(&host)
        {
            *of_host -= 1;
            if *of_host == 0 {
                open.by_host.remove(&host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_permit_makes_room_and_leaves_no_entry() {
        let limiter = ConnectionLimiter::new(3, 2);
        let (one, other) = ("192.0.2.1/32".parse().ok(), "192.0.2.2/32".parse().ok());
        let acquire = |host| limiter.acquire(host);
        let first = acquire(one).unwrap();
        let second = acquire(one).unwrap();
        assert_eq!(acquire(one).unwrap_err(), LimitExceeded::PerHost);
        let third = acquire(other).unwrap();
        assert_eq!(acquire(None).unwrap_err(), LimitExceeded::Total, "connections of proxies count too");
        drop(first);
        let proxy = acquire(None).unwrap();
        assert_eq!(acquire(one).unwrap_err(), LimitExceeded::Total);
        drop((second, third, proxy));
        let open = limiter.open();
        assert_eq!((open.total, open.by_host.len()), (0, 0));
    }

    #[test]
    fn zero_means_no_limit() {
        let limiter = ConnectionLimiter::new(0, 0);
        let host = "192.0.2.1/32".parse().ok();
        let permits: Vec<_> = (0..5000).map(|_| limiter.acquire(host).unwrap()).collect();
        assert_eq!(permits.len(), limiter.open().total);
    }
}
