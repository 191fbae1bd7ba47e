//! How the tests of a project with a script are run: pytest for Python, `npm test` for TypeScript and JavaScript.

use crate::build::on_path;
use crate::failure::{Failure, OrFail};
use crate::project::{Project, Script};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Environments that projects have by custom.
const ENVIRONMENTS: [&str; 2] = [".venv", "venv"];

/// The command that runs a project's tests, and the report that it writes, where it writes one.
pub type Tests = (Command, Option<PathBuf>);

/// How the project's tests are run; `None` where it has none.
pub fn tests(project: &Project, report: &Path) -> Result<Option<Tests>, Failure> {
    match &project.script {
        Script::Python(_) => python(project, report),
        Script::Node(_) => node(project),
    }
}

fn python(project: &Project, report: &Path) -> Result<Option<Tests>, Failure> {
    if !project.folder.join("tests").is_dir() {
        return Ok(None);
    }
    let python = interpreter(project)?;
    let probe = Command::new(&python)
        .args(["-c", "import pytest"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .or_fail(format!("cannot run {}", python.display()), "")?;
    if !probe.success() {
        return Err(Failure::new(
            format!(
                "{} has no pytest, which runs the project's tests",
                python.display()
            ),
            "python3 -m venv .venv && .venv/bin/pip install '.[test]'",
        ));
    }
    let mut command = Command::new(python);
    command.args(["-m", "pytest", "-q"]);
    command.arg(format!("--junitxml={}", report.display()));
    Ok(Some((command, Some(report.to_owned()))))
}

/// The project's environment, else the first `python3` on the PATH.
fn interpreter(project: &Project) -> Result<PathBuf, Failure> {
    let own = ENVIRONMENTS.map(|name| project.folder.join(name).join("bin/python"));
    let python = own.into_iter().find(|path| path.is_file());
    python.or_else(|| on_path("python3")).ok_or_else(|| {
        Failure::new(
            "there is no python3 on the PATH, and no .venv in the project",
            "install Python 3.10 or later",
        )
    })
}

fn node(project: &Project) -> Result<Option<Tests>, Failure> {
    let file = project.folder.join("package.json");
    let text = std::fs::read_to_string(&file);
    let text = text.or_fail(format!("cannot read {}", file.display()), "")?;
    let package: Value = serde_json::from_str(&text).or_fail(file.display(), "")?;
    if !package["scripts"]["test"].is_string() {
        return Ok(None);
    }
    // In a workspace they are in a folder above.
    let mut folders = project.folder.ancestors();
    if !folders.any(|folder| folder.join("node_modules").is_dir()) {
        return Err(Failure::new(
            "the project's packages are not installed",
            "npm install",
        ));
    }
    let npm = on_path("npm").ok_or_else(|| {
        Failure::new(
            "there is no npm on the PATH, which runs the project's tests",
            "install Node 20 or later",
        )
    })?;
    let mut command = Command::new(npm);
    command.args(["test", "--silent"]);
    Ok(Some((command, None)))
}
