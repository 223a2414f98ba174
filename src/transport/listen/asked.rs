//! The body of a request, and whether it was read to its end.

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

/// A body that tells when it has been read.
pub struct Asked {
    body: Incoming,
    read: Arc<AtomicBool>,
}

/// Knows whether a body has been read.
pub struct Reading(Arc<AtomicBool>);

impl Asked {
    /// The same body, and who knows of it.
    pub fn new(body: Incoming) -> (Self, Reading) {
        let read = Arc::new(AtomicBool::new(body.is_end_stream()));
        (Self { body, read: read.clone() }, Reading(read))
    }
}

impl Reading {
    /// Whether there is nothing left of it. If there is, the connection is of no use any more.
    pub fn is_done(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Body for Asked {
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
