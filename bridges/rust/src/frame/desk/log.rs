//! Log lines from any thread: in the frame of this thread when there is one, else in one that is
//! live, else to the host. Called by plugins, by `export` and by frames. Never fails: a line that
//! cannot be delivered is dropped.

use super::serving::{any_is_live, ring_serving};
use super::with_current;
use crate::call::CallArg;
use crate::lifecycle;
use crate::log_queue::{self, Line, printable};
use crate::panics;
use crate::perform::perform;
use osaurus_abi::log_level;
use std::any::Any;

/// Writes a line to the host's log. Any thread; `level` is one of [`osaurus_abi::log_level`].
///
/// On other threads than a frame's the host would take the plugin that it called last for the
/// author. So a line from there waits for a frame that is live to take it along: at its next host
/// call, while it serves, at its end. A MiB is kept, the rest is counted. With no frame live the
/// line begins with the plugin's id in brackets. Lines from before the host's first call are kept
/// (the first 64); after `destroy` they are dropped. A NUL is written as `␀`.
///
/// ```
/// use osaurus_plugin::{log, log_level};
/// log(log_level::WARN, "the cache is full");
/// ```
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
        log_queue::keep_early(line.level, &line.message);
        return;
    }
    log_queue::push(line);
    // After the push: a frame that ends takes along what it finds, or this thread finds that none
    // is left.
    if any_is_live() {
        ring_serving();
    } else {
        deliver_outside_frames();
    }
}

/// On the thread of a frame: the lines that wait.
pub(crate) fn deliver_waiting() {
    if log_queue::is_waiting() {
        for line in log_queue::take() {
            log_in_frame(&line);
        }
    }
}

/// While no frame is live: the host has to guess whose the lines are, so they say it.
fn deliver_outside_frames() {
    let Some(_pass) = lifecycle::pass() else {
        return;
    };
    for mut line in log_queue::take() {
        line.message = format!("[{}] {}", lifecycle::plugin_id(), line.message);
        line.call(|call| _ = perform(lifecycle::host(), call, None));
    }
}

/// From the first frame, on its thread.
pub(crate) fn deliver_early_lines() {
    for (level, line) in log_queue::take_early() {
        log(level, &line);
    }
}

/// A log line about a panic that has nowhere else to go.
pub(crate) fn report_panic(whose: &str, panic: Box<dyn Any + Send>) {
    log_panic(whose, &panics::text_of(panic));
}

/// As [`report_panic`], with what the panic said.
pub(crate) fn log_panic(whose: &str, text: &str) {
    let line = format!("{whose} panicked: {text}; this is a bug in the plugin");
    log(log_level::ERROR, &line);
}
