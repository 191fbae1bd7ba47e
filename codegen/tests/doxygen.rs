//! The comments of the C header and of the C++ layer render: doxygen finds every public name
//! documented, every parameter right, and has no warning.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use support::*;

/// `detail` is not for authors, the asserts are not functions, and of `Expected` the page is that
/// of std::expected.
const SETTINGS: &str = "QUIET = YES\nGENERATE_LATEX = NO\nHAVE_DOT = NO\nWARN_IF_UNDOCUMENTED = YES\n\
    WARN_AS_ERROR = FAIL_ON_WARNINGS\nMACRO_EXPANSION = YES\nEXPAND_ONLY_PREDEF = YES\n\
    PREDEFINED = __cpp_exceptions=1 __cpp_lib_expected=1\nEXCLUDE_SYMBOLS = osaurus::detail osaurus::json::detail OSR_STATIC_ASSERT\n";

fn render(inputs: &str) -> std::process::Output {
    let folder = tempfile::tempdir().unwrap();
    let root = root();
    let root = root.canonicalize().unwrap();
    let inputs: Vec<String> = inputs
        .split(' ')
        .map(|file| root.join(file).display().to_string())
        .collect();
    let settings = format!(
        "{SETTINGS}INPUT = {}\nOUTPUT_DIRECTORY = {}\n",
        inputs.join(" "),
        folder.path().display()
    );
    let file = write(folder.path(), "Doxyfile", &settings);
    run("doxygen", &[&file])
}

#[test]
fn every_header_renders_without_a_warning() {
    if !have("doxygen") {
        return;
    }
    for version in VERSIONS {
        let header = format!("codegen/generated/c/v{version}/osaurus_plugin.h");
        printed(&render(&header), &header);
    }
    let layer = "codegen/generated/cpp/osaurus_plugin.h codegen/generated/cpp/osaurus_plugin.hpp";
    printed(&render(layer), layer);
}
