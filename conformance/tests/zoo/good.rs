//! Good plugins, in every language that the project has: none breaks a rule, at the strictest
//! level, but for those that its project file turns off because the language's runtime cannot keep
//! them.

use super::build::{Workshop, done};
use super::verdicts::{broken, check_as, shown};
use osaurus_bridge_tests::project::{Project, bridge, text_of};
use osaurus_bridge_tests::swift::{self, Toolchain};
use osaurus_bridge_tests::{built, library, pythons, root};
use osaurus_conformance::check::{PROJECT_FILE, Project as CheckProject, Status};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Everything passes, but for what does not apply.
fn assert_good(name: &str, library: &Path) {
    assert_good_as(name, library, CheckProject::default());
}

/// [`assert_good`] with what the plugin's author says.
fn assert_good_as(name: &str, library: &Path, project: CheckProject) {
    let jobs = std::thread::available_parallelism().map_or(2, usize::from);
    let report = check_as(library, jobs, project);
    assert_eq!(report.load_problem, None, "{name}");
    let passed = report.count(Status::Passed);
    eprintln!("{name}: {passed} rules hold, {} ms", report.milliseconds);
    let broken = broken(&report);
    assert!(broken.is_empty(), "{name} breaks:{}", shown(&broken));
    assert!(passed > 60, "{name}: only {passed} rules could be judged");
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn suffixed(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{}", std::env::consts::DLL_SUFFIX))
}

#[test]
fn the_zoos_own_good_plugin_breaks_no_rule() {
    let workshop = Workshop::open();
    assert_good("base", &workshop.good());
}

#[test]
fn the_c_example_breaks_no_rule() {
    let folder = folder();
    let out = format!("OUT={}", folder.path().display());
    done(
        Command::new("make")
            .arg("-C")
            .arg(root().join("examples/c-hello"))
            .arg(out),
    );
    assert_good("c-hello", &suffixed(folder.path(), "hello"));
}

#[test]
fn the_cpp_example_breaks_no_rule() {
    let folder = folder();
    let source = root().join("examples/cpp-calculator");
    done(
        Command::new("cmake")
            .arg("-S")
            .arg(source)
            .arg("-B")
            .arg(folder.path()),
    );
    done(Command::new("cmake").arg("--build").arg(folder.path()));
    assert_good("cpp-calculator", &suffixed(folder.path(), "calculator"));
}

#[test]
fn the_rust_example_breaks_no_rule() {
    assert_good("rust-hello", &built(&library("rust_hello")));
}

/// The library that `osaurus-bridge build` makes of a project.
fn built_project(project: &Path) -> PathBuf {
    let python = pythons::newest().executable;
    let output = bridge()
        .arg("build")
        .arg(project)
        .arg("--json")
        .env("OSAURUS_BRIDGE_PYTHON", python)
        .output();
    let output = output.expect("osaurus-bridge runs");
    assert!(output.status.success(), "{}", text_of(&output));
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("build --json prints JSON");
    PathBuf::from(report["library"].as_str().expect("the library's path"))
}

/// A copy of a folder, so that what a build writes is not in the source tree.
fn copied(source: &Path, to: &Path) -> PathBuf {
    done(Command::new("cp").arg("-R").arg(source).arg(to));
    to.join(source.file_name().expect("a folder's name"))
}

#[test]
fn the_python_example_breaks_no_rule() {
    let folder = folder();
    let project = copied(&root().join("examples/python-notes"), folder.path());
    assert_good("python-notes", &built_project(&project));
}

const GREETER: &str = include_str!("../../../tests/fixtures/greeter/main.ts");

#[test]
fn a_typescript_plugin_breaks_no_rule() {
    let project = Project::typescript("greeter", GREETER);
    assert_good("typescript", &built_project(project.path()));
}

/// Whether a tool is there; where CI is set, it must be.
fn have(program: &Path, arguments: &[&str]) -> bool {
    let there = Command::new(program)
        .args(arguments)
        .output()
        .is_ok_and(|output| output.status.success());
    let ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
    assert!(
        there || !ci,
        "{} is missing, but CI is set: run script/setup",
        program.display()
    );
    if !there {
        eprintln!("skipped: no {}", program.display());
    }
    there
}

#[test]
fn a_zig_plugin_breaks_no_rule() {
    let python = root().join(".venv/bin/python");
    if !have(&python, &["-m", "ziglang", "version"]) {
        return;
    }
    let folder = folder();
    done(bridge().args(["gen", "zig", "--out"]).arg(folder.path()));
    std::fs::copy(
        root().join("tests/plugins/zig/hello.zig"),
        folder.path().join("hello.zig"),
    )
    .expect("a copied file");
    let library = suffixed(folder.path(), "hello");
    let mut zig = Command::new(python);
    zig.args(["-m", "ziglang", "build-lib", "hello.zig", "-dynamic", "-lc"])
        .current_dir(folder.path());
    done(
        zig.arg(format!("-femit-bin={}", library.display()))
            .arg("--cache-dir")
            .arg(folder.path().join("cache")),
    );
    assert_good("zig", &library);
}

/// What the author of a plugin says in its folder.
fn said_in(folder: &Path) -> CheckProject {
    let text = std::fs::read_to_string(folder.join(PROJECT_FILE)).expect("the project file");
    CheckProject::parse(&text).expect("a good project file")
}

#[test]
fn a_go_plugin_breaks_no_rule_that_gos_runtime_can_keep() {
    if !have(Path::new("go"), &["version"]) {
        return;
    }
    let (folder, source) = (folder(), root().join("tests/plugins/go"));
    let package = folder.path().join("osaurus");
    done(bridge().args(["gen", "go", "--out"]).arg(package));
    std::fs::copy(source.join("hello.go"), folder.path().join("hello.go")).expect("a copied file");
    let module = "module osaurus.dev/hello\n\ngo 1.18\n";
    std::fs::write(folder.path().join("go.mod"), module).expect("a written file");
    let library = suffixed(folder.path(), "hello");
    let mut go = Command::new("go");
    go.current_dir(folder.path());
    done(
        go.args(["build", "-buildmode=c-shared", "-o"])
            .arg(&library),
    );
    assert_good_as("go", &library, said_in(&source));
}

/// Checked by the program, which runs where Swift's runtime is.
#[test]
fn the_swift_example_breaks_no_rule_that_swifts_runtime_can_keep() {
    let Some(toolchain) = Toolchain::find() else {
        return;
    };
    let package = root().join("examples/swift-reminders");
    toolchain.swift(&["build"], &package);
    let mut check = toolchain.command(built("osaurus-bridge"));
    check.args(["check", "--level", "10", "--reproduce", "1", "--json"]);
    check.arg("--project");
    check.arg(package.join(PROJECT_FILE));
    let library = swift::products(&package).join(library("Reminders"));
    let output = check.arg(library).output().expect("the checker starts");
    assert!(output.status.success(), "{}", text_of(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
    let results = report["results"].as_array().expect("results");
    let count = |status: &str| results.iter().filter(|one| one["status"] == status).count();
    eprintln!("swift: {} rules hold", count("passed"));
    assert_eq!(count("warned"), 0, "{report:#}");
    assert!(count("passed") > 60, "{report:#}");
}
