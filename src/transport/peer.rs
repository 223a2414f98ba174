//! Who asks, as a user is told of it later: the address, and what the client calls itself.

use crate::{accounts::Caller, address::ClientAddress};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use std::convert::Infallible;

/// Who asks, as far as can be told (see [`super::proxies`]).
#[derive(Clone, Copy, Debug)]
pub struct Peer(Option<ClientAddress>);

impl Peer {
    /// The same, with what the client calls itself.
    pub fn caller(self, headers: &HeaderMap) -> Caller {
        let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Caller::new(self.0.map(ClientAddress::ip), agent)
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get().copied()))
    }
}
