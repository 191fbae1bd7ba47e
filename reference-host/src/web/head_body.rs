//! A connection that can send a body after the headers of an answer to HEAD, as Osaurus does (quirk 22). HTTP
//! libraries rightly drop that body; so it is written behind the answer, before the connection closes.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The bytes to write when the answer is out.
#[derive(Clone, Default)]
pub(crate) struct Tail(Arc<Mutex<Vec<u8>>>);

impl Tail {
    pub(crate) fn set(&self, bytes: Vec<u8>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = bytes;
    }
}

pub(crate) struct WithTail {
    stream: TcpStream,
    tail: Tail,
}

impl WithTail {
    pub(crate) fn new(stream: TcpStream) -> (WithTail, Tail) {
        let tail = Tail::default();
        let of_stream = tail.clone();
        (
            WithTail {
                stream,
                tail: of_stream,
            },
            tail,
        )
    }

    fn write_tail(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut tail = self.tail.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !tail.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, &tail))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            tail.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for WithTail {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for WithTail {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.write_tail(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
