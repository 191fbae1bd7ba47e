//! The C headers: they compile everywhere, say what the spec says, and notice when they do not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use osaurus_codegen::{Options, Target, generate};
use std::fmt::Write as _;
use support::*;

/// Compiler, standard, and what makes it take the file as that language.
const COMPILERS: [(&str, &str, &str); 6] = [
    ("gcc", "c11", "c"),
    ("gcc", "c2x", "c"),
    ("g++", "c++20", "c++"),
    ("clang", "c11", "c"),
    ("clang", "c2x", "c"),
    ("clang++", "c++20", "c++"),
];
const STRICT: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wundef"];

fn compile(how: (&str, &str, &str), source: &str, more: &[&str]) -> std::process::Output {
    let (compiler, standard, language) = how;
    let standard = format!("-std={standard}");
    let mut args = vec![standard.as_str()];
    args.extend(STRICT);
    args.extend(more);
    args.extend(["-x", language, source]);
    run(compiler, &args)
}

fn include(version: u32) -> String {
    format!("#include \"{}\"\n", header(version).display())
}

/// Prints each member's offset and each table's size, in the spec's order of tables.
fn witness(version: u32) -> String {
    let spec = spec();
    let mut program = include(version) + "#include <stdio.h>\nint main(void) {\n";
    for (table, layout) in layouts(&spec, version) {
        for member in &layout.members {
            let name = &member.name;
            let print = format!("printf(\"{table}.{name} %zu\\n\", offsetof({table}, {name}));");
            writeln!(program, "{print}").unwrap();
        }
        writeln!(program, "printf(\"{table} %zu\\n\", sizeof({table}));").unwrap();
    }
    program + "return 0;\n}\n"
}

#[test]
fn compiles_as_c11_c23_and_cpp20_without_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    for version in VERSIONS {
        let source = write(folder.path(), &format!("v{version}.c"), &include(version));
        for how in COMPILERS.into_iter().filter(|how| have(how.0)) {
            let what = format!("version {version} with {} -std={}", how.0, how.1);
            printed(&compile(how, &source, &["-fsyntax-only"]), &what);
        }
    }
}

/// One compiler of each family and each standard; the asserts in the header cover the others.
#[test]
fn a_program_that_prints_offsets_prints_those_of_the_spec() {
    let folder = tempfile::tempdir().unwrap();
    let spec = spec();
    let compilers = [COMPILERS[0], COMPILERS[4], COMPILERS[2]];
    for version in VERSIONS {
        let source = write(folder.path(), &format!("v{version}.c"), &witness(version));
        for how in compilers.into_iter().filter(|how| have(how.0)) {
            let what = format!("version {version} with {} -std={}", how.0, how.1);
            let program = folder.path().join("witness");
            printed(&compile(how, &source, &["-o", text(&program)]), &what);
            let lines = printed(&run(&program, &[]), &what);
            let expected = expected_lines(&spec, version);
            assert_eq!(lines.lines().collect::<Vec<_>>(), expected, "{what}");
        }
    }
}

#[test]
fn a_member_in_the_wrong_place_does_not_compile() {
    let (first, second) = (
        "osr_log_structured_fn log_structured;",
        "osr_host_free_string_fn free_string;",
    );
    let good = std::fs::read_to_string(header(6)).unwrap();
    assert!(
        good.contains(first) && good.contains(second),
        "the members are spelled otherwise now"
    );
    let swapped = good
        .replace(first, "@")
        .replace(second, first)
        .replace('@', second);
    let folder = tempfile::tempdir().unwrap();
    let source = write(folder.path(), "swapped.h", &swapped);
    for how in COMPILERS.into_iter().filter(|how| have(how.0)) {
        let output = compile(how, &source, &["-fsyntax-only"]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success(),
            "{} accepted swapped members",
            how.0
        );
        assert!(
            errors.contains("osr_host_api.log_structured is at 184"),
            "{errors}"
        );
    }
}

/// A plugin written against Osaurus' own header must build against this one unchanged.
#[test]
fn has_every_name_of_the_public_header_that_its_version_had() {
    let folder = tempfile::tempdir().unwrap();
    for version in VERSIONS {
        let source = include(version) + include_str!("data/public_names.c");
        let source = write(folder.path(), "public_names.c", &source);
        for how in COMPILERS.into_iter().filter(|how| have(how.0)) {
            let what = format!("version {version} with {} -std={}", how.0, how.1);
            printed(&compile(how, &source, &["-fsyntax-only"]), &what);
        }
    }
}

#[test]
fn an_old_header_has_nothing_of_later_versions() {
    for (version, absent) in [
        (1, "osr_host_api"),
        (2, "complete_cancel"),
        (3, "get_active_agent_id"),
        (4, "log_structured"),
        (5, "osr_host_free_string_fn"),
    ] {
        let header = std::fs::read_to_string(header(version)).unwrap();
        let code = header
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let lines: Vec<&str> = code.filter(|line| line.contains(absent)).collect();
        assert!(
            lines.is_empty(),
            "the header of version {version} has {lines:?}"
        );
    }
}

#[test]
fn host_has_looks_at_the_version_before_the_slot() {
    let program = include(6)
        + r#"#include <stdio.h>
int main(void) {
    osr_host_api old = {0};
    old.version = 5;
    old.free_string = (osr_host_free_string_fn)1;
    const osr_host_api* none = NULL;
    printf("%d %d", OSR_HOST_HAS(&old, free_string), OSR_HOST_HAS(none, log));
    old.version = 6;
    printf(" %d", OSR_HOST_HAS(&old, free_string));
    return 0;
}
"#;
    let folder = tempfile::tempdir().unwrap();
    let source = write(folder.path(), "has.c", &program);
    let executable = folder.path().join("has");
    if !have("gcc") {
        return;
    }
    let output = run("gcc", &["-std=c11", "-w", &source, "-o", text(&executable)]);
    printed(&output, "gcc");
    assert_eq!(printed(&run(&executable, &[]), "has"), "0 0 1");
}

/// The header of a revision ends where that revision's tables ended.
#[test]
fn each_revision_of_version_2_has_a_header_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let header_of = |revision: &str| {
        let level = revision.parse().unwrap();
        let files = generate(&spec(), Target::C, Options { level }).unwrap();
        files["osaurus_plugin.h"].clone()
    };
    for (revision, host, plugin, last) in [
        ("2a", 56, 64, "on_config_changed"),
        ("2b", 128, 72, "on_task_completed"),
        ("2c", 128, 72, "on_task_event"),
        ("2d", 136, 72, "on_task_event"),
        ("2e", 168, 72, "on_task_event"),
    ] {
        let header = header_of(revision);
        assert!(header.contains(&format!("version 2 in its revision {revision}.")));
        assert!(header.contains(&format!("#define OSR_HOST_API_SIZE {host}\n")));
        assert!(header.contains(&format!("#define OSR_PLUGIN_API_SIZE {plugin}\n")));
        assert!(header.contains(&format!("    osr_{last}_fn {last};")));
        let source = write(folder.path(), &format!("v{revision}.c"), &header);
        for how in COMPILERS.into_iter().filter(|how| have(how.0)) {
            let what = format!("revision {revision} with {} -std={}", how.0, how.1);
            printed(&compile(how, &source, &["-fsyntax-only"]), &what);
        }
    }
}
