//! The phase of a connection: it is either receiving a request or sending a response.

use futures_util::task::AtomicWaker;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Context,
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

/// Begins the next phase when it is dropped. The body of a response holds it until it was sent, completely or not.
pub struct ResponseGuard(pub RequestPhase);

impl Drop for ResponseGuard {
    fn drop(&mut self) {
        self.0.advance();
    }
}
