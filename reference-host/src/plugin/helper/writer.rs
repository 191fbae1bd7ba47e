//! Writes the host's messages to a helper, on a thread of its own: a helper that stops reading
//! holds up neither callers nor their deadlines, and one that is gone does not end the host by
//! SIGPIPE. `process` uses it.

use std::io::{self, Write};
use std::process::ChildStdin;
use std::sync::mpsc::{Receiver, Sender, channel};

/// Where messages are queued. When it goes, the helper's input ends once all of them are written.
pub(super) struct Writer(Sender<String>);

impl Writer {
    pub(super) fn start(input: ChildStdin) -> io::Result<Writer> {
        let (sender, lines) = channel();
        std::thread::Builder::new()
            .name("osaurus-helper-input".into())
            .spawn(move || write_all(input, &lines))?;
        Ok(Writer(sender))
    }

    /// A helper that is gone is noticed by its reader.
    pub(super) fn send(&self, line: &str) {
        let _ = self.0.send(line.to_string());
    }
}

fn write_all(mut input: ChildStdin, lines: &Receiver<String>) {
    without_sigpipe(&input);
    for line in lines {
        if writeln!(input, "{line}").is_err() {
            return;
        }
    }
}

/// A broken pipe is an error of the write.
#[cfg(target_os = "macos")]
fn without_sigpipe(input: &ChildStdin) {
    use std::os::fd::AsRawFd;
    /// `F_SETNOSIGPIPE` of fcntl.h.
    const SET_NO_SIGPIPE: i32 = 73;
    // SAFETY: the descriptor is open, and this command takes an integer.
    unsafe { libc::fcntl(input.as_raw_fd(), SET_NO_SIGPIPE, 1) };
}

/// A broken pipe is an error of the write.
#[cfg(not(target_os = "macos"))]
fn without_sigpipe(_input: &ChildStdin) {
    crate::common::signals::hold_sigpipe_off();
}
