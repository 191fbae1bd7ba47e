//! `osaurus-bridge abi next`: an imaginary version, what it costs plugins of today, and drafts that
//! are none.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod support;

use serde_json::Value;
use std::path::Path;
use support::{assert_fails, bridge, run};
use tempfile::TempDir;

const DRAFT: &str = "doc = \"Adds a clock.\"\n[[slot]]\nname = \"host_time\"\ngroup = \"base\"\nthread = \"any\"\n\
    blocking = \"no\"\ndoc = \"Tells the time.\"\nparams = []\n\
    returns = { type = \"string\", ownership = \"free_with_host\", doc = \"The time.\" }\n";

fn drafted(draft: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("draft.toml"), draft).unwrap();
    folder
}

fn next(folder: &Path, more: &[&str]) -> (i32, String, String) {
    run(
        folder,
        &[&["abi", "next", "draft.toml", "-o", "out"], more].concat(),
    )
}

/// How many functions of the host come out so in a cell of the matrix.
fn count(cell: &Value, outcome: &str) -> usize {
    let functions = cell["functions"].as_array().unwrap();
    let host = functions
        .iter()
        .filter(|one| one["function"].as_str().unwrap().starts_with("host."));
    host.filter(|one| one["outcome"] == outcome).count()
}

#[test]
fn an_imaginary_version_7_costs_c_plugins_of_all_versions_nothing() {
    let folder = drafted(DRAFT);
    let (code, out, err) = next(folder.path(), &["--json"]);
    assert_eq!(code, 0, "{out}{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&report["version"], &report["host_table_size"]),
        (&7.into(), &208.into())
    );
    assert_eq!(report["differences"], Value::Array(Vec::new()));
    assert_eq!(report["matrix"]["hosts"], serde_json::json!(["6", "7"]));
    let rows = report["matrix"]["rows"].as_array().unwrap();
    let works = rows.iter().map(|row| {
        let [newest, draft] = [&row["cells"][0], &row["cells"][1]];
        assert_eq!(newest["scenarios"], draft["scenarios"], "{row}");
        assert_eq!(count(newest, "works"), count(draft, "works"), "{row}");
        assert_eq!(
            count(newest, "plugin_lacks"),
            count(draft, "plugin_lacks"),
            "{row}"
        );
        count(draft, "works")
    });
    // A row for each version, and one for the newest without the version 1 symbol.
    assert_eq!(works.collect::<Vec<_>>(), [0, 20, 21, 22, 23, 24, 24]);
    let header = "out/generated/codegen/generated/c/v7/osaurus_plugin.h";
    let (code, out, err) = run(folder.path(), &["abi", "diff", header, "out/spec"]);
    assert!(
        code == 0 && out.ends_with("nothing changed\n"),
        "{out}{err}"
    );
}

#[test]
fn a_plugin_that_does_not_do_what_it_should_is_a_cost() {
    let folder = drafted(DRAFT);
    let (code, out, err) = next(folder.path(), &[]);
    assert_eq!(code, 0, "{out}{err}");
    for text in [
        "host_time was added at the end, at 200, in version 7  [abi::slot_appended]",
        "the table of a host of version 7 has 208 bytes",
        "7 plugins in 2 hosts: 14 pairs in 14 processes",
        "all as the spec says.",
    ] {
        assert!(out.contains(text), "{text} is not in\n{out}");
    }
    let list = folder.path().join("out/probes/plugins.json");
    let mut probes: Vec<Value> = serde_json::from_slice(&std::fs::read(&list).unwrap()).unwrap();
    probes.retain(|probe| probe["built_for"] == "3");
    probes[0]["built_for"] = "6".into();
    std::fs::write(
        folder.path().join("own.json"),
        serde_json::to_vec(&probes).unwrap(),
    )
    .unwrap();
    let (code, out, err) = next(folder.path(), &["--list", "own.json"]);
    assert_eq!(code, 1, "{out}{err}");
    let line = "C built for v6 in host v7: host.log_structured: the spec says it works, the run \
                says the plugin does not know it";
    assert!(out.contains(line), "{out}");
}

#[test]
fn what_cannot_be_run_is_said_with_a_way_out() {
    let folder = drafted(DRAFT);
    let words = ["abi", "next", "draft.toml", "-o", "out"];
    let mut without_compiler = bridge(&words);
    let output = without_compiler
        .current_dir(folder.path())
        .env("CC", "no-such-compiler")
        .output()
        .unwrap();
    let parts = [
        "error: cannot build the plugins to run: cannot use no-such-compiler: ",
        "  try: install a C compiler, or set CC, and jansson",
        "or name plugins with --list",
    ];
    assert_fails(&output, 1, &parts);
    let (code, _, err) = next(folder.path(), &["--list", "absent.json"]);
    let text = "error: the matrix cannot run: cannot read the list of plugins absent.json: ";
    assert!(code == 1 && err.starts_with(text), "{err}");
}

#[test]
fn a_draft_that_is_not_one_is_named() {
    for (draft, text) in [
        ("doc = ".to_owned(), "the draft is not TOML"),
        ("doc = \"x\"".to_owned(), "the draft has no [[slot]]"),
        (
            DRAFT.replace("doc = \"Adds a clock.\"", ""),
            "the draft has no `doc`",
        ),
        (format!("extra = 1\n{DRAFT}"), "the draft has `extra`"),
        (
            DRAFT.replace("host_time", "log"),
            "error[spec::duplicate_name]",
        ),
    ] {
        let (code, _, err) = next(drafted(&draft).path(), &[]);
        assert!(code == 1 && err.contains(text), "{text} is not in {err}");
    }
    let folder = drafted(&DRAFT.replace("blocking = \"no\"", "blocking = \"io\""));
    let (_, _, err) = next(folder.path(), &[]);
    let (place, _) = err.lines().nth(1).unwrap().split_once(": ").unwrap();
    let (file, line) = place.split_once(':').unwrap();
    let text = std::fs::read_to_string(folder.path().join("out/spec").join(file)).unwrap();
    let named = text.lines().nth(line.parse::<usize>().unwrap() - 1);
    assert!(named.unwrap().contains("\"io\""), "{err}{named:?}");
    assert!(err.ends_with("these files are in out/spec\n"), "{err}");
}
