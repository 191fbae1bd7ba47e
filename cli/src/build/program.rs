//! Programs that a build runs, and their failures as a person should read them.

use crate::failure::{Failure, OrFail};
use std::path::PathBuf;
use std::process::{Command, Output};

/// A program on the PATH.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// Runs a program to its end.
pub fn run(command: &mut Command) -> Result<Output, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.output().or_fail(
        format!("cannot run {program}"),
        "check that it is an executable program",
    )
}

/// Its standard output when it succeeded, else `what` with its standard error.
pub fn succeed(output: Output, what: &str, fix: &str) -> Result<String, Failure> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(Failure::new(format!("{what}:\n{}", stderr.trim_end()), fix))
}
