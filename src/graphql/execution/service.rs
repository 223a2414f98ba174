//! The execution of operations, independent of the transport.
//!
//! A transport decodes a [`Request`], authenticates the caller and calls [`GraphqlService::execute`]. The service
//! prepares the document, checks the caller's identity, charges the cost, executes the operation, and completes the
//! response with error codes, positions and the cost. It returns a rejection, one response or a stream of responses,
//! which the transport encodes.

mod charge_queues;
mod subscription;

pub use charge_queues::ChargeQueues;

use super::{
    request::{DocumentSource, Request},
    response,
    resume::Resume,
    text_budget::TextBudget,
};
use crate::{
    accounts::{Caller, ConnectionAuth, Viewer, refresh_cookie::RefreshCookie},
    changes::Changes,
    error::{Code, Error, Result},
    graphql::{
        document::{Documents, Prepared, Rejection, prices},
        schema::{Loaders, Schema},
    },
    replies::Replies,
    store::Database,
    throttle::{Cost, Throttle},
};
use async_graphql::{self as executor, Response, indexmap::IndexMap, parser::types::OperationType};
use futures_util::stream::BoxStream;
use std::{any::Any, sync::Arc, time::Duration};
use subscription::Subscription;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// The root fields that require no authentication. An operation that selects only these ignores an invalid access
/// token: a client whose token has expired must be able to refresh it.
const OPEN_TO_ANONYMOUS: [&str; 6] =
    ["__typename", "logIn", "logOut", "models", "refreshSession", "register"];

/// Executes GraphQL operations.
pub struct GraphqlService {
    /// The executable schema.
    pub schema: Schema,
    /// Validates and prepares documents.
    pub documents: Documents,
    /// The database that the dataloaders read.
    pub store: Database,
    /// Wakes parked subscriptions to `reply`.
    pub replies: Replies,
    /// Wakes parked subscriptions to `changes`.
    pub changes: Changes,
    /// Charges the cost of operations.
    pub throttle: Arc<Throttle>,
    /// The queues in which subscriptions wait to be charged for their events.
    pub charge_queues: ChargeQueues,
    /// Tracks running operations. An operation that has started is finished even if its client disconnects.
    pub tasks: TaskTracker,
    /// The time without an event after which a new subscription on a socket is parked.
    pub park_after: Duration,
}

/// The context of a request: its caller and its transport.
pub struct Call {
    /// The ID of the request in the log.
    pub request_id: Arc<str>,
    /// The network address and the program of the client.
    pub caller: Arc<Caller>,
    /// The authenticated user, if any.
    pub identity: Identity,
    /// The operations that the transport supports.
    pub capabilities: TransportCapabilities,
    /// The cookie for the refresh token, if the request asked for it.
    pub cookie: Option<RefreshCookie>,
    /// The cursor from which the client resumes (`Last-Event-ID`), updated after each event. `None` on a socket,
    /// where the arguments and events of the subscription carry cursors.
    pub resume: Option<Resume>,
    /// A permit to hold until the operation has ended, even if its client has cancelled it.
    pub permit: Option<Box<dyn Any + Send + Sync>>,
}

/// The identity of the caller.
pub enum Identity {
    /// From the `Authorization` header of the request: no user, a user, or an invalid token.
    Request(Result<Option<Viewer>>),
    /// The user who is authenticated on the socket, if any. Silent subscriptions on a socket are parked.
    Socket(ConnectionAuth),
}

/// The kinds of operations that a transport supports, besides queries.
#[derive(Clone, Copy, Debug)]
pub struct TransportCapabilities {
    /// Mutations. Not supported by GET, which pages of any site can send.
    pub mutations: bool,
    /// Subscriptions. Supported only if the transport can send several responses.
    pub subscriptions: bool,
}

/// The outcome of a request.
pub enum Outcome {
    /// The request was rejected before execution.
    Refused(Refused),
    /// A query or a mutation was executed.
    Executed(Executed),
    /// A subscription is in progress. It is complete when the stream ends.
    Stream(BoxStream<'static, Event>),
}

/// A request that was rejected before execution.
pub struct Refused {
    /// The code of the first error.
    pub code: Code,
    /// The errors.
    pub response: Response,
}

/// A query or mutation that was executed.
pub struct Executed {
    /// The response, including HTTP headers.
    pub response: Response,
    /// Whether the operation has a single root field. If that field failed, nothing was done.
    pub single: bool,
}

/// An event of a subscription.
pub enum Event {
    /// A response, and the cursor after it.
    Next(Response, Option<String>),
    /// The subscription was rejected or failed. This is the last event.
    Refused(Response),
}

impl Refused {
    /// Creates the response for one error.
    pub fn new(error: &Error, request_id: &str) -> Self {
        Self { code: error.code(), response: response::refuse(error, request_id) }
    }

    /// Returns whether the error concerns the operation or its execution, rather than the caller or the HTTP method.
    pub fn concerns_operation(&self) -> bool {
        !matches!(
            self.code,
            Code::Unauthenticated | Code::RateLimited | Code::Unavailable | Code::MethodNotAllowed
        )
    }

    fn with_code(code: Code, error: &Error, request_id: &str) -> Self {
        let mut refused = Self::new(error, request_id);
        refused.code = code;
        refused
    }

    /// Creates the response for an invalid document.
    fn rejected(rejection: Rejection, request_id: &str) -> Self {
        let code = rejection.0.first().map_or(Code::GraphqlValidationFailed, |error| error.code);
        Self { code, response: response::finish(rejection.into_response(), request_id) }
    }

    fn panicked(request_id: &str) -> Self {
        Self::new(&Error::internal("an operation panicked"), request_id)
    }
}

impl GraphqlService {
    /// Executes a request in its own task, which starts at once and is finished even if the client disconnects. A panic
    /// becomes an INTERNAL error of this request.
    pub fn execute(
        self: &Arc<Self>,
        request: Request,
        call: Call,
    ) -> impl Future<Output = Outcome> + Send + use<> {
        let (service, request_id) = (self.clone(), call.request_id.clone());
        let task = self.tasks.spawn(async move { service.answer(request, call).await }.in_current_span());
        async move {
            match task.await {
                Ok(answer) => answer.unwrap_or_else(|refused| Outcome::Refused(*refused)),
                Err(_) => Outcome::Refused(Refused::panicked(&request_id)),
            }
        }
    }

    async fn answer(self: Arc<Self>, request: Request, call: Call) -> Result<Outcome, Box<Refused>> {
        let prepared = self.prepare(&request);
        let refuse = |error: Error| Box::new(Refused::new(&error, &call.request_id));
        let viewer = viewer(&call.identity, prepared.as_ref().ok()).map_err(refuse)?;
        let size = prices::size_cost(request.bytes);
        let mut prepared = match prepared {
            Ok(prepared) => prepared,
            Err(rejection) => {
                self.charge(1 + size, viewer, &call.caller).await.map_err(refuse)?;
                return Err(Box::new(Refused::rejected(rejection, &call.request_id)));
            }
        };
        if let Some((code, error)) = call.capabilities.refuses(prepared.operation_type) {
            self.charge(1 + size, viewer, &call.caller).await.map_err(refuse)?;
            return Err(Box::new(Refused::with_code(code, &error, &call.request_id)));
        }
        prepared.cost = prepared.cost.saturating_add(size);
        let cost = self.charge(prepared.cost, viewer, &call.caller).await.map_err(refuse)?;
        let cost = request.extensions.cost.then_some(cost);
        match prepared.operation_type {
            OperationType::Subscription => {
                let subscription = Subscription::new(self, request, call);
                Ok(Outcome::Stream(subscription.events(prepared, cost)))
            }
            _ => Ok(Outcome::Executed(self.execute_once(prepared, viewer, call, cost).await)),
        }
    }

    fn prepare(&self, request: &Request) -> Result<Prepared, Rejection> {
        let Request { document, operation_name, variables, .. } = request;
        let text = match document {
            DocumentSource::Text(text) => text,
            DocumentSource::Id(id) => self.documents.trusted(id)?,
        };
        self.documents.prepare(text, operation_name.as_deref(), variables)
    }

    /// Executes a query or a mutation.
    async fn execute_once(
        &self,
        mut prepared: Prepared,
        viewer: Option<Viewer>,
        call: Call,
        cost: Option<Cost>,
    ) -> Executed {
        let Call { request_id, caller, identity, cookie, permit: _permit, .. } = call;
        let mut response = match prepared.take_request() {
            Some(request) => {
                let mut request = self.with_data(request, viewer, caller);
                if let Identity::Socket(connection_auth) = identity {
                    request = request.data(connection_auth);
                }
                if let Some(cookie) = cookie {
                    request = request.data(cookie);
                }
                self.schema.execute(request).await
            }
            None => Response::new(executor::Value::Object(IndexMap::default())),
        };
        prepared.complete(&self.documents, &mut response);
        let mut response = response::finish(response, &request_id);
        response::add_cost(&mut response, cost);
        Executed { response, single: prepared.roots.len() == 1 }
    }

    /// Adds the data that the resolvers need.
    fn with_data(
        &self,
        request: executor::Request,
        viewer: Option<Viewer>,
        caller: Arc<Caller>,
    ) -> executor::Request {
        let budget = TextBudget::new(self.documents.limits().text);
        request.data(viewer).data(Loaders::new(&self.store, viewer)).data(budget).data(caller)
    }

    /// Charges the user, or the client address of an unauthenticated caller.
    async fn charge(&self, cost: u64, viewer: Option<Viewer>, caller: &Caller) -> Result<Cost> {
        self.throttle.charge(viewer.map(|viewer| viewer.user_id), caller.address, cost).await
    }
}

/// Returns the authenticated user. An invalid token is an error unless the operation requires no authentication.
fn viewer(identity: &Identity, prepared: Option<&Prepared>) -> Result<Option<Viewer>> {
    match identity {
        Identity::Socket(connection_auth) => Ok(connection_auth.viewer()),
        Identity::Request(Ok(viewer)) => Ok(*viewer),
        Identity::Request(Err(error)) => {
            // `__typename` does not count: an operation with nothing else is not exempt.
            let is_open = |prepared: &Prepared| {
                let mut roots = prepared.roots.iter().filter(|root| *root != "__typename").peekable();
                roots.peek().is_some() && roots.all(|root| OPEN_TO_ANONYMOUS.contains(&root.as_str()))
            };
            match (error, prepared) {
                (Error::Unauthenticated(_), Some(prepared)) if is_open(prepared) => Ok(None),
                _ => Err(error.clone()),
            }
        }
    }
}

impl TransportCapabilities {
    fn refuses(self, operation_type: OperationType) -> Option<(Code, Error)> {
        match operation_type {
            OperationType::Mutation if !self.mutations => {
                let error = Error::input("query", "is a mutation. Send it by POST.");
                Some((Code::MethodNotAllowed, error))
            }
            OperationType::Subscription if !self.subscriptions => {
                let message = "is a subscription. Use a WebSocket, or accept `text/event-stream`.";
                Some((Code::BadUserInput, Error::input("query", message)))
            }
            _ => None,
        }
    }
}
