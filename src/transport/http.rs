//! GraphQL over HTTP: <https://graphql.github.io/graphql-over-http/draft/>.
//!
//! Only a JSON body executes anything, and GET only queries, so that no other site's form can (CSRF).

use super::{
    Transport, body, cors,
    headers::ByTls,
    negotiation::{self, Form},
    request::{self, Parameters},
    request_id::RequestId,
    response, sse, websocket,
};
use crate::{
    accounts::Caller,
    address::ClientAddress,
    error::Error,
    graphql::{
        refresh_cookie::RefreshCookie,
        request::Request,
        service::{Answer, Call, Carries, Identity},
    },
};
use axum::{
    Extension,
    body::Body,
    extract::{
        Query, State,
        rejection::QueryRejection,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use std::sync::Arc;
use tracing::Span;

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
        return response::not_acceptable();
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
        Err(error) => {
            return self::refuse(&transport, form, response::status_of(error.code()), error, from, &id).await;
        }
    };
    match request::parse(&text) {
        Ok(request) => execute(transport, &id, caller, &headers, request, Method::Post(cookie)).await,
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
    let Some(form) = form(&headers) else {
        return response::not_acceptable();
    };
    match Parameters::decode(parameters) {
        Ok(request) => execute(transport, &id, caller, &headers, request, Method::Get).await,
        Err(message) => {
            let error = Error::input("request", message);
            refuse(&transport, form, StatusCode::BAD_REQUEST, error, caller.address, &id).await
        }
    }
}

/// How a request was sent; and by POST, perhaps, by a page that keeps its refresh token in a cookie.
enum Method {
    Get,
    Post(Option<RefreshCookie>),
}

async fn execute(
    transport: Arc<Transport>,
    id: &Arc<str>,
    caller: Caller,
    headers: &HeaderMap,
    request: Request,
    method: Method,
) -> Response {
    let grant = transport.grant(headers, caller.address).await;
    if let Ok(Some(grant)) = &grant {
        Span::current().record("user_id", tracing::field::display(grant.viewer.user_id));
    }
    let (mutations, cookie) = match method {
        Method::Get => (false, None),
        Method::Post(cookie) => (true, cookie),
    };
    let (from, resume) = (caller.address, sse::resume(headers));
    let call = Call {
        request_id: id.clone(),
        caller: Arc::new(caller),
        identity: Identity::Request(grant.clone().map(|grant| grant.map(|grant| grant.viewer))),
        carries: Carries { mutations, subscriptions: negotiation::takes_events(headers) },
        cookie,
        resume: Some(resume),
        permit: None,
    };
    let answer = transport.service.execute(request, call).await;
    match (answer, negotiation::form(headers)) {
        (Answer::Stream(events), form) => {
            let form = form.unwrap_or(Form::GraphQlResponse);
            sse::stream(&transport, grant.ok().flatten(), from, events)
                .unwrap_or_else(|error| response::refusal(form, &error, id))
        }
        (Answer::Executed(executed), Some(form)) => response::executed(form, executed),
        (Answer::Refused(refused), Some(form)) => response::refused(form, &refused),
        (Answer::Executed(executed), None) => sse::once(executed.response),
        // An event reports what is wrong with the operation. What is wrong with the HTTP request has a status.
        (Answer::Refused(refused), None) if refused.is_of_operation() => sse::once(refused.response),
        (Answer::Refused(refused), None) => response::refused(Form::GraphQlResponse, &refused),
    }
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

/// Refuses a request before its caller is known. Its address is charged.
async fn refuse(
    transport: &Transport,
    form: Form,
    status: StatusCode,
    error: Error,
    from: ClientAddress,
    id: &str,
) -> Response {
    match transport.charge_unknown(error, from).await {
        limited @ Error::RateLimited { .. } => response::refusal(form, &limited, id),
        error => response::with_status(status, response::refusal(form, &error, id)),
    }
}
