//! `install`, `list`, `uninstall` and `serve` of what is installed: a folder Tools as Osaurus
//! leaves it, and a host that loads from it.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failing test")]

mod support;

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use support::packages::{library, write_zip};
use support::{assert_fails, bridge, plugin};

const ID: &str = "dev.example.notes";

/// A data folder of the reference host, and a place for packages.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Machine {
        Machine {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    fn plugin(&self, id: &str) -> PathBuf {
        self.data().join("Tools").join(id)
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = bridge(words);
        command
            .env("OSAURUS_BRIDGE_DATA", self.data())
            .current_dir(self.path());
        command.output().unwrap()
    }

    #[track_caller]
    fn says(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let text = [&output.stdout[..], &output.stderr[..]].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(output.status.success(), "{words:?}: {text}");
        text
    }

    /// A package with this version and marker.
    fn package(&self, version: &str, marker: &[u8]) -> String {
        let name = format!("{ID}-{version}.zip");
        let library = library(ID, version, Some("web"));
        let skill: &[u8] = b"---\nname: notes\ndescription: d\n---\n";
        let files: [(&str, &[u8]); 6] = [
            ("notes.dylib", &library),
            ("web/index.html", marker),
            ("SKILL.md", skill),
            ("more/SKILL.md", skill),
            ("readme.md", b"# Notes\n"),
            ("data.txt", marker),
        ];
        write_zip(self.path(), &name, &files);
        name
    }
}

fn read(path: PathBuf) -> String {
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn an_install_by_hand_keeps_the_whole_package_and_what_replaces_it_replaces_all() {
    let machine = Machine::new();
    let text = machine.says(&["install", &machine.package("1.0.0", b"one"), "--consent"]);
    assert!(
        text.contains("installed dev.example.notes 1.0.0") && text.contains("osaurus-bridge serve"),
        "{text}"
    );
    let plugin = machine.plugin(ID);
    let version = plugin.join("1.0.0");
    assert_eq!(
        std::fs::read_link(plugin.join("current")).unwrap(),
        Path::new("1.0.0")
    );
    for file in [
        "notes.dylib",
        "web/index.html",
        "SKILL.md",
        "data.txt",
        ".user_consent",
    ] {
        assert!(version.join(file).is_file(), "{file}");
    }
    let receipt: Value = serde_json::from_str(&read(version.join("receipt.json"))).unwrap();
    for (key, value) in [
        ("plugin_id", ID),
        ("version", "1.0.0"),
        ("dylib_filename", "notes.dylib"),
        ("platform", "macos"),
        ("arch", "arm64"),
    ] {
        assert_eq!(receipt[key], value, "{receipt:#}");
    }
    let url = receipt["artifact"]["url"].as_str().unwrap();
    assert!(
        url.starts_with("file:///") && url.ends_with("/dev.example.notes-1.0.0.zip"),
        "{url}"
    );
    assert!(
        receipt["artifact"]["size"].is_u64() && receipt.get("public_keys").is_none(),
        "{receipt:#}"
    );
    // Seconds since 2001, not since 1970.
    let installed = receipt["installed_at"].as_f64().unwrap();
    assert!((7e8..1.2e9).contains(&installed), "{installed}");

    std::fs::write(version.join("left.txt"), "x").unwrap();
    let text = machine.says(&["install", &machine.package("1.0.0", b"again")]);
    assert!(
        text.contains("the approval of the version that was replaced is gone with it"),
        "{text}"
    );
    assert!(
        text.contains("to approve: osaurus-bridge install dev.example.notes-1.0.0.zip --consent"),
        "{text}"
    );
    assert_eq!(read(version.join("data.txt")), "again");
    assert!(!version.join("left.txt").exists() && !version.join(".user_consent").exists());
}

#[test]
fn an_install_as_from_the_registry_keeps_what_it_knows_and_old_files() {
    let machine = Machine::new();
    machine.says(&[
        "install",
        &machine.package("1.0.0", b"one"),
        "--as-registry",
    ]);
    let version = machine.plugin(ID).join("1.0.0");
    for file in [
        "notes.dylib",
        "web/index.html",
        "skills/SKILL.md",
        "skills/more_SKILL.md",
        "README.md",
        ".user_consent",
    ] {
        assert!(version.join(file).is_file(), "{file}");
    }
    assert!(!version.join("data.txt").exists() && !version.join("SKILL.md").exists());
    std::fs::write(version.join("old.dylib"), "x").unwrap();
    machine.says(&[
        "install",
        &machine.package("1.0.0", b"two"),
        "--as-registry",
    ]);
    assert_eq!(read(version.join("web/index.html")), "two");
    assert!(
        version.join("old.dylib").exists(),
        "the registry's install removes nothing"
    );
    let list = machine.says(&["list"]);
    assert!(list.contains("dev.example.notes 1.0.0: "), "{list}");
}

#[test]
fn other_versions_stay_until_the_plugin_goes() {
    let machine = Machine::new();
    for version in ["1.0.0", "1.10.0", "1.9.0"] {
        machine.says(&["install", &machine.package(version, b"x"), "--consent"]);
    }
    let list: Value = serde_json::from_str(&machine.says(&["list", "--json"])).unwrap();
    assert_eq!(
        list["plugins"][0]["version"], "1.9.0",
        "the last one that was installed"
    );
    assert_eq!(
        list["plugins"][0]["versions"],
        json!(["1.0.0", "1.9.0", "1.10.0"])
    );
    let unknown = machine.run(&["uninstall", "dev.example.other"]);
    assert_fails(
        &unknown,
        1,
        &[
            "dev.example.other is not installed in",
            "installed is: dev.example.notes",
        ],
    );
    machine.says(&["uninstall", ID]);
    let entries: Vec<_> = std::fs::read_dir(machine.data().join("Tools"))
        .unwrap()
        .collect();
    assert!(entries.is_empty(), "{entries:?}");
    assert!(
        machine
            .says(&["list"])
            .starts_with("nothing is installed in ")
    );
}

#[test]
fn a_package_that_is_refused_changes_nothing() {
    let machine = Machine::new();
    let good = machine.package("1.0.0", b"one");
    machine.says(&["install", &good, "--consent"]);
    let wrong = "dev.example.other-1.0.0.zip";
    std::fs::rename(machine.path().join(&good), machine.path().join(wrong)).unwrap();
    let output = machine.run(&["install", wrong, "--consent"]);
    let lines = [
        "is not installed:",
        "same-id: the library is the plugin \"dev.example.notes\"",
        "osaurus-bridge verify",
    ];
    assert_fails(&output, 1, &lines);
    let output = machine.run(&["install", "missing.zip"]);
    assert_fails(
        &output,
        1,
        &[
            "missing.zip is not installed",
            "source: cannot read missing.zip",
        ],
    );
    let names: Vec<_> = std::fs::read_dir(machine.data().join("Tools"))
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert_eq!(names, [ID], "no other plugin, and nothing of the attempt");
    if !cfg!(target_os = "macos") {
        let output = machine.run(&["install", wrong, "--osaurus"]);
        assert_fails(
            &output,
            1,
            &["Osaurus runs on macOS only", "leave --osaurus out"],
        );
    }
}

#[test]
fn a_folder_is_installed_under_the_name_that_its_manifest_says() {
    let machine = Machine::new();
    let folder = machine.path().join("build");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("notes.dylib"), library(ID, "2.0.0", None)).unwrap();
    let nameless = machine.run(&["install", "build"]);
    assert_fails(
        &nameless,
        1,
        &[
            "file-name: the folder \"build\" is not named",
            "osaurus-plugin.json",
        ],
    );
    std::fs::write(
        folder.join("osaurus-plugin.json"),
        format!("{{\"plugin_id\": \"{ID}\", \"version\": \"2.0.0\"}}"),
    )
    .unwrap();
    machine.says(&["install", "build", "--consent"]);
    assert!(
        machine
            .plugin(ID)
            .join("2.0.0/osaurus-plugin.json")
            .is_file()
    );
}

/// The native plugin of the serve tests, packed for this machine.
fn native(machine: &Machine) -> String {
    let tools = json!([{"id": "log", "description": "logs"}]);
    let manifest = json!({"plugin_id": "dev.web", "capabilities": {"tools": tools}}).to_string();
    let define = format!("#define MANIFEST {}", Value::from(manifest));
    let library = plugin(
        machine.path(),
        "plugin",
        "reference-host/tests/host/web/probe.c",
        &define,
    );
    let bytes = std::fs::read(library).unwrap();
    write_zip(
        machine.path(),
        "dev.web-1.0.0.zip",
        &[("plugin.so", &bytes)],
    );
    "dev.web-1.0.0.zip".into()
}

#[test]
fn serve_without_a_library_runs_what_is_installed_or_says_that_nothing_is() {
    let machine = Machine::new();
    let nothing = machine.run(&["serve", "--port", "0"]);
    assert_fails(
        &nothing,
        1,
        &[
            "nothing is installed in ",
            "osaurus-bridge install FILE.zip --consent",
        ],
    );
    let package = native(&machine);
    machine.says(&["install", &package]);
    assert!(
        machine
            .says(&["list"])
            .contains("dev.web 1.0.0: consent_required")
    );
    machine.says(&["install", &package, "--consent"]);
    assert!(machine.says(&["list"]).contains("dev.web 1.0.0: ready"));
    let mut serve = bridge(&["serve", "--port", "0"]);
    serve
        .env("OSAURUS_BRIDGE_DATA", machine.data())
        .stdout(Stdio::piped());
    let mut serve = serve.spawn().unwrap();
    let lines = BufReader::new(serve.stdout.take().unwrap()).lines();
    let lines: Vec<String> = lines
        .map_while(Result::ok)
        .take_while(|line| !line.contains("serving on"))
        .collect();
    let _ = serve.kill();
    let _ = serve.wait();
    assert!(
        lines.iter().any(|line| line.starts_with("dev.web from ")),
        "{lines:?}"
    );
}
