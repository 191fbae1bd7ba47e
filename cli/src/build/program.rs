//! Programs that a build runs: for a limited time, with limited output, without this shell's
//! settings for interpreters. Their failures as a person should read them.

use crate::failure::{Failure, OrFail};
use osaurus_bounded::{Limits, Memory};
use osaurus_shim::environment;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Output};
use std::time::Duration;

/// No one reads more of what a program prints.
const MAX_OUTPUT: usize = 64 << 20;

/// A program on the PATH.
pub fn on_path(program: &str) -> Option<PathBuf> {
    all_on_path(program).next()
}

/// All programs of a name on the PATH.
pub fn all_on_path(program: &str) -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders
        .into_iter()
        .filter(|folder| folder.is_absolute())
        .map(move |folder| folder.join(program))
        .filter(|candidate| candidate.is_file())
}

/// Runs a program to its end.
pub fn run(command: &mut Command) -> Result<Output, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.output().or_fail(
        format!("cannot run {program}"),
        "check that it is an executable program",
    )
}

/// Takes away the variables of this shell that change what an interpreter loads.
pub fn without_settings(command: &mut Command) -> &mut Command {
    for name in environment::unwanted() {
        command.env_remove(name);
    }
    command
}

/// A program that was run for a limited time.
pub struct Finished {
    /// `None` when its time was over and it was killed.
    pub status: Option<ExitStatus>,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: String,
}

/// A program that runs, and what it prints meanwhile.
pub struct Running {
    program: String,
    inner: osaurus_bounded::Running,
}

impl Running {
    /// Starts a program and gives it `input`.
    pub fn start(command: &mut Command, input: Vec<u8>, time: Duration) -> Result<Self, Failure> {
        let program = command.get_program().to_string_lossy().into_owned();
        let limits = Limits {
            time,
            output: MAX_OUTPUT,
            memory: Memory::Unlimited,
        };
        let inner = osaurus_bounded::Running::start(command, input, limits).or_fail(
            format!("cannot run {program}"),
            "check that it is an executable program",
        )?;
        Ok(Self { program, inner })
    }

    /// Waits; false when its time was over before it ended.
    pub fn wait(&self) -> bool {
        self.inner.wait()
    }

    /// Sends it a signal.
    pub fn signal(&self, number: i32) {
        self.inner.signal(number);
    }

    /// The rest of a line of its standard error that begins so, when it comes in time.
    pub fn wait_for_text(&self, start: &str, patience: Duration) -> Option<String> {
        self.inner.wait_for_text(start, patience)
    }

    /// Waits, ends what is left of it, and returns what it has printed.
    pub fn finish(self) -> Result<Finished, Failure> {
        let finished = self
            .inner
            .finish()
            .or_fail(format!("cannot see how {} ended", self.program), "")?;
        Ok(Finished {
            status: finished.status,
            stdout: finished.stdout,
            stderr: String::from_utf8_lossy(&finished.stderr).into_owned(),
        })
    }
}
