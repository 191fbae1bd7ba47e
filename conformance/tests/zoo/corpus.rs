//! Plugins as people publish them, written anew after what they do: at the usual level the checker
//! finds in each exactly what `tests/corpus/expected.toml` says, nothing less and nothing more.

use super::build::{Workshop, done};
use super::verdicts::{broken, options, shown};
use osaurus_bridge_tests::swift::Toolchain;
use osaurus_bridge_tests::{built, root};
use osaurus_conformance::check::{self, Options, Selection};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Per plugin the rules that it breaks, each with how that is reported.
type Expected = BTreeMap<String, BTreeMap<String, String>>;

#[test]
fn each_plugin_of_the_corpus_breaks_what_is_known_of_it_and_nothing_else() {
    let (folder, expected) = (folder(), expected());
    let workshop = Workshop::open();
    let problems: Vec<String> = expected
        .iter()
        .filter(|(name, _)| !is_swift(name))
        .filter_map(|(name, rules)| problem(&library(&workshop, &folder, name), name, rules))
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Checked by the program, which runs where Swift's runtime is.
#[test]
fn each_swift_plugin_of_the_corpus_breaks_what_is_known_of_it_and_nothing_else() {
    let Some(toolchain) = Toolchain::find() else {
        return;
    };
    let workshop = Workshop::open();
    for (name, rules) in expected().iter().filter(|(name, _)| is_swift(name)) {
        let library = workshop.place(name);
        let mut swiftc = toolchain.command("swiftc");
        swiftc.args(["-emit-library", "-o"]).arg(&library);
        done(swiftc.arg(folder().join(name)));
        let mut check = toolchain.command(built("osaurus-bridge"));
        check
            .args(["check", "--reproduce", "1", "--json"])
            .arg(&library);
        let output = check.output().expect("the checker starts");
        let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
        let results = report["results"].as_array().expect("results");
        let broken = results
            .iter()
            .filter(|one| one["status"] != "passed" && one["status"] != "skipped");
        let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
        let findings: BTreeMap<String, String> = broken
            .clone()
            .map(|one| (text(one, "rule"), text(one, "status")))
            .collect();
        let broken: Vec<&Value> = broken.collect();
        assert_eq!(findings, *rules, "{name}: {broken:#?}");
    }
}

fn folder() -> PathBuf {
    root().join("tests/corpus")
}

fn expected() -> Expected {
    let text = std::fs::read_to_string(folder().join("expected.toml")).expect("the expectations");
    toml::from_str(&text).expect("good expectations")
}

fn is_swift(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|end| end == "swift")
}

fn library(workshop: &Workshop, folder: &Path, name: &str) -> PathBuf {
    let source = folder.join(name);
    if source.extension().is_some_and(|end| end == "c") {
        return workshop.alone(&source);
    }
    let library = workshop.place(name);
    let mut rustc = Command::new("rustc");
    rustc.args([
        "--edition",
        "2024",
        "--crate-type",
        "cdylib",
        "-C",
        "panic=abort",
        "-o",
    ]);
    done(rustc.arg(&library).arg(source));
    library
}

fn problem(library: &Path, name: &str, expected: &BTreeMap<String, String>) -> Option<String> {
    let usual = Options {
        selection: Selection {
            level: 5,
            ..Selection::default()
        },
        ..options(library, 1)
    };
    let report = check::run(&usual, |_| ()).expect("the checker runs");
    let broken = broken(&report);
    let findings: BTreeMap<String, String> = broken
        .iter()
        .map(|result| {
            (
                result.rule.clone(),
                format!("{:?}", result.status).to_lowercase(),
            )
        })
        .collect();
    eprintln!("{name}: {} ms, {findings:?}", report.milliseconds);
    let explain = || format!("{name}: expected {expected:?}, found:{}", shown(&broken));
    (findings != *expected).then(explain)
}
