//! Plugins in C for tests of the program, compiled where the test wants them.

use std::path::{Path, PathBuf};
use std::process::Command;

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
