//! GraphQL over HTTP: <https://graphql.github.io/graphql-over-http/draft/>.
//!
//! Only a JSON body executes anything, and GET only queries, so that no other site's form can (CSRF).

use super::{
    Transport, body, cors,
    headers::ByTls,
    negotiation::{self, Form},
    request::{self, Parameters},
    request_id::RequestId,
    sse, websocket,
};
use crate::{
    accounts::Caller,
    address::ClientAddress,
    error::Error,
    graphql::{
        answer,
        prepare::{Incoming, Prepared, prepare},
        refresh_cookie::RefreshCookie,
    },
};
use async_graphql::{self as graphql, Value, parser::types::OperationType};
use axum::{
    Extension,
    body::Body,
    extract::{
        Query, State,
        rejection::QueryRejection,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Serialize;
use std::{mem, sync::Arc};
use tracing::{Instrument, Span};

/// Where a page keeps its refresh token, if not by itself.
const CONFAB_SESSION: &str = "confab-session";

/// `POST /graphql`.
pub async fn post(
    State(transport): State<Arc<Transport>>,
    Extension(RequestId(id)): Extension<RequestId>,
    Extension(ByTls(by_tls)): Extension<ByTls>,
    caller: Caller,
    headers: HeaderMap,
    sent: Body,
) -> Response {
    let Some(form) = form(&headers) else {
        return not_acceptable();
    };
    let from = caller.address;
    let refuse = async |status, message: &str| {
        refuse(&transport, form, status, Error::input("request", message), from, &id).await
    };
    if !body::is_plain(&headers) {
        // It says what is taken instead (RFC 9110, section 15.5.16).
        let refused = refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "must not be compressed").await;
        return ([(header::ACCEPT_ENCODING, "identity")], refused).into_response();
    }
    if !request::is_json(&headers) {
        let message = "must have the content type application/json";
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, message).await;
    }
    let read = body::read(sent, transport.max_body, transport.body_time, &transport.leaving);
    let text = match read.await {
        Ok(text) => text,
        Err((status, message)) => return refuse(status, message).await,
    };
    let cookie = match refresh_cookie(&headers, by_tls) {
        Ok(cookie) => cookie,
        Err(error) => return self::refuse(&transport, form, status_of(&error), error, from, &id).await,
    };
    match request::parse(&text) {
        Ok(incoming) => execute(transport, form, &id, caller, &headers, incoming, Method::Post(cookie)).await,
        Err(message) => refuse(StatusCode::BAD_REQUEST, message).await,
    }
}

/// `GET /graphql`: a WebSocket, a person who wants the playground, or a query.
pub async fn get(
    State(transport): State<Arc<Transport>>,
    Extension(RequestId(id)): Extension<RequestId>,
    caller: Caller,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Response {
    if let Ok(upgrade) = upgrade {
        if !cors::may_connect(&headers, &transport.allowed_origins) {
            return (StatusCode::FORBIDDEN, "this origin may not connect\n").into_response();
        }
        return websocket::upgrade(transport, upgrade, id, caller);
    }
    if Parameters::is_empty(&parameters) && negotiation::wants_page(&headers) {
        return Redirect::to("/playground").into_response();
    }
    let Some(form) = negotiation::form(&headers) else {
        return not_acceptable();
    };
    match Parameters::decode(parameters) {
        Ok(incoming) => execute(transport, form, &id, caller, &headers, incoming, Method::Get).await,
        Err(message) => {
            let error = Error::input("request", message);
            refuse(&transport, form, StatusCode::BAD_REQUEST, error, caller.address, &id).await
        }
    }
}

async fn execute(
    transport: Arc<Transport>,
    form: Form,
    id: &Arc<str>,
    caller: Caller,
    headers: &HeaderMap,
    incoming: Incoming,
    method: Method,
) -> Response {
    let grant = match transport.grant(headers, caller.address).await {
        Ok(grant) => grant,
        Err(error) => return refusal(form, status_of(&error), &error, id),
    };
    let viewer = grant.map(|grant| grant.viewer);
    if let Some(viewer) = viewer {
        Span::current().record("user_id", tracing::field::display(viewer.user_id));
    }
    let from = caller.address;
    let prepared = match prepare(&incoming, viewer, &transport.store, &transport.guard) {
        Ok(prepared) => prepared.with(Arc::new(caller)),
        Err(unfit) => {
            return match transport.charge_refused(viewer, from).await {
                Ok(()) => reply(form, unfit.into_response(), false),
                Err(error) => refusal(form, status_of(&error), &error, id),
            };
        }
    };
    let cost = match transport.charge(&prepared, viewer, from).await {
        Ok(cost) => cost,
        Err(error) => return refusal(form, status_of(&error), &error, id),
    };
    let takes_events = negotiation::takes_events(headers);
    match prepared.operation {
        Some(OperationType::Subscription) if !takes_events => {
            let error = Error::input(
                "query",
                "is a subscription: those need a WebSocket, or `Accept: text/event-stream`",
            );
            return refusal(form, StatusCode::BAD_REQUEST, &error, id);
        }
        Some(OperationType::Subscription) => {
            return sse::respond(&transport, grant, from, prepared, cost, headers, id.clone());
        }
        Some(OperationType::Mutation) if matches!(method, Method::Get) => {
            let error = Error::input("query", "is a mutation: those need POST");
            let mut response = refusal(form, StatusCode::METHOD_NOT_ALLOWED, &error, id);
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            return response;
        }
        _ if takes_events && negotiation::form(headers).is_none() => {
            return sse::respond(&transport, grant, from, prepared, cost, headers, id.clone());
        }
        _ => {}
    }
    // In a task of its own: what has been begun is done, even when the client hangs up.
    let Prepared { mut request, single, .. } = prepared;
    if let Method::Post(Some(cookie)) = method {
        request = request.data(cookie);
    }
    let schema = transport.schema.clone();
    let executed = transport.tasks.spawn(async move { schema.execute(request).await }.in_current_span());
    match executed.await {
        Ok(response) => {
            let mut response = answer::finish(response, id);
            answer::tell_cost(&mut response, cost);
            reply(form, response, single)
        }
        Err(_) => panicked(form, id),
    }
}

/// How it is asked; and by POST, perhaps, by a page that keeps its refresh token in a cookie.
enum Method {
    Get,
    Post(Option<RefreshCookie>),
}

/// The cookie, if the request says that a page of ours keeps its refresh token there. Another site's cannot say so: such
/// a header would need our permission (CORS), and the cookie is not sent for it.
fn refresh_cookie(headers: &HeaderMap, by_tls: bool) -> Result<Option<RefreshCookie>, Error> {
    match headers.get(CONFAB_SESSION) {
        None => Ok(None),
        Some(kept) if kept == "cookie" && cors::is_own(headers) => {
            let cookies = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
            Ok(Some(RefreshCookie::among(cookies, by_tls)))
        }
        Some(kept) if kept == "cookie" => {
            Err(Error::Forbidden("the cookie is for pages of this server alone"))
        }
        Some(_) => Err(Error::input("Confab-Session", "can only be `cookie`")),
    }
}

/// The form of an answer that is no stream of events; `None` if the client takes nothing of ours.
fn form(headers: &HeaderMap) -> Option<Form> {
    negotiation::form(headers).or(negotiation::takes_events(headers).then_some(Form::GraphQlResponse))
}

/// An answer as it is written: without `data` if nothing was executed (GraphQL specification, "Response Format").
#[derive(Serialize)]
pub struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [graphql::ServerError],
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    extensions: &'a std::collections::BTreeMap<String, Value>,
}

impl<'a> Written<'a> {
    /// Borrows from the answer what is written of it.
    pub fn new(response: &'a graphql::Response) -> Self {
        Self {
            data: (!nothing_executed(response)).then_some(&response.data),
            errors: &response.errors,
            extensions: &response.extensions,
        }
    }
}

/// Whether the errors are of the request, not of its execution.
pub fn nothing_executed(response: &graphql::Response) -> bool {
    response.data == Value::Null && response.errors.iter().any(|error| error.path.is_empty())
}

/// `single` tells that there is but one root field.
fn reply(form: Form, mut response: graphql::Response, single: bool) -> Response {
    let cookies = mem::take(&mut response.http_headers);
    let mut written = reply_to(form, response, single);
    written.headers_mut().extend(cookies);
    written
}

fn reply_to(form: Form, response: graphql::Response, single: bool) -> Response {
    // Nothing was done, and it is worth another try: HTTP has its own words for that, which proxies and clients know.
    if let Some(seconds) = answer::retry_after(&response).filter(|_| single) {
        return later(write(form, StatusCode::TOO_MANY_REQUESTS, &response), seconds);
    }
    let refused = form == Form::GraphQlResponse && nothing_executed(&response);
    let status = if refused { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    write(form, status, &response)
}

/// The status of a request of which nothing was done.
pub fn status_of(error: &Error) -> StatusCode {
    match error {
        Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        Error::Forbidden(_) => StatusCode::FORBIDDEN,
        Error::NotFound(_) => StatusCode::NOT_FOUND,
        Error::BadUserInput { .. } => StatusCode::BAD_REQUEST,
        Error::Conflict(_) => StatusCode::CONFLICT,
        Error::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The answer to a request of which nothing was done.
pub fn refusal(form: Form, status: StatusCode, error: &Error, id: &str) -> Response {
    let mut response = write(form, status, &answer::refuse(error, id));
    if let Error::RateLimited { retry_after, .. } = error {
        response = later(response, *retry_after);
    }
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The answer to a request that is refused before anybody is known: its address pays for having been heard.
async fn refuse(
    transport: &Transport,
    form: Form,
    status: StatusCode,
    error: Error,
    from: ClientAddress,
    id: &str,
) -> Response {
    match transport.charge_unknown(error, from).await {
        limited @ Error::RateLimited { .. } => refusal(form, status_of(&limited), &limited, id),
        error => refusal(form, status, &error, id),
    }
}

/// The answer, with the time to come back (RFC 9110, section 10.2.3).
fn later(mut response: Response, seconds: u64) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}

fn write(form: Form, status: StatusCode, response: &graphql::Response) -> Response {
    match serde_json::to_vec(&Written::new(response)) {
        Ok(body) => {
            (status, [(header::CONTENT_TYPE, form.content_type()), (header::CACHE_CONTROL, "no-store")], body)
                .into_response()
        }
        Err(error) => {
            tracing::error!(%error, "answer not written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn not_acceptable() -> Response {
    let message = "answers are application/graphql-response+json, application/json or text/event-stream\n";
    (StatusCode::NOT_ACCEPTABLE, message).into_response()
}

/// The answer where a handler has panicked. The panic hook has logged it, but for what the panic says.
pub fn panicked(form: Form, id: &str) -> Response {
    refusal(form, StatusCode::INTERNAL_SERVER_ERROR, &Error::internal("a handler panicked"), id)
}
