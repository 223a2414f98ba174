//! `GET /export`: everything of a user as one JSON document, streamed.
//!
//! Who it is tells `Authorization`, or a ticket for those who follow a link. The document is written by a task that is a
//! little ahead of the client and goes no further; what breaks off is cut, so that nobody takes it for the whole.

mod document;

use super::{
    Transport,
    http::{refusal, status_of},
    negotiation::Form,
    request_id::RequestId,
};
use crate::{
    accounts::{Caller, Exporting, Ticket},
    error::{Error, Result},
    store::{self, Id, SecurityEventKind, users::User},
};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use document::document;
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use std::{io, mem, pin::pin, sync::Arc};
use tokio::{
    sync::mpsc::{self, Sender},
    time::timeout,
};
use tracing::Instrument;

/// How much is sent at once, in bytes, if there is so much: a client must read it within the time that a write may take.
const CHUNK: usize = 64 * 1024;
/// How many chunks the task is ahead.
const AHEAD: usize = 2;

/// What comes in the address.
#[derive(Deserialize)]
pub struct Parameters {
    ticket: Option<String>,
}

/// A piece of the document; `None` is its end, without which it is not whole.
type Piece = Option<Bytes>;

/// `GET /export`.
pub async fn get(
    State(transport): State<Arc<Transport>>,
    Extension(RequestId(id)): Extension<RequestId>,
    caller: Caller,
    headers: HeaderMap,
    Query(Parameters { ticket }): Query<Parameters>,
) -> Response {
    let begun = async {
        let user_id = who(&transport, &headers, ticket).await?;
        let place = transport.accounts.exports.begin(user_id)?;
        let user = transport.store.users(&[user_id]).await?.pop();
        let user = user.ok_or(Error::Unauthenticated("the account is gone"))?;
        transport.accounts.audit.note(user_id, SecurityEventKind::DataExported, &caller).await;
        Ok((user, place))
    };
    match begun.await {
        Ok((user, place)) => respond(&transport, user, place),
        Err(error) => refusal(Form::Json, status_of(&error), &error, &id),
    }
}

/// `HEAD /export` would use a ticket up, and read everything to tell nothing.
pub async fn head() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")]).into_response()
}

/// Whose data is asked for.
async fn who(transport: &Transport, headers: &HeaderMap, ticket: Option<String>) -> Result<Id> {
    match (transport.grant(headers).await?, ticket) {
        (Some(grant), None) => Ok(grant.viewer.user_id),
        (None, Some(ticket)) => transport.accounts.take_export_ticket(&Ticket::presented(ticket)).await,
        (Some(_), Some(_)) => Err(Error::input("ticket", "cannot be combined with `Authorization`")),
        (None, None) => Err(Error::Unauthenticated("there must be `Authorization` or a ticket")),
    }
}

fn respond(transport: &Arc<Transport>, user: User, place: Exporting) -> Response {
    let (send, pieces) = mpsc::channel(AHEAD);
    let writing = write(transport.clone(), user, place, send);
    transport.tasks.spawn(writing.in_current_span());
    let body = stream::unfold(Some(pieces), async |pieces| {
        let mut pieces = pieces?;
        match pieces.recv().await {
            Some(Some(text)) => Some((Ok(text), Some(pieces))),
            Some(None) => None,
            // The task has given up: an error here closes the connection without the end of the body.
            None => Some((Err(io::Error::other("the export broke off")), None)),
        }
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"confab-export.json\""),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, Body::from_stream(body)).into_response()
}

/// Writes the document to its end, unless the database fails, the client is too slow or gone, or the server leaves.
async fn write(transport: Arc<Transport>, user: User, place: Exporting, send: Sender<Piece>) {
    let written = transport.leaving.run_until_cancelled(async {
        let mut pieces = pin!(document(transport.store.clone(), user));
        let mut chunk = String::new();
        while let Some(piece) = pieces.next().await {
            chunk.push_str(&piece?);
            if chunk.len() >= CHUNK && !tell_all(&transport, &send, mem::take(&mut chunk)).await {
                return Ok::<_, store::Error>(false);
            }
        }
        Ok(tell_all(&transport, &send, chunk).await && tell(&transport, &send, None).await)
    });
    match written.await {
        Some(Ok(true)) => {}
        Some(Ok(false)) => tracing::info!("export broken off: the client is gone, or too slow"),
        Some(Err(error)) => tracing::error!(%error, "export broken off"),
        None => tracing::info!("export broken off: the server leaves"),
    }
    drop(place);
}

async fn tell_all(transport: &Transport, send: &Sender<Piece>, text: String) -> bool {
    let mut rest = Bytes::from(text);
    while !rest.is_empty() {
        let piece = rest.split_to(rest.len().min(CHUNK));
        if !tell(transport, send, Some(piece)).await {
            return false;
        }
    }
    true
}

/// False if the client is gone, or does not read for too long.
async fn tell(transport: &Transport, send: &Sender<Piece>, piece: Piece) -> bool {
    matches!(timeout(transport.sockets.write, send.send(piece)).await, Ok(Ok(())))
}
