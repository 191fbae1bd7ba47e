//! Projects that `osaurus-bridge new` makes in languages which compile to the library themselves:
//! each builds as its README says, answers in the reference host, and passes `check`.

use osaurus_bridge_tests::built;
use osaurus_bridge_tests::project::text_of;
use std::path::Path;
use std::process::{Command, Output};

fn bridge(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(built("osaurus-bridge"));
    command.args(arguments).current_dir(folder);
    command.output().expect("osaurus-bridge runs")
}

/// Makes a project, runs the command lines, and calls the tool of the library.
fn builds_and_passes(language: &str, lines: &[&str], library: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let new_project = bridge(folder.path(), &["new", "hello", "--lang", language]);
    assert!(new_project.status.success(), "{}", text_of(&new_project));
    let project = folder.path().join("hello");
    for line in lines {
        let mut command = Command::new("sh");
        command.args(["-euc", line]).current_dir(&project);
        // What the workspace is built from is there.
        let output = command
            .env("CARGO_NET_OFFLINE", "true")
            .output()
            .expect("sh");
        assert!(output.status.success(), "{line}: {}", text_of(&output));
    }
    let library = library.replace(".so", std::env::consts::DLL_SUFFIX);
    let called = bridge(
        &project,
        &["invoke", &library, "greet", "{\"name\": \"Ada\"}"],
    );
    let text = text_of(&called);
    assert!(text.contains("Hello Ada. (greeting number 1)"), "{text}");
    let checked = bridge(&project, &["check", &library, "--only-failed"]);
    assert!(checked.status.success(), "{}", text_of(&checked));
}

#[test]
fn a_new_plugin_in_c_builds_and_passes_check() {
    builds_and_passes("c", &["make"], "dist/dev.example.hello.so");
}

#[test]
fn a_new_plugin_in_cpp_builds_and_passes_check() {
    let lines = ["cmake -S . -B build", "cmake --build build"];
    builds_and_passes("cpp", &lines, "dist/dev.example.hello.so");
}

#[test]
fn a_new_plugin_in_rust_builds_and_passes_check() {
    let lines = ["cargo test", "cargo build --release"];
    builds_and_passes("rust", &lines, "target/release/libhello.so");
}
