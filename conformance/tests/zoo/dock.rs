//! A Python plugin whose tools count on a terminal: a program on the PATH, a file in the current
//! folder, a variable. The rule `dock-environment` names each, and has nothing against the tool
//! that counts on nothing.

use osaurus_bridge_tests::project::{Project, bridge, text_of};
use osaurus_bridge_tests::pythons;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const MAIN: &str = include_str!("../../../tests/fixtures/dock/main.py");

fn built(project: &Project) -> String {
    let output = bridge()
        .arg("build")
        .arg(project.path())
        .arg("--json")
        .env("OSAURUS_BRIDGE_PYTHON", pythons::newest().executable)
        .output()
        .expect("osaurus-bridge runs");
    assert!(output.status.success(), "{}", text_of(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("build --json prints JSON");
    report["library"]
        .as_str()
        .expect("the library's path")
        .to_owned()
}

fn program(folder: &Path, name: &str) {
    std::fs::create_dir_all(folder).expect("a folder");
    let path = folder.join(name);
    std::fs::write(&path, "#!/bin/sh\necho hello\n").expect("a file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a program");
}

/// Whether a tool answers a success, as `invoke` in that folder with the terminal's variables.
fn works(folder: &Path, tool: &str, more: &[&str]) -> bool {
    let output = bridge()
        .args([
            "invoke",
            "plugin.so",
            tool,
            "{}",
            "--json",
            "--data",
            "data",
        ])
        .args(more)
        .current_dir(folder)
        .env("ZOO_TOKEN", "a value")
        .output()
        .expect("osaurus-bridge runs");
    let envelope: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    assert!(envelope["ok"].is_boolean(), "{}", text_of(&output));
    envelope["ok"] == true
}

#[test]
fn invoke_shows_what_fails_from_the_dock() {
    let project = Project::python("terminal", MAIN);
    let shell = tempfile::tempdir().expect("a temporary folder");
    std::fs::copy(built(&project), shell.path().join("plugin.so")).expect("a copy");
    std::fs::create_dir(shell.path().join("names")).expect("a folder");
    std::fs::write(shell.path().join("names/all.txt"), "Ada").expect("a file");
    let from_the_dock = ["--dock-environment", "--key-in-file"];
    for (tool, in_both) in [("reads", false), ("asks", false), ("counts", true)] {
        assert!(
            works(shell.path(), tool, &["--key-in-file"]),
            "{tool} in a terminal"
        );
        assert_eq!(works(shell.path(), tool, &from_the_dock), in_both, "{tool}");
    }
    assert!(
        shell.path().join("data/host.key").is_file(),
        "--data means this folder"
    );
}

#[test]
fn what_works_in_a_terminal_alone_is_named() {
    let project = Project::python("terminal", MAIN);
    let shell = tempfile::tempdir().expect("a temporary folder");
    // In the folder of the check: of another one the plugin gets no copy.
    let library = shell.path().join("plugin.so");
    std::fs::copy(built(&project), &library).expect("a copy");
    let library = library.display().to_string();
    let bin = shell.path().join("bin");
    program(&bin, "say-hello");
    std::fs::create_dir(shell.path().join("names")).expect("a folder");
    std::fs::write(shell.path().join("names/all.txt"), "Ada").expect("a file");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(bin.clone()).chain(std::env::split_paths(&path));
    let output = bridge()
        .args(["check", &library, "--include", "dock-environment", "--json"])
        .current_dir(shell.path())
        .env("PATH", std::env::join_paths(folders).expect("a PATH"))
        .env("ZOO_TOKEN", "a value")
        .env("OSAURUS_BRIDGE_PYTHON", pythons::newest().executable)
        .output()
        .expect("osaurus-bridge runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("check --json prints JSON");
    let result = &report["results"][0];
    assert_eq!(result["status"], "failed", "{report:#}");
    let start = "it works in a terminal and fails in an application that was started from the \
                 Dock: it needs";
    let places = (
        bin.join("say-hello"),
        shell.path().canonicalize().expect("a path"),
    );
    let causes = [
        (
            "\"starts\"",
            format!(
                "the program {}, which is on the terminal's PATH alone",
                places.0.display()
            ),
        ),
        (
            "\"reads\"",
            format!(
                "the file names/all.txt in the current folder ({}), which is / there",
                places.1.display()
            ),
        ),
        (
            "\"asks\"",
            "the variable ZOO_TOKEN, which the terminal alone has".to_owned(),
        ),
    ];
    let evidence = result["evidence"].as_array().expect("a list");
    assert_eq!(evidence.len(), causes.len(), "{evidence:#?}");
    for (tool, cause) in causes {
        let is_of = |one: &&Value| one["call"].as_str().is_some_and(|call| call.contains(tool));
        let one = evidence.iter().find(is_of).expect(tool);
        assert_eq!(one["what"], format!("{start} {cause}"));
    }
}
