//! The worker's stdout and stderr as lines in the host's log. Always drains, so that a worker never
//! blocks on printing; bounded in line length and in lines per second. One thread per worker, ends
//! with the pipes.
use super::lock::lock;
use super::run::Tail;
use osaurus_plugin::log_level;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longer lines are cut into pieces.
const MAX_LINE: usize = 8 << 10;
/// Lines that reach the log per second; the rest is counted.
const LINES_PER_SECOND: u32 = 200;

/// Where a line goes: level and text.
pub type LogFn = Arc<dyn Fn(i32, &str) + Send + Sync>;

/// Reads both pipes on a thread until they end.
pub fn follow(output: (OwnedFd, OwnedFd), tail: Arc<Tail>, meter: Arc<Meter>) -> io::Result<()> {
    let follow = move || {
        let mut streams = [
            Stream::new(output.0, log_level::INFO),
            Stream::new(output.1, log_level::WARN),
        ];
        while wait_for_any(&mut streams, &meter) {
            for (index, stream) in streams.iter_mut().enumerate() {
                let keep = (index == 1).then_some(&*tail);
                stream.read(keep, &meter);
            }
        }
        meter.report();
    };
    std::thread::Builder::new()
        .name("osaurus-output".into())
        .spawn(follow)
        .map(drop)
}

struct Stream {
    fd: Option<OwnedFd>,
    level: i32,
    pending: Vec<u8>,
    ready: bool,
}

impl Stream {
    fn new(fd: OwnedFd, level: i32) -> Self {
        Self {
            fd: Some(fd),
            level,
            pending: Vec::new(),
            ready: false,
        }
    }

    fn read(&mut self, tail: Option<&Tail>, meter: &Meter) {
        let Some(fd) = self.fd.as_ref().filter(|_| self.ready) else {
            return;
        };
        let mut chunk = [0u8; 16 << 10];
        // SAFETY: read(2) writes at most `chunk.len()` bytes into a live array.
        let count = unsafe { libc::read(fd.as_raw_fd(), chunk.as_mut_ptr().cast(), chunk.len()) };
        let Some(bytes) = usize::try_from(count).ok().and_then(|n| chunk.get(..n)) else {
            if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
                self.fd = None;
            }
            return;
        };
        self.pending.extend_from_slice(bytes);
        if bytes.is_empty() {
            self.fd = None;
            self.pending.push(b'\n');
        }
        self.emit(tail, meter);
    }

    fn emit(&mut self, tail: Option<&Tail>, meter: &Meter) {
        let mut start = 0;
        while let Some(len) = line_len(&self.pending[start..]) {
            let line = String::from_utf8_lossy(&self.pending[start..start + len]);
            let line = line.trim_end_matches(['\n', '\r']);
            if !line.is_empty() {
                if let Some(tail) = tail {
                    tail.push(line);
                }
                meter.log(self.level, line);
            }
            start += len;
        }
        self.pending.drain(..start);
    }
}

/// Length of the next line with its end, or of a piece of an overlong one.
fn line_len(bytes: &[u8]) -> Option<usize> {
    match bytes.iter().take(MAX_LINE).position(|b| *b == b'\n') {
        Some(at) => Some(at + 1),
        None => (bytes.len() >= MAX_LINE).then_some(MAX_LINE),
    }
}

/// Waits until a pipe has something to read; false when both are closed.
fn wait_for_any(streams: &mut [Stream; 2], meter: &Meter) -> bool {
    if streams.iter().all(|s| s.fd.is_none()) {
        return false;
    }
    // A negative number is skipped by poll.
    let mut polls = streams.each_ref().map(|s| libc::pollfd {
        fd: s.fd.as_ref().map_or(-1, AsRawFd::as_raw_fd),
        events: libc::POLLIN,
        revents: 0,
    });
    // SAFETY: poll(2) writes into this array, whose length is given.
    let ready = unsafe { libc::poll(polls.as_mut_ptr(), 2, 1000) };
    if ready == 0 {
        meter.report();
    }
    for (stream, poll) in streams.iter_mut().zip(&polls) {
        stream.ready = ready > 0 && poll.revents != 0;
    }
    true
}

/// Lets so many lines of a worker through in a second and counts the others. Whoever follows the
/// worker's output reports what was left out.
pub struct Meter {
    log: LogFn,
    state: Mutex<Second>,
}

struct Second {
    began: Instant,
    lines: u32,
    dropped: u64,
}

impl Meter {
    /// Lines that are let through go to `log`.
    pub fn new(log: LogFn) -> Arc<Self> {
        let state = Second {
            began: Instant::now(),
            lines: 0,
            dropped: 0,
        };
        Arc::new(Self {
            log,
            state: Mutex::new(state),
        })
    }

    /// The meter as a place for lines.
    pub fn as_log(self: &Arc<Self>) -> LogFn {
        let meter = Arc::clone(self);
        Arc::new(move |level, line| meter.log(level, line))
    }

    fn log(&self, level: i32, line: &str) {
        if lock(&self.state).began.elapsed() >= Duration::from_secs(1) {
            self.report();
        }
        let mut second = lock(&self.state);
        second.lines += 1;
        if second.lines > LINES_PER_SECOND {
            second.dropped += 1;
        } else {
            drop(second);
            (self.log)(level, line);
        }
    }

    /// Begins a new second.
    fn report(&self) {
        let next = Second {
            began: Instant::now(),
            lines: 0,
            dropped: 0,
        };
        let dropped = std::mem::replace(&mut *lock(&self.state), next).dropped;
        if dropped > 0 {
            let text = format!(
                "{dropped} lines of the plugin's output were left out: more than \
                 {LINES_PER_SECOND} in a second"
            );
            (self.log)(log_level::WARN, &text);
        }
    }
}
