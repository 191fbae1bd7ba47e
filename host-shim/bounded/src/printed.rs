//! What comes out of a program's pipe, read by a thread of its own. The last bytes are kept, up to
//! a limit. Used by `Running`.

use std::io::Read;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What a program has left running may keep its pipes for so long.
const GRACE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Printed {
    bytes: Arc<Mutex<Vec<u8>>>,
    limit: usize,
    ended: Receiver<()>,
}

impl Printed {
    pub(crate) fn follow(from: Option<impl Read + Send + 'static>, limit: usize) -> Self {
        let bytes: Arc<Mutex<Vec<u8>>> = Arc::default();
        let (sender, ended) = channel();
        let into = Arc::clone(&bytes);
        std::thread::spawn(move || {
            if let Some(from) = from {
                read_all(from, &into, limit);
            }
            let _ = sender.send(());
        });
        Self {
            bytes,
            limit,
            ended,
        }
    }

    /// The last that came so far.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        bytes[bytes.len().saturating_sub(self.limit)..].to_vec()
    }

    /// Everything. A process that left the program's group may keep the pipe: that is not waited
    /// for.
    pub(crate) fn end(&self) -> Vec<u8> {
        let _ = self.ended.recv_timeout(GRACE);
        self.bytes()
    }
}

/// Up to twice the limit is held, so that little is moved.
fn read_all(mut from: impl Read, into: &Mutex<Vec<u8>>, limit: usize) {
    let mut piece = [0; 8192];
    while let Ok(count @ 1..) = from.read(&mut piece) {
        let mut bytes = into.lock().unwrap_or_else(PoisonError::into_inner);
        bytes.extend_from_slice(&piece[..count]);
        if bytes.len() > limit.saturating_mul(2).max(piece.len()) {
            let surplus = bytes.len() - limit;
            bytes.drain(..surplus);
        }
    }
}
