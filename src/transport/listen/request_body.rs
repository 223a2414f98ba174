//! A request body that records whether it was read to its end.

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

/// A request body that records when it has been read to its end.
pub struct TrackedRequestBody {
    body: Incoming,
    read: Arc<AtomicBool>,
}

/// Reports whether a body has been read.
pub struct ReadState(Arc<AtomicBool>);

impl TrackedRequestBody {
    /// Wraps a body, and returns the handle that reports its state.
    pub fn new(body: Incoming) -> (Self, ReadState) {
        let read = Arc::new(AtomicBool::new(body.is_end_stream()));
        (Self { body, read: read.clone() }, ReadState(read))
    }
}

impl ReadState {
    /// Whether the whole body has been read. If not, the connection cannot be used for another request.
    pub fn is_complete(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Body for TrackedRequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.is_none() || self.body.is_end_stream() {
            self.read.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
