//! `osaurus-bridge record` and `replay`, with the C example: the same plugin does the same, a
//! changed one is caught, and files that are not a whole session of the plugin are named with their
//! line.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod support;

use serde_json::Value;
use std::path::Path;
use std::process::Command;
use support::{root, run};
use tempfile::TempDir;

/// The C example, with one text replaced, as `NAME.so`.
fn plugin(folder: &Path, name: &str, from: &str, to: &str) {
    let source = std::fs::read_to_string(root().join("examples/c-hello/hello.c")).unwrap();
    assert!(source.contains(from), "the example has no {from:?}");
    let file = folder.join(format!("{name}.c"));
    std::fs::write(&file, source.replace(from, to)).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-I"])
        .arg(root().join("codegen/generated/c/v6"));
    let library = folder.join(format!("{name}.so"));
    let compiled = cc
        .arg("-o")
        .args([library, file])
        .arg("-ljansson")
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{compiled:?}");
}

/// A recorded session of the example.
fn recorded() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    plugin(folder.path(), "hello", "Hello", "Hello");
    let calls = [
        "--invoke",
        "greet={\"name\":\"Ada\"}",
        "--invoke",
        "greet={\"name\":\"Ben\"}",
    ];
    let arguments = [&["record", "hello.so", "-o", "s.jsonl"], &calls[..]].concat();
    let (_, out, err) = run(folder.path(), &arguments);
    assert!(out.ends_with("recorded s.jsonl\n"), "{out}{err}");
    folder
}

#[test]
fn the_recorded_plugin_does_the_same_again() {
    let folder = recorded();
    for _ in 0..3 {
        let (code, out, err) = run(folder.path(), &["replay", "hello.so", "s.jsonl"]);
        let expected = "same: the plugin answered 6 calls and made 8 host calls as in s.jsonl\n";
        assert_eq!((code, out.as_str(), err.lines().count()), (0, expected, 1));
    }
}

#[test]
fn the_first_difference_of_a_changed_plugin_is_reported() {
    let folder = recorded();
    plugin(folder.path(), "changed", "visits + 1", "visits + 2");
    let (code, out, err) = run(folder.path(), &["replay", "changed.so", "s.jsonl"]);
    let sql =
        "INSERT INTO guests VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET visits = visits + ";
    let expected = format!(
        "different: s.jsonl line 13, in call 4 (invoke tool greet)\n  \
         expected  db_exec(\"{sql}1\", \"[\\\"Ada\\\"]\")\n  \
         found     db_exec(\"{sql}2\", \"[\\\"Ada\\\"]\")\n  \
         argument 1 from character 86: \"1\" became \"2\"\n"
    );
    assert_eq!(
        (code, out.as_str(), err.lines().count()),
        (1, &*expected, 1)
    );
    let (code, out, _) = run(
        folder.path(),
        &["replay", "changed.so", "s.jsonl", "--json"],
    );
    let verdict: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, verdict["line"].as_u64()), (1, Some(13)), "{out}");
}

#[test]
fn another_result_and_a_crash_are_differences_too() {
    let folder = recorded();
    plugin(
        folder.path(),
        "result",
        "\"visits\", visits)",
        "\"visits\", visits + 1)",
    );
    let (code, out, _) = run(folder.path(), &["replay", "result.so", "s.jsonl"]);
    assert_eq!(code, 1, "{out}");
    assert!(
        out.contains("the result at $.result.visits: 1 became 2\n"),
        "{out}"
    );

    plugin(
        folder.path(),
        "crash",
        "json_t* rows;",
        "json_t* rows; abort();",
    );
    let (code, out, _) = run(folder.path(), &["replay", "crash.so", "s.jsonl"]);
    assert_eq!(code, 1, "{out}");
    let line = "found     the plugin's process was ended by signal 6\n";
    assert!(
        out.contains("in call 4 (invoke tool greet)") && out.contains(line),
        "{out}"
    );
}

#[test]
fn a_session_that_is_not_whole_or_not_the_plugins_exits_with_2_and_says_where() {
    let folder = recorded();
    let path = |name: &str| folder.path().join(name);
    let session = std::fs::read_to_string(path("s.jsonl")).unwrap();
    let lines: Vec<&str> = session.lines().collect();
    std::fs::write(path("cut.jsonl"), lines[..10].join("\n")).unwrap();
    std::fs::write(path("half.jsonl"), &session[..session.len() - 20]).unwrap();
    std::fs::write(path("foreign.jsonl"), "{\"type\":\"message\"}\n").unwrap();
    plugin(
        folder.path(),
        "other",
        "dev.example.c-hello",
        "dev.example.other",
    );
    let half = format!("half.jsonl:{}: expected an event", lines.len() - 1);
    for (library, session, text) in [
        (
            "hello.so",
            "cut.jsonl",
            "cut.jsonl:10: the session ends here, without its last line",
        ),
        ("hello.so", "half.jsonl", &*half),
        (
            "hello.so",
            "foreign.jsonl",
            "foreign.jsonl:1: this is not a recorded session",
        ),
        (
            "hello.so",
            "absent.jsonl",
            "cannot read the session absent.jsonl",
        ),
        ("absent.so", "s.jsonl", "cannot read absent.so"),
        (
            "other.so",
            "s.jsonl",
            "the session is one of the plugin dev.example.c-hello, and ",
        ),
    ] {
        let (code, out, err) = run(folder.path(), &["replay", library, session]);
        assert_eq!((code, out.as_str()), (2, ""), "{session}: {err}");
        assert!(err.contains(text), "{text} is not in {err}");
    }
}
