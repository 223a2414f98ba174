//! Extracts the caller of a request: the client's address (see [`super::proxies`]) and its user agent.

use crate::{accounts::Caller, address::ClientAddress};
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use std::convert::Infallible;

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let address = parts.extensions.get::<ClientAddress>();
        Ok(address.map_or_else(Self::default, |address| Self::new(*address, agent)))
    }
}
