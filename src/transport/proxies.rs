//! Where a request comes from: the address at the other end of the connection, or, if that is a proxy which the settings
//! trust, the one that the proxy tells.
//!
//! Anybody can write such a header, so it counts only as far as trusted proxies have written it: read from its end,
//! where the nearest one has added what it saw, up to the first address that is no trusted proxy's.

use super::hosts::is_host;
use crate::address::ClientAddress;
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use ipnet::IpNet;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    str::FromStr,
    sync::{Arc, Once},
};

/// The host that a client asked for, where a proxy has replaced `Host`.
pub const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose word counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl FromStr for TrustedProxies {
    type Err = String;

    /// Addresses and networks, with commas between; none if it is empty.
    fn from_str(text: &str) -> Result<Self, String> {
        let proxies = text.split(',').map(str::trim).filter(|proxy| !proxy.is_empty());
        let network = |proxy: &str| proxy.parse().or_else(|_| proxy.parse::<IpAddr>().map(IpNet::from));
        let fault = |_| "proxies look like 10.0.0.1 or 10.0.0.0/8,fd00::/8".to_owned();
        proxies.map(network).collect::<Result<_, _>>().map(Self).map_err(fault)
    }
}

/// What tells addresses.
#[derive(Debug)]
pub struct Addresses {
    trusted: TrustedProxies,
    /// Whether the log has been told that there may be a proxy which nobody has named.
    told: Once,
}

impl Addresses {
    /// With these proxies.
    pub fn new(trusted: TrustedProxies) -> Self {
        Self { trusted, told: Once::new() }
    }

    /// Whether a request comes by a proxy whose word counts.
    pub fn trust_peer_of(&self, request: &Request) -> bool {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        peer.is_some_and(|info| self.trusted.trust(info.0.ip().to_canonical()))
    }
}

/// Puts the client's address among the request's extensions, and the host that it asked for in the place of `Host`, if a
/// trusted proxy tells that one.
pub async fn layer(State(addresses): State<Arc<Addresses>>, mut request: Request, next: Next) -> Response {
    let Addresses { trusted, told } = &*addresses;
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let peer = peer.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
    let address = trusted.client(peer, request.headers());
    if trusted.0.is_empty() && request.headers().contains_key(X_FORWARDED_FOR) {
        told.call_once(|| {
            tracing::warn!(%peer, "is this your proxy? All its clients count as one until CONFAB_TRUSTED_PROXIES names it");
        });
    }
    if trusted.trust(peer.to_canonical())
        && let Some(host) = forwarded_host(request.headers())
    {
        request.headers_mut().insert(header::HOST, host);
    }
    request.extensions_mut().insert(ClientAddress::new(address));
    next.run(request).await
}

impl TrustedProxies {
    /// The client's address, by the peer's and what the headers tell.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trust(peer) {
            return peer;
        }
        let forwarded_for = || self.first_stranger(headers, &X_FORWARDED_FOR, address);
        let forwarded = || self.first_stranger(headers, &header::FORWARDED, forwarded_for_of);
        let told = match (headers.contains_key(X_FORWARDED_FOR), headers.contains_key(header::FORWARDED)) {
            (_, false) => forwarded_for(),
            (false, true) => forwarded(),
            // A proxy passes on the one header that it does not know of: where they disagree, the client may have
            // written either. Those who do so are taken for one.
            (true, true) => forwarded_for().filter(|one| forwarded() == Some(*one)),
        };
        told.unwrap_or(peer)
    }

    /// The last address of a header that is no trusted proxy's, or else the first one. `None` where there is no
    /// header, or something in it that is no address comes before.
    fn first_stranger(
        &self,
        headers: &HeaderMap,
        name: &HeaderName,
        read: impl Fn(&str) -> Option<IpAddr>,
    ) -> Option<IpAddr> {
        // From the end, and without regard to quotes: what a client has written is always before, and cannot
        // take in what a proxy has added.
        let lines: Vec<_> = headers.get_all(name).iter().collect();
        let mut last = None;
        for line in lines.into_iter().rev() {
            for element in line.to_str().ok()?.rsplit(',') {
                let address = read(element)?;
                if !self.trust(address) {
                    return Some(address);
                }
                last = Some(address);
            }
        }
        last
    }

    /// Whether it is one of them.
    pub fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// The host that a client asked for, as the proxies tell. The first one was told by the proxy that the client came to.
///
/// A client may have written it itself, where the proxy passes that on. It could as well have written another `Host`; and no
/// browser lets a page write either.
fn forwarded_host(headers: &HeaderMap) -> Option<HeaderValue> {
    let first = |name: &HeaderName| headers.get(name)?.to_str().ok()?.split(',').next().map(str::to_owned);
    let host = first(&X_FORWARDED_HOST).or_else(|| {
        let element = first(&header::FORWARDED)?;
        let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
        let (_, host) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("host"))?;
        Some(host.to_owned())
    })?;
    let host = host.trim().trim_matches('"');
    HeaderValue::from_str(host).ok().filter(|_| !host.is_empty() && is_host(host.as_bytes()))
}

/// The address in an element of `Forwarded` (RFC 7239).
fn forwarded_for_of(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for")).and_then(|(_, node)| address(node))
}

/// An address as proxies write it: perhaps quoted, in brackets, or with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse().map(|address: SocketAddr| address.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, headers: &[(HeaderName, &'static str)]) -> String {
        let trusted: TrustedProxies = "10.0.0.0/8, ::1,fd00::/8".parse().unwrap();
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
        trusted.client(peer.parse().unwrap(), &headers.collect()).to_string()
    }

    #[test]
    fn a_strangers_headers_count_for_nothing() {
        for header in [(X_FORWARDED_FOR, "192.0.2.1"), (header::FORWARDED, "for=192.0.2.1")] {
            assert_eq!(client("203.0.113.9", &[header]), "203.0.113.9");
        }
    }

    #[test]
    fn a_trusted_proxy_tells_who_came_to_it() {
        for (told, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1, 10.9.9.9", "192.0.2.1"),
            // What is before the first stranger is the stranger's own.
            ("198.51.100.7, 192.0.2.1", "192.0.2.1"),
            ("10.1.1.1, 192.0.2.1, 10.9.9.9", "192.0.2.1"),
            ("nonsense, 192.0.2.1", "192.0.2.1"),
            ("10.1.1.1", "10.1.1.1"),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            // Told by nobody who is trusted.
            ("192.0.2.1, nonsense", "10.0.0.1"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", &[(X_FORWARDED_FOR, told)]), expected, "{told}");
        }
        assert_eq!(client("::ffff:10.0.0.1", &[(X_FORWARDED_FOR, "192.0.2.1")]), "192.0.2.1");
        let lines = [(X_FORWARDED_FOR, "198.51.100.7"), (X_FORWARDED_FOR, "192.0.2.1, 10.0.0.2")];
        assert_eq!(client("10.0.0.1", &lines), "192.0.2.1");
    }

    #[test]
    fn rfc_7239_is_understood() {
        for (told, expected) in [
            ("for=192.0.2.1;proto=https;by=203.0.113.43", "192.0.2.1"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("proto=http; for=198.51.100.7, for=192.0.2.1, for=10.3.3.3", "192.0.2.1"),
            ("for=\"198.51.100.7, for=192.0.2.1", "192.0.2.1"),
            ("for=unknown", "10.0.0.1"),
            ("for=192.0.2.1, for=_hidden", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", &[(header::FORWARDED, told)]), expected, "{told}");
        }
    }

    #[test]
    fn where_the_headers_disagree_neither_is_believed() {
        let headers = |for_one, for_other| [(X_FORWARDED_FOR, for_one), (header::FORWARDED, for_other)];
        assert_eq!(client("10.0.0.1", &headers("192.0.2.1", "for=192.0.2.1")), "192.0.2.1");
        for (one, other) in
            [("192.0.2.1", "for=198.51.100.7"), ("192.0.2.1", "for=unknown"), ("?", "for=192.0.2.1")]
        {
            assert_eq!(client("10.0.0.1", &headers(one, other)), "10.0.0.1");
        }
    }

    #[test]
    fn the_host_that_the_client_asked_for_is_told() {
        let host = |headers: &[(HeaderName, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
            forwarded_host(&headers.collect()).map(|host| host.to_str().unwrap().to_owned())
        };
        for (told, expected) in [
            ("chat.example", Some("chat.example")),
            ("chat.example:8443, inner", Some("chat.example:8443")),
            ("", None),
            ("a b", None),
            ("ada@chat.example", None),
        ] {
            assert_eq!(host(&[(X_FORWARDED_HOST, told)]).as_deref(), expected, "{told}");
        }
        for (told, expected) in [
            ("for=192.0.2.1;host=chat.example;proto=https", Some("chat.example")),
            ("for=192.0.2.1; Host=\"chat.example:443\", for=10.0.0.1;host=inner", Some("chat.example:443")),
            ("for=192.0.2.1", None),
        ] {
            assert_eq!(host(&[(header::FORWARDED, told)]).as_deref(), expected, "{told}");
        }
        assert_eq!(host(&[]), None);
    }

    #[test]
    fn proxies_are_addresses_and_networks() {
        assert_eq!("".parse(), Ok(TrustedProxies::default()));
        for fault in ["nginx", "10.0.0.0/33", "10.0.0.1:80"] {
            assert!(fault.parse::<TrustedProxies>().is_err(), "{fault}");
        }
    }
}
