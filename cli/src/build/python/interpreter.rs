//! Which interpreter builds. How a plugin finds its Python at run time is the shim's affair.

use super::super::program::on_path;
use crate::failure::Failure;
use crate::project::Project;
use crate::project::python::PythonProject;
use osaurus_shim::python::Interpreter;
use std::path::PathBuf;

/// The interpreter that builds: the author's choice, the project's venv, the environment, the PATH.
pub fn find(project: &Project, script: &PythonProject) -> Result<Interpreter, Failure> {
    let path = path(project, script)?;
    osaurus_shim::python::at(&path).map_err(|why| {
        Failure::new(
            format!("{} cannot build the plugin: {why}", path.display()),
            "name another interpreter with python = \"...\" in [tool.osaurus], or set OSAURUS_BRIDGE_PYTHON",
        )
    })
}

/// Where that interpreter is. Nothing is started.
pub fn path(project: &Project, script: &PythonProject) -> Result<PathBuf, Failure> {
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
