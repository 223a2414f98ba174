//! A TCP stream with timeouts for receiving headers, for idle connections and for writing.
//!
//! hyper has a single timeout for receiving headers and for idle connections, and none for writing. Here all are in one
//! place below hyper. The write timeout still applies after an upgrade to a WebSocket.
//!
//! Dropping a stream closes it in order: a background task reads for a moment what the client still sends.

use super::{ConnectionLimits, phase::RequestPhase};
use crate::transport::keyed_limiter::Permit;
use ipnet::IpNet;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep, timeout},
};
use tokio_util::task::TaskTracker;

/// How long a closing connection is drained.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// A timer that exists only while its timeout applies.
type Timer = Option<Pin<Box<Sleep>>>;

/// A connection with timeouts. It holds its connection permit until it is closed.
#[derive(Debug)]
pub struct Stream {
    /// `None` after the stream was closed.
    connection: Option<(TcpStream, Permit<IpNet>)>,
    limits: ConnectionLimits,
    phase: RequestPhase,
    /// The phase to which `received` and `read_timer` belong.
    phase_number: usize,
    /// Whether the client has sent anything in this phase.
    received: bool,
    read_timer: Timer,
    write_timer: Timer,
    /// Whether a timeout has expired.
    expired: bool,
    /// Runs the task that drains the connection after the drop.
    tasks: TaskTracker,
}

impl Stream {
    /// Wraps a new connection, and returns the phase of its requests.
    pub fn new(
        tcp: TcpStream,
        limits: ConnectionLimits,
        permit: Permit<IpNet>,
        tasks: TaskTracker,
    ) -> (Self, RequestPhase) {
        let phase = RequestPhase::default();
        let stream = Self {
            connection: Some((tcp, permit)),
            limits,
            phase: phase.clone(),
            phase_number: 0,
            received: false,
            read_timer: None,
            write_timer: None,
            expired: false,
            tasks,
        };
        (stream, phase)
    }

    /// Closes the connection at once.
    pub fn abort(mut self) {
        self.connection = None;
    }

    fn tcp(&mut self) -> &mut TcpStream {
        let (tcp, _) = self.connection.as_mut().expect("only `abort` and `drop` take the connection");
        tcp
    }

    /// Completes when the timeout for the client expires. Called when there is nothing to read.
    fn poll_read_timeout(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        // While the client has not read the whole response, only the write timeout applies.
        if !RequestPhase::is_clients(self.phase_number) || self.write_timer.is_some() {
            self.read_timer = None;
            self.phase.register(context);
            return Poll::Pending;
        }
        // A new connection must send a request. After a response, the connection may be idle.
        let idle = self.phase_number > 0 && !self.received;
        let limit = if idle { self.limits.keep_alive } else { self.limits.request };
        let timer = self.read_timer.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(timer.as_mut().poll(context));
        self.expired = true;
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }

    /// Fails a write that makes no progress within the write timeout.
    ///
    /// The kernel accepts more data only after a good part of its buffer was sent. So the timeout also applies to a
    /// client that reads one byte at a time.
    fn poll_write_timeout<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            if self.write_timer.take().is_some() {
                // The read timeout starts when the task is polled again.
                context.waker().wake_by_ref();
            }
            return written;
        }
        let limit = self.limits.write;
        let timer = self.write_timer.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(timer.as_mut().poll(context));
        self.expired = true;
        // Otherwise the kernel would keep trying to send the data. If this fails, it does so for a while.
        let _ = self.tcp().set_zero_linger();
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Drop for Stream {
    /// Drains unread input before closing, unless a timeout has expired.
    fn drop(&mut self) {
        if let Some((mut tcp, permit)) = self.connection.take()
            && !self.expired
        {
            self.tasks.spawn(async move {
                drain(&mut tcp).await;
                drop(permit);
            });
        }
    }
}

/// Closes the server's side of the connection and reads what the client still sends.
///
/// Closing a connection with unread input would reset it, and the client could lose the last response (RFC 9112,
/// section 9.6).
pub async fn drain(tcp: &mut TcpStream) {
    let drained = async {
        tcp.shutdown().await?;
        let mut ignored = [0; 4096];
        while tcp.read(&mut ignored).await? > 0 {}
        io::Result::Ok(())
    };
    // Errors and the timeout do not matter: the connection is closed next.
    let _ = timeout(DRAIN_TIMEOUT, drained).await;
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let number = self.phase.number();
        if number != self.phase_number {
            (self.phase_number, self.received, self.read_timer) = (number, false, None);
        }
        let before = buffer.filled().len();
        let Poll::Ready(read) = Pin::new(self.tcp()).poll_read(context, buffer) else {
            return self.poll_read_timeout(context).map(Err);
        };
        if !self.received && buffer.filled().len() > before {
            self.received = true;
            // After an idle time, the timeout for the headers starts with their first byte.
            if self.phase_number > 0 {
                self.read_timer = None;
            }
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(self.tcp()).poll_write(context, bytes);
        self.poll_write_timeout(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(self.tcp()).poll_write_vectored(context, pieces);
        self.poll_write_timeout(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.as_ref().is_some_and(|(tcp, _)| tcp.is_write_vectored())
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.tcp()).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.tcp()).poll_shutdown(context)
    }
}
