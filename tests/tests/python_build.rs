//! What a build of a Python project takes and leaves: the packed files alone decide whether it
//! loads, the same inputs give the same bytes, dependencies come from a lock, and native code names
//! the Python that it is for.

use osaurus_bridge_tests::project::{Project, bridge, text_of};
use osaurus_bridge_tests::pythons;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const MAIN: &str = "from osaurus_plugin import Plugin\nplugin = Plugin(name='Notes')\n";

/// `main.py` whose tool returns what an expression says.
fn telling(imports: &str, expression: &str) -> String {
    format!(
        "{imports}\nfrom osaurus_plugin import Plugin\nplugin = Plugin(name='Notes')\n\n@plugin.tool\ndef tell() -> str:\n    \
         \"\"\"Tell it.\"\"\"\n    return str({expression})\n"
    )
}

fn with_dependency(project: Project, dependency: &str) -> Project {
    let line = format!("dependencies = [\"{dependency}\"]\nrequires-python");
    project.settings("requires-python", &line)
}

/// The sentence and the next step of a build that must fail.
fn refusal(project: &Project, more: &[&str]) -> (String, String) {
    let output = bridge()
        .args(["build", "--json"])
        .args(more)
        .arg(project.path())
        .env("OSAURUS_BRIDGE_PYTHON", pythons::newest().executable)
        .output()
        .expect("osaurus-bridge runs");
    assert!(!output.status.success(), "{}", text_of(&output));
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no JSON: {}", text_of(&output)));
    let text = |key: &str| report[key].as_str().unwrap_or_default().to_owned();
    (text("error"), text("fix"))
}

/// What the tool `tell` answers.
fn told(library: &Path) -> String {
    let output = bridge()
        .args(["invoke", "--json"])
        .arg(library)
        .arg("tell")
        .output()
        .expect("osaurus-bridge runs");
    let envelope: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no JSON: {}", text_of(&output)));
    let text = envelope["result"]["text"].as_str();
    text.unwrap_or_else(|| panic!("{envelope}")).to_owned()
}

fn newest_build(project: &Project) -> PathBuf {
    project.build(&pythons::newest().executable)
}

#[test]
fn what_only_the_authors_machine_has_is_missing_at_build() {
    let missing = Project::python("missing", "import not_there_at_all\n");
    let (error, _) = refusal(&missing, &[]);
    let place = format!("{}/main.py:1: no module named", missing.path().display());
    assert!(error.contains(&place), "{error}");
    assert!(error.contains("add \"not_there_at_all\""), "{error}");

    let unpacked = Project::python("unpacked", "from web import pages\n")
        .file("web/__init__.py", "")
        .file("web/pages.py", "");
    let (error, _) = refusal(&unpacked, &[]);
    assert!(
        error.contains("web is not packed into the plugin"),
        "{error}"
    );
    assert!(error.contains("rename the folder"), "{error}");

    let relative =
        Project::python("relative", &format!("{MAIN}open('data/x.txt')\n")).file("data/x.txt", "");
    let (error, _) = refusal(&relative, &[]);
    assert!(error.contains("main.py:3: no file 'data/x.txt'"), "{error}");
}

#[test]
fn settings_of_the_shell_change_no_build() {
    let project = Project::python("shell", &telling("", "'well'"));
    let plain = std::fs::read(newest_build(&project)).expect("a library");
    let output = bridge()
        .args(["build", "--json"])
        .arg(project.path())
        .env("OSAURUS_BRIDGE_PYTHON", pythons::newest().executable)
        .envs([
            ("PYTHONHOME", "/nowhere"),
            ("PYTHONOPTIMIZE", "2"),
            ("PYTHONPATH", "/nowhere"),
            ("PIP_USER", "1"),
            ("PIP_TARGET", "/nowhere"),
        ])
        .output()
        .expect("osaurus-bridge runs");
    assert!(output.status.success(), "{}", text_of(&output));
    let library = project.path().join("dist").join(format!(
        "{}{}",
        project.id(),
        std::env::consts::DLL_SUFFIX
    ));
    assert!(std::fs::read(library).expect("a library") == plain);
}

#[test]
fn what_may_not_work_as_intended_is_a_warning_of_each_build() {
    let main = telling(
        "",
        "__import__('importlib').import_module('colorsys').__file__",
    )
    .replace(
        "Tell it.",
        "Tell it.\n\n    Args:\n        loudly: How.\n    ",
    );
    let project = Project::python("remarks", &main)
        .file("colorsys.py", "raise SystemExit\n")
        .file(".env", "KEY=mine\n");
    for _ in 0..2 {
        let output = project.try_build(&pythons::newest().executable);
        let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        let warnings = report["warnings"].to_string();
        assert!(
            warnings.contains("colorsys.py: `import colorsys` finds Python's own"),
            "{warnings}"
        );
        assert!(warnings.contains("describes 'loudly'"), "{warnings}");
        let text = text_of(&output);
        assert!(text.contains("warning: main.py:5: tool 'tell'"), "{text}");
        assert!(
            text.contains("left out .env: it holds what is yours alone"),
            "{text}"
        );
    }
}

#[test]
fn a_python3_that_does_not_fit_is_skipped() {
    let (oldest, newest) = (pythons::all().remove(0), pythons::newest());
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::os::unix::fs::symlink(&oldest.executable, folder.path().join("python3")).expect("a link");
    let project = Project::python("fitting", &telling("import sys", "sys.version")).settings(
        "requires-python = \">=3.10\"",
        &format!("requires-python = \">={}\"", newest.version),
    );
    let output = bridge()
        .args(["build", "--json"])
        .arg(project.path())
        .env_remove("OSAURUS_BRIDGE_PYTHON")
        .env("PATH", folder.path())
        .output()
        .expect("osaurus-bridge runs");
    assert!(output.status.success(), "{}", text_of(&output));
}

#[test]
fn an_import_that_fails_says_how_and_where() {
    let endless = Project::python("endless", &format!("{MAIN}while True:\n    pass\n"));
    let (error, fix) = refusal(&endless, &["--load-timeout", "1"]);
    assert!(error.contains("after 1 s and was stopped, at "), "{error}");
    assert!(
        error.contains("main.py:3") || error.contains("main.py:4"),
        "{error}"
    );
    assert!(fix.contains("--load-timeout"), "{fix}");

    let silent = Project::python("silent", &format!("{MAIN}import os\nos._exit(3)\n"));
    let (error, fix) = refusal(&silent, &[]);
    assert!(
        error.contains("(exit status: 3) and said nothing"),
        "{error}"
    );
    assert!(fix.contains("os._exit"), "{fix}");
}

#[test]
fn only_regular_files_are_packed_and_no_build_grows() {
    let project = Project::python("files", &telling("", "'well'"))
        .file("env/pyvenv.cfg", "home = /usr/bin\n")
        .file("env/lib/big.py", &"x = 1\n".repeat(100_000));
    let mkfifo = Command::new("mkfifo")
        .arg(project.path().join("control.pipe"))
        .status();
    assert!(mkfifo.expect("mkfifo").success());
    std::os::unix::fs::symlink(".", project.path().join("loop")).expect("a link");
    std::os::unix::fs::symlink("nowhere", project.path().join("gone")).expect("a link");
    let build = || {
        let output = bridge()
            .args(["build", "--json", "--out", "lib"])
            .arg(project.path())
            .env("OSAURUS_BRIDGE_PYTHON", pythons::newest().executable)
            .output()
            .expect("osaurus-bridge runs");
        assert!(output.status.success(), "{}", text_of(&output));
        output
    };
    let first: Output = build();
    let notes = String::from_utf8_lossy(&first.stderr).into_owned();
    for note in [
        "left out control.pipe: a named pipe",
        "left out env: a virtual environment",
        "left out gone: a link to nothing",
        "left out loop: a link to a folder that it is in",
    ] {
        assert!(notes.contains(note), "{notes}");
    }
    let again = build();
    assert_eq!(first.stdout, again.stdout, "the same size");
    let report: Value = serde_json::from_slice(&again.stdout).expect("JSON");
    assert_eq!(
        told(Path::new(report["library"].as_str().expect("a path"))),
        "well"
    );
}

#[test]
fn names_that_are_equal_on_a_mac_are_refused() {
    let project = Project::python("twins", MAIN)
        .file("Data.txt", "")
        .file("data.txt", "");
    let (error, _) = refusal(&project, &[]);
    let both = "src/Data.txt and src/data.txt have the same name on a Mac";
    assert!(error.contains(both), "{error}");
}

#[test]
fn the_same_inputs_give_the_same_bytes_in_every_folder_and_for_builds_at_once() {
    let project = |name| {
        let project = Project::python("same", &telling("import helper", "helper.VALUE"));
        project
            .file("helper.py", "VALUE = 'same'\n")
            .file("notes.md", name)
    };
    let (one, other) = (project("x"), project("x"));
    let contents = |library: PathBuf| std::fs::read(library).expect("a library");
    let bytes = contents(newest_build(&one));
    assert!(bytes == contents(newest_build(&one)), "built again");
    assert!(bytes == contents(newest_build(&other)), "in another folder");
    assert!(
        bytes != contents(newest_build(&project("y"))),
        "another file"
    );
    std::thread::scope(|scope| {
        let builds: Vec<_> = (0..3).map(|_| scope.spawn(|| newest_build(&one))).collect();
        for build in builds {
            assert!(bytes == contents(build.join().expect("a build at the same moment")));
        }
    });
}

#[test]
fn a_link_in_the_place_of_the_library_is_replaced_and_not_followed() {
    let project = Project::python("link", MAIN);
    let precious = project.path().join("precious");
    std::fs::write(&precious, "mine").expect("a file");
    std::fs::create_dir(project.path().join("dist")).expect("a folder");
    let name = format!("dist/{}{}", project.id(), std::env::consts::DLL_SUFFIX);
    for place in [name, format!("dist/{}.partial", project.id())] {
        std::os::unix::fs::symlink(&precious, project.path().join(place)).expect("a link");
    }
    newest_build(&project);
    assert_eq!(std::fs::read_to_string(&precious).expect("a file"), "mine");
}

/// Writes a wheel, as a build tool does: the files of a package and its metadata.
fn wheel(folder: &Path, name: &str, version: &str, tag: &str, file: &str, text: &str) -> PathBuf {
    const SCRIPT: &str = include_str!("../fixtures/wheel/write_wheel.py");
    let python = pythons::newest().executable;
    let output = Command::new(python)
        .args(["-I", "-c", SCRIPT])
        .arg(folder)
        .args([name, version, tag, file, text])
        .output()
        .expect("python runs");
    assert!(output.status.success(), "{}", text_of(&output));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (hash, path) = text.trim().split_once('\n').expect("two lines");
    std::fs::write(folder.join(format!("{name}-{version}.hash")), hash).expect("a file");
    path.into()
}

fn hash_of(folder: &Path, wheel: &str) -> String {
    std::fs::read_to_string(folder.join(format!("{wheel}.hash"))).expect("a hash")
}

/// An index without a network, with two versions of a package.
fn index() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for version in ["1.0", "2.0"] {
        let text = format!("VERSION = '{version}'\n");
        wheel(
            folder.path(),
            "pinned",
            version,
            "py3-none-any",
            "pinned.py",
            &text,
        );
    }
    folder
}

/// The version of `pinned` that a build takes from the index.
fn version_taken(project: &Project, index: &Path) -> String {
    let output = bridge()
        .args(["build", "--json"])
        .arg(project.path())
        .env("OSAURUS_BRIDGE_PYTHON", pythons::newest().executable)
        .env("OSAURUS_BRIDGE_CACHE", index.join("cache"))
        .env("PATH", "/usr/bin:/bin")
        .env("PIP_FIND_LINKS", index)
        .env("PIP_NO_INDEX", "1")
        .output()
        .expect("osaurus-bridge runs");
    assert!(output.status.success(), "{}", text_of(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    told(Path::new(report["library"].as_str().expect("a path")))
}

#[test]
fn dependencies_come_from_the_lock_where_there_is_one() {
    let index = index();
    let index = index.path();
    let hash = hash_of(index, "pinned-1.0");
    let project = |name: &str| {
        let main = telling("import pinned", "pinned.VERSION");
        with_dependency(Project::python(name, &main), "pinned")
    };
    assert_eq!(version_taken(&project("unlocked"), index), "2.0");
    let hashed = format!("pinned==1.0 \\\n    --hash=sha256:{hash}\n");
    let hashed = project("hashed").file("requirements.txt", &hashed);
    assert_eq!(version_taken(&hashed, index), "1.0");
    let uv = format!(
        "version = 1\n[[package]]\nname = \"uvlock\"\nversion = \"1.0.0\"\nsource = {{ virtual = \".\" }}\n\
         dependencies = [{{ name = \"pinned\", marker = \"python_version > '3.9'\" }}]\n\
         [[package]]\nname = \"pinned\"\nversion = \"1.0\"\nsource = {{ registry = \"https://pypi.org/simple\" }}\n\
         wheels = [{{ url = \"https://example.com/x.whl\", hash = \"sha256:{hash}\" }}]\n"
    );
    assert_eq!(
        version_taken(&project("uvlock").file("uv.lock", &uv), index),
        "1.0"
    );
    let standard = format!(
        "lock-version = \"1.0\"\ncreated-by = \"test\"\n[[packages]]\nname = \"pinned\"\nversion = \"1.0\"\n\
         wheels = [{{ name = \"x.whl\", hashes = {{ sha256 = \"{hash}\" }} }}]\n"
    );
    assert_eq!(
        version_taken(&project("pylock").file("pylock.toml", &standard), index),
        "1.0"
    );
    let old = uv.replace("name = \"pinned\", marker", "name = \"other\", marker");
    let (error, fix) = refusal(&project("stale").file("uv.lock", &old), &[]);
    assert!(error.starts_with("uv.lock does not hold pinned"), "{error}");
    assert_eq!(fix, "run: uv lock");
}

#[test]
fn a_rebuild_asks_no_index_for_the_same_dependencies() {
    let index = index();
    let project = |name: &str, more: &str| {
        let main = telling("import pinned", &format!("pinned.VERSION{more}"));
        with_dependency(Project::python(name, &main), "pinned")
    };
    assert_eq!(version_taken(&project("first", ""), index.path()), "2.0");
    for version in ["1.0", "2.0"] {
        let wheel = format!("pinned-{version}-py3-none-any.whl");
        std::fs::remove_file(index.path().join(wheel)).expect("a wheel");
    }
    assert_eq!(
        version_taken(&project("second", " + '!'"), index.path()),
        "2.0!"
    );
}

#[test]
fn an_option_of_the_installer_is_not_a_dependency() {
    let project = with_dependency(
        Project::python("option", MAIN),
        "--requirement=/etc/hostname",
    );
    let (error, _) = refusal(&project, &[]);
    assert!(
        error.contains("is not a requirement that begins with a package's name"),
        "{error}"
    );
}

/// A project whose dependency has native code for one version of Python, and this version.
fn tied() -> (Project, TempDir, pythons::Python) {
    let python = pythons::newest();
    let tag = format!("cp{}", python.version.replace('.', ""));
    let platform = match std::env::consts::OS {
        "macos" => "macosx_11_0_arm64".to_owned(),
        _ => format!("linux_{}", std::env::consts::ARCH),
    };
    let folder = tempfile::tempdir().expect("a folder");
    let tags = format!("{tag}-{tag}-{platform}");
    let wheel = wheel(
        folder.path(),
        "tied",
        "1.0",
        &tags,
        "tied/core.so",
        "native",
    );
    let main = telling("import sys", "'%d.%d' % sys.version_info[:2]");
    let project = with_dependency(
        Project::python("tied", &main),
        &format!("tied @ file://{}", wheel.display()),
    )
    .settings("[tool.osaurus]", "[tool.osaurus]\nallow-native = true");
    (project, folder, python)
}

#[test]
fn native_code_runs_on_the_python_that_it_was_made_for_whichever_is_named() {
    let (project, _wheels, python) = tied();
    let library = project.build(&python.executable);
    let output = bridge()
        .args(["inspect", "--json"])
        .arg(&library)
        .output()
        .expect("osaurus-bridge runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let tag = format!("cp{}", python.version.replace('.', ""));
    assert_eq!(report["python_tag"], tag.as_str(), "{report}");
    for other in pythons::all() {
        for mode in ["worker", "embedded"] {
            let output = bridge()
                .args(["invoke", "--json", "--mode", mode])
                .arg(&library)
                .arg("tell")
                .env("OSAURUS_BRIDGE_PYTHON", &other.executable)
                .output()
                .expect("osaurus-bridge runs");
            let text = text_of(&output);
            assert!(
                text.contains(&format!("\"{}\"", python.version)),
                "{mode}: {text}"
            );
        }
    }
}

#[test]
fn a_helper_with_another_home_finds_the_same_python() {
    let (project, _wheels, python) = tied();
    let library = project.build(&python.executable);
    let output = bridge()
        .args(["invoke", "--json", "--isolate"])
        .arg(&library)
        .arg("tell")
        .output()
        .expect("osaurus-bridge runs");
    let text = text_of(&output);
    assert!(text.contains(&format!("\"{}\"", python.version)), "{text}");
}
