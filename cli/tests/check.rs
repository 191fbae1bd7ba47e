//! `osaurus-bridge check` as a person runs it: options, reports, exit codes, the project file. What
//! the rules find is shown by the zoo.

#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

mod support;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::{bridge, root};
use tempfile::TempDir;

/// A plugin of the zoo in a folder of its own, by the rule that it breaks; the good one without a
/// rule.
fn plugin(rule: Option<&str>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let library = folder.path().join("plugin.so");
    let zoo = root().join("tests/zoo");
    let mut compiler = Command::new("cc");
    compiler
        .args([
            "-std=gnu11",
            "-fPIC",
            "-fvisibility=hidden",
            "-shared",
            "-I",
        ])
        .arg(zoo.join("base"))
        .arg("-I")
        .arg(root().join("codegen/generated/c/v6"))
        .args(rule.map(|rule| zoo.join(format!("{rule}.c"))))
        .arg(zoo.join("base/base.c"))
        .arg("-o")
        .arg(&library)
        .args(pkg_config());
    let output = compiler.output().expect("cc runs; run script/setup");
    assert!(output.status.success(), "{}", text(&output.stderr));
    (folder, library)
}

fn pkg_config() -> Vec<String> {
    let output = Command::new("pkg-config")
        .args(["--cflags", "--libs", "jansson"])
        .output()
        .expect("pkg-config runs; run script/setup");
    let words = text(&output.stdout);
    words.split_whitespace().map(str::to_string).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs the command in a folder without a project file, with the same choices each time.
fn check(folder: &Path, arguments: &[&str]) -> Output {
    let mut check = bridge(&[&["check"], arguments].concat());
    if !arguments.contains(&"--reproduce") {
        check.args(["--reproduce", "1"]);
    }
    check
        .current_dir(folder)
        .output()
        .expect("osaurus-bridge runs")
}

#[test]
fn a_good_plugin_passes_and_the_seed_is_printed() {
    let (folder, library) = plugin(None);
    let library = library.display().to_string();
    let output = check(
        folder.path(),
        &[
            &library,
            "--include",
            "entry-*,result-null",
            "--reproduce",
            "42",
        ],
    );
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{printed}{}", text(&output.stderr));
    assert!(
        printed.contains("(dev.example.zoo) at level 5"),
        "{printed}"
    );
    assert!(
        printed.contains("seed 42") && !printed.contains("FAILED"),
        "{printed}"
    );
}

#[test]
fn a_broken_rule_fails_the_check_with_evidence_and_a_way_out() {
    let (folder, library) = plugin(Some("result-null"));
    let (library, junit) = (
        library.display().to_string(),
        folder.path().join("check.xml"),
    );
    let arguments = [&library, "--include", "result-null", "--junit", "check.xml"];
    let output = check(folder.path(), &arguments);
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    for part in [
        "FAILED result-null",
        "call    invoke(tool, ",
        "thread  thread ",
        "fix    ",
        "more about a rule: osaurus-bridge explain result-null",
        "--reproduce ",
    ] {
        assert!(printed.contains(part), "{part} is not in\n{printed}");
    }
    let junit = std::fs::read_to_string(junit).expect("the JUnit file");
    assert!(
        junit.contains("name=\"result-null\"") && junit.contains("<failure message="),
        "{junit}"
    );
}

#[test]
fn an_exit_is_caught_and_the_call_is_named() {
    let (folder, library) = plugin(Some("exits-process"));
    let library = library.display().to_string();
    let output = check(
        folder.path(),
        &[
            &library,
            "--json",
            "--only-failed",
            "--include",
            "exits-process,result-null",
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let results = report["results"].as_array().expect("results");
    assert_eq!(results.len(), 1, "{report:#}");
    assert_eq!(
        (&results[0]["rule"], &results[0]["status"]),
        (&"exits-process".into(), &"crashed".into())
    );
    let evidence = &results[0]["evidence"][0];
    assert!(
        evidence["what"]
            .as_str()
            .is_some_and(|what| what.contains("exit(0)")),
        "{evidence}"
    );
    assert!(
        evidence["call"]
            .as_str()
            .is_some_and(|call| call.starts_with("invoke(tool, ")),
        "{evidence}"
    );
    assert_eq!(
        report["summary"]["skipped"], 1,
        "what needs the rule is skipped: {report:#}"
    );
}

#[test]
fn a_rule_is_turned_off_by_a_project_file_with_a_reason() {
    let (folder, library) = plugin(Some("result-null"));
    let library = library.display().to_string();
    let file = folder.path().join("osaurus-check.toml");
    std::fs::write(
        &file,
        "[off]\nresult-null = \"NULL is how it says nothing\"\n",
    )
    .expect("a file");
    let output = check(&root(), &[&library, "--include", "result-null"]);
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{printed}");
    assert!(
        printed.contains("result-null: turned off: NULL is how it says nothing"),
        "{printed}"
    );
    std::fs::write(&file, "[off]\nresult-null = \"\"\n").expect("a file");
    let output = check(&root(), &[&library]);
    assert!(!output.status.success());
    let message = text(&output.stderr);
    assert!(
        message.contains("osaurus-check.toml") && message.contains("write why it does not apply"),
        "{message}"
    );
}

#[test]
fn rules_are_listed_and_explained() {
    let here = root();
    let listed = check(&here, &["--list", "--json"]);
    let rules: Value = serde_json::from_slice(&listed.stdout).expect("rules");
    let ids: Vec<&str> = rules
        .as_array()
        .expect("rules")
        .iter()
        .filter_map(|rule| rule["id"].as_str())
        .collect();
    assert!(ids.len() >= 65, "{} rules", ids.len());
    let list = text(&check(&here, &["--list"]).stdout);
    assert!(ids.iter().all(|id| list.contains(id)), "{list}");
    let one = text(
        &bridge(&["explain", "result-null"])
            .output()
            .expect("it runs")
            .stdout,
    );
    assert!(
        one.contains("Follows the plugin's `invoke`") && one.contains("## What to do"),
        "{one}"
    );
}

#[test]
fn names_that_do_not_exist_are_answered_with_those_that_do() {
    let (folder, library) = plugin(None);
    let library = library.display().to_string();
    let output = bridge(&["explain", "result-nil"])
        .output()
        .expect("it runs");
    assert!(
        text(&output.stderr)
            .contains("there is no rule, error, function, limit or quirk \"result-nil\""),
        "{}",
        text(&output.stderr)
    );
    assert!(
        text(&output.stderr).contains("result-null"),
        "{}",
        text(&output.stderr)
    );
    let output = check(folder.path(), &[&library, "--include", "stringz"]);
    assert!(
        text(&output.stderr).contains("no rule or group fits \"stringz\""),
        "{}",
        text(&output.stderr)
    );
    let output = check(folder.path(), &["nowhere.so"]);
    assert!(
        text(&output.stderr).contains("nowhere.so does not exist"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_library_that_is_none_fails_with_the_systems_words() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("plugin.so"), "no library").expect("a file");
    let output = check(folder.path(), &["plugin.so", "--level", "1"]);
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(
        printed.contains("DOES NOT LOAD") && printed.contains("FAILED entry-symbol-exported"),
        "{printed}"
    );
}
