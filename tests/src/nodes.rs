//! Nodes for the tests: the one that the machine has, a libnode in the trixie root, and a folder
//! with the npm packages that plugin projects in TypeScript need, installed once.

use crate::{root, target};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What a plugin project of the tests depends on.
const PACKAGE: &str = r#"{
  "name": "osaurus-bridge-test-projects",
  "private": true,
  "type": "module",
  "dependencies": { "osaurus-plugin": "file:../lib/osaurus-bridge/osaurus-plugin.tgz", "zod": "4.6.7" },
  "devDependencies": { "esbuild": "0.28.2" }
}
"#;

/// A folder for projects, below one with their `node_modules`.
///
/// # Panics
/// When npm fails.
pub fn projects() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let packed = target().join("lib/osaurus-bridge/osaurus-plugin.tgz");
        let path = packed.display();
        assert!(
            packed.is_file(),
            "{path} is missing; run `make build-tests` first"
        );
        let folder = target().join("node-projects");
        install_once(&folder, &packed);
        let projects = folder.join("projects");
        std::fs::create_dir_all(&projects).expect("a folder");
        projects
    })
}

/// Tests run at once, in threads and in processes: one installs in a folder, the others wait until
/// the file is closed.
fn lock(folder: &Path) -> File {
    std::fs::create_dir_all(folder).expect("a folder");
    let lock = File::create(folder.join("lock")).expect("a lock file");
    lock.lock().expect("the lock");
    lock
}

fn install_once(folder: &Path, packed: &Path) {
    let _lock = lock(folder);
    let stamp = format!(
        "{PACKAGE}{:?}",
        std::fs::metadata(packed).and_then(|m| m.modified())
    );
    let stamp_file = folder.join("stamp");
    if std::fs::read_to_string(&stamp_file).is_ok_and(|text| text == stamp) {
        return;
    }
    let _ = std::fs::remove_dir_all(folder.join("node_modules"));
    std::fs::write(folder.join("package.json"), PACKAGE).expect("a written file");
    let npm = Command::new("npm")
        .args([
            "install",
            "--no-package-lock",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ])
        .current_dir(folder)
        .output()
        .expect("npm runs");
    let text = String::from_utf8_lossy(&npm.stderr);
    assert!(npm.status.success(), "npm install: {text}");
    std::fs::write(stamp_file, stamp).expect("a written file");
}

/// A Node of each line that is supported: its major version and its path.
///
/// # Panics
/// When one cannot be had.
pub fn all() -> Vec<(u32, PathBuf)> {
    let _lock = lock(&root().join("target/node-versions"));
    let output = Command::new(root().join("script/node-versions")).output();
    let output = output.expect("script/node-versions runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    let nodes: Vec<_> = lines
        .filter_map(|(major, path)| Some((major.parse().ok()?, PathBuf::from(path))))
        .collect();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(nodes.len(), 3, "script/node-versions: {text} {stderr}");
    nodes
}

/// This test program, to be run in the root that has libnode, with further packages of Debian
/// there.
///
/// # Panics
/// When the root cannot be made.
pub fn in_trixie_root(packages: &[&str]) -> Command {
    let script = trixie_root();
    if !packages.is_empty() {
        let install = Command::new(&script).arg("install").args(packages).status();
        assert!(
            install.is_ok_and(|s| s.success()),
            "{packages:?} cannot be installed"
        );
    }
    let mut command = Command::new(script);
    command.args(["run", "--"]);
    command.arg(std::env::current_exe().expect("a test binary knows its path"));
    command
}

/// The script with a root that has libnode. Installs it at first.
///
/// # Panics
/// When the root cannot be made.
pub fn trixie_root() -> PathBuf {
    static READY: OnceLock<PathBuf> = OnceLock::new();
    let ready = READY.get_or_init(|| {
        let script = root().join("script/trixie-root");
        let status = Command::new(&script)
            .args(["install", "libnode115", "procps"])
            .status();
        assert!(
            status.is_ok_and(|s| s.success()),
            "the trixie root cannot be made"
        );
        script
    });
    ready.clone()
}
