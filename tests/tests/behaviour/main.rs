//! The behaviour table: every scenario, on the probe plugin of every language, at every ABI version that it can be built
//! for, in hosts of every version. A function that host or plugin lacks must be reported missing by the plugin itself.
//! `tests/behaviour/README.md` says what a probe does and how a language joins.

mod columns;
mod scenarios;
mod server;
mod stage;

use columns::Column;
use osaurus_bridge_tests::{child, swift};
use stage::Stage;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

const HOSTS: [&str; 6] = ["1", "2", "3", "4", "5", "6"];
const REVISIONS: [&str; 5] = ["2a", "2b", "2c", "2d", "2e"];

/// Runs all scenarios of all builds in all hosts, in a process of its own; the test fails with every cell that failed.
fn run(test: &str, columns: fn() -> Vec<Column>, hosts: &[&str]) {
    child::run(test, &[], || play(&columns(), hosts));
}

/// As [`run`], in the process of a Swift library, which needs Swift's runtime.
fn run_swift(test: &str, columns: fn(&Path) -> Vec<Column>, hosts: &[&str]) {
    swift::run(test, swift::PROBE, |products| {
        play(&columns(products), hosts);
    });
}

fn play(columns: &[Column], hosts: &[&str]) {
    let mut failed = Vec::new();
    for column in columns {
        for host in hosts {
            failed.extend(failures(column, host));
        }
    }
    assert!(failed.is_empty(), "failed:\n{}", failed.join("\n"));
    println!("{} builds in {} hosts", columns.len(), hosts.len());
}

fn failures(column: &Column, host: &str) -> Vec<String> {
    let stage = Stage::new(column, host);
    let mut failed = Vec::new();
    for scenario in scenarios::ALL {
        let outcome = catch_unwind(AssertUnwindSafe(|| stage.play(scenario)));
        if let Err(reason) = outcome {
            let text = reason.downcast_ref::<String>().cloned();
            let text =
                text.or_else(|| reason.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let place = format!("{} in a version {host} host", column.name);
            failed.push(format!(
                "{place}: {}: {}",
                scenario.name,
                text.unwrap_or_default()
            ));
        }
    }
    failed
}

#[test]
fn a_drafted_version_changes_nothing_for_c() {
    let name = "a_drafted_version_changes_nothing_for_c";
    run(name, columns::c, &[stage::DRAFTED]);
}

#[test]
fn a_drafted_version_changes_nothing_for_rust() {
    let name = "a_drafted_version_changes_nothing_for_rust";
    run(name, columns::rust, &[stage::DRAFTED]);
}

#[test]
fn c() {
    run("c", columns::c, &HOSTS);
}

#[test]
fn cpp() {
    run("cpp", columns::cpp, &HOSTS);
}

#[test]
fn cpp_for_the_first_version_2_hosts() {
    run(
        "cpp_for_the_first_version_2_hosts",
        columns::cpp_for_2a,
        &REVISIONS,
    );
}

#[test]
fn rust() {
    run("rust", columns::rust, &HOSTS);
}

#[test]
fn swift_probe() {
    run_swift("swift_probe", columns::swift, &HOSTS);
}

#[test]
fn swift_for_the_first_version_2_hosts() {
    let test = "swift_for_the_first_version_2_hosts";
    run_swift(test, columns::swift_for_2a, &REVISIONS);
}
