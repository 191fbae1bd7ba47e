//! The connection that carries many calls at once: a reader thread sorts what arrives into the mailboxes of the
//! calls; each call's own thread (the host's) empties its box. Used by `session`.
use super::child::lock;
use super::output::LogFn;
use super::port::log_line;
use super::wire::{Incoming, Message, Outgoing, WireError, kind, send};
use crate::platform;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// A call's waiting messages may take this much; a worker that sends more is out of control.
const MAX_WAITING_BYTES: usize = super::wire::MAX_MESSAGE + (64 << 20);
/// Log lines that may wait; more are dropped.
const MAX_WAITING: usize = 10_000;

/// The shared connection.
pub struct Mux {
    socket: Arc<OwnedFd>,
    writing: Mutex<()>,
    boxes: Mutex<HashMap<u32, Arc<Mailbox>>>,
}

/// What arrived for one call.
#[derive(Default)]
pub struct Mailbox {
    queue: Mutex<Queue>,
    arrived: Condvar,
}

#[derive(Default)]
struct Queue {
    messages: VecDeque<Message>,
    bytes: usize,
    closed: Option<WireError>,
    /// Sequence numbers of streams that the worker wants to end; they may not have begun yet.
    stopped_streams: Vec<u32>,
}

impl Mux {
    /// Takes over our end of the socket and starts reading it. `on_broken` is told when the worker broke the protocol.
    pub fn start(
        socket: Arc<OwnedFd>,
        log: LogFn,
        on_broken: impl Fn(&str) + Send + 'static,
    ) -> io::Result<Arc<Self>> {
        let mux = Arc::new(Self {
            socket,
            writing: Mutex::new(()),
            boxes: Mutex::default(),
        });
        let reader = Arc::clone(&mux);
        std::thread::Builder::new()
            .name("osaurus-mux".into())
            .spawn(move || {
                let why = reader.read_all(&log);
                if let WireError::Broken(text) = &why {
                    on_broken(text);
                }
                reader.close_all(&why);
            })?;
        Ok(mux)
    }

    /// Sends one message whole. Any thread.
    pub fn send(&self, message: Outgoing, deadline: Instant) -> Result<(), WireError> {
        let _one_at_a_time = self.turn(deadline).ok_or(WireError::Late)?;
        send(&self.socket, message, deadline)
    }

    /// The right to write. A thread whose worker does not read may keep it until its own, later deadline.
    fn turn(&self, deadline: Instant) -> Option<MutexGuard<'_, ()>> {
        let mut pause = Duration::ZERO;
        loop {
            match self.writing.try_lock() {
                Ok(guard) => return Some(guard),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return None,
                Err(TryLockError::WouldBlock) => std::thread::sleep(pause),
            }
            pause = (pause + Duration::from_micros(20)).min(Duration::from_millis(1));
        }
    }

    /// Opens the mailbox of a call; close it by dropping the result.
    pub fn open(&self, call: u32) -> MuxCall<'_> {
        let mailbox = Arc::new(Mailbox::default());
        lock(&self.boxes).insert(call, Arc::clone(&mailbox));
        MuxCall {
            mux: self,
            call,
            mailbox,
        }
    }

    fn read_all(&self, log: &LogFn) -> WireError {
        let mut incoming = Incoming::default();
        loop {
            let far = Instant::now() + Duration::from_secs(3600);
            let sorted = match incoming.receive(&self.socket, far) {
                Ok(message) => self.sort(message, log),
                Err(WireError::Late) => Ok(()),
                Err(error) => Err(error),
            };
            if let Err(error) = sorted {
                return error;
            }
        }
    }

    fn sort(&self, message: Message, log: &LogFn) -> Result<(), WireError> {
        if message.kind == kind::LOG && message.call == 0 {
            if let Some((level, text)) = log_line(&message) {
                log(level, &text);
            }
            return Ok(());
        }
        let mailbox = lock(&self.boxes).get(&message.call).cloned();
        match mailbox {
            // The call ended before the message came: a late log line or result. Nobody waits for it.
            None => Ok(()),
            Some(mailbox) => mailbox.put(message),
        }
    }

    fn close_all(&self, why: &WireError) {
        platform::shut_down(&self.socket);
        for mailbox in lock(&self.boxes).values() {
            lock(&mailbox.queue).closed = Some(why.clone());
            mailbox.arrived.notify_all();
        }
    }
}

impl Mailbox {
    fn put(&self, message: Message) -> Result<(), WireError> {
        let mut queue = lock(&self.queue);
        if message.kind == kind::STREAM_STOP {
            if queue.stopped_streams.len() < MAX_WAITING {
                queue.stopped_streams.push(message.seq);
            }
            return Ok(());
        }
        if queue.messages.len() >= MAX_WAITING && message.kind == kind::LOG {
            return Ok(());
        }
        queue.bytes += message.len();
        if queue.bytes > MAX_WAITING_BYTES || queue.messages.len() > 2 * MAX_WAITING {
            return Err(WireError::Broken(format!(
                "{} messages with {} bytes wait for one call",
                queue.messages.len(),
                queue.bytes
            )));
        }
        queue.messages.push_back(message);
        drop(queue);
        self.arrived.notify_all();
        Ok(())
    }
}

/// One call on the connection.
pub struct MuxCall<'m> {
    mux: &'m Mux,
    call: u32,
    mailbox: Arc<Mailbox>,
}

impl MuxCall<'_> {
    /// See [`Mux::send`].
    pub fn send(&self, message: Outgoing, deadline: Instant) -> Result<(), WireError> {
        self.mux.send(message, deadline)
    }

    /// The next message of this call.
    pub fn receive(&self, deadline: Instant) -> Result<Message, WireError> {
        let mut queue = lock(&self.mailbox.queue);
        loop {
            if let Some(message) = queue.messages.pop_front() {
                queue.bytes -= message.len();
                return Ok(message);
            }
            if let Some(why) = &queue.closed {
                return Err(why.clone());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(WireError::Late);
            }
            queue = self
                .mailbox
                .arrived
                .wait_timeout(queue, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// True when the worker asked to cancel the stream `seq`.
    pub fn stream_was_stopped(&self, seq: u32) -> bool {
        lock(&self.mailbox.queue).stopped_streams.contains(&seq)
    }
}

impl Drop for MuxCall<'_> {
    fn drop(&mut self) {
        lock(&self.mux.boxes).remove(&self.call);
    }
}
