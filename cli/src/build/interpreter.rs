//! The Python side of a build: which interpreter builds, what it installs, what manifest it reports.
//! Runs at the author's terminal only; how a plugin finds its Python at run time is the shim's affair.

use super::description::Description;
use super::program::{on_path, run, succeed};
use crate::failure::{Failure, OrFail};
use crate::project::Project;
use crate::project::python::PythonProject;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The interpreter that builds: the author's choice, the project's venv, the environment, the PATH.
pub fn find(project: &Project, script: &PythonProject) -> Result<PathBuf, Failure> {
    let named = script.python.clone();
    let venv = [".venv", "venv"].map(|name| project.folder.join(name).join("bin/python"));
    let variable = std::env::var_os("OSAURUS_BRIDGE_PYTHON").map(PathBuf::from);
    if let Some(path) = named.iter().find(|path| !path.is_file()) {
        return Err(Failure::new(
            format!(
                "python = {} in [tool.osaurus] does not exist",
                path.display()
            ),
            "name an interpreter, or remove the line to use .venv or python3",
        ));
    }
    named
        .into_iter()
        .chain(venv)
        .chain(variable)
        .find(|path| path.is_file())
        .or_else(|| on_path("python3"))
        .ok_or_else(|| {
            Failure::new(
                "no Python found: looked for .venv/bin/python, $OSAURUS_BRIDGE_PYTHON and python3 on the PATH",
                "install Python 3.10 or later, for example with: brew install python",
            )
        })
}

/// Installs the project's dependencies into `target` with pip, or uv where pip is missing.
pub fn install_dependencies(
    python: &Path,
    script: &PythonProject,
    target: &Path,
) -> Result<(), Failure> {
    if script.dependencies.is_empty() {
        return Ok(());
    }
    let names = script.dependencies.join(", ");
    let output = match run(&mut pip_install(python, script, target))? {
        failed if lacks_pip(&failed) => uv_install(python, script, target, &names)?,
        output => output,
    };
    let why = format!("cannot install {names}");
    succeed(output, &why, "check the names under [project] dependencies")?;
    refuse_native(script, target)
}

fn pip_install(python: &Path, script: &PythonProject, target: &Path) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet"])
        .args(["--disable-pip-version-check", "--no-compile", "--target"])
        .arg(target)
        .args(&script.dependencies);
    pip
}

/// Whether pip failed because the interpreter has none.
pub fn lacks_pip(output: &Output) -> bool {
    String::from_utf8_lossy(&output.stderr).contains("No module named pip")
}

fn uv_install(
    python: &Path,
    script: &PythonProject,
    target: &Path,
    names: &str,
) -> Result<Output, Failure> {
    let uv = on_path("uv").ok_or_else(|| {
        Failure::new(
            format!(
                "cannot install {names}: {} has no pip, and there is no uv on the PATH",
                python.display()
            ),
            "install one of them: `apt install python3-pip` on Debian, or uv from https://docs.astral.sh/uv",
        )
    })?;
    run(Command::new(uv)
        .args(["pip", "install", "--quiet", "--python"])
        .arg(python)
        .arg("--target")
        .arg(target)
        .args(&script.dependencies))
}

/// Refuses installed dependencies that hold native code, unless the project allows it.
pub fn refuse_native(script: &PythonProject, target: &Path) -> Result<(), Failure> {
    if script.allow_native {
        return Ok(());
    }
    let Some(file) = first_native_file(target) else {
        return Ok(());
    };
    let shown = file
        .strip_prefix(target)
        .unwrap_or(&file)
        .display()
        .to_string();
    let package = shown.split('/').next().unwrap_or(&shown).to_owned();
    Err(Failure::new(
        format!(
            "the dependency {package} holds native code ({shown}), which works with one Python version and platform only"
        ),
        "use a pure Python alternative, or accept the tie with allow-native = true in [tool.osaurus]",
    ))
}

/// The first file of native code in a folder of dependencies, by its name.
pub fn first_native_file(folder: &Path) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|e| Some(e.ok()?.path()))
        .collect();
    entries.sort();
    entries.into_iter().find_map(|path| {
        if path.is_dir() {
            return first_native_file(&path);
        }
        let ending = path.extension()?.to_str()?;
        matches!(ending, "so" | "dylib" | "pyd").then_some(path)
    })
}

/// Imports the plugin once and returns what it declares. `roots` are the import roots in order.
pub fn describe(
    python: &Path,
    project: &Project,
    script: &PythonProject,
    roots: &[PathBuf],
) -> Result<Description, Failure> {
    let search =
        std::env::join_paths(roots).or_fail("a folder name holds a colon", "move the project")?;
    let mut command = Command::new(python);
    command
        .args([
            "-X",
            "utf8",
            "-B",
            "-s",
            "-m",
            "osaurus_plugin.manifest",
            &script.entry,
            "--project",
        ])
        .arg(project.folder.join("pyproject.toml"))
        .env("PYTHONPATH", search)
        .env_remove("PYTHONHOME")
        .current_dir(&project.folder);
    let output = run(&mut command)?;
    let text = succeed(
        output,
        "the plugin does not load",
        "mend the error above and build again",
    )?;
    serde_json::from_str(&text).or_fail(
        "the plugin's description is not understood (does the plugin print while it is imported?)",
        "move prints out of the module's top level",
    )
}
