//! GraphQL over HTTP: <https://graphql.github.io/graphql-over-http/draft/>.
//!
//! POST requires a JSON body, and GET executes only queries. Forms of other sites therefore cannot execute mutations
//! (CSRF).

use super::{
    Transport, body, cors,
    headers::UsesTls,
    negotiation::{self, ResponseFormat},
    request::{self, Parameters},
    request_id::RequestId,
    response, sse, websocket,
};
use crate::{
    accounts::{Caller, refresh_cookie::RefreshCookie},
    address::ClientAddress,
    error::Error,
    graphql::execution::{
        request::Request,
        service::{Call, Identity, Outcome, TransportCapabilities},
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

/// The request header by which a page has its refresh token stored in a cookie.
const CONFAB_SESSION: &str = "confab-session";

/// `POST /graphql`.
pub async fn post(
    State(transport): State<Arc<Transport>>,
    Extension(RequestId(id)): Extension<RequestId>,
    Extension(UsesTls(tls)): Extension<UsesTls>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(format) = response_format(&headers) else {
        return response::not_acceptable();
    };
    let from = caller.address;
    let refuse = async |status, message: &str| {
        refuse(&transport, format, status, Error::input("request", message), from, &id).await
    };
    if !body::is_uncompressed(&headers) {
        // `Accept-Encoding` lists the supported codings (RFC 9110, section 15.5.16).
        let refused = refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "must not be compressed.").await;
        return ([(header::ACCEPT_ENCODING, "identity")], refused).into_response();
    }
    if !request::is_json(&headers) {
        let message = "must have the content type `application/json`.";
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, message).await;
    }
    let read =
        body::read(body, transport.settings.max_body, transport.settings.body_timeout, &transport.shutdown);
    let text = match read.await {
        Ok(text) => text,
        Err((status, message)) => return refuse(status, message).await,
    };
    let cookie = match refresh_cookie(&headers, tls) {
        Ok(cookie) => cookie,
        Err(error) => {
            return self::refuse(&transport, format, response::status(error.code()), error, from, &id).await;
        }
    };
    match request::parse(&text) {
        Ok(request) => execute(transport, &id, caller, &headers, request, Method::Post(cookie)).await,
        Err(message) => refuse(StatusCode::BAD_REQUEST, message).await,
    }
}

/// `GET /graphql`: opens a WebSocket, redirects browsers to the playground, or executes a query.
pub async fn get(
    State(transport): State<Arc<Transport>>,
    Extension(RequestId(id)): Extension<RequestId>,
    caller: Caller,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Response {
    if let Ok(upgrade) = upgrade {
        if !cors::may_connect(&headers, &transport.settings.allowed_origins) {
            return (StatusCode::FORBIDDEN, "This origin is not allowed to connect.\n").into_response();
        }
        return websocket::upgrade(transport, upgrade, id, caller);
    }
    if Parameters::is_empty(&parameters) && negotiation::accepts_html(&headers) {
        return Redirect::to("/playground").into_response();
    }
    let Some(format) = response_format(&headers) else {
        return response::not_acceptable();
    };
    match Parameters::decode(parameters) {
        Ok(request) => execute(transport, &id, caller, &headers, request, Method::Get).await,
        Err(message) => {
            let error = Error::input("request", message);
            refuse(&transport, format, StatusCode::BAD_REQUEST, error, caller.address, &id).await
        }
    }
}

/// The HTTP method. With POST, the cookie in which a page keeps its refresh token, if it does.
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
        capabilities: TransportCapabilities {
            mutations,
            subscriptions: negotiation::accepts_event_stream(headers),
        },
        cookie,
        resume: Some(resume),
        permit: None,
    };
    let answer = transport.service.execute(request, call).await;
    match (answer, negotiation::response_format(headers)) {
        (Outcome::Stream(events), format) => {
            let format = format.unwrap_or(ResponseFormat::GraphQlResponse);
            sse::stream(&transport, grant.ok().flatten(), from, events)
                .unwrap_or_else(|error| response::error(format, &error, id))
        }
        (Outcome::Executed(executed), Some(format)) => response::executed(format, executed),
        (Outcome::Refused(refused), Some(format)) => response::refused(format, &refused),
        (Outcome::Executed(executed), None) => sse::once(executed.response),
        // Errors in the operation are sent as an event. Errors in the HTTP request are sent as a status.
        (Outcome::Refused(refused), None) if refused.concerns_operation() => sse::once(refused.response),
        (Outcome::Refused(refused), None) => response::refused(ResponseFormat::GraphQlResponse, &refused),
    }
}

/// The refresh cookie, if the request comes from the server's own page and has the header `Confab-Session: cookie`.
///
/// Pages of other sites cannot send this header without permission (CORS), and browsers do not send them the cookie.
fn refresh_cookie(headers: &HeaderMap, tls: bool) -> Result<Option<RefreshCookie>, Error> {
    match headers.get(CONFAB_SESSION) {
        None => Ok(None),
        Some(value) if value == "cookie" && cors::is_own(headers) => {
            let cookies = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
            Ok(Some(RefreshCookie::from_cookies(cookies, tls)))
        }
        Some(value) if value == "cookie" => {
            Err(Error::Forbidden("Only this server's own pages can use `Confab-Session: cookie`."))
        }
        Some(_) => Err(Error::input("Confab-Session", "must be `cookie`, or be omitted.")),
    }
}

/// The format of a response that is not an event stream. `None` if the client accepts no supported media type.
fn response_format(headers: &HeaderMap) -> Option<ResponseFormat> {
    let for_events = || negotiation::accepts_event_stream(headers).then_some(ResponseFormat::GraphQlResponse);
    negotiation::response_format(headers).or_else(for_events)
}

/// Rejects a request before authentication, and charges its address.
async fn refuse(
    transport: &Transport,
    format: ResponseFormat,
    status: StatusCode,
    error: Error,
    from: ClientAddress,
    id: &str,
) -> Response {
    match transport.charge_unauthenticated(error, from).await {
        limited @ Error::RateLimited { .. } => response::error(format, &limited, id),
        error => response::with_status(status, response::error(format, &error, id)),
    }
}
