//! What an author reads when a build fails: the sentence and the next step.

use osaurus_bridge_tests::project::{Project, bridge, text_of};
use osaurus_bridge_tests::pythons;
use std::path::Path;
use std::process::Command;

const MAIN: &str = "from osaurus_plugin import Plugin\nplugin = Plugin(name='Notes')\n";

/// The error of a build that must fail.
fn error_of(project: &Project, python: &Path) -> (String, String) {
    let output = bridge()
        .arg("build")
        .arg(project.path())
        .arg("--json")
        .env("OSAURUS_BRIDGE_PYTHON", python)
        .env("PATH", "/usr/bin:/bin")
        .output()
        .expect("osaurus-bridge runs");
    assert!(!output.status.success(), "{}", text_of(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no JSON: {}", text_of(&output)));
    let text = |key: &str| report[key].as_str().unwrap_or_default().to_owned();
    (text("error"), text("fix"))
}

#[test]
fn dependencies_without_pip_and_uv_name_both() {
    let folder = tempfile::tempdir().expect("a folder");
    let venv = folder.path().join("bare");
    let output = Command::new(pythons::newest().executable)
        .args(["-m", "venv", "--without-pip"])
        .arg(&venv)
        .output()
        .expect("venv runs");
    assert!(output.status.success(), "{}", text_of(&output));
    let project = Project::python("needs", MAIN).settings(
        "requires-python",
        "dependencies = [\"six==1.16.0\"]\nrequires-python",
    );
    let python = venv.join("bin/python");
    let (error, fix) = error_of(&project, &python);
    let expected = format!(
        "cannot install six==1.16.0: {} has no pip, and there is no uv on the PATH",
        python.display()
    );
    assert_eq!(error, expected);
    assert!(fix.starts_with("install one of them"), "{fix}");
}

#[test]
fn a_dependency_that_does_not_exist_is_named() {
    let project = Project::python("unknown", MAIN).settings(
        "requires-python",
        "dependencies = [\"nothing @ file:///no-such-folder\"]\nrequires-python",
    );
    let (error, fix) = error_of(&project, &pythons::newest().executable);
    assert!(
        error.starts_with("cannot install nothing @ file:///no-such-folder"),
        "{error}"
    );
    assert_eq!(
        fix,
        "check the names and versions under [project] dependencies"
    );
}

#[test]
fn a_mode_that_does_not_exist_and_one_that_has_a_price_are_explained() {
    let python = pythons::newest().executable;
    let in_mode = |mode: &str| {
        let line = format!("mode = \"{mode}\"\nentry =");
        Project::python("mode", MAIN).settings("entry =", &line)
    };
    for (mode, says) in [
        ("auto", "mode `auto` no longer exists; leave `mode` out"),
        ("fast", "expected `worker` (the default) or `embedded`"),
    ] {
        let (error, _) = error_of(&in_mode(mode), &python);
        assert!(
            error.contains(says) && error.contains("pyproject.toml"),
            "{error}"
        );
    }
    let output = in_mode("embedded").try_build(&python);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("warning: mode is \"embedded\"") && text.contains("is not interrupted"),
        "{text}"
    );
}
