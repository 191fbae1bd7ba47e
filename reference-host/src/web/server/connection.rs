//! A connection that ends as Osaurus' do, where an HTTP library would not: it can send a body after
//! the headers of an answer to HEAD (quirk 22), and it reads on for a while when a request was
//! refused unread, so that the client gets to see the answer. The server wraps every socket in one;
//! the exchange says what is wanted.

use crate::web::server::active_side::ActiveSide;
use parking_lot::{Mutex, MutexGuard};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// How long the rest of a refused request is read. A socket that is closed with unread bytes resets
/// the connection, which may cost the client the answer.
const LINGER: Duration = Duration::from_secs(10);

/// What a connection does at its end.
#[derive(Clone, Default)]
pub(crate) struct Ending(Arc<Mutex<EndingState>>);

#[derive(Default)]
struct EndingState {
    tail: Vec<u8>,
    linger: Option<Pin<Box<Sleep>>>,
}

impl Ending {
    /// Sends these bytes after the answer.
    pub(crate) fn send(&self, tail: Vec<u8>) {
        self.state().tail = tail;
    }

    /// Reads on after the answer, as part of the request is unread.
    pub(crate) fn linger(&self) {
        self.state().linger = Some(Box::pin(tokio::time::sleep(LINGER)));
    }

    fn state(&self) -> MutexGuard<'_, EndingState> {
        self.0.lock()
    }
}

pub(crate) struct Connection {
    stream: TcpStream,
    ending: Ending,
    turn: ActiveSide,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, turn: &ActiveSide) -> (Connection, Ending) {
        let ending = Ending::default();
        let shared_ending = ending.clone();
        let turn = turn.clone();
        let connection = Connection {
            stream,
            ending,
            turn,
        };
        (connection, shared_ending)
    }

    fn write_tail(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let tail = &mut self.ending.state().tail;
        while !tail.is_empty() {
            let count = ready!(Pin::new(&mut self.stream).poll_write(context, tail))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            tail.drain(..count);
        }
        Poll::Ready(Ok(()))
    }

    /// Until the client has closed its side, or the time is up.
    fn read_on(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.ending.state();
        let Some(time_up) = &mut state.linger else {
            return Poll::Ready(Ok(()));
        };
        let mut scratch = [0; 16 * 1024];
        while time_up.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::new(&mut scratch);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
            if buffer.filled().is_empty() {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.turn.moved(buffer.filled().len() - before);
        polled
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(written)) = polled {
            self.turn.moved(written);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.write_tail(context))?;
        ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        self.read_on(context)
    }
}
