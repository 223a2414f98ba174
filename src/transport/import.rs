//! `PUT /import/{ticket}`: imports the conversations of a file.
//!
//! The one-time ticket identifies the user. The handler passes the body on in chunks, as fast as the database takes
//! them, to a task that finishes even if the client disconnects.

use super::{
    Transport,
    body::{SHUTDOWN_GRACE, is_uncompressed},
    keyed_limiter::{LimitExceeded, Permit},
    negotiation::ResponseFormat,
    request_id::RequestId,
    response,
};
use crate::{
    accounts::{Caller, ConnectionAuth, Grant, Ticket},
    error::{Error, Result},
    graphql::document::prices,
    imports::Summary,
    store::Id,
};
use axum::{
    Extension, Json,
    body::{Body, Bytes, HttpBody},
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::{
    select,
    sync::mpsc::{self, Sender},
    time::{Instant, sleep, timeout},
};
use tracing::Instrument;

/// The largest file, in bytes. The schema states it too.
const MAX_FILE: u64 = 256 << 20;
/// The maximum number of concurrent imports per instance.
pub const MAX_IMPORTS: usize = 4;
/// The number of chunks that the handler may be ahead of the task.
const CHUNKS_AHEAD: usize = 2;
/// The slowest average speed of a client, in bytes per second, after [`GRACE`]. It keeps clients that send slowly on
/// purpose from holding the permits of others.
const MIN_SPEED: u64 = 32 * 1024;
/// The time that a client may take in addition.
const GRACE: Duration = Duration::from_secs(30);
/// The seconds after which a rejected import may be retried.
const RETRY_AFTER: u64 = 10;

/// The reason why the server stopped to read a file, with the status of the response.
type Interruption = (StatusCode, &'static str);

/// `PUT /import/{ticket}`.
pub async fn put(
    State(transport): State<Arc<Transport>>,
    Extension(RequestId(id)): Extension<RequestId>,
    caller: Caller,
    Path(ticket): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if !is_uncompressed(&headers) {
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The file must not be compressed.\n").into_response();
    }
    if body.size_hint().lower() > MAX_FILE {
        return (StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE.1).into_response();
    }
    let size = body.size_hint().exact().unwrap_or(MAX_FILE);
    let imported = async {
        let (grant, permit) = begin(&transport, &caller, ticket, size).await?;
        import(&transport, grant, permit, body).await
    };
    match imported.await {
        Ok((status, summary)) => {
            (status, [(header::CACHE_CONTROL, "no-store")], Json(summary)).into_response()
        }
        Err(error) => response::error(ResponseFormat::Json, &error, &id),
    }
}

/// Redeems the ticket, and charges the user for the file's size: that of the largest file if it is not declared.
async fn begin(
    transport: &Transport,
    caller: &Caller,
    ticket: String,
    size: u64,
) -> Result<(Grant, Permit<Id>)> {
    let grant = match transport.accounts.take_import_ticket(&Ticket::from_client(ticket)).await {
        Ok(grant) => grant,
        Err(error) => return Err(transport.charge_unauthenticated(error, caller.address).await),
    };
    let user = grant.viewer.user_id;
    let permit = transport.imports_in_progress.acquire(Some(user), 1).map_err(|exceeded| match exceeded {
        LimitExceeded::PerKey => Error::Conflict("Another import of yours is in progress. Wait for its end."),
        LimitExceeded::Total => Error::RateLimited {
            message: "Too many imports are in progress. Retry after `retryAfter` seconds.",
            retry_after: RETRY_AFTER,
        },
    })?;
    let cost = prices::WRITE_COST + prices::size_cost(usize::try_from(size).unwrap_or(usize::MAX));
    transport.throttle.charge(Some(user), caller.address, cost).await?;
    Ok((grant, permit))
}

async fn import(
    transport: &Arc<Transport>,
    grant: Grant,
    permit: Permit<Id>,
    body: Body,
) -> Result<(StatusCode, Summary)> {
    let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
    let (imports, user) = (transport.imports.clone(), grant.viewer.user_id);
    let task = async move {
        let summary = imports.import(user, chunks).await;
        drop(permit);
        summary
    };
    let task = transport.tasks.spawn(task.in_current_span());
    let interruption = pass_on(transport, grant, body, sender).await;
    let mut summary = task.await.map_err(Error::internal)??;
    Ok(match interruption {
        Some((status, reason)) => {
            summary.error = Some(reason);
            (status, summary)
        }
        None if summary.error.is_some() => (StatusCode::BAD_REQUEST, summary),
        None => (StatusCode::OK, summary),
    })
}

const TOO_LARGE: Interruption = (StatusCode::PAYLOAD_TOO_LARGE, "The file has more than 256 MiB.");

/// Passes the body on until its end, or until the task has stopped. Dropping the sender ends the file for the task.
async fn pass_on(
    transport: &Transport,
    grant: Grant,
    body: Body,
    sender: Sender<Bytes>,
) -> Option<Interruption> {
    let connection_auth = ConnectionAuth::new(Some(grant));
    let shutdown = async {
        transport.shutdown.cancelled().await;
        sleep(SHUTDOWN_GRACE).await;
    };
    select! {
        biased; // check the reasons to stop before reading more
        () = shutdown => Some((StatusCode::SERVICE_UNAVAILABLE, "The server is shutting down. Import the file again.")),
        _ = transport.accounts.auth_ended(&connection_auth) => {
            Some((StatusCode::UNAUTHORIZED, "The session has ended, or the import took too long."))
        }
        interruption = pass_on_all(transport, body, sender) => interruption,
    }
}

async fn pass_on_all(transport: &Transport, body: Body, sender: Sender<Bytes>) -> Option<Interruption> {
    let mut chunks = pin!(body.into_data_stream());
    // Only the time in which the client sends counts, because the database may be slower.
    let (mut received, mut waited) = (0, Duration::ZERO);
    loop {
        let patience = GRACE + Duration::from_secs(received / MIN_SPEED);
        let left = patience.saturating_sub(waited).min(transport.settings.body_timeout);
        let asked = Instant::now();
        let chunk = match timeout(left, chunks.next()).await {
            Ok(Some(Ok(chunk))) => chunk,
            Ok(Some(Err(_))) => return Some((StatusCode::BAD_REQUEST, "The connection was interrupted.")),
            Ok(None) => return None,
            Err(_) => return Some((StatusCode::REQUEST_TIMEOUT, "The file took too long to arrive.")),
        };
        waited += asked.elapsed();
        received += chunk.len() as u64;
        if received > MAX_FILE {
            return Some(TOO_LARGE);
        }
        if sender.send(chunk).await.is_err() {
            return None;
        }
    }
}
