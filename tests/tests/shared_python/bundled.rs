//! Plugins that bring their interpreter run on it where there is no other: with no PATH and no home
//! folder.

use osaurus_bridge_tests::project::{Project, bridge, text_of};
use osaurus_bridge_tests::{nodes, pythons};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const PYTHON: &str = r#"
import json
import sys

from osaurus_plugin import Plugin

plugin = Plugin(name="Whole")


@plugin.tool
def tell() -> str:
    """Which interpreter runs this."""
    return sys.executable
"#;

const NODE: &str = r#"
import { definePlugin, defineTool } from "osaurus-plugin";

export default definePlugin({
  name: "Whole",
  tools: { tell: defineTool({ description: "Which interpreter runs this.", run: () => process.execPath }) },
});
"#;

/// A Python that works in any folder: the system's, whose program holds all of it, with its
/// library.
fn movable() -> Option<TempDir> {
    let names = (10..15).map(|minor| format!("python3.{minor}"));
    let name = names.rev().find(|name| {
        let program = Path::new("/usr/bin").join(name);
        let start = std::fs::read(program).unwrap_or_default();
        !start.is_empty() && !start.windows(9).any(|text| text == b"libpython")
    })?;
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("python");
    for below in ["bin", "lib"] {
        std::fs::create_dir_all(root.join(below)).expect("a folder");
    }
    std::fs::copy(
        Path::new("/usr/bin").join(&name),
        root.join("bin").join(&name),
    )
    .expect("a copy");
    let copied = Command::new("cp")
        .args(["-rL", &format!("/usr/lib/{name}")])
        .arg(root.join("lib"))
        .status();
    assert!(copied.is_ok_and(|status| status.success()));
    std::os::unix::fs::symlink(&name, root.join("bin/python3")).expect("a link");
    Some(folder)
}

fn archive(folder: &Path) -> PathBuf {
    let archive = folder.join("python.tar.gz");
    let packed = Command::new("tar")
        .arg("-czf")
        .arg(&archive)
        .args(["-C".as_ref(), folder.as_os_str(), "python".as_ref()])
        .status();
    assert!(packed.is_ok_and(|status| status.success()));
    archive
}

fn bundling(project: Project, from: &Path) -> Project {
    let from = from.display();
    let lines = format!("runtime = \"bundled\"\nruntime-from = \"{from}\"\nentry =");
    project.settings("entry =", &lines)
}

/// What the tool `tell` answers on a machine with no interpreter at all.
fn told_without_any(library: &Path, cache: &Path) -> String {
    let output = bridge()
        .args(["invoke", "--json"])
        .arg(library)
        .arg("tell")
        .env_clear()
        .env("PATH", "")
        .env("OSAURUS_BRIDGE_CACHE", cache)
        .output()
        .expect("osaurus-bridge runs");
    let envelope: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no JSON: {}", text_of(&output)));
    let text = envelope["result"]["text"].as_str();
    text.unwrap_or_else(|| panic!("{envelope}")).to_owned()
}

fn inspected(library: &Path) -> String {
    let output = bridge().arg("inspect").arg(library).output();
    text_of(&output.expect("osaurus-bridge runs"))
}

/// Folders of the cache that plugins share.
fn shared(cache: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(cache).expect("the cache").flatten();
    let is_shared = |path: &PathBuf| path.join(".osaurus-shared").is_file();
    entries
        .map(|entry| entry.path())
        .filter(is_shared)
        .collect()
}

#[test]
fn a_python_that_the_plugin_brings_is_the_one_that_runs() {
    let Some(folder) = movable() else {
        println!("left out: the system's Python cannot be moved");
        return;
    };
    let (archive, cache) = (
        archive(folder.path()),
        tempfile::tempdir().expect("a folder"),
    );
    let python = pythons::newest().executable;
    let bundled = bundling(Project::python("whole", PYTHON), &archive);
    let output = bundled.try_build(&python);
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text_of(&output)));
    assert!(report["interpreter"]["unpacked"].as_u64() > report["interpreter"]["len"].as_u64());
    let library = bundled.build(&python);
    let program = told_without_any(&library, cache.path());
    assert!(Path::new(&program).starts_with(cache.path()), "{program}");
    let text = inspected(&library);
    assert!(
        text.contains("Python 3.") && text.contains(", bundled: "),
        "{text}"
    );

    let same = bundling(
        Project::python("other", PYTHON),
        &folder.path().join("python"),
    );
    let other = told_without_any(&same.build(&python), cache.path());
    assert_eq!(
        (other, shared(cache.path()).len()),
        (program, 1),
        "one copy for both"
    );
}

#[test]
fn a_node_that_the_plugin_brings_is_the_one_that_runs() {
    let (_, node) = nodes::all().pop().expect("a Node");
    let cache = tempfile::tempdir().expect("a folder");
    let from = format!(
        "\"runtime\": \"bundled\", \"runtimeFrom\": \"{}\", \"main\":",
        node.display()
    );
    let project = Project::typescript("whole", NODE).settings("\"main\":", &from);
    let library = project.build(&node);
    let program = told_without_any(&library, cache.path());
    assert!(Path::new(&program).starts_with(cache.path()), "{program}");
    let text = inspected(&library);
    assert!(
        text.contains("Node ") && text.contains(", bundled: "),
        "{text}"
    );
}

#[test]
fn an_interpreter_that_cannot_be_packed_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, bytes).expect("a file");
    };
    let mut foreign = b"\xcf\xfa\xed\xfe\x0c\0\0\x01".to_vec();
    foreign.resize(64, 0);
    file("mac/bin/python3.12", &foreign);
    file("empty/readme", b"");
    file("odd.zip", b"PK");
    // Its program starts a library at a fixed place.
    let fixed = pythons::newest().executable;
    let fixed = fixed.parent().and_then(Path::parent).expect("its folder");
    for (from, says) in [
        (
            folder.path().join("mac"),
            "is for macos-arm64; the plugin is built for",
        ),
        (
            folder.path().join("empty"),
            "expected bin/python3.N and lib/python3.N in it",
        ),
        (
            folder.path().join("odd.zip"),
            "is neither a folder nor a .tar, .tar.gz or .tgz archive",
        ),
        (folder.path().join("none"), "No such file"),
        (fixed.to_owned(), "works in one place only: it needs"),
    ] {
        let project = bundling(Project::python("refused", PYTHON), &from);
        let text = text_of(&project.try_build(&pythons::newest().executable));
        assert!(text.contains(says), "{says}: {text}");
    }
    let project =
        Project::python("refused", PYTHON).settings("entry =", "runtime-from = \"x\"\nentry =");
    let text = text_of(&project.try_build(&pythons::newest().executable));
    assert!(
        text.contains("write runtime = \\\"bundled\\\" too"),
        "{text}"
    );
    let keys = "\"runtime\": \"bundled\", \"mode\": \"embedded\", \"main\":";
    let project = Project::typescript("refused", NODE).settings("\"main\":", keys);
    let text = text_of(&project.try_build(&pythons::newest().executable));
    assert!(text.contains("a Node that travels is a program"), "{text}");
}
