//! Projects that `osaurus-bridge new` makes in languages which compile to the library themselves:
//! each builds, passes its own tests and `check`, answers in the reference host, and a broken one
//! fails its tests.

use osaurus_bridge_tests::built;
use osaurus_bridge_tests::project::text_of;
use std::path::Path;
use std::process::{Command, Output};

fn bridge(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(built("osaurus-bridge"));
    command.args(arguments).current_dir(folder);
    // What the workspace is built from is there.
    command.env("CARGO_NET_OFFLINE", "true");
    command.output().expect("osaurus-bridge runs")
}

/// Makes a project, tests it, calls the tool of its library, breaks it and tests again.
fn works_and_notices_a_mistake(language: &str, source: &str, library: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let new_project = bridge(folder.path(), &["new", "hello", "--lang", language]);
    assert!(new_project.status.success(), "{}", text_of(&new_project));
    let project = folder.path().join("hello");
    let tested = bridge(&project, &["test", "--junit", "report.xml"]);
    let text = text_of(&tested);
    assert!(tested.status.success(), "{text}");
    for part in ["build  passed", "tests  passed", "check  passed"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let report = std::fs::read_to_string(project.join("report.xml")).expect("a report");
    assert!(
        report.contains("name=\"entry-symbol-exported\""),
        "{report}"
    );

    let library = library.replace(".so", std::env::consts::DLL_SUFFIX);
    let call = ["invoke", &library, "greet", "{\"name\": \"Ada\"}"];
    let text = text_of(&bridge(&project, &call));
    assert!(text.contains("Hello Ada. (greeting number 1)"), "{text}");

    let source = project.join(source);
    let code = std::fs::read_to_string(&source).expect("the source");
    std::fs::write(&source, code.replace("(\"Hello ", "(\"Bye ")).expect("the source");
    let broken = bridge(&project, &["test", "--no-check"]);
    let text = text_of(&broken);
    assert_eq!(broken.status.code(), Some(1), "{text}");
    for part in ["Bye Ada. (greeting number 1)", "Hello Ada", "tests  FAILED"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_new_plugin_in_c_works_and_its_tests_notice_a_mistake() {
    works_and_notices_a_mistake("c", "main.c", "dist/dev.example.hello.so");
}

#[test]
fn a_new_plugin_in_cpp_works_and_its_tests_notice_a_mistake() {
    works_and_notices_a_mistake("cpp", "main.cpp", "dist/dev.example.hello.so");
}

#[test]
fn a_new_plugin_in_rust_works_and_its_tests_notice_a_mistake() {
    works_and_notices_a_mistake("rust", "src/lib.rs", "target/release/libhello.so");
}
