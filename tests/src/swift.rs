//! Swift packages for the tests, built by the machine's own toolchain or by the trixie root's. What
//! was built runs where its runtime is: test bodies that load it run there, in a process of their
//! own.

use crate::project::text_of;
use crate::{child, root};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The package of the behaviour table's probes.
pub const PROBE: &str = "tests/behaviour/swift-probe";

/// Debian packages of the toolchain, and of what a Mac has beside it.
const PACKAGES: [&str; 4] = ["swiftlang", "libc6-dev", "libstdc++-14-dev", "zip"];

/// Warnings are errors, in Swift and in C.
pub const STRICT: [&str; 4] = ["-Xswiftc", "-warnings-as-errors", "-Xcc", "-Werror"];

/// Runs commands where a Swift toolchain is.
pub struct Toolchain {
    /// The script that runs a command in the trixie root; none where `swift` is on the PATH.
    root: Option<PathBuf>,
}

impl Toolchain {
    /// The machine's, or one in the trixie root, which is installed at first. None where neither
    /// can be had.
    ///
    /// # Panics
    /// When neither can be had and CI is set: a check must not vanish there.
    pub fn find() -> Option<Self> {
        if answers(&mut Command::new("swift")) {
            return Some(Toolchain { root: None });
        }
        let script = root().join("script/trixie-root");
        let installed = Command::new(&script).arg("install").args(PACKAGES).output();
        if installed.is_ok_and(|output| output.status.success()) {
            return Some(Toolchain { root: Some(script) });
        }
        let ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
        assert!(!ci, "Swift is needed when CI is set: see script/test-swift");
        eprintln!("skipped: there is no Swift and no trixie root to install it in");
        None
    }

    /// A command that runs where the toolchain is.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let Some(script) = &self.root else {
            return Command::new(program.as_ref());
        };
        let mut command = Command::new(script);
        command.args(["run", "--"]).arg(program.as_ref());
        command
    }

    /// What runs a program where the toolchain is: to put in front of its command line.
    pub fn launcher(&self) -> Vec<String> {
        let script = self.root.iter().map(|script| script.display().to_string());
        let words = ["run", "--"].map(String::from);
        script
            .flat_map(|script| std::iter::once(script).chain(words.clone()))
            .collect()
    }

    /// `swift` with these words, strictly, on a package; its products go to [`products`].
    ///
    /// # Panics
    /// When it fails, with all that it said.
    pub fn swift(&self, words: &[&str], package: &Path) {
        let mut command = self.command("swift");
        command.args(words).args(STRICT).arg("--package-path");
        command
            .arg(package)
            .arg("--scratch-path")
            .arg(scratch(package));
        let output = command.output().expect("swift starts");
        assert!(output.status.success(), "{command:?}: {}", text_of(&output));
    }
}

fn answers(command: &mut Command) -> bool {
    let answer = command.arg("--version").output();
    answer.is_ok_and(|output| output.status.success())
}

/// Build folders outlive the tests, so that a second run is quick.
fn scratch(package: &Path) -> PathBuf {
    let name = package.file_name().expect("a package's folder has a name");
    let parent = package.parent().and_then(Path::file_name);
    let name = [parent.unwrap_or_default(), name].map(|part| part.to_string_lossy());
    root().join("target/swift").join(name.join("-"))
}

/// The folder with what `swift build` made of a package.
pub fn products(package: &Path) -> PathBuf {
    scratch(package).join("debug")
}

/// Builds a package, then runs `body` with the folder of its libraries in a child process where
/// they can be loaded.
///
/// # Panics
/// When the build or the child fails.
pub fn run(test: &str, package: &str, body: impl FnOnce(&Path)) {
    let package = root().join(package);
    if child::is_child() {
        return child::run(test, &[], || body(&products(&package)));
    }
    let Some(toolchain) = Toolchain::find() else {
        return;
    };
    toolchain.swift(&["build"], &package);
    let program = std::env::current_exe().expect("a test binary knows its path");
    child::run_with(toolchain.command(program), test, &[]);
}
