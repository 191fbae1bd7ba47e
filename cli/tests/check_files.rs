//! `check`, `fuzz` and `matrix` call tools with sample arguments: what is in the caller's folder and home must survive
//! that.

#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

mod support;

use std::path::Path;
use std::process::Command;
use support::{bridge, root};

/// A library whose only tool removes the file `sample` of the current folder and of the home folder.
fn remover(folder: &Path) -> String {
    let library = folder.join("dev.remover.so");
    let source = root().join("cli/tests/check_files.c");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .status()
        .expect("cc runs; run script/setup");
    assert!(compiled.success());
    library.display().to_string()
}

#[test]
fn the_callers_files_survive_a_check_the_fuzzer_and_the_matrix() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let library = remover(folder.path());
    let home = folder.path().join("home");
    std::fs::create_dir(&home).expect("a folder");
    let samples = [folder.path().join("sample"), home.join("sample")];
    for sample in &samples {
        std::fs::write(sample, "thesis").expect("writing in a temporary folder");
    }
    let commands: [&[&str]; 3] = [
        &["check", &library, "--include", "result-*"],
        &["fuzz", &library, "--reproduce", "1"],
        &["matrix", &library],
    ];
    for arguments in commands {
        let mut command = bridge(arguments);
        command.current_dir(folder.path()).env("HOME", &home);
        let output = command.output();
        let output = output.expect("osaurus-bridge runs");
        let printed = String::from_utf8_lossy(&output.stdout);
        for sample in &samples {
            let kept = std::fs::read_to_string(sample).unwrap_or_default();
            assert_eq!(kept, "thesis", "after {arguments:?}: {printed}");
        }
        assert_ne!(
            output.status.code(),
            Some(2),
            "{arguments:?} did not run: {printed}"
        );
    }
}
