//! Whose turn it is on a connection: the client's, to ask, or the server's, to answer.

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

/// Counts turns; each even one is the client's. On HTTP/1 a request is not looked at before the last one is answered.
///
/// Everything about it happens in the connection's task, which a socket leaves for good with its last turn: so the
/// order among threads is no matter.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Turning>);

#[derive(Debug, Default)]
struct Turning {
    count: AtomicUsize,
    waits: AtomicWaker,
}

impl Turns {
    /// The number of this turn.
    pub fn now(&self) -> usize {
        self.0.count.load(Ordering::Relaxed)
    }

    /// Whether it is the client's turn.
    pub fn is_clients(turn: usize) -> bool {
        turn.is_multiple_of(2)
    }

    /// Has a task woken when the turn passes: hyper does not look at once whether the client goes on, so nobody would
    /// begin to count its time.
    pub fn wake(&self, context: &Context<'_>) {
        self.0.waits.register(context.waker());
    }

    /// The turn is the other one's. What is upgraded has no further one: on a WebSocket both speak as they like.
    pub fn pass(&self) {
        self.0.count.fetch_add(1, Ordering::Relaxed);
        self.0.waits.wake();
    }
}

/// The body of an answer.
pub struct Answer {
    body: Body,
    turns: Option<Turns>,
}

impl Answer {
    /// An answer after which it is the client's turn: when it has been handed over, or given up.
    pub fn ending(turns: Turns, body: Body) -> Self {
        Self { body, turns: Some(turns) }
    }

    /// An answer after which nobody takes turns any more.
    pub fn without_end(body: Body) -> Self {
        Self { body, turns: None }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(turns) = &self.turns {
            turns.pass();
        }
    }
}

impl hyper::body::Body for Answer {
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
