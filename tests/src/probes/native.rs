//! Probes in compiled languages.

use crate::{built, library, root, swift};
use osaurus_conformance::matrix::{Entry, build_c_probes};
use std::path::{Path, PathBuf};
use std::process::Command;

const STRICT: [&str; 6] = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Werror",
];

/// C, by the system's compiler, for all six versions; once more without the version 1 symbol.
pub(super) fn c(folder: &Path) -> Vec<Entry> {
    let headers = root().join("codegen/generated/c");
    build_c_probes(&headers, folder, &STRICT).unwrap_or_else(|error| panic!("{error}"))
}

/// C++ on the generated layer, for the five versions that have a host table, and for the first
/// hosts of version 2.
pub(super) fn cpp(folder: &Path) -> Vec<Entry> {
    let newest =
        (2..=6).map(|version| Entry::new("C++", version, cpp_probe(folder, version, "2e")));
    let first = Entry {
        version_2_is: "2a".into(),
        ..Entry::new("C++", 6, cpp_probe(folder, 6, "2a"))
    };
    newest.chain([first]).collect()
}

fn cpp_probe(folder: &Path, version: u32, revision: &str) -> PathBuf {
    let headers = folder.join(format!("cpp{version}"));
    let generated = Command::new(built("osaurus-bridge"))
        .args(["gen", "cpp", "--abi", &version.to_string(), "--out"])
        .arg(&headers)
        .output()
        .expect("osaurus-bridge runs");
    assert!(generated.status.success(), "gen cpp --abi {version}");
    let mut compiler = Command::new("c++");
    compiler.args([
        "-std=c++20",
        "-O1",
        "-Wsign-conversion",
        "-fvisibility=hidden",
    ]);
    compiler.arg(format!("-DOLDEST=v{revision}"));
    let library = folder.join(format!("cpp{version}-{revision}.so"));
    let output = compiler
        .args(STRICT)
        .args(["-shared", "-fPIC", "-pthread", "-I"])
        .arg(&headers)
        .arg("-o")
        .arg(&library)
        .arg(root().join("tests/behaviour/cpp/probe.cpp"))
        .output()
        .expect("a compiler; script/setup installs one");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the C++ probe: {text}");
    library
}

/// Rust on the crate `osaurus-plugin`, which is built for the newest version.
pub(super) fn rust(_folder: &Path) -> Vec<Entry> {
    let first = Entry {
        version_2_is: "2a".into(),
        ..Entry::new("Rust", 6, built(&library("behaviour_rust_2a")))
    };
    vec![
        Entry::new("Rust", 6, built(&library("behaviour_rust"))),
        first,
    ]
}

/// Swift on the package `OsaurusPlugin`, which is built for the newest version; once more for the
/// first hosts of version 2, and without the version 1 symbol. Nothing where there is no Swift.
pub(super) fn swift(_folder: &Path) -> Vec<Entry> {
    let Some(toolchain) = swift::Toolchain::find() else {
        return Vec::new();
    };
    let package = root().join(swift::PROBE);
    toolchain.swift(&["build"], &package);
    let probe = |product: &str| Entry {
        launcher: toolchain.launcher(),
        ..Entry::new("Swift", 6, swift::products(&package).join(library(product)))
    };
    let first = Entry {
        version_2_is: "2a".into(),
        v1_symbol: false,
        ..probe("ProbeForFirstHosts")
    };
    vec![probe("Probe"), first]
}
