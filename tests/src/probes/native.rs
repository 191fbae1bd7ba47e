//! Probes in compiled languages.

use super::entry;
use crate::{built, library, root, swift};
use osaurus_conformance::matrix::Entry;
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
    let manifest = std::fs::read_to_string(root().join("tests/behaviour/manifest.json"))
        .expect("the manifest");
    let literal = serde_json::Value::String(manifest).to_string();
    std::fs::write(folder.join("manifest.inc"), literal).expect("a written file");
    let probe = |version: u32, name: &str, options: &[&str]| {
        let headers = root().join(format!("codegen/generated/c/v{version}"));
        let mut compiler = Command::new("cc");
        compiler
            .arg("-std=gnu11")
            .args(["-isystem".as_ref(), folder]);
        compiler.args(options);
        let source = "tests/behaviour/c/probe.c";
        compile(
            compiler,
            &headers,
            source,
            folder.join(name),
            &["-ljansson"],
        )
    };
    let all =
        (1..=6).map(|version| entry("C", version, probe(version, &format!("c{version}.so"), &[])));
    let bare = probe(6, "c6-bare.so", &["-DWITHOUT_V1_ENTRY"]);
    let bare = Entry {
        v1_symbol: false,
        ..entry("C", 6, bare)
    };
    all.chain([bare]).collect()
}

/// C++ on the generated layer, for the five versions that have a host table, and for the first hosts of version 2.
pub(super) fn cpp(folder: &Path) -> Vec<Entry> {
    let newest = (2..=6).map(|version| entry("C++", version, cpp_probe(folder, version, "2e")));
    let first = Entry {
        version_2_is: "2a".into(),
        ..entry("C++", 6, cpp_probe(folder, 6, "2a"))
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
    let source = "tests/behaviour/cpp/probe.cpp";
    let out = folder.join(format!("cpp{version}-{revision}.so"));
    compile(compiler, &headers, source, out, &[])
}

/// Rust on the crate `osaurus-plugin`, which is built for the newest version.
pub(super) fn rust(_folder: &Path) -> Vec<Entry> {
    let first = Entry {
        version_2_is: "2a".into(),
        ..entry("Rust", 6, built(&library("behaviour_rust_2a")))
    };
    vec![entry("Rust", 6, built(&library("behaviour_rust"))), first]
}

/// Swift on the package `OsaurusPlugin`, which is built for the newest version; once more for the first hosts of
/// version 2, and without the version 1 symbol. Nothing where there is no Swift.
pub(super) fn swift(_folder: &Path) -> Vec<Entry> {
    let Some(toolchain) = swift::Toolchain::find() else {
        return Vec::new();
    };
    let package = root().join(swift::PROBE);
    toolchain.swift(&["build"], &package);
    let probe = |product: &str| Entry {
        launcher: toolchain.launcher(),
        ..entry("Swift", 6, swift::products(&package).join(library(product)))
    };
    let first = Entry {
        version_2_is: "2a".into(),
        v1_symbol: false,
        ..probe("ProbeForFirstHosts")
    };
    vec![probe("Probe"), first]
}

fn compile(
    mut compiler: Command,
    headers: &Path,
    source: &str,
    out: PathBuf,
    libraries: &[&str],
) -> PathBuf {
    let output = compiler
        .args(STRICT)
        .args(["-shared", "-fPIC", "-pthread", "-I"])
        .arg(headers)
        .arg("-o")
        .arg(&out)
        .arg(root().join(source))
        .args(libraries)
        .output()
        .expect("a compiler; script/setup installs one");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{source}: {text}");
    out
}
