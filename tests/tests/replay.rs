//! A recorded session of a plugin does the same again: in Python embedded and as a worker, in
//! TypeScript, in Rust. A changed script is caught.

use osaurus_bridge_tests::project::Project;
use osaurus_bridge_tests::{built, library as file_name, pythons};
use std::path::Path;
use std::process::Command;

const SCRIPT: &str = include_str!("../fixtures/replay/main.py");

/// What the program prints, and how it ends.
fn bridge(mode: &str, arguments: &[&Path]) -> (Option<i32>, String) {
    let output = Command::new(built("osaurus-bridge"))
        .args(arguments)
        .env("OSAURUS_BRIDGE_MODE", mode)
        .env("OSAURUS_BRIDGE_PYTHON", pythons::newest().executable)
        .output()
        .expect("the program runs");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

fn library(script: &str) -> (Project, std::path::PathBuf) {
    let project = Project::python("replayed", script);
    let library = project.build(&pythons::newest().executable);
    (project, library)
}

fn same_again(mode: &str) {
    let (_project, plugin) = library(SCRIPT);
    let (_changed_project, changed) =
        library(&SCRIPT.replace("INTO kept VALUES (?, ?)", "INTO kept VALUES (?1, ?2)"));
    let folder = tempfile::tempdir().expect("a folder");
    let session = folder.path().join("s.jsonl");
    let words = [
        "record",
        "-o",
        "--invoke",
        "keep={\"text\":\"so\"}",
        "replay",
    ]
    .map(Path::new);
    let [record, o, invoke, call, replay] = words;
    let (code, said) = bridge(
        mode,
        &[record, &plugin, o, &session, invoke, call, invoke, call],
    );
    assert_eq!(code, Some(0), "{said}");
    for _ in 0..2 {
        let (code, said) = bridge(mode, &[replay, &plugin, &session]);
        assert_eq!(code, Some(0), "{said}");
    }
    let (code, said) = bridge(mode, &[replay, &changed, &session]);
    assert!(
        code == Some(1) && said.contains("VALUES (?1, ?2)"),
        "{said}"
    );
}

#[test]
fn embedded() {
    same_again("embedded");
}

#[test]
fn worker() {
    same_again("worker");
}

const TYPESCRIPT: &str = include_str!("../fixtures/replay/main.ts");

#[test]
fn typescript_and_rust() {
    let project = Project::typescript("replayed", TYPESCRIPT);
    let typescript = project.build(&pythons::newest().executable);
    let rust = built(&file_name("rust_hello"));
    for (plugin, call) in [
        (typescript, "keep={\"text\":\"so\"}"),
        (rust, "greet={\"name\":\"Ada\"}"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let session = folder.path().join("s.jsonl");
        let [record, o, invoke, call, replay] =
            ["record", "-o", "--invoke", call, "replay"].map(Path::new);
        let words = [record, &plugin, o, &session, invoke, call, invoke, call];
        let (code, said) = bridge("", &words);
        assert_eq!(code, Some(0), "{said}");
        let (code, said) = bridge("", &[replay, &plugin, &session]);
        assert_eq!(code, Some(0), "{said}");
    }
}
