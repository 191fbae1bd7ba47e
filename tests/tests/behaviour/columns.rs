//! How each language's probe is built, and for which versions. A new language is one more function here and one more
//! test in `main.rs`.

use osaurus_bridge_tests::{built, library, root};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A probe, built for one ABI version.
pub struct Column {
    /// Language and version, for messages.
    pub name: String,
    /// The version that it was built for: functions of later ones are not in it.
    pub version: u32,
    /// The oldest revision of version 2 that it runs on, `'a'` to `'e'`.
    pub oldest_revision: char,
    /// The library.
    pub library: PathBuf,
    /// Keeps the library until the end.
    _folder: Option<TempDir>,
}

const STRICT: [&str; 6] = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Werror",
];

/// C, by the system's compiler, for all six versions.
pub fn c() -> Vec<Column> {
    let manifest = std::fs::read_to_string(root().join("tests/behaviour/manifest.json"))
        .expect("the manifest");
    (1..=6)
        .map(|version| {
            let folder = folder();
            let literal = serde_json::Value::String(manifest.clone()).to_string();
            std::fs::write(folder.path().join("manifest.inc"), literal).expect("a written file");
            let headers = root().join(format!("codegen/generated/c/v{version}"));
            let mut compiler = Command::new("cc");
            compiler
                .arg("-std=gnu11")
                .args(["-isystem".as_ref(), folder.path()]);
            let source = "tests/behaviour/c/probe.c";
            compile(
                &mut compiler,
                &headers,
                source,
                folder.path(),
                &["-ljansson"],
            );
            column(format!("C for version {version}"), version, folder)
        })
        .collect()
}

/// C++ on the generated layer, for the five versions that have a host table.
pub fn cpp() -> Vec<Column> {
    (2..=6).map(|version| cpp_probe(version, 'e')).collect()
}

/// The newest C++ probe, told that it may meet the first version 2 hosts.
pub fn cpp_for_2a() -> Vec<Column> {
    vec![cpp_probe(6, 'a')]
}

fn cpp_probe(version: u32, oldest: char) -> Column {
    let folder = folder();
    let status = Command::new(built("osaurus-bridge"))
        .args(["gen", "cpp", "--abi", &version.to_string(), "--out"])
        .arg(folder.path())
        .output()
        .expect("osaurus-bridge runs");
    assert!(status.status.success(), "gen cpp --abi {version}");
    let mut compiler = Command::new("c++");
    compiler.args([
        "-std=c++20",
        "-O1",
        "-Wsign-conversion",
        "-fvisibility=hidden",
    ]);
    compiler.arg(format!("-DOLDEST=v2{oldest}"));
    let source = "tests/behaviour/cpp/probe.cpp";
    compile(&mut compiler, folder.path(), source, folder.path(), &[]);
    let mut column = column(format!("C++ for version {version}"), version, folder);
    column.oldest_revision = oldest;
    column
}

/// Rust on the crate `osaurus-plugin`, which is built for the newest version.
pub fn rust() -> Vec<Column> {
    vec![Column {
        name: "Rust".into(),
        version: 6,
        oldest_revision: 'e',
        library: built(&library("behaviour_rust")),
        _folder: None,
    }]
}

/// Swift on the package `OsaurusPlugin`, which is built for the newest version.
pub fn swift(products: &Path) -> Vec<Column> {
    vec![swift_probe(products, "Probe", 'e')]
}

/// The Swift probe that is told that it may meet the first version 2 hosts.
pub fn swift_for_2a(products: &Path) -> Vec<Column> {
    vec![swift_probe(products, "ProbeForFirstHosts", 'a')]
}

fn swift_probe(products: &Path, product: &str, oldest: char) -> Column {
    Column {
        name: "Swift".into(),
        version: 6,
        oldest_revision: oldest,
        library: products.join(library(product)),
        _folder: None,
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn column(name: String, version: u32, folder: TempDir) -> Column {
    Column {
        name,
        version,
        oldest_revision: 'e',
        library: folder.path().join("probe.so"),
        _folder: Some(folder),
    }
}

fn compile(compiler: &mut Command, headers: &Path, source: &str, out: &Path, libraries: &[&str]) {
    let output = compiler
        .args(STRICT)
        .args(["-shared", "-fPIC", "-pthread", "-I"])
        .arg(headers)
        .arg("-o")
        .arg(out.join("probe.so"))
        .arg(root().join(source))
        .args(libraries)
        .output()
        .expect("a compiler; script/setup installs one");
    assert!(
        output.status.success(),
        "{source}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
