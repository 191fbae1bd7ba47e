//! Good plugins, in every language that the project has: none breaks a rule, at the strictest level.

use super::build::{Workshop, done};
use super::verdicts::{broken, check, shown};
use osaurus_bridge_tests::project::{Project, bridge, text_of};
use osaurus_bridge_tests::{built, library, pythons, root};
use osaurus_conformance::check::Status;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Everything passes, but for what does not apply.
fn assert_good(name: &str, library: &Path) {
    let jobs = std::thread::available_parallelism().map_or(2, usize::from);
    let report = check(library, jobs);
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

/// A copy of a folder, so that what a build writes does not lie in the source tree.
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

const GREETER: &str = r#"
import { definePlugin, defineTool } from "osaurus-plugin";
import { z } from "zod";

const greet = defineTool({
  description: "Greet somebody and remember how often.",
  permission: "auto",
  input: z.object({ name: z.string().describe("Who to greet.") }),
  async run({ name }, ctx) {
    const times = Number((await ctx.config.get(`greeted ${name}`)) ?? 0) + 1;
    await ctx.config.set(`greeted ${name}`, String(times));
    ctx.log.info("greeted", { name, times });
    return `Hello ${name} (greeting number ${times})`;
  },
});

export default definePlugin({
  name: "Greeter",
  description: "Greets people.",
  minOsaurus: "0.20.3",
  tools: { greet },
});
"#;

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
