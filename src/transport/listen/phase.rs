//! The phase of a connection: it is either receiving a request or sending a response.

use axum::body::{Body, Bytes};
use futures_util::task::AtomicWaker;
use hyper::body::{Frame, SizeHint};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

/// Numbers the phases of a connection. In even phases the client sends a request, in odd ones the server responds.
///
/// HTTP/1 requests are handled one after the other. Only the connection's task uses the phase; a WebSocket leaves that
/// task after the last change. Relaxed memory ordering is therefore sufficient.
#[derive(Clone, Debug, Default)]
pub struct RequestPhase(Arc<State>);

#[derive(Debug, Default)]
struct State {
    number: AtomicUsize,
    waker: AtomicWaker,
}

impl RequestPhase {
    /// The number of the current phase.
    pub fn number(&self) -> usize {
        self.0.number.load(Ordering::Relaxed)
    }

    /// Whether the client sends in the phase with this number.
    pub fn is_clients(number: usize) -> bool {
        number.is_multiple_of(2)
    }

    /// Registers the task to be woken when the phase changes.
    ///
    /// hyper does not poll the stream at once after a response. Without a wake-up the idle timeout would not start.
    pub fn register(&self, context: &Context<'_>) {
        self.0.waker.register(context.waker());
    }

    /// Begins the next phase. An upgraded connection has no further phases, because both sides send at any time.
    pub fn advance(&self) {
        self.0.number.fetch_add(1, Ordering::Relaxed);
        self.0.waker.wake();
    }
}

/// A response body that begins the next phase when it is dropped, sent completely or not.
pub struct TrackedResponseBody {
    body: Body,
    phase: Option<RequestPhase>,
}

impl TrackedResponseBody {
    /// Wraps the body of an ordinary response.
    pub fn new(phase: RequestPhase, body: Body) -> Self {
        Self { body, phase: Some(phase) }
    }

    /// Wraps the body of a response that upgrades the connection. No phase follows.
    pub fn upgraded(body: Body) -> Self {
        Self { body, phase: None }
    }
}

impl Drop for TrackedResponseBody {
    fn drop(&mut self) {
        if let Some(phase) = &self.phase {
            phase.advance();
        }
    }
}

impl hyper::body::Body for TrackedResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
