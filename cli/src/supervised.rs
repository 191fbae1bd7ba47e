//! Runs a command of this program in a process of its own, because what it loads may end that process: then the author is
//! left to say so. Used by `invoke`.

use crate::failure::{Failure, OrFail};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus};

/// Set in the process that does the work.
const VARIABLE: &str = "OSAURUS_BRIDGE_SUPERVISED";
/// Exit codes of a process that ended in order.
const IN_ORDER: std::ops::RangeInclusive<i32> = 0..=2;

/// What a program exits with by convention when nothing reads its output any more: 128 and the number of SIGPIPE.
const NO_READER: i32 = 141;

/// Whether this process does the work.
pub fn is_worker() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// Runs this command line once more; `what` runs there, for the message when it does not come back.
pub fn run(what: &str) -> Result<ExitCode, Failure> {
    let program = std::env::current_exe().or_fail("cannot find this program's own file", "")?;
    let status = Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(VARIABLE, "1")
        .status()
        .or_fail("cannot start a process for the plugin", "")?;
    match (status.code(), status.signal()) {
        (Some(code), _) if IN_ORDER.contains(&code) => Ok(ExitCode::from(code as u8)),
        (Some(NO_READER), _) | (_, Some(libc::SIGPIPE)) => Ok(ExitCode::from(NO_READER as u8)),
        _ => Err(ended(status, what)),
    }
}

/// While it lives, what a plugin and its child processes write to standard output goes to standard error: the output is
/// for the answer alone.
pub struct OutputKept(OwnedFd);

impl OutputKept {
    /// From now on.
    pub fn start() -> Result<Self, Failure> {
        let kept = std::io::stdout().as_fd().try_clone_to_owned();
        let kept = kept.or_fail("cannot keep the standard output", "")?;
        redirect(libc::STDERR_FILENO);
        Ok(Self(kept))
    }
}

impl Drop for OutputKept {
    fn drop(&mut self) {
        redirect(self.0.as_raw_fd());
    }
}

fn redirect(to: RawFd) {
    // SAFETY: dup2 touches no memory; `to` is standard error or a descriptor that the caller owns.
    unsafe { libc::dup2(to, libc::STDOUT_FILENO) };
}

fn ended(status: ExitStatus, what: &str) -> Failure {
    let how = match (status.signal(), status.code()) {
        (Some(signal), _) => format!("crashed with {}", name_of(signal)),
        (None, code) => format!(
            "ended the process with exit code {}",
            code.unwrap_or_default()
        ),
    };
    Failure::new(
        format!("{what} {how}; in Osaurus the application would have gone"),
        "--isolate runs tools in a helper process, and mode = \"worker\" runs a script in one: there a crash ends one call",
    )
}

fn name_of(signal: i32) -> String {
    let name = match signal {
        libc::SIGSEGV => "SIGSEGV (an invalid memory access)",
        libc::SIGBUS => "SIGBUS (an invalid memory access, or a file that was cut)",
        libc::SIGABRT => "SIGABRT (it gave up)",
        libc::SIGILL => "SIGILL (an invalid instruction)",
        libc::SIGFPE => "SIGFPE (an impossible calculation)",
        libc::SIGKILL => "SIGKILL (killed; perhaps no memory was left)",
        libc::SIGTRAP => "SIGTRAP (a failed check)",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}
