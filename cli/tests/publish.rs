//! `osaurus-bridge publish`: the registry's entry for a plugin, its older versions, and what the
//! registry would refuse.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failing test")]

mod support;

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Output;
use support::packages::mac_parts;
use support::{assert_fails, bridge};

const MAIN: &str = "from osaurus_plugin import Plugin\n\nplugin = Plugin(name='Notes', description='Keeps notes.', min_osaurus='0.20.3')\n\n\n\
                    @plugin.tool()\ndef add_note(text: str) -> str:\n    \"\"\"Add a note.\"\"\"\n    return text\n";

struct Author {
    folder: tempfile::TempDir,
    parts: tempfile::TempDir,
}

impl Author {
    fn new() -> Author {
        let author = Author {
            folder: tempfile::tempdir().unwrap(),
            parts: mac_parts(),
        };
        author.version("1.0.0");
        author.write("main.py", MAIN);
        author.write(
            "SKILL.md",
            "---\nname: notes\ndescription: When to keep notes.\n---\nText\n",
        );
        author.write("CHANGELOG.md", "# Changes\n");
        author
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn version(&self, version: &str) {
        let text = format!(
            "[project]\nname = 'notes'\nversion = '{version}'\n\n[tool.osaurus]\nid = \
             'dev.example.notes'\nentry = 'main:plugin'\n"
        );
        self.write("pyproject.toml", &text);
    }

    fn run(&self, key: &str, more: &[&str]) -> Output {
        let mut command = bridge(&[
            "publish",
            "--url",
            "https://example.com/v{version}/{file}",
            "--date",
            "2026-01-02",
        ]);
        command.arg("--key").arg(key_file(key)).args(more);
        command
            .env("OSAURUS_BRIDGE_PARTS", self.parts.path())
            .env("MINISIGN_PASSWORD", "correct horse");
        command.current_dir(self.folder.path()).output().unwrap()
    }

    fn entry(&self) -> Value {
        let text = std::fs::read(self.folder.path().join("dist/dev.example.notes.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    }
}

fn key_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/minisign")
        .join(name)
}

#[track_caller]
fn assert_good(output: &Output) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&text)
    );
}

#[test]
fn an_entry_says_what_the_registry_and_the_installer_read() {
    let author = Author::new();
    assert_good(&author.run("plain.key", &["--notes", "First."]));
    let entry = author.entry();
    let requires = json!({"osaurus_min_version": "0.20.3", "min_macos": "13.0"});
    assert_eq!(entry["requires"], requires);
    let version = &entry["versions"][0];
    assert_eq!(version["requires"], requires, "the installer reads it here");
    assert_eq!(
        [
            &version["version"],
            &version["release_date"],
            &version["notes"]
        ],
        ["1.0.0", "2026-01-02", "First."]
    );
    let artifact = &version["artifacts"][0];
    assert_eq!([&artifact["os"], &artifact["arch"]], ["macos", "arm64"]);
    assert_eq!(
        artifact["url"],
        "https://example.com/v1.0.0/dev.example.notes-1.0.0.zip"
    );
    let archive = author
        .folder
        .path()
        .join("dist/dev.example.notes-1.0.0.zip");
    assert_eq!(artifact["size"], archive.metadata().unwrap().len());
    let signature = std::fs::read_to_string(archive.with_added_extension("minisig")).unwrap();
    assert_eq!(artifact["minisign"]["signature"], signature.as_str());
    assert_eq!(
        entry["capabilities"]["tools"],
        json!([{"name": "add_note", "description": "Add a note."}])
    );
    assert_eq!(
        entry["capabilities"]["skills"],
        json!([{"name": "notes", "description": "When to keep notes."}])
    );
    assert_eq!(entry["docs"]["changelog"], "CHANGELOG.md");
    assert!(
        entry["public_keys"]["minisign"]
            .as_str()
            .unwrap()
            .starts_with("RW"),
        "{entry:#}"
    );
}

#[test]
fn a_new_version_comes_first_and_the_key_stays_the_same() {
    let author = Author::new();
    assert_good(&author.run("plain.key", &[]));
    std::fs::copy(
        author.folder.path().join("dist/dev.example.notes.json"),
        author.folder.path().join("old.json"),
    )
    .unwrap();
    author.version("1.1.0");
    assert_good(&author.run("plain.key", &["--entry", "old.json"]));
    let versions = author.entry()["versions"].clone();
    let numbers: Vec<&Value> = versions
        .as_array()
        .unwrap()
        .iter()
        .map(|version| &version["version"])
        .collect();
    assert_eq!(numbers, ["1.1.0", "1.0.0"]);
    let other = author.run("locked.key", &["--entry", "old.json"]);
    assert_fails(
        &other,
        1,
        &["the registry has the key RW", "sign with the first key"],
    );
}

#[test]
fn what_the_registry_would_refuse_is_said_before() {
    let author = Author::new();
    author.write("main.py", &MAIN.replace(", min_osaurus='0.20.3'", ""));
    assert_fails(
        &author.run("plain.key", &[]),
        1,
        &["does not say the oldest Osaurus", "min_osaurus"],
    );
    author.write(
        "main.py",
        &MAIN
            .replace("def add_note", "def addNote")
            .replace("description='Keeps notes.', ", ""),
    );
    let lines = [
        "the registry would refuse the entry:",
        "is \"addNote\"; expected snake case",
        "description is missing or blank",
    ];
    assert_fails(&author.run("plain.key", &[]), 1, &lines);
}

#[test]
fn the_workflow_is_written_once() {
    let author = Author::new();
    let publish = || {
        bridge(&["publish", "--workflow"])
            .current_dir(author.folder.path())
            .output()
            .unwrap()
    };
    assert_good(&publish());
    let text = std::fs::read_to_string(author.folder.path().join(".github/workflows/release.yml"))
        .unwrap();
    for said in [
        "plugins/dev.example.notes.json",
        "actions/setup-python@v5",
        "osaurus-bridge publish --key",
        "${{ github.token }}",
    ] {
        assert!(text.contains(said), "{said} in\n{text}");
    }
    assert!(
        !text.contains("{{id}}") && !text.contains("{{setup}}"),
        "{text}"
    );
    assert_fails(&publish(), 1, &["exists already and was left as it is"]);
}
