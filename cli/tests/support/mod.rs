//! For tests of the program: how it is run and how it ended, and plugins in C, compiled where the
//! test wants them.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test binary uses a part; a failed unwrap is a failed test"
)]

pub mod macho;
pub mod packages;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository.
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The program with these words.
pub fn bridge(words: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_osaurus-bridge"));
    program.args(words);
    program
}

/// Runs the program in a folder: its exit code, what it printed, what it said on standard error.
pub fn run(folder: &Path, words: &[&str]) -> (i32, String, String) {
    let output = bridge(words).current_dir(folder).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().unwrap();
    (code, text(&output.stdout), text(&output.stderr))
}

/// `<folder>/<name>.so`, made of a C source of the repository that is included after these lines.
pub fn plugin(folder: &Path, name: &str, source: &str, lines: &str) -> PathBuf {
    let (text, library) = (
        folder.join(format!("{name}.c")),
        folder.join(format!("{name}.so")),
    );
    let include = format!("{lines}\n#include \"{}\"\n", root().join(source).display());
    std::fs::write(&text, include).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-D_GNU_SOURCE", "-pthread", "-o"]);
    let compiled = cc.args([&library, &text]).output().unwrap();
    assert!(compiled.status.success(), "{compiled:?}");
    library
}

/// Ended with this code, and said all of this on standard output or standard error.
#[track_caller]
pub fn assert_fails(output: &Output, code: i32, parts: &[&str]) {
    let bytes = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8_lossy(&bytes);
    assert_eq!(output.status.code(), Some(code), "{text}");
    let missing = parts.iter().find(|part| !text.contains(**part));
    assert!(missing.is_none(), "{missing:?} in\n{text}");
}
