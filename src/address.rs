//! Client addresses. [`crate::transport`] determines them for each request.

use ipnet::IpNet;
use std::{fmt, net::IpAddr};

/// A client's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// Converts an IPv4 address that is mapped to IPv6 (`::ffff:192.0.2.1`) to IPv4.
    pub fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// The IP address.
    pub fn ip(self) -> IpAddr {
        self.0
    }

    /// The network that one client controls: a single IPv4 address, or an IPv6 `/64`, within which a client can change
    /// its address freely.
    pub fn host(self) -> IpNet {
        self.within(32, 64)
    }

    /// The wider network of the address: an IPv4 `/24` or an IPv6 `/48`. A single attacker rarely controls many.
    pub fn network(self) -> IpNet {
        self.within(24, 48)
    }

    fn within(self, ipv4_bits: u8, ipv6_bits: u8) -> IpNet {
        let bits = if self.0.is_ipv4() { ipv4_bits } else { ipv6_bits };
        IpNet::new_assert(self.0, bits).trunc() // cannot panic: `bits` is at most the address length
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_grouped_by_host_and_network() {
        for (address, host, network) in [
            ("192.0.2.77", "192.0.2.77/32", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.77/32", "192.0.2.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ] {
            let address = ClientAddress::new(address.parse().unwrap());
            assert_eq!(
                (address.host().to_string(), address.network().to_string()),
                (host.into(), network.into())
            );
        }
    }
}
