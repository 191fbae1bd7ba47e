//! The scripted host for tests in C and C++: it compiles with every warning in both languages, for
//! each version, plays a plugin's tests, and notices what the plugin does wrong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use osaurus_codegen::{Options, Target, generate};
use std::path::Path;
use std::process::Output;
use support::*;

/// Compiler, standard and language.
const COMPILERS: [(&str, &str, &str); 4] = [
    ("cc", "-std=gnu11", "c"),
    ("c++", "-std=c++20", "c++"),
    ("clang", "-std=gnu11", "c"),
    ("clang++", "-std=c++20", "c++"),
];
const STRICT: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"];

fn headers(version: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files = generate(&spec(), Target::C, Options::version(version)).unwrap();
    for (name, text) in files {
        write(folder.path(), &name, &text);
    }
    let plugin = include_str!("data/tested_plugin.h");
    write(folder.path(), "tested_plugin.h", plugin);
    folder
}

/// Compiles a program around the plugin, and runs it.
fn play(folder: &Path, how: (&str, &str, &str), test: &str, more: &[&str]) -> Output {
    let (compiler, standard, language) = how;
    let source = format!(
        "#include \"tested_plugin.h\"\n#include \"osaurus_test_host.h\"\nint main(void) {{\n{test}\n}}\n"
    );
    let source = write(folder, "test.c", &source);
    let program = folder.join("test");
    let mut arguments = vec![standard];
    arguments.extend(STRICT);
    arguments.extend(["-x", language, &source, "-x", "none", "-o", text(&program)]);
    arguments.extend(more);
    printed(&run(compiler, &arguments), compiler);
    run(&program, &[])
}

fn in_c(test: &str) -> Output {
    play(headers(6).path(), COMPILERS[0], test, &[])
}

const SQLITE: [&str; 2] = ["-DOSAURUS_TEST_SQLITE", "-lsqlite3"];

#[test]
fn a_test_of_everything_passes_in_c_and_cpp_without_a_warning() {
    let folder = headers(6);
    let test = include_str!("data/c_test_host.c");
    for how in COMPILERS.into_iter().filter(|how| have(how.0)) {
        let output = play(folder.path(), how, test, &SQLITE);
        let text = printed(&output, how.0);
        assert!(text.contains("checks, 0 failures"), "{text}");
    }
}

const SANITIZER: &str = "-fsanitize=address,undefined";

#[test]
fn a_sanitizer_has_nothing_to_say_of_the_host_and_sees_reads_beyond_an_older_table() {
    let folder = headers(6);
    let test = include_str!("data/c_test_host.c");
    let options = [&SQLITE[..], &[SANITIZER]].concat();
    printed(
        &play(folder.path(), COMPILERS[0], test, &options),
        "the host",
    );
    let test = "mistake = \"beyond\";\nosr_test_start(3);\nosr_test_call(\"mistake\", \"{}\");\n\
                return osr_test_end();";
    let output = play(folder.path(), COMPILERS[0], test, &[SANITIZER]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && text.contains("heap-buffer-overflow"),
        "{text}"
    );
}

#[test]
fn the_host_compiles_beside_the_header_of_each_version() {
    for version in 2..=6 {
        let test = "osr_test_start(OSR_ABI_HEADER_VERSION);\nreturn osr_test_end();";
        let folder = headers(version);
        for how in COMPILERS.into_iter().filter(|how| have(how.0)) {
            printed(
                &play(folder.path(), how, test, &[]),
                &format!("{} for version {version}", how.0),
            );
        }
    }
}

#[test]
fn a_check_that_fails_is_shown_with_its_line_and_what_was_found() {
    let output = in_c(
        "osr_test_start(6);\n\
         OSR_CHECK_TEXT(osr_test_call(\"echo\", \"{}\"), \"[]\");\n\
         OSR_CHECK(osr_test_count(\"log\") == 1);\n\
         return osr_test_end();",
    );
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in [
        "test.c:5: check failed: osr_test_call(\"echo\", \"{}\") == \"[]\"\n  expected: []\n  found:    {}\n",
        "test.c:6: check failed: osr_test_count(\"log\") == 1",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(printed, "2 checks, 2 failures\n");
}

#[test]
fn what_the_test_does_not_answer_is_refused_with_what_to_write() {
    let output = in_c(
        "osr_test_start(6);\n\
         OSR_CHECK_CONTAINS(osr_test_call(\"embed\", \"{}\"), \"not_scripted\");\n\
         OSR_CHECK_CONTAINS(osr_test_call(\"fetch\", \"{\\\"url\\\":\\\"https://a.example/\\\"}\"), \"not_scripted\");\n\
         OSR_CHECK_CONTAINS(osr_test_call(\"sql\", \"{}\"), \"not_scripted\");\n\
         return osr_test_end();",
    );
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{text}");
    for part in [
        "the test answers no call of this function: say osr_test_answer(\"embed\", ...)",
        "the test answers no such request: say osr_test_answer_http(\"https://a.example/\", ...)",
        "the test answers no SQL without SQLite: define OSAURUS_TEST_SQLITE and link it, or say \
         osr_test_answer(\"db_exec\", ...)",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn strings_that_are_kept_or_freed_twice_and_early_host_calls_fail_the_test() {
    for (mistake, message) in [
        ("leak", "it did not free a string of config_get"),
        (
            "twice",
            "it gave a string to free_string that is not the host's",
        ),
        ("early", "it made a host call in init"),
        ("null", "it returned NULL from invoke"),
    ] {
        let output = in_c(&format!(
            "mistake = \"{mistake}\";\nosr_test_start(6);\n\
             osr_test_set_config(\"a\", \"b\");\n\
             osr_test_call(\"mistake\", \"{{}}\");\nreturn osr_test_end();"
        ));
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{mistake}: {text}");
        assert!(text.contains(message), "{message} is not in\n{text}");
    }
}
