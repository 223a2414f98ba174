//! Where a request comes from, as far as can be told: [`crate::transport`] finds it out.

use ipnet::IpNet;
use std::{fmt, net::IpAddr};

/// A client's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The address itself; an IPv4 address that is written as an IPv6 one is taken for what it is.
    pub fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// The address itself.
    pub fn ip(self) -> IpAddr {
        self.0
    }

    /// All that one client may call its own: an IPv4 address, or 64 bits of IPv6, within which a client changes its
    /// address as it likes.
    pub fn host(self) -> IpNet {
        self.within(32, 64)
    }

    /// The network around it, of which it is hard to have many: 24 bits of IPv4, 48 of IPv6.
    pub fn network(self) -> IpNet {
        self.within(24, 48)
    }

    fn within(self, bits: u8, bits_of_ipv6: u8) -> IpNet {
        let bits = if self.0.is_ipv4() { bits } else { bits_of_ipv6 };
        IpNet::new_assert(self.0, bits).trunc() // no more bits than the address has
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
    fn what_one_client_may_call_its_own_counts_as_one() {
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
