//! Where a request comes from.

use crate::accounts::Caller;
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};
use std::{convert::Infallible, net::SocketAddr};

/// Who is at the other end of the connection, if that is known.
#[derive(Clone, Copy, Debug)]
pub struct Peer(Option<SocketAddr>);

impl Peer {
    /// The same, with what the client calls itself.
    pub fn caller(self, headers: &HeaderMap) -> Caller {
        let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Caller::new(self.0.map(|peer| peer.ip().to_canonical()), agent)
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(peer.map(|&ConnectInfo(address)| address)))
    }
}
