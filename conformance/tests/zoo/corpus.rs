//! Plugins as people publish them, written anew after what they do: at the usual level the checker finds in each exactly
//! what `tests/corpus/expected.toml` says, nothing less and nothing more.

use super::build::{Workshop, done};
use super::verdicts::{broken, options, shown};
use osaurus_bridge_tests::root;
use osaurus_conformance::check::{self, Options, Selection};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Per plugin the rules that it breaks, each with how that is reported.
type Expected = BTreeMap<String, BTreeMap<String, String>>;

#[test]
fn each_plugin_of_the_corpus_breaks_what_is_known_of_it_and_nothing_else() {
    let folder = root().join("tests/corpus");
    let text = std::fs::read_to_string(folder.join("expected.toml")).expect("the expectations");
    let expected: Expected = toml::from_str(&text).expect("good expectations");
    let workshop = Workshop::open();
    let problems: Vec<String> = expected
        .iter()
        .filter_map(|(name, rules)| problem(&library(&workshop, &folder, name), name, rules))
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
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
    let found: BTreeMap<String, String> = broken
        .iter()
        .map(|result| {
            (
                result.rule.clone(),
                format!("{:?}", result.status).to_lowercase(),
            )
        })
        .collect();
    eprintln!("{name}: {} ms, {found:?}", report.milliseconds);
    let explain = || format!("{name}: expected {expected:?}, found:{}", shown(&broken));
    (found != *expected).then(explain)
}
