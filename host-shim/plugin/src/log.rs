//! Log lines from any thread: with the frame of this thread when there is one, else straight to the host.
//! Called by plugins and by `export`. Never fails: a line that cannot be delivered is dropped.

use crate::call::{self, CallArg, RawCall};
use crate::frame::with_current;
use crate::lifecycle;
use crate::stream::StreamScope;
use osaurus_abi::HostSlot;
use std::borrow::Cow;
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

/// Writes a line to the host's log. Any thread; `level` is one of [`osaurus_abi::log_level`].
///
/// On the thread of a frame the line is the plugin's own. On other threads the host may take another plugin for the
/// author, so the line begins with the plugin's id in brackets. Lines from before the host's first call are kept
/// (the first 64) and delivered with it; after `destroy` they are dropped. A NUL is written as `␀`.
pub fn log(level: i32, message: &str) {
    let message = printable(message);
    let in_frame = with_current(|frame| {
        let call = RawCall {
            slot: HostSlot::Log,
            args: &[CallArg::Int(level), CallArg::Text(&message)],
            on_chunk: None,
        };
        // A host without `log` has nowhere to put it.
        let _ = frame.call(&call);
    });
    if in_frame.is_none() {
        log_outside_frames(level, &message);
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

fn log_outside_frames(level: i32, message: &str) {
    let Some(_pass) = lifecycle::pass() else {
        keep(level, message);
        return;
    };
    let line = format!("[{}] {message}", lifecycle::plugin_id());
    let call = RawCall {
        slot: HostSlot::Log,
        args: &[CallArg::Int(level), CallArg::Text(&line)],
        on_chunk: None,
    };
    let nobody = StreamScope {
        frame: None,
        deadline: None,
    };
    let _ = call::perform(lifecycle::host(), &call, &nobody);
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
}
