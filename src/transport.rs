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
mod pages;
mod proxies;
mod readiness;
mod request_id;
mod sse;
pub(crate) mod websocket;

pub use cors::canonical as canonical_origin;
pub use listen::{Limits as ConnectionLimits, listen};
pub use proxies::TrustedProxies;
pub use readiness::Readiness;
pub use websocket::{Limits as SocketLimits, OpenSockets};

use crate::{
    accounts::{Accounts, Grant, Viewer},
    address::ClientAddress,
    changes::Changes,
    error::{Error, Result},
    graphql::{Schema, guard, prepare::Prepared, resume::Bookmarks},
    replies::Replies,
    store::Database,
    throttle::{Cost, Throttle},
};
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, header},
    middleware,
    response::IntoResponse,
    routing::get,
};
use futures_util::future::Either;
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How soon somebody who cannot pay for an event is looked at again.
const PAID_WITHIN: Duration = Duration::from_secs(1);

/// What the transports work with.
pub struct Transport {
    /// Executes what is asked.
    pub schema: Schema,
    /// Tells who asks.
    pub accounts: Arc<Accounts>,
    /// What the dataloaders read, and what must answer for the server to be ready.
    pub store: Database,
    /// Whether the database answers.
    pub readiness: Readiness,
    /// Tells a parked subscription when to go on.
    pub replies: Replies,
    /// Likewise.
    pub changes: Changes,
    /// What operations may cost together.
    pub throttle: Arc<Throttle>,
    /// Whose word for a client's address counts.
    pub trusted_proxies: TrustedProxies,
    /// Whether clients come by TLS alone, be it told or not.
    pub behind_tls: bool,
    /// What a document may have.
    pub guard: guard::Limits,
    /// What a socket may take.
    pub sockets: SocketLimits,
    /// Who has how many of them, and which address.
    pub open_sockets: OpenSockets,
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
    /// Waits until a silent subscription has more to tell than its bookmark says. `None` if that is so already, or
    /// cannot be told.
    fn more_after(&self, bookmarks: &Bookmarks) -> Option<impl Future<Output = ()> + Send + use<>> {
        let reply = self.replies.more_after(&bookmarks.reply).map(Either::Left);
        reply.or_else(|| self.changes.more_after(&bookmarks.changes).map(Either::Right))
    }

    /// Charges an operation to whoever asks for it; the cost, if they want to be told.
    async fn charge(
        &self,
        prepared: &Prepared,
        viewer: Option<Viewer>,
        from: ClientAddress,
    ) -> Result<Option<Cost>> {
        let (cost, told) = (prepared.cost, prepared.tell_cost);
        let charged = self.throttle.cost(viewer.map(|viewer| viewer.user_id), from, cost).await?;
        Ok(told.then_some(charged))
    }

    /// Charges an event that has been told, and waits until it is paid: a subscription keeps its place meanwhile, so
    /// whoever asks for more than they can pay gets all of it, only later.
    async fn charge_event(&self, cost: u64, viewer: Option<Viewer>, from: ClientAddress) {
        let user = viewer.map(|viewer| viewer.user_id);
        while self.throttle.cost(user, from, cost).await.is_err() {
            sleep(PAID_WITHIN).await;
        }
    }

    /// Charges the least there is for a document that is refused: to read it was not for nothing.
    async fn charge_refused(&self, viewer: Option<Viewer>, from: ClientAddress) -> Result<()> {
        self.throttle.cost(viewer.map(|viewer| viewer.user_id), from, 1).await.map(drop)
    }

    /// Charges likewise what is refused before anybody is known, to the address; what is to be answered then. What is our
    /// own fault costs nothing.
    async fn charge_unknown(&self, refusal: Error, from: ClientAddress) -> Error {
        match refusal {
            Error::Internal(_) => refusal,
            refusal => self.charge_refused(None, from).await.err().unwrap_or(refusal),
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
