//! `osaurus-bridge invoke` with what a user would have entered before: settings, secrets and shared
//! files; with the library that was built here; and with its log while the tool runs.

use osaurus_bridge_tests::project::{Project, bridge, text_of};
use osaurus_bridge_tests::pythons;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

const MAIN: &str = include_str!("../fixtures/invoke_options/main.py");

/// The program in a project's folder.
fn here(project: &Project, words: &[&str]) -> Command {
    let mut program = bridge();
    program.args(words).current_dir(project.path());
    program
}

#[test]
fn settings_secrets_and_files_reach_a_tool_of_the_library_that_was_built_here() {
    let project = Project::python("given", MAIN)
        .file("note.txt", "shared")
        .file("key.txt", "s3cret\n");
    let missing = here(&project, &["invoke", "given"])
        .output()
        .expect("it runs");
    let text = text_of(&missing);
    assert!(text.contains("there is none in dist/"), "{text}");
    assert!(text.contains("osaurus-bridge build"), "{text}");
    project.build(&pythons::newest().executable);
    let words = [
        "invoke",
        "--json",
        "given",
        "--config",
        "limit=7",
        "--secret",
        "key=@key.txt",
        "--artifact",
        "note.txt",
    ];
    let output = here(&project, &words).output().expect("it runs");
    let envelope: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no JSON: {}", text_of(&output)));
    let result = &envelope["result"];
    assert!(
        result["limit"]
            .as_str()
            .is_some_and(|limit| limit.starts_with('7')),
        "{envelope}"
    );
    assert_eq!(result["key"], "s3cret", "{envelope}");
    assert!(
        result["shared"][0]
            .as_str()
            .is_some_and(|file| file.contains("note.txt")),
        "{envelope}"
    );
    let large = here(&project, &["invoke", "large"])
        .output()
        .expect("it runs");
    assert!(
        text_of(&large).contains(&format!("    1{}\n", "0".repeat(40))),
        "{}",
        text_of(&large)
    );
    let words = ["invoke", "--json", "--mode", "embedded", "child"];
    let output = here(&project, &words).output().expect("it runs");
    let envelope: Result<serde_json::Value, _> = serde_json::from_slice(&output.stdout);
    assert!(
        envelope.is_ok(),
        "the answer alone is on the output: {}",
        text_of(&output)
    );
}

#[test]
fn what_the_plugin_does_not_declare_or_the_page_refuses_is_said() {
    let project = Project::python("refused", MAIN);
    project.build(&pythons::newest().executable);
    for (option, value, text) in [
        (
            "--config",
            "limt=7",
            "the plugin has no setting \"limt\"; it declares limit",
        ),
        (
            "--secret",
            "kee=x",
            "the plugin has no secret \"kee\"; it declares key",
        ),
        ("--config", "limit=0", "does not take these settings"),
        ("--artifact", "gone.txt", "cannot share gone.txt"),
    ] {
        let output = here(&project, &["invoke", "given", option, value])
            .output()
            .expect("it runs");
        assert!(!output.status.success());
        assert!(text_of(&output).contains(text), "{}", text_of(&output));
    }
}

#[test]
fn a_line_of_the_log_comes_before_the_tool_has_ended() {
    let project = Project::python("live", MAIN);
    project.build(&pythons::newest().executable);
    let mut program = here(&project, &["invoke", "slow"]);
    let mut child = program
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let stderr = BufReader::new(child.stderr.take().expect("its log"));
    let lines = stderr
        .lines()
        .map_while(Result::ok)
        .find(|line| line.contains("half way"));
    assert!(lines.is_some());
    let runs = child.try_wait().expect("it can be waited for").is_none();
    assert!(runs, "the line came after the end");
    assert!(child.wait().expect("it ends").success());
}
