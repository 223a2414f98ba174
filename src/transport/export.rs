//! `GET /export`: streams all data of a user as one JSON document.
//!
//! The caller is identified by the `Authorization` header or, in a link, by a one-time ticket. A task writes the
//! document a few chunks ahead of the client. It stops when the session ends. An interrupted response has no proper
//! end, so that clients do not mistake it for the whole document.

mod document;

use super::{Transport, negotiation::ResponseFormat, request_id::RequestId, response};
use crate::{
    accounts::{Caller, ConnectionAuth, DownloadPermit, Grant, Ticket},
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

/// The size of a chunk, in bytes. A client must read each chunk within the write timeout.
const CHUNK: usize = 64 * 1024;
/// The number of chunks that the task may be ahead of the client.
const CHUNKS_AHEAD: usize = 2;

/// The query parameters.
#[derive(Deserialize)]
pub struct Parameters {
    ticket: Option<String>,
}

/// A chunk of the document, or `None` for its end. A document without its end is incomplete.
type Chunk = Option<Bytes>;

/// `GET /export`.
pub async fn get(
    State(transport): State<Arc<Transport>>,
    Extension(RequestId(id)): Extension<RequestId>,
    caller: Caller,
    headers: HeaderMap,
    Query(Parameters { ticket }): Query<Parameters>,
) -> Response {
    let started = async {
        let grant = authenticate(&transport, &headers, ticket, caller.address).await?;
        let user_id = grant.viewer.user_id;
        // Charge first: beginning an export may end another that is in progress.
        charge(&transport, user_id, caller.address).await?;
        let permit = transport.accounts.exports.begin(user_id)?;
        let user = transport.store.users(&[user_id]).await?.pop();
        let user = user.ok_or(Error::Unauthenticated("The account has been deleted."))?;
        transport.accounts.audit.record(user_id, SecurityEventKind::DataExported, &caller).await;
        Ok((user, grant, permit))
    };
    match started.await {
        Ok((user, grant, permit)) => respond(&transport, user, grant, permit),
        Err(error) => response::error(ResponseFormat::Json, &error, &id),
    }
}

/// Rejects `HEAD /export`, which would use up a ticket and read all data for nothing.
pub async fn head() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")]).into_response()
}

/// Authenticates the caller by the `Authorization` header or the ticket.
async fn authenticate(
    transport: &Transport,
    headers: &HeaderMap,
    ticket: Option<String>,
    from: ClientAddress,
) -> Result<Grant> {
    match (transport.grant(headers, from).await?, ticket) {
        (Some(grant), None) => Ok(grant),
        (None, Some(ticket)) => {
            match transport.accounts.take_export_ticket(&Ticket::from_client(ticket)).await {
                Ok(grant) => Ok(grant),
                Err(error) => Err(transport.charge_unauthenticated(error, from).await),
            }
        }
        (Some(_), Some(_)) => Err(Error::input("ticket", "cannot be combined with `Authorization`.")),
        (None, None) => {
            Err(Error::Unauthenticated("The request must have an `Authorization` header or a `ticket`."))
        }
    }
}

/// Charges the user for an export: a fixed cost, plus a cost for each message.
///
/// It is a single charge, which takes at most the full budget. With two charges, the first would be lost if the second
/// failed.
async fn charge(transport: &Transport, user: Id, from: ClientAddress) -> Result<()> {
    let messages = u64::try_from(transport.store.count_messages_of(user).await?).unwrap_or(0);
    let cost = prices::WRITE_COST.saturating_add(prices::EXPENSIVE_COST.saturating_mul(messages));
    transport.throttle.charge(Some(user), from, cost).await?;
    Ok(())
}

fn respond(transport: &Arc<Transport>, user: User, grant: Grant, permit: DownloadPermit) -> Response {
    let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
    let started_at = transport.accounts.clock.now();
    let client = Client { transport: transport.clone(), sender, started_at, sent: 0 };
    transport.tasks.spawn(write(client, user, grant, permit).in_current_span());
    let body = stream::unfold(Some(chunks), async |chunks| {
        let mut chunks = chunks?;
        match chunks.recv().await {
            Some(Some(text)) => Some((Ok(text), Some(chunks))),
            Some(None) => None,
            // The task has stopped early. The error closes the connection without the end of the body.
            None => Some((Err(io::Error::other("the export was interrupted")), None)),
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

/// Writes the document until its end, the end of the session or the shutdown of the server.
async fn write(mut client: Client, user: User, grant: Grant, permit: DownloadPermit) {
    let transport = client.transport.clone();
    let connection_auth = ConnectionAuth::new(Some(grant));
    let result = select! {
        biased; // check the reasons to stop before writing more
        () = transport.shutdown.cancelled() => Ok(Some("the server is shutting down")),
        _ = transport.accounts.auth_ended(&connection_auth) => Ok(Some("the token has expired or its session has ended")),
        () = permit.replaced() => Ok(Some("the user has started another export")),
        result = write_all(&mut client, user) => {
            result.map(|complete| (!complete).then_some("the client has disconnected or is too slow"))
        }
    };
    match result {
        Ok(None) => {}
        Ok(Some(reason)) => tracing::info!(reason, "export interrupted"),
        Err(error) => tracing::error!(%error, "export interrupted"),
    }
    drop(permit);
}

/// Writes the whole document. Returns false if the client did not receive all of it.
async fn write_all(client: &mut Client, user: User) -> store::Result<bool> {
    let mut pieces = pin!(document(client.transport.store.clone(), user));
    let mut buffer = String::new();
    while let Some(piece) = pieces.next().await {
        buffer.push_str(&piece?);
        if buffer.len() >= CHUNK && !client.send_text(mem::take(&mut buffer)).await {
            return Ok(false);
        }
    }
    Ok(client.send_text(buffer).await && client.send(None).await)
}

/// The client that downloads the document.
struct Client {
    transport: Arc<Transport>,
    sender: Sender<Chunk>,
    started_at: Instant,
    /// The number of bytes sent.
    sent: u64,
}

impl Client {
    /// Sends a text in chunks. Returns false if the client did not receive all of it.
    async fn send_text(&mut self, text: String) -> bool {
        let mut rest = Bytes::from(text);
        while !rest.is_empty() {
            let chunk = rest.split_to(rest.len().min(CHUNK));
            let length = chunk.len() as u64;
            if !self.send(Some(chunk)).await {
                return false;
            }
            self.sent += length;
        }
        true
    }

    /// Sends a chunk. Returns false if the client has disconnected, or if this chunk or the whole export takes too
    /// long.
    async fn send(&self, chunk: Chunk) -> bool {
        let deadline = DownloadPermit::patience(self.started_at, self.sent);
        select! {
            biased; // check the deadline even if the client is always ready to read
            () = self.transport.accounts.clock.wait_until(deadline) => false,
            sent = timeout(self.transport.settings.sockets.write, self.sender.send(chunk)) => matches!(sent, Ok(Ok(()))),
        }
    }
}
