//! Log lines from any thread: in the frame of this thread when there is one, else in one that is live, else to the host.
//! Called by plugins, by `export` and by `frame`. Never fails: a line that cannot be delivered is dropped.

use crate::call::{self, CallArg, RawCall};
use crate::frame::{any_is_live, ring_serving, with_current};
use crate::lifecycle;
use crate::stream::StreamScope;
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

/// One line, maybe with structured fields as JSON.
struct Line {
    level: i32,
    message: String,
    fields: Option<String>,
}

impl Line {
    /// The host call that writes it.
    fn call<R>(&self, make: impl FnOnce(&RawCall<'_>) -> R) -> R {
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

/// Lines from threads that are in no call of the host, until a thread that is in one takes them along.
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

/// Writes a line to the host's log. Any thread; `level` is one of [`osaurus_abi::log_level`].
///
/// On other threads than a frame's the host would take the plugin that it called last for the author. So a line from
/// there waits for a frame that is live to take it along: at its next host call, while it serves, at its end. A MiB is
/// kept, the rest is counted. With no frame live the line begins with the plugin's id in brackets. Lines from before the
/// host's first call are kept (the first 64); after `destroy` they are dropped. A NUL is written as `␀`.
pub fn log(level: i32, message: &str) {
    let line = Line {
        level,
        message: printable(message).into_owned(),
        fields: None,
    };
    if !log_in_frame(&line) {
        wait_for_frame(line);
    }
}

/// False when this thread is in no frame.
fn log_in_frame(line: &Line) -> bool {
    line.call(|call| with_current(|frame| _ = frame.call(call)).is_some())
}

/// Keeps what a script wrote with a frame whose thread is busy. Any thread.
pub(crate) fn keep_call(args: &[CallArg<'_>]) {
    let (Some(CallArg::Int(level)), Some(CallArg::Text(message))) = (args.first(), args.get(1))
    else {
        return;
    };
    let fields = args.get(2).and_then(|arg| match arg {
        CallArg::Text(text) => Some((*text).to_owned()),
        _ => None,
    });
    wait_for_frame(Line {
        level: *level,
        message: printable(message).into_owned(),
        fields,
    });
}

fn wait_for_frame(line: Line) {
    if !lifecycle::is_open() {
        keep(line.level, &line.message);
        return;
    }
    push(line);
    // After the push: a frame that ends takes along what it finds, or this thread finds that none is left.
    if any_is_live() {
        ring_serving();
    } else {
        deliver_outside_frames();
    }
}

fn push(line: Line) {
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

fn take() -> Vec<Line> {
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

/// On the thread of a frame: the lines that wait.
pub(crate) fn deliver_waiting() {
    if is_waiting() {
        for line in take() {
            log_in_frame(&line);
        }
    }
}

/// `message` as a text that a C string can hold.
pub(crate) fn printable(message: &str) -> Cow<'_, str> {
    if message.as_bytes().contains(&0) {
        Cow::Owned(message.replace('\0', "\u{2400}"))
    } else {
        Cow::Borrowed(message)
    }
}

/// While no frame is live: the host has to guess whose the lines are, so they say it.
fn deliver_outside_frames() {
    let Some(_pass) = lifecycle::pass() else {
        return;
    };
    let nobody = StreamScope {
        frame: None,
        deadline: None,
    };
    for mut line in take() {
        line.message = format!("[{}] {}", lifecycle::plugin_id(), line.message);
        line.call(|call| _ = call::perform(lifecycle::host(), call, &nobody));
    }
}

fn keep(level: i32, message: &str) {
    let mut early = early();
    if early.accepted && early.lines.len() < MAX_EARLY {
        early.lines.push((level, message.to_owned()));
    }
}

/// From the first frame, on its thread.
pub(crate) fn deliver_early_lines() {
    let lines = std::mem::take(&mut early().lines);
    for (level, line) in lines {
        log(level, &line);
    }
}

/// From `init`.
pub(crate) fn accept_early_lines() {
    early().accepted = true;
}

/// From `destroy`: lines that never met a call of the host are dropped.
pub(crate) fn forget_early_lines() {
    *early() = Early {
        accepted: false,
        lines: Vec::new(),
    };
    drop(take());
}
