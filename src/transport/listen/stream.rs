//! A connection's bytes, with limits of time: for the client to ask, and to read what it is answered.
//!
//! Hyper has one limit, for a header and for being idle together, and none for writing. Here they are in one place,
//! below it, and go on when the connection is upgraded to a WebSocket.
//!
//! Whoever drops a stream closes it in order: a task of the server's reads what the client still sends, for a moment.

use super::{Limits, places::Place, turn::Turns};
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

/// How long the client may go on talking after our last word.
const FAREWELL: Duration = Duration::from_secs(1);

/// A wait that is made only where there is something to wait for.
type Wait = Option<Pin<Box<Sleep>>>;

/// A connection that does not wait for ever. It holds its place among the others until it is closed.
#[derive(Debug)]
pub struct Stream {
    /// There until the stream is closed.
    connection: Option<(TcpStream, Place)>,
    limits: Limits,
    turns: Turns,
    /// The turn that `said` and `reading` are of.
    turn: usize,
    /// Whether the client has said something in its turn.
    said: bool,
    reading: Wait,
    writing: Wait,
    /// Whether a limit has been reached.
    expired: bool,
    /// Closes it when it is dropped.
    tasks: TaskTracker,
}

impl Stream {
    /// A new connection, and whose turn it is on it.
    pub fn new(tcp: TcpStream, limits: Limits, place: Place, tasks: TaskTracker) -> (Self, Turns) {
        let turns = Turns::default();
        let stream = Self {
            connection: Some((tcp, place)),
            limits,
            turns: turns.clone(),
            turn: 0,
            said: false,
            reading: None,
            writing: None,
            expired: false,
            tasks,
        };
        (stream, turns)
    }

    /// Closes the connection at once.
    pub fn abort(mut self) {
        self.connection = None;
    }

    fn tcp(&mut self) -> &mut TcpStream {
        let (tcp, _) = self.connection.as_mut().expect("only who drops the stream takes it");
        tcp
    }

    /// Whether the client has let its time pass. Called when there is nothing to read.
    fn poll_silence(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        // What it has not read yet it need not answer: that wait has its own limit.
        if !Turns::is_clients(self.turn) || self.writing.is_some() {
            self.reading = None;
            self.turns.wake(context);
            return Poll::Pending;
        }
        // Who connects wants something; who was answered may want more.
        let idle = self.turn > 0 && !self.said;
        let limit = if idle { self.limits.keep_alive } else { self.limits.request };
        let wait = self.reading.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(wait.as_mut().poll(context));
        self.expired = true;
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }

    /// Limits how long nothing of what is to be written goes out.
    ///
    /// The kernel takes more only when a good part of what it has is gone, so a client that reads a byte at a time is
    /// found too.
    fn poll_written<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            if self.writing.take().is_some() {
                // Now the client's time to go on begins to count.
                context.waker().wake_by_ref();
            }
            return written;
        }
        let limit = self.limits.write;
        let wait = self.writing.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(wait.as_mut().poll(context));
        self.expired = true;
        // Or the kernel would go on trying to send what nobody reads. If it cannot be told, it does so for a while.
        let _ = self.tcp().set_zero_linger();
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Drop for Stream {
    /// Unless it was the client that kept us waiting, hears it out.
    fn drop(&mut self) {
        if let Some((mut tcp, place)) = self.connection.take()
            && !self.expired
        {
            self.tasks.spawn(async move {
                hear_out(&mut tcp).await;
                drop(place);
            });
        }
    }
}

/// Says that there is no more to come, and reads what the client still sends. Were the connection closed with something
/// unread, the client's system would drop our last word unseen (RFC 9112, section 9.6).
pub async fn hear_out(tcp: &mut TcpStream) {
    let heard = async {
        tcp.shutdown().await?;
        let mut ignored = [0; 4096];
        while tcp.read(&mut ignored).await? > 0 {}
        io::Result::Ok(())
    };
    // Gone, or talking on: either way it has had its time.
    let _ = timeout(FAREWELL, heard).await;
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let turn = self.turns.now();
        if turn != self.turn {
            (self.turn, self.said, self.reading) = (turn, false, None);
        }
        let before = buffer.filled().len();
        let Poll::Ready(read) = Pin::new(self.tcp()).poll_read(context, buffer) else {
            return self.poll_silence(context).map(Err);
        };
        if !self.said && buffer.filled().len() > before {
            self.said = true;
            // Who was idle has begun with a header, and has the time for that from here.
            if self.turn > 0 {
                self.reading = None;
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
        self.poll_written(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(self.tcp()).poll_write_vectored(context, pieces);
        self.poll_written(context, written)
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
