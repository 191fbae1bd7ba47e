//! What is known of a process of the sandbox when it has ended. Read by whoever started it.

use osaurus_bounded::Finished;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// A process that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// None: it took too long.
    pub(crate) status: Option<ExitStatus>,
    /// The last that it printed.
    pub(crate) output: String,
}

/// Why a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Its time was over.
    Time,
    Signal(i32),
    Exit(i32),
}

impl From<Finished> for Ended {
    fn from(finished: Finished) -> Ended {
        Ended {
            status: finished.status,
            output: String::from_utf8_lossy(&finished.stdout).into_owned(),
        }
    }
}

impl Ended {
    /// Whether it exited with 0.
    pub(crate) fn is_success(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// Why it ended.
    pub(crate) fn cause(&self) -> Cause {
        match self.status {
            None => Cause::Time,
            Some(status) => match (status.signal(), status.code()) {
                (Some(signal), _) => Cause::Signal(signal),
                (None, code) => Cause::Exit(code.unwrap_or(-1)),
            },
        }
    }

    /// The last lines that it printed.
    pub(crate) fn last_lines(&self, count: usize) -> Vec<&str> {
        let lines: Vec<&str> = self.output.lines().collect();
        lines[lines.len().saturating_sub(count)..].to_vec()
    }
}
