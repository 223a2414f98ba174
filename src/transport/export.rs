//! `GET /export`: everything of a user as one JSON document, streamed.
//!
//! Who it is tells `Authorization`, or a ticket for those who follow a link. The document is written by a task that is a
//! little ahead of the client and goes no further, and ends with the session that it was begun by; what breaks off is cut,
//! so that nobody takes it for the whole.

mod document;

use super::{Transport, negotiation::Form, request_id::RequestId, response::refusal};
use crate::{
    accounts::{Caller, Exporting, Grant, Presence, Ticket},
    address::ClientAddress,
    error::{Error, Result},
    graphql::document::prices,
    store::{self, Id, Instant, SecurityEventKind, users::User},
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
    select,
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
        let grant = who(&transport, &headers, ticket, caller.address).await?;
        let user_id = grant.viewer.user_id;
        // Before it takes a place, which may be that of a download in progress.
        charge(&transport, user_id, caller.address).await?;
        let place = transport.accounts.exports.begin(user_id)?;
        let user = transport.store.users(&[user_id]).await?.pop();
        let user = user.ok_or(Error::Unauthenticated("the account is gone"))?;
        transport.accounts.audit.note(user_id, SecurityEventKind::DataExported, &caller).await;
        Ok((user, grant, place))
    };
    match begun.await {
        Ok((user, grant, place)) => respond(&transport, user, grant, place),
        Err(error) => refusal(Form::Json, &error, &id),
    }
}

/// `HEAD /export` would use a ticket up, and read everything to tell nothing.
pub async fn head() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")]).into_response()
}

/// Whose data is asked for, and until when.
async fn who(
    transport: &Transport,
    headers: &HeaderMap,
    ticket: Option<String>,
    from: ClientAddress,
) -> Result<Grant> {
    match (transport.grant(headers, from).await?, ticket) {
        (Some(grant), None) => Ok(grant),
        (None, Some(ticket)) => {
            match transport.accounts.take_export_ticket(&Ticket::presented(ticket)).await {
                Ok(grant) => Ok(grant),
                Err(refusal) => Err(transport.charge_unknown(refusal, from).await),
            }
        }
        (Some(_), Some(_)) => Err(Error::input("ticket", "cannot be combined with `Authorization`")),
        (None, None) => Err(Error::Unauthenticated("there must be `Authorization` or a ticket")),
    }
}

/// Charges the user for a download: for its beginning, and for each message that it has. It is one charge, which is at
/// most what may be used in a minute: of two, the first would be lost where the second is refused.
async fn charge(transport: &Transport, user: Id, from: ClientAddress) -> Result<()> {
    let messages = u64::try_from(transport.store.count_messages_of(user).await?).unwrap_or(0);
    let cost = prices::STORING_COST.saturating_add(prices::DEAR.saturating_mul(messages));
    transport.throttle.cost(Some(user), from, cost).await?;
    Ok(())
}

fn respond(transport: &Arc<Transport>, user: User, grant: Grant, place: Exporting) -> Response {
    let (send, pieces) = mpsc::channel(AHEAD);
    let reader =
        Reader { transport: transport.clone(), send, begun: transport.accounts.clock.now(), taken: 0 };
    transport.tasks.spawn(write(reader, user, grant, place).in_current_span());
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

/// Writes the document to its end, unless something comes between.
async fn write(mut reader: Reader, user: User, grant: Grant, place: Exporting) {
    let transport = reader.transport.clone();
    let presence = Presence::new(Some(grant));
    let written = select! {
        biased; // what has ended is not gone on with
        () = transport.leaving.cancelled() => Ok(Some("the server leaves")),
        _ = transport.accounts.over(&presence) => Ok(Some("the token or its session has ended")),
        () = place.replaced() => Ok(Some("the user has begun another")),
        written = write_all(&mut reader, user) => {
            written.map(|whole| (!whole).then_some("the client is gone, or too slow"))
        }
    };
    match written {
        Ok(None) => {}
        Ok(Some(reason)) => tracing::info!(reason, "export broken off"),
        Err(error) => tracing::error!(%error, "export broken off"),
    }
    drop(place);
}

/// False if the client did not take all of it.
async fn write_all(reader: &mut Reader, user: User) -> store::Result<bool> {
    let mut pieces = pin!(document(reader.transport.store.clone(), user));
    let mut chunk = String::new();
    while let Some(piece) = pieces.next().await {
        chunk.push_str(&piece?);
        if chunk.len() >= CHUNK && !reader.tell_all(mem::take(&mut chunk)).await {
            return Ok(false);
        }
    }
    Ok(reader.tell_all(chunk).await && reader.tell(None).await)
}

/// The client's side.
struct Reader {
    transport: Arc<Transport>,
    send: Sender<Piece>,
    begun: Instant,
    /// How many bytes it has taken.
    taken: u64,
}

impl Reader {
    async fn tell_all(&mut self, text: String) -> bool {
        let mut rest = Bytes::from(text);
        while !rest.is_empty() {
            let piece = rest.split_to(rest.len().min(CHUNK));
            let length = piece.len() as u64;
            if !self.tell(Some(piece)).await {
                return false;
            }
            self.taken += length;
        }
        true
    }

    /// False if the client is gone, or does not read for too long, be it now or all in all.
    async fn tell(&self, piece: Piece) -> bool {
        let until = Exporting::patience(self.begun, self.taken);
        select! {
            biased; // else one that is always ready to read would never be too late
            () = self.transport.accounts.clock.reached(until) => false,
            told = timeout(self.transport.sockets.write, self.send.send(piece)) => matches!(told, Ok(Ok(()))),
        }
    }
}
