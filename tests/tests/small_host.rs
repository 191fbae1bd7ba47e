//! What a host does to Python that Rust programs do not: it leaves SIGPIPE at its default, and
//! calls on threads of 512 KiB. A host in C, on every Python of this machine; whatever a handler
//! does to the stack or to a pipe is an exception there.

use osaurus_bridge_tests::project::Project;
use osaurus_bridge_tests::{python_engine, pythons, root};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const MAIN: &str = include_str!("../fixtures/small_host/main.py");

const BROKEN_PIPE: [&str; 3] = ["closed_socket", "ended_child", "closed_in_loop"];
const TOO_DEEP: [&str; 7] = [
    "brackets",
    "attribute",
    "sorts",
    "represents",
    "represents_itself",
    "dumps",
    "sorts_in_loop",
];

fn host(folder: &Path) -> PathBuf {
    let program = folder.join("small_host");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let mut command = Command::new(compiler);
    command.arg("-o").arg(&program);
    command.arg(root().join("tests/tests/data/small_host.c"));
    let output = command
        .args(["-lpthread", "-ldl"])
        .output()
        .expect("a C compiler");
    assert!(output.status.success(), "{output:?}");
    program
}

/// What each tool answers. The host's end is part of the test.
fn answers(host: &Path, library: &Path, python: &Path, tools: &[&str]) -> Vec<Value> {
    let output = Command::new(host)
        .arg(library)
        .args(tools)
        .env("OSAURUS_BRIDGE_MODE", "embedded")
        .envs([python_engine()])
        .env("OSAURUS_BRIDGE_PYTHON", python)
        .output()
        .expect("the host runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{python:?}: {output:?}");
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{python:?}: {text}")))
        .collect()
}

#[test]
fn a_broken_pipe_and_a_deep_recursion_are_exceptions_in_a_host_of_the_systems_defaults() {
    let folder = tempfile::tempdir().expect("a folder");
    let host = host(folder.path());
    let tools: Vec<&str> = BROKEN_PIPE
        .into_iter()
        .chain(TOO_DEEP)
        .chain(["counts"])
        .collect();
    for python in pythons::all() {
        let project = Project::python("small", MAIN);
        let library = project.build(&python.executable);
        let answers_of = answers(&host, &library, &python.executable, &tools);
        assert_eq!(answers_of.len(), tools.len(), "{python:?}: {answers_of:?}");
        for (tool, answer) in tools.iter().zip(answers_of) {
            let expected = match tool {
                _ if BROKEN_PIPE.contains(tool) => "BrokenPipeError",
                _ if TOO_DEEP.contains(tool) => "RecursionError",
                _ => {
                    assert_eq!(answer["ok"], true, "{python:?}: {answer}");
                    continue;
                }
            };
            let message = answer["message"].as_str().unwrap_or_default();
            assert!(
                message.starts_with(expected),
                "{python:?}, {tool}: {answer}"
            );
        }
    }
}
