//! The SDK that a project carries, so that it builds without a network and with the version that it
//! was made for: a package, or sources. Used by `scaffold`.

use super::language::Language;
use crate::failure::{Failure, OrFail};
use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Files by their path in the project.
pub type Files = BTreeMap<String, Vec<u8>>;

static RUST_SDK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../bridges/rust/src");
static RUST_TABLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../abi-spec/table/src");
static SWIFT_SOURCES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../bridges/swift/Sources");
const SWIFT_PACKAGE: &str = include_str!("../../../bridges/swift/Package.swift");
const C_HEADER: &str = include_str!("../../../codegen/generated/c/v6/osaurus_plugin.h");
const C_TEST_HOST: &str = include_str!("../../../codegen/generated/c/v6/osaurus_test_host.h");
const CPP_C_HEADER: &str = include_str!("../../../codegen/generated/cpp/osaurus_plugin.h");
const CPP_HEADER: &str = include_str!("../../../codegen/generated/cpp/osaurus_plugin.hpp");
const LICENCE: &str = include_str!("../../../LICENSE");

/// What the language's projects have in `vendor`.
pub fn files(language: Language) -> Result<Files, Failure> {
    let mut files = Files::new();
    let mut add = |path: &str, text: &str| files.insert(format!("vendor/{path}"), text.into());
    match language {
        Language::Python => {
            let wheel = read(crate::paths::python_package()?, "the Python SDK")?;
            files.insert(format!("vendor/{}", crate::paths::PYTHON_WHEEL), wheel);
        }
        Language::Typescript | Language::Javascript => {
            let package = read(crate::paths::node_package()?, "the npm package")?;
            files.insert("vendor/osaurus-plugin.tgz".into(), package);
        }
        Language::Swift => {
            let package = without_tests(SWIFT_PACKAGE);
            add("osaurus-plugin-swift/Package.swift", &package);
            add_all("osaurus-plugin-swift/Sources", &SWIFT_SOURCES, &mut files);
        }
        Language::Rust => {
            add("osaurus-plugin/LICENSE", LICENCE);
            add_all("osaurus-plugin/src", &RUST_SDK, &mut files);
            add_all("osaurus-abi/src", &RUST_TABLES, &mut files);
        }
        Language::C => {
            add("osaurus_plugin.h", C_HEADER);
            add("osaurus_test_host.h", C_TEST_HOST);
        }
        Language::Cpp => {
            add("osaurus_plugin.h", CPP_C_HEADER);
            add("osaurus_plugin.hpp", CPP_HEADER);
            add("osaurus_test_host.h", C_TEST_HOST);
        }
    }
    Ok(files)
}

fn read(path: PathBuf, what: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).or_fail(format!("cannot read {what}"), "reinstall osaurus-bridge")
}

fn add_all(place: &str, folder: &Dir<'_>, files: &mut Files) {
    for file in folder.files() {
        let path = format!("vendor/{place}/{}", file.path().display());
        files.insert(path, file.contents().to_vec());
    }
    for inner in folder.dirs() {
        add_all(place, inner, files);
    }
}

/// The package's own tests are not handed out.
fn without_tests(package: &str) -> String {
    let lines = package
        .lines()
        .filter(|line| !line.contains(".testTarget("));
    lines.map(|line| format!("{line}\n")).collect()
}
