//! `doctor`, `cache`, `completions` and `--version`, each with a home, a PATH and parts of the
//! test's own.
#![allow(
    clippy::unwrap_used,
    reason = "in a test, a failed unwrap is a failed test"
)]

mod support;

use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::bridge;
use tempfile::TempDir;

/// A home folder with nothing in it but what the test wants.
struct Machine(TempDir);

impl Machine {
    /// One that could build: parts for this machine and for macOS, a Python and a Node with npm.
    fn new() -> Machine {
        let machine = Machine(tempfile::tempdir().unwrap());
        let here = format!(
            "linux-{}",
            std::env::consts::ARCH.replace("aarch64", "arm64")
        );
        for (target, suffix) in [(&*here, "so"), ("macos-arm64", "dylib")] {
            machine.file(&format!("parts/{target}/libosaurus_shim.{suffix}"), "shim");
            machine.file(
                &format!("parts/{target}/libosaurus_python_engine.{suffix}"),
                "engine",
            );
        }
        machine.python("bin/python3", "3.12.1");
        machine.program("bin/npm", "");
        machine.node("bin/node", "97.0.0");
        machine
    }

    fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    fn file(&self, path: &str, text: &str) -> PathBuf {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn program(&self, path: &str, script: &str) {
        let path = self.file(path, &format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Answers the question for its settings, and the one for its version.
    fn python(&self, path: &str, version: &str) {
        let numbers: Vec<&str> = version.split('.').collect();
        let [major, minor, patch] = numbers[..] else {
            panic!("{version}")
        };
        let arch = std::env::consts::ARCH;
        let answer = format!(
            r#"{{"version":{{"major":{major},"minor":{minor},"patch":{patch}}},"implementation":"cpython","machine":"{arch}","free_threaded":false,"libraries":[]}}"#
        );
        let script = format!("case \"$*\" in *json*) echo '{answer}' ;; *) echo {version} ;; esac");
        self.program(path, &script);
    }

    fn node(&self, path: &str, version: &str) {
        let arch = std::env::consts::ARCH;
        let answer =
            format!(r#"{{"version":"{version}","lts":"Iron","name":"node","arch":"{arch}"}}"#);
        self.program(path, &format!("echo '{answer}'"));
    }

    fn run(&self, command: &mut Command) -> (i32, String) {
        let output = command
            .env_clear()
            .env("HOME", self.0.path())
            .env("PATH", self.path("bin"))
            .env("OSAURUS_BRIDGE_PARTS", self.path("parts"))
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let text = [&output.stdout[..], &output.stderr[..]].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    }

    fn doctor(&self) -> Value {
        let (code, text) = self.run(&mut bridge(&["doctor", "--json"]));
        let report: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
        let errors = found(&report)
            .iter()
            .any(|(severity, _)| severity == "error");
        assert_eq!(code, i32::from(errors), "{text}");
        report
    }
}

fn found(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = report["findings"].as_array().unwrap().iter();
    all.map(|one| (text(&one["severity"]), text(&one["what"])))
        .collect()
}

/// What is found has one of that severity that begins so.
#[track_caller]
fn assert_found(report: &Value, severity: &str, part: &str) {
    let all = found(report);
    let there = all
        .iter()
        .any(|(one, what)| one == severity && what.contains(part));
    assert!(there, "no {severity} {part:?} in {all:#?}");
}

#[track_caller]
fn assert_not_found(report: &Value, part: &str) {
    let all = found(report);
    assert!(
        !all.iter().any(|(_, what)| what.contains(part)),
        "{part:?} in {all:#?}"
    );
}

#[test]
fn a_plugin_that_brings_its_interpreter_needs_none_of_the_machine() {
    let machine = Machine::new();
    let project = "[project]\nname = \"whole\"\nversion = \"1.0.0\"\nrequires-python = \">=3.99\"\n[tool.osaurus]\n\
                   id = \"a.whole\"\nentry = \"a:b\"\nruntime = \"bundled\"\nruntime-from = \"python.tgz\"\n";
    machine.file("pyproject.toml", project);
    let report = machine.doctor();
    let from = machine.path("python.tgz");
    for when in ["runs", "isolated"] {
        let from = from.to_str().unwrap();
        assert_eq!(report["python"][when]["from"], from, "{report}");
    }
    assert_not_found(&report, "no Python that runs");
}

#[test]
fn what_builds_what_runs_and_what_runs_isolated_are_three_answers() {
    let machine = Machine::new();
    machine.node(".nvm/versions/node/v98.1.0/bin/node", "98.1.0");
    let report = machine.doctor();
    let node = &report["node"];
    assert_eq!(
        node["builds"]["path"],
        machine.path("bin/node").to_str().unwrap()
    );
    assert_eq!(node["builds"]["why"], "on the PATH; long-term support");
    assert_eq!(node["runs"]["version"], "98.1.0");
    assert_ne!(
        node["isolated"]["version"], "98.1.0",
        "it is below the user's home"
    );
    assert_found(
        &report,
        "warning",
        "Osaurus' helper process has a home folder of its own",
    );
    assert_eq!(report["python"]["builds"]["version"], "3.12.1");
    assert_eq!(report["python"]["builds"]["why"], "on the PATH");
}

#[test]
fn a_python_that_is_too_old_is_skipped_unless_it_is_named() {
    let machine = Machine::new();
    machine.python("bin/python3", "3.9.6");
    machine.python("bin/python3.12", "3.12.4");
    let builds = &machine.doctor()["python"]["builds"];
    assert_eq!(builds["version"], "3.12.4", "{builds}");
    assert_eq!(builds["why"], "on the PATH");
    machine.file(
        "pyproject.toml",
        "[project]\nname='x'\nversion='1.0.0'\n[tool.osaurus]\nid='a.x'\nentry='a:b'\npython='bin/python3'\n",
    );
    let report = machine.doctor();
    assert_found(&report, "error", "no Python that builds plugins");
    let why = report["python"]["builds"]["looked_for"][0]
        .as_str()
        .unwrap();
    assert!(
        why.contains("Python 3.9.6 is too old, 3.10 or later is needed"),
        "{why}"
    );
}

#[test]
fn parts_that_are_missing_are_named() {
    let machine = Machine::new();
    let report = machine.doctor();
    let targets = report["program"]["targets"].as_array().unwrap();
    assert_eq!(targets.len(), 2, "{targets:?}");
    assert!(
        targets
            .iter()
            .all(|one| one["shim_bytes"] == 4 && one["engine_bytes"] == 6)
    );
    std::fs::remove_dir_all(machine.path("parts/macos-arm64")).unwrap();
    assert_found(&machine.doctor(), "warning", "no parts for macos-arm64");
}

#[test]
fn a_project_in_typescript_needs_esbuild_and_the_sdk_of_this_version() {
    let machine = Machine::new();
    machine.file("main.ts", "");
    machine.file(
        "package.json",
        r#"{"name": "x", "version": "1.0.0", "osaurus": {"id": "a.x", "main": "main.ts"}}"#,
    );
    machine.file(
        "node_modules/osaurus-plugin/package.json",
        r#"{"version": "0.0.7"}"#,
    );
    let report = machine.doctor();
    assert_found(
        &report,
        "error",
        "esbuild, which bundles the plugin, is not installed",
    );
    assert_found(&report, "warning", "the project has osaurus-plugin 0.0.7");
    machine.file("node_modules/esbuild/package.json", "{}");
    std::fs::remove_file(machine.path("bin/npm")).unwrap();
    let report = machine.doctor();
    assert_not_found(&report, "esbuild");
    assert_found(&report, "warning", "no npm on the PATH");
}

#[test]
fn a_cache_that_others_may_write_to_is_closed_to_them() {
    let machine = Machine::new();
    let cache = machine.path("cache");
    std::fs::create_dir(&cache).unwrap();
    std::fs::set_permissions(&cache, std::fs::Permissions::from_mode(0o777)).unwrap();
    let caches = if cfg!(target_os = "macos") {
        "Library/Caches"
    } else {
        ".cache"
    };
    std::fs::create_dir_all(machine.path(caches)).unwrap();
    let link = machine.path(caches).join("osaurus-bridge");
    std::os::unix::fs::symlink(&cache, &link).unwrap();
    assert_not_found(&machine.doctor(), "written by others");
    let mode = std::fs::metadata(&cache).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_umask_that_opens_or_closes_too_much_is_told() {
    let machine = Machine::new();
    for (umask, severity, says) in [
        (
            "000",
            "warning",
            "with the umask 000 everyone may change what is built here",
        ),
        ("700", "error", "the umask 700 takes your own rights"),
    ] {
        let program = env!("CARGO_BIN_EXE_osaurus-bridge");
        let line = format!("umask {umask}; exec '{program}' doctor --json");
        let (_, text) = machine.run(Command::new("/bin/sh").args(["-c", &line]));
        if umask == "000" {
            assert_found(&serde_json::from_str(&text).unwrap(), severity, says);
        } else {
            assert!(
                text.contains(says) || text.contains("temporary folder"),
                "{text}"
            );
        }
    }
}

#[test]
fn cleaning_the_cache_says_what_it_freed_and_leaves_the_rest() {
    let machine = Machine::new();
    let caches = if cfg!(target_os = "macos") {
        "Library/Caches"
    } else {
        ".cache"
    };
    let plugin = format!("{caches}/osaurus-bridge/0123456789abcdef0123456789abcdef");
    machine.file(&format!("{plugin}/.osaurus-files"), &"x".repeat(400_000));
    let mine = machine.file(&format!("{caches}/osaurus-bridge/notes.txt"), "mine");
    let (code, text) = machine.run(&mut bridge(&["cache"]));
    assert!(
        code == 0 && text.starts_with("0.4 MB, ") && text.contains("unpacked plugins"),
        "{text}"
    );
    let (code, text) = machine.run(&mut bridge(&["cache", "clean"]));
    assert!(
        code == 0 && text.starts_with("removed 0.4 MB from "),
        "{text}"
    );
    assert!(mine.is_file() && !machine.path(&plugin).exists());
    let (_, text) = machine.run(&mut bridge(&["cache", "clean", "--json"]));
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap()["removed_bytes"],
        0
    );
    assert!(Path::new(&mine).is_file());
}

#[test]
fn the_version_says_what_is_inside_and_shells_learn_the_commands() {
    let machine = Machine::new();
    let (code, text) = machine.run(&mut bridge(&["--version"]));
    for part in [
        env!("CARGO_PKG_VERSION"),
        "1, 2a, 2b",
        "worker protocol",
        "macos-arm64",
        "Osaurus 0.",
    ] {
        assert!(code == 0 && text.contains(part), "{part}: {text}");
    }
    let page = std::fs::read_to_string(support::root().join("docs/worker-protocol.md")).unwrap();
    let protocol = page.lines().next().unwrap().rsplit(' ').next().unwrap();
    assert!(
        text.contains(&format!("worker protocol     {protocol}\n")),
        "{text}"
    );
    let (_, short) = machine.run(&mut bridge(&["-V"]));
    assert_eq!(
        short,
        format!("osaurus-bridge {}\n", env!("CARGO_PKG_VERSION"))
    );
    for shell in ["bash", "zsh", "fish"] {
        let (code, script) = machine.run(&mut bridge(&["completions", shell]));
        assert!(code == 0 && script.contains("doctor"), "{shell}: {script}");
    }
}
