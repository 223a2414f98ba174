//! The one path of every operation, whatever transport it comes by.
//!
//! A transport decodes a [`Request`], authenticates the caller and calls [`GraphqlService::execute`]. The service
//! prepares the document, identifies the caller, charges the cost, executes, and finishes the response: codes, positions,
//! cost. What comes back is a refusal, one response, or a stream of responses, which the transport encodes.

mod dues;
mod subscription;

pub use dues::Dues;

use super::{
    Loaders, Schema,
    document::{Documents, Prepared, Rejection, prices},
    refresh_cookie::RefreshCookie,
    request::{DocumentSource, Request},
    response,
    resume::Resume,
    text_budget::TextBudget,
};
use crate::{
    accounts::{Caller, Presence, Viewer},
    changes::Changes,
    error::{Code, Error, Result},
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

/// The root fields that anybody may select. An invalid access token does not matter to an operation that selects
/// nothing else: a client whose token has expired must be able to refresh it.
const OPEN_TO_ANONYMOUS: [&str; 6] =
    ["__typename", "logIn", "logOut", "models", "refreshSession", "register"];

/// Executes operations.
pub struct GraphqlService {
    /// The executable schema.
    pub schema: Schema,
    /// Reads documents.
    pub documents: Documents,
    /// What the dataloaders read.
    pub store: Database,
    /// Wakes a parked subscription.
    pub replies: Replies,
    /// Likewise.
    pub changes: Changes,
    /// Charges the cost.
    pub throttle: Arc<Throttle>,
    /// The order in which subscriptions pay for their events.
    pub dues: Dues,
    /// Owns what is executed: an operation that has begun is finished, even if its client is gone.
    pub tasks: TaskTracker,
    /// How long a new subscription on a socket is silent until it is parked.
    pub park_after: Duration,
}

/// How a request came, and from whom.
pub struct Call {
    /// By which the log names the request.
    pub request_id: Arc<str>,
    /// The client's address and program.
    pub caller: Arc<Caller>,
    /// The authenticated user, if any.
    pub identity: Identity,
    /// What the transport can carry.
    pub carries: Carries,
    /// The cookie that the page keeps its refresh token in.
    pub cookie: Option<RefreshCookie>,
    /// Where a client that comes back was (`Last-Event-ID`), and is after each event. `None` on a socket, where the
    /// subscription's arguments and events tell.
    pub resume: Option<Resume>,
    /// Kept until the operation has ended, even if its client has given it up.
    pub permit: Option<Box<dyn Any + Send + Sync>>,
}

/// Who sends a request.
pub enum Identity {
    /// What the request's own `Authorization` says: nobody, a user, or an invalid token.
    Request(Result<Option<Viewer>>),
    /// The user who is authenticated on the socket, if any. Its subscriptions are parked while they are silent.
    Socket(Presence),
}

/// What kinds of operations a transport can carry, besides queries.
#[derive(Clone, Copy, Debug)]
pub struct Carries {
    /// Not those by GET, which any page can send.
    pub mutations: bool,
    /// Only where several responses can be sent.
    pub subscriptions: bool,
}

/// What comes of a request.
pub enum Answer {
    /// Nothing was executed.
    Refused(Refused),
    /// A query or a mutation was executed.
    Executed(Executed),
    /// A subscription is being executed. Where the stream ends, the subscription is complete.
    Stream(BoxStream<'static, Event>),
}

/// Why nothing was executed.
pub struct Refused {
    /// The code of the first error.
    pub code: Code,
    /// The errors.
    pub response: Response,
}

/// The result of a query or a mutation.
pub struct Executed {
    /// The response, and the headers for HTTP.
    pub response: Response,
    /// Whether there is only one root field: if it failed, nothing was done.
    pub single: bool,
}

/// What a subscription has for its client.
pub enum Event {
    /// An event, and the cursor after it.
    Next(Response, Option<String>),
    /// Nothing was executed, or the execution failed; nothing follows.
    Refused(Response),
}

impl Refused {
    /// For one error.
    pub fn new(error: &Error, request_id: &str) -> Self {
        Self { code: error.code(), response: response::refuse(error, request_id) }
    }

    /// Whether the operation is at fault, or the server while it executed it; not the caller or the HTTP method.
    pub fn is_of_operation(&self) -> bool {
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

    /// For an invalid document.
    fn rejected(rejection: Rejection, request_id: &str) -> Self {
        let code = rejection.0.first().map_or(Code::GraphqlValidationFailed, |fault| fault.code);
        Self { code, response: response::finish(rejection.into_response(), request_id) }
    }

    fn panicked(request_id: &str) -> Self {
        Self::new(&Error::internal("an operation panicked"), request_id)
    }
}

impl GraphqlService {
    /// Executes a request, in a task of its own that starts at once: what has begun is finished, even if the client is
    /// gone. A panic is an INTERNAL error of this request alone.
    pub fn execute(
        self: &Arc<Self>,
        request: Request,
        call: Call,
    ) -> impl Future<Output = Answer> + Send + use<> {
        let (service, request_id) = (self.clone(), call.request_id.clone());
        let task = self.tasks.spawn(async move { service.answer(request, call).await }.in_current_span());
        async move {
            match task.await {
                Ok(answer) => answer.unwrap_or_else(|refused| Answer::Refused(*refused)),
                Err(_) => Answer::Refused(Refused::panicked(&request_id)),
            }
        }
    }

    async fn answer(self: Arc<Self>, request: Request, call: Call) -> Result<Answer, Box<Refused>> {
        let prepared = self.prepare(&request);
        let refuse = |error: Error| Box::new(Refused::new(&error, &call.request_id));
        let viewer = viewer(&call.identity, prepared.as_ref().ok()).map_err(refuse)?;
        let size = prices::of_size(request.bytes);
        let mut prepared = match prepared {
            Ok(prepared) => prepared,
            Err(rejection) => {
                self.charge(1 + size, viewer, &call.caller).await.map_err(refuse)?;
                return Err(Box::new(Refused::rejected(rejection, &call.request_id)));
            }
        };
        if let Some((code, error)) = call.carries.refuses(prepared.kind) {
            self.charge(1 + size, viewer, &call.caller).await.map_err(refuse)?;
            return Err(Box::new(Refused::with_code(code, &error, &call.request_id)));
        }
        prepared.cost = prepared.cost.saturating_add(size);
        let cost = self.charge(prepared.cost, viewer, &call.caller).await.map_err(refuse)?;
        let cost = request.extensions.cost.then_some(cost);
        match prepared.kind {
            OperationType::Subscription => {
                let subscription = Subscription::new(self, request, call);
                Ok(Answer::Stream(subscription.events(prepared, cost)))
            }
            _ => Ok(Answer::Executed(self.execute_once(prepared, viewer, call, cost).await)),
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
                if let Identity::Socket(presence) = identity {
                    request = request.data(presence);
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
        response::tell_cost(&mut response, cost);
        Executed { response, single: prepared.roots.len() == 1 }
    }

    /// Gives a request what the resolvers need.
    fn with_data(
        &self,
        request: executor::Request,
        viewer: Option<Viewer>,
        caller: Arc<Caller>,
    ) -> executor::Request {
        let budget = TextBudget::new(self.documents.limits().text);
        request.data(viewer).data(Loaders::new(&self.store, viewer)).data(budget).data(caller)
    }

    /// Charges the user, or the address of a caller who is not signed in.
    async fn charge(&self, cost: u64, viewer: Option<Viewer>, caller: &Caller) -> Result<Cost> {
        self.throttle.cost(viewer.map(|viewer| viewer.user_id), caller.address, cost).await
    }
}

/// The authenticated user. An invalid token is an error unless the operation is open to anonymous callers.
fn viewer(identity: &Identity, prepared: Option<&Prepared>) -> Result<Option<Viewer>> {
    match identity {
        Identity::Socket(presence) => Ok(presence.viewer()),
        Identity::Request(Ok(viewer)) => Ok(*viewer),
        Identity::Request(Err(error)) => {
            // `__typename` tells nothing.
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

impl Carries {
    fn refuses(self, kind: OperationType) -> Option<(Code, Error)> {
        match kind {
            OperationType::Mutation if !self.mutations => {
                let error = Error::input("query", "is a mutation: send it by POST");
                Some((Code::MethodNotAllowed, error))
            }
            OperationType::Subscription if !self.subscriptions => {
                let message = "is a subscription: use a WebSocket, or accept `text/event-stream`";
                Some((Code::BadUserInput, Error::input("query", message)))
            }
            _ => None,
        }
    }
}
