//! The connection that carries many calls at once. What arrives is sorted into the mailboxes of the
//! calls; each call's own thread (the host's) empties its box. Whoever waits for a message reads
//! the socket if no one else does, so that a call alone wakes no other thread; a thread of this
//! module reads while no call does. Used by `session`.
use super::lock::lock;
use super::log_line::log_line;
use super::output::LogFn;

use super::wire::{Incoming, Message, Outgoing, WireError, kind, send};
use crate::platform::Link;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// A call's waiting messages may take this much; a worker that sends more is out of control.
const MAX_WAITING_BYTES: usize = super::wire::MAX_MESSAGE + (64 << 20);
/// Log lines that may wait; more are dropped.
const MAX_WAITING: usize = 10_000;

/// How long the own thread leaves the reading to calls that come one after the other.
const TICK: Duration = Duration::from_millis(5);

/// The shared connection.
pub struct Mux {
    link: Arc<Link>,
    writing: Mutex<()>,
    /// The right to read.
    reading: Mutex<Incoming>,
    /// How often a call has taken that right.
    led: AtomicU64,
    boxes: Mutex<HashMap<u32, Arc<Mailbox>>>,
    log: LogFn,
    on_broken: Box<dyn Fn(&str) + Send + Sync>,
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
    /// Its thread waits, and no one has told it that something came.
    waits: bool,
}

impl Mux {
    /// Takes over our end and starts reading it. `on_broken` is told when the worker
    /// broke the protocol.
    pub fn start(
        link: Arc<Link>,
        log: LogFn,
        on_broken: impl Fn(&str) + Send + Sync + 'static,
    ) -> io::Result<Arc<Self>> {
        let mux = Arc::new(Self {
            link,
            writing: Mutex::new(()),
            reading: Mutex::default(),
            led: AtomicU64::new(0),
            boxes: Mutex::default(),
            log,
            on_broken: Box::new(on_broken),
        });
        let reader = Arc::clone(&mux);
        std::thread::Builder::new()
            .name("osaurus-mux".into())
            .spawn(move || while reader.read_between_calls() {})?;
        Ok(mux)
    }

    /// Sends one message whole. Any thread.
    pub fn send(&self, message: Outgoing, deadline: Instant) -> Result<(), WireError> {
        let _one_at_a_time = self.turn(deadline).ok_or(WireError::Late)?;
        send(&self.link, message, deadline)
    }

    /// The right to write. A thread whose worker does not read may keep it until its own, later
    /// deadline.
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

    /// Reads what no call waits for: late messages, log lines, the end. False at the end.
    fn read_between_calls(&self) -> bool {
        let led = self.led.load(Ordering::Relaxed);
        std::thread::sleep(TICK);
        let mut incoming = lock(&self.reading);
        let nobody_reads = self.led.load(Ordering::Relaxed) == led;
        let open = !nobody_reads || self.read_until_a_call(&mut incoming);
        drop(incoming);
        self.hand_over();
        open
    }

    /// Until a call got something and can go on by itself. False at the end.
    fn read_until_a_call(&self, incoming: &mut Incoming) -> bool {
        loop {
            let far = Instant::now() + Duration::from_secs(3600);
            match self.read_one(incoming, far) {
                Ok(0) | Err(WireError::Late) => {}
                Ok(_) => return true,
                Err(_) => return false,
            }
        }
    }

    /// Reads one message and sorts it. Returns the call that got it, 0 for none.
    fn read_one(&self, incoming: &mut Incoming, deadline: Instant) -> Result<u32, WireError> {
        let message = incoming.receive(&self.link, deadline);
        self.ending(message.and_then(|message| self.sort(message)))
    }

    /// Reads and sorts what is here already, if no one else reads.
    fn read_ready(&self) {
        let Ok(mut incoming) = self.reading.try_lock() else {
            return;
        };
        self.led.fetch_add(1, Ordering::Relaxed);
        let mut next = || {
            let message = incoming.receive_now(&self.link);
            self.ending(message.and_then(|m| m.map(|m| self.sort(m)).transpose()))
        };
        while let Ok(Some(_)) = next() {}
        drop(incoming);
        self.hand_over();
    }

    /// After the end of the connection all boxes are closed.
    fn ending<T>(&self, outcome: Result<T, WireError>) -> Result<T, WireError> {
        match &outcome {
            Ok(_) | Err(WireError::Late) => {}
            Err(why) => {
                if let WireError::Broken(text) = why {
                    (self.on_broken)(text);
                }
                self.close_all(why);
            }
        }
        outcome
    }

    fn sort(&self, message: Message) -> Result<u32, WireError> {
        let call = message.call;
        if message.kind == kind::LOG && call == 0 {
            if let Some((level, text)) = log_line(&message) {
                (self.log)(level, &text);
            }
            return Ok(0);
        }
        let mailbox = lock(&self.boxes).get(&call).cloned();
        match mailbox {
            // The call ended before the message came: a late log line or result. No one waits for
            // it.
            None => Ok(0),
            Some(mailbox) => mailbox.put(message).map(|()| call),
        }
    }

    /// Wakes a call that waits, if there is one, so that it takes the right to read, which is free
    /// now.
    fn hand_over(&self) {
        let next = lock(&self.boxes)
            .values()
            .find(|mailbox| lock(&mailbox.queue).waits)
            .cloned();
        if let Some(mailbox) = next {
            mailbox.arrived.notify_all();
        }
    }

    fn close_all(&self, why: &WireError) {
        self.link.hang_up();
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
        // Telling costs a system call, and a call that reads for itself needs none.
        let waits = std::mem::take(&mut queue.waits);
        drop(queue);
        if waits {
            self.arrived.notify_all();
        }
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
            if Instant::now() >= deadline {
                return Err(WireError::Late);
            }
            // Tried with the queue locked: whoever lets go of the right wakes this thread only when
            // it waits.
            queue = match self.mux.reading.try_lock() {
                Ok(incoming) => {
                    drop(queue);
                    self.lead(incoming, deadline)?;
                    lock(&self.mailbox.queue)
                }
                Err(_) => self.wait(queue, deadline),
            };
        }
    }

    /// Reads until a message of this call is there.
    fn lead(
        &self,
        mut incoming: MutexGuard<'_, Incoming>,
        deadline: Instant,
    ) -> Result<(), WireError> {
        self.mux.led.fetch_add(1, Ordering::Relaxed);
        let outcome = loop {
            match self.mux.read_one(&mut incoming, deadline) {
                Ok(call) if call != self.call => {}
                Ok(_) => break Ok(()),
                Err(why) => break Err(why),
            }
        };
        drop(incoming);
        self.mux.hand_over();
        outcome
    }

    fn wait<'q>(
        &self,
        mut queue: MutexGuard<'q, Queue>,
        deadline: Instant,
    ) -> MutexGuard<'q, Queue> {
        let remaining = deadline.saturating_duration_since(Instant::now());
        queue.waits = true;
        let mut queue = self
            .mailbox
            .arrived
            .wait_timeout(queue, remaining)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
        queue.waits = false;
        queue
    }

    /// True when the worker asked to cancel the stream `seq`. The host's thread is inside the
    /// stream, so whoever delivers a chunk reads what has come.
    pub fn stream_was_stopped(&self, seq: u32) -> bool {
        self.mux.read_ready();
        lock(&self.mailbox.queue).stopped_streams.contains(&seq)
    }
}

impl Drop for MuxCall<'_> {
    fn drop(&mut self) {
        lock(&self.mux.boxes).remove(&self.call);
    }
}
