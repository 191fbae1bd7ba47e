//! Log lines that wait: those from before the host's first call, and those of threads that are in
//! no call of the host. Filled by `frame` from any thread, and emptied by it. Knows nothing of
//! frames and threads.

use crate::call::{CallArg, RawCall};
use osaurus_abi::{HostSlot, log_level};
use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Lines from before the first call of the host, when its table must not be touched.
static EARLY: Mutex<Early> = Mutex::new(Early {
    accepted: true,
    lines: Vec::new(),
});

struct Early {
    /// False from `destroy` to the next `init`.
    accepted: bool,
    lines: Vec<(i32, String)>,
}

fn early() -> MutexGuard<'static, Early> {
    EARLY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many are kept.
const MAX_EARLY: usize = 64;

/// One line, with structured fields as JSON or without.
pub(crate) struct Line {
    pub(crate) level: i32,
    pub(crate) message: String,
    pub(crate) fields: Option<String>,
}

impl Line {
    /// The host call that writes it.
    pub(crate) fn call<R>(&self, make: impl FnOnce(&RawCall<'_>) -> R) -> R {
        let args = [
            CallArg::Int(self.level),
            CallArg::Text(&self.message),
            self.fields.as_deref().map_or(CallArg::Null, CallArg::Text),
        ];
        let (slot, count) = match self.fields {
            None => (HostSlot::Log, 2),
            Some(_) => (HostSlot::LogStructured, 3),
        };
        make(&RawCall {
            slot,
            args: &args[..count],
            on_chunk: None,
        })
    }

    fn len(&self) -> usize {
        self.message.len() + self.fields.as_ref().map_or(0, String::len)
    }
}

/// Lines from threads that are in no call of the host, until a thread that is in one takes them
/// along.
static WAITING: Mutex<Waiting> = Mutex::new(Waiting {
    lines: Vec::new(),
    bytes: 0,
    left_out: 0,
});
static IS_WAITING: AtomicBool = AtomicBool::new(false);

struct Waiting {
    lines: Vec<Line>,
    bytes: usize,
    left_out: usize,
}

/// How much is kept.
const MAX_WAITING: usize = 1 << 20;

pub(crate) fn push(line: Line) {
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    if waiting.bytes + line.len() > MAX_WAITING {
        waiting.left_out += 1;
    } else {
        waiting.bytes += line.len();
        waiting.lines.push(line);
    }
    IS_WAITING.store(true, Ordering::SeqCst);
}

/// Whether lines of other threads wait for one that is in a frame.
#[inline]
pub(crate) fn is_waiting() -> bool {
    IS_WAITING.load(Ordering::SeqCst)
}

/// The lines that wait, and no longer do.
pub(crate) fn take() -> Vec<Line> {
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    IS_WAITING.store(false, Ordering::SeqCst);
    let mut lines = std::mem::take(&mut waiting.lines);
    waiting.bytes = 0;
    let left_out = std::mem::take(&mut waiting.left_out);
    if left_out > 0 {
        lines.push(Line {
            level: log_level::WARN,
            message: format!("({left_out} log lines of other threads were left out)"),
            fields: None,
        });
    }
    lines
}

/// `message` as a C string can hold it.
pub(crate) fn printable(message: &str) -> Cow<'_, str> {
    if message.as_bytes().contains(&0) {
        Cow::Owned(message.replace('\0', "\u{2400}"))
    } else {
        Cow::Borrowed(message)
    }
}

/// Before the host's first call: keeps a line for it.
pub(crate) fn keep_early(level: i32, message: &str) {
    let mut early = early();
    if early.accepted && early.lines.len() < MAX_EARLY {
        early.lines.push((level, message.to_owned()));
    }
}

/// The lines from before the host's first call.
pub(crate) fn take_early() -> Vec<(i32, String)> {
    std::mem::take(&mut early().lines)
}

/// From `init`.
pub(crate) fn accept_early() {
    early().accepted = true;
}

/// From `destroy`: lines that never met a call of the host are dropped.
pub(crate) fn forget_early() {
    *early() = Early {
        accepted: false,
        lines: Vec::new(),
    };
    drop(take());
}
