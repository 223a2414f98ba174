//! Determines the client's address: that of the peer or, if the peer is a trusted proxy, the address that it forwards.
//!
//! Any client can send forwarding headers, so only the parts that trusted proxies have added are used. Each proxy
//! appends the address of its peer. The headers are therefore read from the end, up to the first address that is not
//! a trusted proxy's.

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

/// The header in which a proxy that replaces `Host` forwards the original one.
pub const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose forwarding headers are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl FromStr for TrustedProxies {
    type Err = String;

    /// Parses addresses and networks, separated by commas. An empty text means no proxies.
    fn from_str(text: &str) -> Result<Self, String> {
        let proxies = text.split(',').map(str::trim).filter(|proxy| !proxy.is_empty());
        let network = |proxy: &str| proxy.parse().or_else(|_| proxy.parse::<IpAddr>().map(IpNet::from));
        let message = |_| "must be addresses or networks, such as 10.0.0.1 or 10.0.0.0/8,fd00::/8".to_owned();
        proxies.map(network).collect::<Result<_, _>>().map(Self).map_err(message)
    }
}

/// The state of the middleware that determines client addresses.
#[derive(Debug)]
pub struct Addresses {
    trusted: TrustedProxies,
    /// Limits the warning about a proxy that is not configured to one.
    warning: Once,
}

impl Addresses {
    /// Trusts these proxies.
    pub fn new(trusted: TrustedProxies) -> Self {
        Self { trusted, warning: Once::new() }
    }

    /// Whether a request comes from a trusted proxy.
    pub fn trust_peer_of(&self, request: &Request) -> bool {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        peer.is_some_and(|info| self.trusted.trust(info.0.ip().to_canonical()))
    }
}

/// Adds the client's address to the request's extensions. Replaces `Host` by the host that a trusted proxy forwards.
pub async fn layer(State(addresses): State<Arc<Addresses>>, mut request: Request, next: Next) -> Response {
    let Addresses { trusted, warning } = &*addresses;
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let peer = peer.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
    let address = trusted.client(peer, request.headers());
    if trusted.0.is_empty() && request.headers().contains_key(X_FORWARDED_FOR) {
        warning.call_once(|| {
            tracing::warn!(
                %peer,
                "the peer seems to be a proxy; if it is yours, add it to CONFAB_TRUSTED_PROXIES, or all its clients \
                 share one set of rate limits"
            );
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
    /// The client's address, derived from the peer's address and the headers.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trust(peer) {
            return peer;
        }
        let forwarded_for = || self.last_untrusted(headers, &X_FORWARDED_FOR, address);
        let forwarded = || self.last_untrusted(headers, &header::FORWARDED, forwarded_for_of);
        let client = match (headers.contains_key(X_FORWARDED_FOR), headers.contains_key(header::FORWARDED)) {
            (_, false) => forwarded_for(),
            (false, true) => forwarded(),
            // A proxy passes on a header that it does not support. If the headers disagree, the client may have forged
            // one of them, so neither is used. All such clients count as the proxy itself.
            (true, true) => forwarded_for().filter(|address| forwarded() == Some(*address)),
        };
        client.unwrap_or(peer)
    }

    /// The last address in a header that is not a trusted proxy's. If all are trusted, the first address.
    ///
    /// `None` if the header is missing, or if an invalid element follows that address.
    fn last_untrusted(
        &self,
        headers: &HeaderMap,
        name: &HeaderName,
        read: impl Fn(&str) -> Option<IpAddr>,
    ) -> Option<IpAddr> {
        // Reading from the end and ignoring quotes is safe: a quote in the client's part, which comes first, cannot
        // swallow an element that a proxy has appended.
        let lines: Vec<_> = headers.get_all(name).iter().collect();
        let mut first_trusted = None;
        for line in lines.into_iter().rev() {
            for element in line.to_str().ok()?.rsplit(',') {
                let address = read(element)?;
                if !self.trust(address) {
                    return Some(address);
                }
                first_trusted = Some(address);
            }
        }
        first_trusted
    }

    /// Whether the address belongs to a trusted proxy.
    pub fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// The host that the client requested, as forwarded by the proxies. The first value is from the proxy nearest to the
/// client.
///
/// A client can forge it if the proxy passes it on. That is harmless: the client could also have sent another `Host`,
/// and browsers do not let pages set either header.
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

/// Parses an address as proxies write it: possibly quoted, in brackets, or with a port.
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
    fn headers_of_untrusted_peers_are_ignored() {
        for header in [(X_FORWARDED_FOR, "192.0.2.1"), (header::FORWARDED, "for=192.0.2.1")] {
            assert_eq!(client("203.0.113.9", &[header]), "203.0.113.9");
        }
    }

    #[test]
    fn a_trusted_proxys_x_forwarded_for_is_used() {
        for (value, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1, 10.9.9.9", "192.0.2.1"),
            // Elements before the last untrusted address may be forged.
            ("198.51.100.7, 192.0.2.1", "192.0.2.1"),
            ("10.1.1.1, 192.0.2.1, 10.9.9.9", "192.0.2.1"),
            ("nonsense, 192.0.2.1", "192.0.2.1"),
            ("10.1.1.1", "10.1.1.1"),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            // Without a valid last element the peer's address is used.
            ("192.0.2.1, nonsense", "10.0.0.1"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", &[(X_FORWARDED_FOR, value)]), expected, "{value}");
        }
        assert_eq!(client("::ffff:10.0.0.1", &[(X_FORWARDED_FOR, "192.0.2.1")]), "192.0.2.1");
        let lines = [(X_FORWARDED_FOR, "198.51.100.7"), (X_FORWARDED_FOR, "192.0.2.1, 10.0.0.2")];
        assert_eq!(client("10.0.0.1", &lines), "192.0.2.1");
    }

    #[test]
    fn forwarded_is_parsed_according_to_rfc_7239() {
        for (value, expected) in [
            ("for=192.0.2.1;proto=https;by=203.0.113.43", "192.0.2.1"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("proto=http; for=198.51.100.7, for=192.0.2.1, for=10.3.3.3", "192.0.2.1"),
            ("for=\"198.51.100.7, for=192.0.2.1", "192.0.2.1"),
            ("for=unknown", "10.0.0.1"),
            ("for=192.0.2.1, for=_hidden", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", &[(header::FORWARDED, value)]), expected, "{value}");
        }
    }

    #[test]
    fn contradictory_headers_are_ignored() {
        let headers = |for_one, for_other| [(X_FORWARDED_FOR, for_one), (header::FORWARDED, for_other)];
        assert_eq!(client("10.0.0.1", &headers("192.0.2.1", "for=192.0.2.1")), "192.0.2.1");
        for (one, other) in
            [("192.0.2.1", "for=198.51.100.7"), ("192.0.2.1", "for=unknown"), ("?", "for=192.0.2.1")]
        {
            assert_eq!(client("10.0.0.1", &headers(one, other)), "10.0.0.1");
        }
    }

    #[test]
    fn the_forwarded_host_is_parsed() {
        let host = |headers: &[(HeaderName, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
            forwarded_host(&headers.collect()).map(|host| host.to_str().unwrap().to_owned())
        };
        for (value, expected) in [
            ("chat.example", Some("chat.example")),
            ("chat.example:8443, inner", Some("chat.example:8443")),
            ("", None),
            ("a b", None),
            ("ada@chat.example", None),
        ] {
            assert_eq!(host(&[(X_FORWARDED_HOST, value)]).as_deref(), expected, "{value}");
        }
        for (value, expected) in [
            ("for=192.0.2.1;host=chat.example;proto=https", Some("chat.example")),
            ("for=192.0.2.1; Host=\"chat.example:443\", for=10.0.0.1;host=inner", Some("chat.example:443")),
            ("for=192.0.2.1", None),
        ] {
            assert_eq!(host(&[(header::FORWARDED, value)]).as_deref(), expected, "{value}");
        }
        assert_eq!(host(&[]), None);
    }

    #[test]
    fn trusted_proxies_must_be_addresses_or_networks() {
        assert_eq!("".parse(), Ok(TrustedProxies::default()));
        for invalid in ["nginx", "10.0.0.0/33", "10.0.0.1:80"] {
            assert!(invalid.parse::<TrustedProxies>().is_err(), "{invalid}");
        }
    }
}
