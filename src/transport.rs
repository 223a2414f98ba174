//! The HTTP side of the server: the router, its middleware, and authentication of requests.

mod body;
mod caller;
mod cors;
mod export;
mod headers;
mod hosts;
pub(crate) mod http;
mod import;
mod keyed_limiter;
mod listen;
mod negotiation;
mod open_streams;
mod pages;
mod proxies;
mod readiness;
pub(crate) mod request;
mod request_id;
mod response;
mod sign_in;
mod sse;
pub(crate) mod websocket;

pub use cors::canonical as canonical_origin;
pub use import::MAX_IMPORTS;
pub use keyed_limiter::KeyedLimiter;
pub use listen::{ConnectionLimits, listen};
pub use open_streams::OpenStreams;
pub use pages::documents as page_documents;
pub use proxies::TrustedProxies;
pub use readiness::Readiness;
pub use websocket::SocketLimits;

use crate::{
    accounts::{Accounts, Grant},
    address::ClientAddress,
    error::{Error, Result},
    graphql::execution::service::GraphqlService,
    imports::Imports,
    store::{Database, Id},
    throttle::Throttle,
};
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, header},
    middleware,
    response::IntoResponse,
    routing::{get, put},
};
use std::{sync::Arc, time::Duration};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The state that all handlers share.
pub struct Transport {
    /// The settings.
    pub settings: Settings,
    /// Executes operations.
    pub service: Arc<GraphqlService>,
    /// Authenticates callers.
    pub accounts: Arc<Accounts>,
    /// The database, for the readiness check and the export.
    pub store: Database,
    /// The result of the last readiness check.
    pub readiness: Readiness,
    /// Imports conversations.
    pub imports: Arc<Imports>,
    /// Counts the imports in progress of each user.
    pub imports_in_progress: Arc<KeyedLimiter<Id>>,
    /// Rate limits.
    pub throttle: Arc<Throttle>,
    /// Counts the WebSockets and event streams of each user and address.
    pub open_streams: OpenStreams,
    /// Operations and sockets, which must end before the process does.
    pub tasks: TaskTracker,
    /// Cancelled when the server shuts down.
    pub shutdown: CancellationToken,
}

/// Settings of the HTTP side.
pub struct Settings {
    /// Proxies whose forwarding headers are trusted.
    pub trusted_proxies: TrustedProxies,
    /// Whether all clients are assumed to use TLS.
    pub behind_tls: bool,
    /// Limits of each WebSocket.
    pub sockets: SocketLimits,
    /// Whether the playground is served.
    pub playground: bool,
    /// The largest body of a request, in bytes.
    pub max_body: usize,
    /// The timeout for receiving a request body.
    pub body_timeout: Duration,
    /// Other origins whose pages may use the server.
    pub allowed_origins: Vec<String>,
}

/// Creates the router with all routes and middleware.
pub fn router(transport: Transport) -> Router {
    let cors = cors::layer(&transport.settings.allowed_origins);
    let addresses = Arc::new(proxies::Addresses::new(transport.settings.trusted_proxies.clone()));
    Router::new()
        .route("/graphql", get(http::get).post(http::post))
        .route("/export", get(export::get).head(export::head))
        .route("/import/{ticket}", put(import::put))
        .route("/.well-known/jwks.json", get(keys))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readiness::get))
        .merge(sign_in::router())
        .merge(pages::router())
        .layer(cors)
        .layer(middleware::from_fn_with_state(addresses.clone(), proxies::layer))
        .layer(middleware::from_fn(hosts::layer))
        .layer(middleware::from_fn(request_id::layer))
        .layer(middleware::from_fn_with_state((addresses, transport.settings.behind_tls), headers::layer))
        .with_state(Arc::new(transport))
}

/// The public keys that verify access tokens. The list is empty if the secret signs them.
async fn keys(State(transport): State<Arc<Transport>>) -> impl IntoResponse {
    // A new key must be published for longer than this before it signs tokens.
    let headers =
        [(header::CONTENT_TYPE, "application/jwk-set+json"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, Json(transport.accounts.access_tokens.published()).into_response().into_body())
}

impl Transport {
    /// Charges a cost of 1 to the address of a request that is rejected before authentication.
    ///
    /// Returns the error for the response: `RATE_LIMITED` if the address has no budget left, else the given one. Faults
    /// of the server cost nothing.
    async fn charge_unauthenticated(&self, error: Error, from: ClientAddress) -> Error {
        match error {
            Error::Internal(_) | Error::Unavailable(_) => error,
            error => self.throttle.charge(None, from, 1).await.err().unwrap_or(error),
        }
    }

    /// Authenticates the `Authorization` header. `None` if there is none.
    async fn grant(&self, headers: &HeaderMap, from: ClientAddress) -> Result<Option<Grant>> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            // A value that is not ASCII text is an invalid token.
            (Some(value), None) => {
                self.authenticate(value.to_str().unwrap_or_default(), from).await.map(Some)
            }
            _ => {
                let error = Error::Unauthenticated("The request must have only one `Authorization` header.");
                Err(self.charge_unauthenticated(error, from).await)
            }
        }
    }

    /// Authenticates the value of an `Authorization` header with the scheme `Bearer` (RFC 6750).
    ///
    /// A failure is charged to the client's address, because it may have caused a database query. A valid token costs
    /// nothing, so other clients at the same address cannot lock out an authenticated user.
    async fn authenticate(&self, authorization: &str, from: ClientAddress) -> Result<Grant> {
        let grant = match authorization.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                self.accounts.authenticate(token.trim()).await
            }
            _ => Err(Error::Unauthenticated("`Authorization` must be `Bearer` followed by an access token.")),
        };
        match grant {
            Ok(grant) => Ok(grant),
            Err(error) => Err(self.charge_unauthenticated(error, from).await),
        }
    }
}
