//! One run of a worker: whether it lives, how it ended, what it last said, and how to end it. Used
//! by `session`. Knows neither processes nor threads: who starts a worker ([`Launch`]) says how it
//! is ended.
use super::lock::lock;
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many of the last lines on stderr go into the report of a death.
const TAIL_LINES: usize = 12;

/// A way to start a worker that speaks the worker protocol on two sockets.
pub trait Launch: Send + Sync {
    /// Starts one. `on_end` runs once, on a thread of the implementation, when the worker has
    /// ended.
    ///
    /// # Errors
    /// When it cannot be started.
    fn launch(&self, ends: TheirEnds, on_end: OnEnd) -> io::Result<Started>;

    /// Whether the worker may want to go on over pipes.
    fn offers_pipes(&self) -> bool {
        false
    }

    /// What is started, for messages: the program, and where it was found.
    fn describe(&self) -> String;
}

/// The worker's ends of both connections.
pub struct TheirEnds {
    /// The lane's socket.
    pub lane: OwnedFd,
    /// The mux's socket.
    pub mux: OwnedFd,
    /// Of the lane and of the mux: where the worker reads, and where it writes.
    pub pipes: Option<[[OwnedFd; 2]; 2]>,
}

/// See [`Launch::launch`].
pub type OnEnd = Box<dyn FnOnce() + Send>;

/// What a started worker hands back.
pub struct Started {
    /// The worker.
    pub run: Arc<WorkerRun>,
    /// Its stdout and stderr.
    pub output: (OwnedFd, OwnedFd),
}

/// A running or ended worker.
pub struct WorkerRun {
    /// For messages: `the worker process`.
    noun: &'static str,
    kill: Box<dyn Fn() + Send + Sync>,
    ended: Mutex<Option<String>>,
    on_end: Condvar,
    tail: Arc<Tail>,
}

/// The last lines that the worker wrote to stderr.
#[derive(Default)]
pub struct Tail(Mutex<VecDeque<String>>);

impl Tail {
    /// Remembers a line.
    pub fn push(&self, line: &str) {
        let mut lines = lock(&self.0);
        if lines.len() == TAIL_LINES {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
    }

    fn text(&self) -> String {
        let lines = lock(&self.0);
        Vec::from_iter(lines.iter().map(String::as_str)).join("\n")
    }
}

impl WorkerRun {
    /// A worker that runs. `kill` ends it at once; it is never called after [`WorkerRun::ends`] has
    /// returned.
    pub fn new(noun: &'static str, kill: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            noun,
            kill: Box::new(kill),
            ended: Mutex::new(None),
            on_end: Condvar::new(),
            tail: Arc::default(),
        })
    }

    /// Remembers how it ended: `how` makes the text while no one can kill it any more.
    pub fn ends(&self, how: impl FnOnce() -> String) {
        let mut ended = lock(&self.ended);
        *ended = Some(how());
        self.on_end.notify_all();
    }

    /// What it is, for messages.
    pub fn noun(&self) -> &'static str {
        self.noun
    }

    /// Where its stderr is remembered.
    pub fn tail(&self) -> Arc<Tail> {
        Arc::clone(&self.tail)
    }

    /// Ends it, unless it has ended.
    pub fn kill(&self) {
        let ended = lock(&self.ended);
        if ended.is_none() {
            (self.kill)();
        }
    }

    /// True once it has ended.
    pub fn has_ended(&self) -> bool {
        lock(&self.ended).is_some()
    }

    /// Waits for its end; false when `limit` passed first.
    pub fn wait_for_end(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let mut ended = lock(&self.ended);
        while ended.is_none() {
            let remaining = deadline.saturating_duration_since(Instant::now());
            if remaining.is_zero() {
                return false;
            }
            ended = self
                .on_end
                .wait_timeout(ended, remaining)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    /// How it ended, with its last words. Waits a moment for both, because sockets close before a
    /// process ends.
    pub fn describe_end(&self) -> String {
        self.wait_for_end(Duration::from_secs(1));
        let how = lock(&self.ended).clone();
        let how = how.unwrap_or_else(|| "closed its connection".to_owned());
        // The line reader may be a moment late.
        std::thread::sleep(Duration::from_millis(20));
        match self.tail.text() {
            text if text.is_empty() => format!("{} {how}", self.noun),
            text => format!("{} {how}. Its last lines:\n{text}", self.noun),
        }
    }
}
