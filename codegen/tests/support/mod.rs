//! What the tests of the generated files share: the spec, temporary folders, outside tools.
#![allow(
    dead_code,
    reason = "every test program uses another part of this module"
)]

use osaurus_abi_spec::{
    Spec,
    layout::{self, TableLayout},
    model::Since,
};
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// ABI versions with a header.
pub const VERSIONS: std::ops::RangeInclusive<u32> = 1..=6;

/// The spec of this source tree.
pub fn spec() -> Spec {
    osaurus_abi_spec::load().unwrap_or_else(|problems| panic!("{problems}"))
}

/// The root of this source tree.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The committed header of a version.
pub fn header(version: u32) -> PathBuf {
    root().join(format!("codegen/generated/c/v{version}/osaurus_plugin.h"))
}

/// The tables of a version as the spec lays them out, with their C names.
pub fn layouts(spec: &Spec, version: u32) -> Vec<(String, TableLayout)> {
    let level = Since::version(version);
    let host = layout::host(spec, &level).map(|host| (spec.host.c_name.clone(), host));
    let plugin = (spec.plugin.c_name.clone(), layout::plugin(spec, &level));
    host.into_iter().chain([plugin]).collect()
}

/// `table.member offset` and `table size` of each table, as the C and Rust witnesses print them.
pub fn expected_lines(spec: &Spec, version: u32) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, layout) in layouts(spec, version) {
        let members = layout.members.iter();
        lines.extend(members.map(|member| format!("{name}.{} {}", member.name, member.offset)));
        lines.push(format!("{name} {}", layout.size));
    }
    lines
}

/// True when the tool answers to `--version`. A missing tool fails the test when `CI` is set, so
/// that a check never vanishes there unnoticed.
pub fn have(tool: &str) -> bool {
    let answer = Command::new(tool).arg("--version").output();
    let there = answer.is_ok_and(|output| output.status.success());
    let ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
    assert!(
        there || !ci,
        "`{tool}` is needed when CI is set, but cannot be run: install it"
    );
    if !there {
        eprintln!("skipped: `{tool}` is not installed");
    }
    there
}

/// How Zig is started: `zig` on the PATH, else the package `ziglang` in the tools' own Python. As
/// [`have`] when absent.
pub fn zig() -> Option<Command> {
    let answers = |mut command: Command| {
        command
            .arg("version")
            .output()
            .is_ok_and(|o| o.status.success())
    };
    if answers(Command::new("zig")) {
        return Some(Command::new("zig"));
    }
    let packaged = || {
        let mut command = Command::new(root().join(".venv/bin/python"));
        command.args(["-m", "ziglang"]);
        command
    };
    let there = answers(packaged());
    let ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
    assert!(
        there || !ci,
        "Zig is needed when CI is set: run script/setup"
    );
    if !there {
        eprintln!("skipped: Zig is not installed");
    }
    there.then(packaged)
}

/// As [`have`], for a Go toolchain with cgo.
pub fn have_go() -> bool {
    let answer = Command::new("go").arg("version").output();
    let there = answer.is_ok_and(|output| output.status.success());
    let ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
    assert!(
        there || !ci,
        "Go is needed when CI is set: run script/setup"
    );
    if !there {
        eprintln!("skipped: Go is not installed");
    }
    there
}

/// `sh -c` where `swiftc` is: here, or in the trixie root, which is installed at first. As [`have`]
/// when neither can be had.
pub fn swift_shell() -> Option<Command> {
    let mut here = Command::new("sh");
    here.arg("-c");
    if Command::new("swiftc").arg("--version").output().is_ok() {
        return Some(here);
    }
    let script = root().join("script/trixie-root");
    let packages = ["swiftlang", "libc6-dev", "libstdc++-14-dev"];
    let installed = Command::new(&script).arg("install").args(packages).output();
    let there = installed.is_ok_and(|output| output.status.success());
    let ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
    assert!(
        there || !ci,
        "Swift is needed when CI is set: see script/test-swift"
    );
    if !there {
        eprintln!("skipped: there is no Swift and no trixie root to install it in");
        return None;
    }
    let mut command = Command::new(script);
    command.args(["run", "--", "sh", "-c"]);
    Some(command)
}

/// Runs a program to its end.
pub fn run(program: impl AsRef<Path>, args: &[&str]) -> Output {
    let program = program.as_ref();
    let output = Command::new(program).args(args).output();
    output.unwrap_or_else(|error| panic!("cannot run {}: {error}", program.display()))
}

/// What a run printed, when it ended well; else the test fails with its errors.
pub fn printed(output: &Output, what: &str) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what} failed:\n{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Writes a file into a folder and returns its path as text.
pub fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Text of a path.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
