//! `osaurus-bridge package` and `build --target`: one archive with what belongs in it, the same
//! bytes each time, and errors that say which rule is broken or which parts are missing.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failing test")]

mod support;

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use support::packages::mac_parts;
use support::{assert_fails, bridge};

const PROJECT: &str = "[project]\nname = 'pages'\nversion = '1.2.0'\n\n[tool.osaurus]\nid = \
                       'dev.example.pages'\nentry = 'main:plugin'\n";
const MAIN: &str = "from osaurus_plugin import Plugin\n\nplugin = Plugin(name='Pages', min_osaurus='0.20.3')\nplugin.web('WEB')\n\n\n\
                    @plugin.tool()\ndef hello() -> str:\n    \"\"\"Say hello.\"\"\"\n    return 'hello'\n";
const SKILL: &str = "---\nname: pages\ndescription: When to use pages.\n---\nUse them.\n";

fn project(folder: &Path, web: &str) {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("pyproject.toml", PROJECT);
    write("main.py", &MAIN.replace("WEB", web));
    write("README.md", "# Pages\n");
    write("changelog.md", "# Changes\n");
    write("SKILL.md", SKILL);
    write("LICENSE", "MIT\n");
    write(&format!("{web}/index.html"), "<head></head>pages");
    write(&format!("{web}/a/style.css"), "body {}");
}

fn command(parts: &Path, words: &[&str], folder: &Path) -> Command {
    let mut command = bridge(words);
    command
        .env("OSAURUS_BRIDGE_PARTS", parts)
        .current_dir(folder);
    command
}

fn run(parts: &Path, words: &[&str], folder: &Path) -> Output {
    command(parts, words, folder).output().unwrap()
}

fn report(output: &Output) -> Value {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&text)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn an_archive_holds_library_pages_and_documents_and_is_the_same_each_time() {
    let parts = mac_parts();
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut archives = Vec::new();
    for folder in [&one, &two] {
        project(folder.path(), "web");
        let report = report(&run(parts.path(), &["package", "--json"], folder.path()));
        assert_eq!(
            report["files"],
            serde_json::json!([
                "dev.example.pages.dylib",
                "CHANGELOG.md",
                "README.md",
                "SKILL.md",
                "web/a/style.css",
                "web/index.html"
            ])
        );
        let archive = folder.path().join("dist/dev.example.pages-1.2.0.zip");
        archives.push(std::fs::read(archive).unwrap());
    }
    assert!(archives[0] == archives[1], "two folders, two archives");
    let beside = one.path().join("dist/macos-arm64/web/index.html");
    assert!(beside.is_file(), "pages are beside the library, too");
    let verify = run(
        parts.path(),
        &["verify", "dist/dev.example.pages-1.2.0.zip", "--json"],
        one.path(),
    );
    let verified = report(&verify);
    assert_eq!(verified["problems"], serde_json::json!([]));
    assert_eq!(
        verified["package"]["targets"],
        serde_json::json!(["macos-arm64"])
    );
    assert_eq!(verified["package"]["signed"], "ad hoc");
}

#[test]
fn pages_that_are_gone_from_the_project_are_gone_from_the_next_archive() {
    let (parts, folder) = (mac_parts(), tempfile::tempdir().unwrap());
    project(folder.path(), "web");
    report(&run(parts.path(), &["package", "--json"], folder.path()));
    std::fs::remove_dir_all(folder.path().join("web/a")).unwrap();
    let files = report(&run(parts.path(), &["package", "--json"], folder.path()))["files"].clone();
    assert!(!files.to_string().contains("style.css"), "{files}");
}

#[test]
fn what_would_not_install_is_not_written_and_the_rule_is_named() {
    let (parts, folder) = (mac_parts(), tempfile::tempdir().unwrap());
    project(folder.path(), "public");
    let output = run(parts.path(), &["package"], folder.path());
    let lines = [
        "dev.example.pages-1.2.0.zip was not written",
        "web-folder: pages are in \"public\", but an install from the registry keeps only `web`",
    ];
    assert_fails(&output, 1, &lines);
    assert!(
        !folder
            .path()
            .join("dist/dev.example.pages-1.2.0.zip")
            .exists()
    );

    project(folder.path(), "web");
    std::fs::write(folder.path().join("web/extra.dylib"), "x").unwrap();
    let output = run(parts.path(), &["package"], folder.path());
    assert_fails(
        &output,
        1,
        &[
            "one-library: there are 2 libraries in it",
            "web/extra.dylib",
        ],
    );
    std::fs::remove_file(folder.path().join("web/extra.dylib")).unwrap();

    std::fs::write(folder.path().join("SKILL.md"), "# Pages\n").unwrap();
    let output = run(parts.path(), &["package"], folder.path());
    assert_fails(
        &output,
        1,
        &[
            "SKILL.md does not begin with a line `---`",
            "name: my-plugin",
        ],
    );

    std::fs::remove_file(folder.path().join("web/index.html")).unwrap();
    std::fs::remove_file(folder.path().join("SKILL.md")).unwrap();
    let output = run(parts.path(), &["package"], folder.path());
    assert_fails(
        &output,
        1,
        &[
            "declares pages in web/ that begin with index.html",
            "build the pages first",
        ],
    );
}

#[test]
fn missing_parts_are_named_with_those_that_are_there() {
    let (parts, folder) = (mac_parts(), tempfile::tempdir().unwrap());
    project(folder.path(), "web");
    let build = ["build", "--target", "macos-x86_64"];
    let lines = [
        "no parts for macos-x86_64: libosaurus_shim.dylib is missing (looked in ",
        "macos-x86_64, ",
        "there are parts for: macos-arm64",
        "OSAURUS_BRIDGE_PARTS",
    ];
    assert_fails(&run(parts.path(), &build, folder.path()), 1, &lines);
    std::fs::remove_dir_all(parts.path().join("macos-arm64")).unwrap();
    let output = run(parts.path(), &["package"], folder.path());
    assert_fails(
        &output,
        1,
        &["no parts for macos-arm64", "script/build-macos-parts"],
    );
    let output = run(parts.path(), &["build", "--target", "amiga"], folder.path());
    assert_fails(
        &output,
        2,
        &["macos-arm64, macos-x86_64, linux-x86_64, linux-arm64"],
    );
}

#[test]
fn native_code_of_another_machine_is_not_packed() {
    let (parts, folder) = (mac_parts(), tempfile::tempdir().unwrap());
    project(folder.path(), "web");
    let here = std::env::current_exe().unwrap();
    std::fs::copy(here, folder.path().join("helper.bin")).unwrap();
    let output = run(
        parts.path(),
        &["build", "--target", "macos-arm64"],
        folder.path(),
    );
    if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
        assert!(output.status.success());
    } else {
        assert_fails(
            &output,
            1,
            &[
                "src/helper.bin holds native code for ",
                "none for macos-arm64",
            ],
        );
    }
}
