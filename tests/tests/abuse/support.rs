//! Plugins for these tests, in C and in Python, and the program with a home and a cache of its own.

use osaurus_bridge_tests::project::{Project, bridge, text_of};
use osaurus_bridge_tests::{pythons, root};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// A library made of C: these lines, then the plugin in `plugin.c`.
pub fn compiled(folder: &Path, name: &str, lines: &str) -> PathBuf {
    let (text, library) = (
        folder.join(format!("{name}.c")),
        folder.join(format!("{name}.so")),
    );
    let plugin = root().join("tests/tests/abuse/plugin.c");
    std::fs::write(
        &text,
        format!("{lines}\n#include \"{}\"\n", plugin.display()),
    )
    .expect("a C file");
    let cc = Command::new("cc")
        .args(["-shared", "-fPIC", "-D_GNU_SOURCE", "-o"])
        .args([&library, &text])
        .output()
        .expect("cc runs; run script/setup");
    assert!(cc.status.success(), "{}", text_of(&cc));
    library
}

const PYTHON: &str = include_str!("../../fixtures/abuse/main.py");

/// A plugin in Python, built once for all tests.
pub fn scripted() -> &'static Path {
    static BUILT: OnceLock<(Project, PathBuf)> = OnceLock::new();
    let packed = BUILT.get_or_init(|| {
        let project = Project::python("abuse", PYTHON);
        let library = project.build(&pythons::newest().executable);
        (project, library)
    });
    &packed.1
}

/// The program, with an interpreter, and with `home` as home and cache.
pub fn bridge_in(home: &Path) -> Command {
    let mut program = bridge();
    program
        .env("HOME", home)
        .env_remove("XDG_CACHE_HOME")
        .env("OSAURUS_BRIDGE_CACHE", home.join("cache"))
        .env("OSAURUS_BRIDGE_PYTHON", &pythons::newest().executable)
        .current_dir(home);
    program
}

/// Runs it to its end, which is this exit code, and returns what it printed.
#[track_caller]
pub fn ends_with(command: &mut Command, code: i32) -> String {
    let output: Output = command.output().expect("osaurus-bridge runs");
    let text = text_of(&output);
    assert_eq!(output.status.code(), Some(code), "{command:?}: {text}");
    text
}

/// Calls a tool of the scripted plugin, which must answer.
#[track_caller]
pub fn answer(home: &Path, tool: &str) -> String {
    let text = ends_with(
        bridge_in(home)
            .arg("invoke")
            .arg(scripted())
            .args([tool, "{}"]),
        0,
    );
    assert!(text.contains("\"ok\": true"), "{text}");
    text
}
