//! Standard output of a process that runs a plugin: for the answer alone.

use crate::failure::{Failure, OrFail};
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};

/// While it lives, what a plugin and its child processes write to standard output goes to standard
/// error: the output is for the answer alone.
pub struct OutputKept(OwnedFd);

impl OutputKept {
    /// From now on.
    pub fn start() -> Result<Self, Failure> {
        let stdout = std::io::stdout().as_fd().try_clone_to_owned();
        let stdout = stdout.or_fail("cannot keep the standard output", "")?;
        redirect(libc::STDERR_FILENO);
        Ok(Self(stdout))
    }

    /// Where the answer goes meanwhile.
    pub fn file(&self) -> Result<File, Failure> {
        let output = self.0.try_clone().map(File::from);
        output.or_fail("cannot keep the standard output", "")
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
