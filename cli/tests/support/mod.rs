//! For tests of the program: plugins in C, compiled where the test wants them, and how a run failed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// `<folder>/<name>.so`, made of a C source of the repository that is included behind these lines.
pub fn plugin(folder: &Path, name: &str, source: &str, lines: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (text, library) = (
        folder.join(format!("{name}.c")),
        folder.join(format!("{name}.so")),
    );
    let include = format!("{lines}\n#include \"{}\"\n", root.join(source).display());
    std::fs::write(&text, include).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-D_GNU_SOURCE", "-pthread", "-o"]);
    let compiled = cc.args([&library, &text]).output().unwrap();
    assert!(compiled.status.success(), "{compiled:?}");
    library
}

/// Ended with this code, and said all of this on standard output or standard error.
#[track_caller]
pub fn assert_fails(output: &Output, code: i32, texts: &[&str]) {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8_lossy(&said);
    assert_eq!(output.status.code(), Some(code), "{said}");
    let missing = texts.iter().find(|text| !said.contains(**text));
    assert!(missing.is_none(), "{missing:?} in\n{said}");
}
