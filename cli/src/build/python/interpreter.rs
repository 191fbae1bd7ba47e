//! Which interpreter builds: it installs the dependencies and describes the plugin. How a plugin
//! finds its Python at run time is the shim's affair.

use super::super::bundled::Bundled;
use super::super::program::all_on_path;
use crate::failure::Failure;
use crate::paths::{LAST_RESORT, how_to_install};
use crate::project::Project;
use crate::project::python::PythonProject;
use osaurus_shim::discovery::Search;
use osaurus_shim::python::{self, Interpreter, PYTHON_VARIABLE, Requirement};
use std::path::{Path, PathBuf};

/// What interpreters are called. `python3` may be an old one while a newer one is there by its full
/// name.
const NAMES: [&str; 6] = [
    "python3",
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
    "python3.10",
];

/// The interpreter that installs: the one that the plugin brings with all that came with it, and
/// where that does not run here one of the same version; without any, the usual one.
pub fn of_build(
    project: &Project,
    script: &PythonProject,
    bundled: Option<&Bundled>,
) -> Result<Interpreter, Failure> {
    match bundled {
        None => find(project, script),
        Some(Bundled {
            whole: Some(whole), ..
        }) => at(whole),
        Some(Bundled { version, .. }) => of_version(project, script, version),
    }
}

/// The interpreter that describes: the very one that is packed, where the plugin brings one that
/// runs here.
pub fn of_plugin(
    of_build: &Interpreter,
    bundled: Option<&Bundled>,
) -> Result<Interpreter, Failure> {
    match bundled {
        Some(bundled) if bundled.whole.is_some() => at(&bundled.program()),
        _ => Ok(of_build.clone()),
    }
}

fn at(path: &Path) -> Result<Interpreter, Failure> {
    let python = python::at(path, "bundled");
    python.map_err(|why| {
        Failure::new(
            format!("{} cannot build the plugin: {why}", path.display()),
            "",
        )
    })
}

fn of_version(
    project: &Project,
    script: &PythonProject,
    version: &str,
) -> Result<Interpreter, Failure> {
    let usual = find(project, script);
    let fits = |python: &Interpreter| {
        python
            .version
            .to_string()
            .starts_with(&format!("{version}."))
    };
    if let Some(python) = usual.ok().filter(fits) {
        return Ok(python);
    }
    let range = format!("=={version}.*");
    let search = Search::new(None, Some(&range), PYTHON_VARIABLE);
    python::find(&search).map_err(|none| {
        Failure::new(
            format!(
                "the plugin brings Python {version} for another machine; this one needs a Python {version} too, to install \
                 dependencies and to describe the plugin:\n{}",
                none.looked_for.join("\n")
            ),
            none.fix,
        )
    })
}

/// The interpreter that builds otherwise: the author's choice, the project's venv, the environment,
/// the PATH. The one of the PATH is not a choice: where it does not fit the project, the well-known
/// places are searched, as at run time.
pub fn find(project: &Project, script: &PythonProject) -> Result<Interpreter, Failure> {
    if let Some(path) = chosen(project, script)? {
        return named(&path);
    }
    let all: Vec<PathBuf> = NAMES.iter().flat_map(|name| all_on_path(name)).collect();
    let usual = || all.iter().filter(|path| !is_last_resort(path));
    let that_fits = |path: &PathBuf| named(path).ok().filter(|found| fits(found, script));
    if let Some(found) = usual().find_map(that_fits) {
        return Ok(found);
    }
    let search = Search::new(None, script.requires_python.as_deref(), PYTHON_VARIABLE);
    python::find(&search).or_else(|none| match usual().chain(&all).next() {
        Some(path) => named(path),
        None => Err(Failure::new(
            format!(
                "no Python found: looked for .venv/bin/python, ${PYTHON_VARIABLE}, python3 on the \
                 PATH, and\n{}",
                none.looked_for.join("\n")
            ),
            format!("{} Or: {}", none.fix, how_to_install("python", "python3")),
        )),
    })
}

fn is_last_resort(path: &Path) -> bool {
    LAST_RESORT.is_some_and(|folder| path.parent() == Some(folder.as_ref()))
}

/// Where that interpreter is.
pub fn path(project: &Project, script: &PythonProject) -> Result<PathBuf, Failure> {
    find(project, script).map(|found| found.executable)
}

fn named(path: &Path) -> Result<Interpreter, Failure> {
    python::at(path, "named").map_err(|why| {
        Failure::new(
            format!("{} cannot build the plugin: {why}", path.display()),
            "name another interpreter with python = \"...\" in [tool.osaurus], or set \
             OSAURUS_BRIDGE_PYTHON",
        )
    })
}

fn fits(found: &Interpreter, script: &PythonProject) -> bool {
    let requirement = Requirement::parse(script.requires_python.as_deref(), None);
    requirement.is_ok_and(|one| one.objection(found.version).is_none())
}

/// The interpreter that the project or the environment names.
fn chosen(project: &Project, script: &PythonProject) -> Result<Option<PathBuf>, Failure> {
    let named = script.python.clone();
    let venv = [".venv", "venv"].map(|name| project.folder.join(name).join("bin/python"));
    let variable = std::env::var_os(PYTHON_VARIABLE).map(PathBuf::from);
    if let Some(path) = named.iter().find(|path| !path.is_file()) {
        return Err(Failure::new(
            format!(
                "python = {} in [tool.osaurus] does not exist",
                path.display()
            ),
            "name an interpreter, or remove the line to use .venv or python3",
        ));
    }
    let mut all = named.into_iter().chain(venv).chain(variable);
    Ok(all.find(|path| path.is_file()))
}
