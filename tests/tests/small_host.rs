//! What a host does to Python that Rust programs do not: it leaves SIGPIPE at its default, and calls on threads of 512 KiB.
//! A host in C, on every Python of this machine; whatever a handler does to the stack or to a pipe is an exception there.

use osaurus_bridge_tests::project::Project;
use osaurus_bridge_tests::{python_engine, pythons, root};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const MAIN: &str = r#"
import json
import socket
import subprocess
import sys
import threading

from osaurus_plugin import Plugin

plugin = Plugin(name="Small")


@plugin.tool
def closed_socket() -> str:
    """Send to a connection that the other side has closed."""
    ours, theirs = socket.socketpair()
    theirs.close()
    ours.sendall(b"x")
    return "sent"


@plugin.tool(threads=True)
def ended_child() -> str:
    """Write to a program that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE)
    child.wait()
    child.stdin.write(b"x" * 100_000)
    child.stdin.flush()
    return "written"


@plugin.tool
async def closed_in_loop() -> str:
    """The same on the loop."""
    ours, theirs = socket.socketpair()
    theirs.close()
    ours.sendall(b"x")
    return "sent"


@plugin.tool
def brackets() -> str:
    """Read what a web server may answer."""
    json.loads("[" * 100_000)
    return "read"


class Loop:
    def __getattr__(self, name: str) -> object:
        return getattr(self, name + "x")


@plugin.tool
def attribute() -> str:
    """Look for an attribute that looks for itself."""
    return str(Loop().x)


@plugin.tool
def sorts() -> str:
    """Sort by a key that sorts."""

    def key(item: int) -> int:
        return sorted([item], key=key)[0]

    return str(key(1))


def nested() -> list:
    value: list = []
    for _ in range(100_000):
        value = [value]
    return value


@plugin.tool
def represents() -> str:
    """Write what is nested too deeply."""
    return repr(nested())


class Deep:
    def __repr__(self) -> str:
        return f"<{Deep()!r}>"


@plugin.tool
def represents_itself() -> str:
    """Write what writes itself."""
    return repr(Deep())


@plugin.tool
def dumps() -> str:
    """The same as JSON."""
    return json.dumps(nested())


@plugin.tool
async def sorts_in_loop() -> str:
    """On the loop's thread."""
    return sorts()


@plugin.tool
def counts() -> int:
    """Works, after all of that."""
    return threading.active_count()
"#;

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
