//! How clients reach the server: the one router, and what every request passes through.

mod body;
mod caller;
mod cors;
mod export;
mod headers;
mod hosts;
pub(crate) mod http;
mod listen;
mod negotiation;
mod open_streams;
mod pages;
mod proxies;
mod readiness;
pub(crate) mod request;
mod request_id;
mod response;
mod sse;
pub(crate) mod websocket;

pub use cors::canonical as canonical_origin;
pub use listen::{Limits as ConnectionLimits, listen};
pub use open_streams::OpenStreams;
pub use pages::documents as page_documents;
pub use proxies::TrustedProxies;
pub use readiness::Readiness;
pub use websocket::Limits as SocketLimits;

use crate::{
    accounts::{Accounts, Grant},
    address::ClientAddress,
    error::{Error, Result},
    graphql::service::GraphqlService,
    store::Database,
    throttle::Throttle,
};
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, header},
    middleware,
    response::IntoResponse,
    routing::get,
};
use std::{sync::Arc, time::Duration};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What the transports work with.
pub struct Transport {
    /// Executes operations.
    pub service: Arc<GraphqlService>,
    /// Tells who asks.
    pub accounts: Arc<Accounts>,
    /// Must answer for the server to be ready.
    pub store: Database,
    /// Whether the database answers.
    pub readiness: Readiness,
    /// What operations may cost together.
    pub throttle: Arc<Throttle>,
    /// Whose word for a client's address counts.
    pub trusted_proxies: TrustedProxies,
    /// Whether clients come by TLS alone, be it told or not.
    pub behind_tls: bool,
    /// What a socket may take.
    pub sockets: SocketLimits,
    /// Counts the WebSockets and event streams of each user and address.
    pub open_streams: OpenStreams,
    /// Whether the playground is served.
    pub playground: bool,
    /// The largest body of a request, in bytes.
    pub max_body: usize,
    /// How long a body may take to come.
    pub body_time: Duration,
    /// The origins, besides our own, whose pages may use the server.
    pub allowed_origins: Vec<String>,
    /// Operations and sockets: what must end before the server does.
    pub tasks: TaskTracker,
    /// Set when the server is to end.
    pub leaving: CancellationToken,
}

/// All addresses.
pub fn router(transport: Transport) -> Router {
    let cors = cors::layer(&transport.allowed_origins);
    let addresses = Arc::new(proxies::Addresses::new(transport.trusted_proxies.clone()));
    Router::new()
        .route("/graphql", get(http::get).post(http::post))
        .route("/export", get(export::get).head(export::head))
        .route("/.well-known/jwks.json", get(keys))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readiness::get))
        .merge(pages::router())
        .layer(cors)
        .layer(middleware::from_fn_with_state(addresses.clone(), proxies::layer))
        .layer(middleware::from_fn(hosts::layer))
        .layer(middleware::from_fn(request_id::layer))
        .layer(middleware::from_fn_with_state((addresses, transport.behind_tls), headers::layer))
        .with_state(Arc::new(transport))
}

/// The keys by which anybody can verify our access tokens: none, if they are signed by a secret.
async fn keys(State(transport): State<Arc<Transport>>) -> impl IntoResponse {
    // As long as a client may go without a new key: it is to be there for longer before it signs.
    let headers =
        [(header::CONTENT_TYPE, "application/jwk-set+json"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, Json(transport.accounts.access_tokens.published()).into_response().into_body())
}

impl Transport {
    /// Charges an address for a request that is refused before its caller is known; the error to answer with. A fault of
    /// the server costs nothing.
    async fn charge_unknown(&self, refusal: Error, from: ClientAddress) -> Error {
        match refusal {
            Error::Internal(_) | Error::Unavailable(_) => refusal,
            refusal => self.throttle.cost(None, from, 1).await.err().unwrap_or(refusal),
        }
    }

    /// Who an `Authorization` header names, and until when; `None` if there is none.
    async fn grant(&self, headers: &HeaderMap, from: ClientAddress) -> Result<Option<Grant>> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            // What is no text is no token either.
            (Some(value), None) => {
                self.authenticate(value.to_str().unwrap_or_default(), from).await.map(Some)
            }
            _ => {
                let several = Error::Unauthenticated("there must be one `Authorization`");
                Err(self.charge_unknown(several, from).await)
            }
        }
    }

    /// Who `Bearer …` names (RFC 6750), and until when. To find out that it is nobody is not for nothing: it may have
    /// been looked up. Who is somebody is not charged, nor kept out by others at their address.
    async fn authenticate(&self, authorization: &str, from: ClientAddress) -> Result<Grant> {
        let grant = match authorization.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                self.accounts.authenticate(token.trim()).await
            }
            _ => Err(Error::Unauthenticated("`Authorization` must be `Bearer` and an access token")),
        };
        match grant {
            Ok(grant) => Ok(grant),
            Err(refusal) => Err(self.charge_unknown(refusal, from).await),
        }
    }
}
