//! The C++ layer: it compiles with every strict warning in both standards, with gcc and clang, with
//! and without exceptions and std::expected, for every version; and it does what it says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use osaurus_codegen::{Options, Target, generate};
use support::*;

const STRICT: [&str; 16] = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Werror",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wshadow",
    "-Wold-style-cast",
    "-Wnon-virtual-dtor",
    "-Woverloaded-virtual",
    "-Wcast-qual",
    "-Wundef",
    "-Wdouble-promotion",
    "-Wformat=2",
    "-Wimplicit-fallthrough",
    "-Wextra-semi",
];

fn layer(version: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files = generate(&spec(), Target::Cpp, Options::version(version)).unwrap();
    for (name, text) in files {
        write(folder.path(), &name, &text);
    }
    write(
        folder.path(),
        "layer.cpp",
        include_str!("data/cpp_layer.cpp"),
    );
    folder
}

/// Builds the program in `folder` and runs it.
fn build_and_run(folder: &std::path::Path, compiler: &str, more: &[&str]) {
    if !have(compiler) {
        return;
    }
    let (source, program) = (folder.join("layer.cpp"), folder.join("layer"));
    let mut arguments = STRICT.to_vec();
    arguments.extend(["-fvisibility=hidden", "-pthread"]);
    arguments.extend(more);
    arguments.extend([text(&source), "-o", text(&program)]);
    let what = format!("{compiler} {}", more.join(" "));
    printed(&run(compiler, &arguments), &what);
    printed(&run(&program, &[]), &what);
}

#[test]
fn is_strict_and_works_in_cpp20_and_cpp23_with_gcc_and_clang() {
    let folder = layer(6);
    for compiler in ["g++", "clang++"] {
        for standard in ["-std=c++20", "-std=c++2b"] {
            build_and_run(folder.path(), compiler, &[standard]);
        }
    }
}

#[test]
fn is_strict_and_works_at_every_version() {
    for version in 2..=5 {
        build_and_run(layer(version).path(), "clang++", &["-std=c++20"]);
    }
}

#[test]
fn works_optimised_under_the_sanitizers_and_without_exceptions() {
    let folder = layer(6);
    build_and_run(
        folder.path(),
        "g++",
        &["-std=c++20", "-O2", "-fsanitize=address,undefined"],
    );
    build_and_run(folder.path(), "g++", &["-std=c++20", "-fno-exceptions"]);
}

#[test]
fn two_versions_in_one_folder_do_not_compile() {
    if !have("g++") {
        return;
    }
    let folder = layer(6);
    std::fs::copy(header(5), folder.path().join("osaurus_plugin.h")).unwrap();
    let source = folder.path().join("layer.cpp");
    let output = run("g++", &["-std=c++20", "-fsyntax-only", text(&source)]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains("are of different ABI versions: generate both with one command"),
        "{errors}"
    );
}

#[test]
fn version_1_has_nothing_to_wrap_and_says_what_to_do() {
    let error = generate(&spec(), Target::Cpp, Options::version(1))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("ABI version 1 has none; pass --abi 2 or later"),
        "{error}"
    );
}
