//! Finds the interpreter for a plugin: the author's setting, then the environment, then the well-known places.
//! Called by `python::start` and by the worker engine. Loads nothing into the process.
use super::places;
use super::probe::{self, Facts};
use super::venv::Venv;
use super::version::{Requirement, Tag, Version};
use crate::discovery::{NotFound, SETTING, Search, inside};
use std::fmt;
use std::path::{Path, PathBuf};

/// Environment variable with an interpreter for all plugins.
pub const PYTHON_VARIABLE: &str = "OSAURUS_BRIDGE_PYTHON";

/// An interpreter that fits a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// What to run for a worker: the environment's own `python` where there is an environment.
    pub executable: PathBuf,
    /// The interpreter below the environment; the same as `executable` where there is none.
    pub base: PathBuf,
    /// Its version.
    pub version: Version,
    /// What packages with native code for it are named by: `cp311`.
    pub tag: String,
    /// The shared library for embedding; `None` when there is none, or embedding is not possible.
    pub library: Option<PathBuf>,
    /// Why `library` is `None`.
    pub not_embeddable: Option<String>,
    /// Whether it belongs to a virtual environment.
    pub is_venv: bool,
    /// Who named it, for the log.
    pub origin: String,
}

impl Interpreter {
    /// What to run for a worker.
    pub fn executable(&self) -> &Path {
        &self.executable
    }

    /// Whether the plugin sees the packages that are installed there: those of an interpreter that its author named, or
    /// of a virtual environment. What a user has installed for the whole machine is nothing that a plugin may count on.
    pub fn lends_packages(&self) -> bool {
        self.is_venv || self.origin == SETTING
    }
}

impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (version, path) = (self.version, self.executable.display());
        write!(f, "CPython {version}, {path} ({})", self.origin)
    }
}

/// The best interpreter: what somebody chose if it fits, else the newest of the well-known places, those with a shared
/// library first.
///
/// # Errors
/// [`NotFound`] with everything that was looked at.
pub fn find(search: &Search<'_>) -> Result<Interpreter, NotFound> {
    let requirement = Requirement::parse(search.requires, search.tag);
    let requirement = requirement.map_err(|problem| NotFound {
        looked_for: vec![problem],
        fix: "Correct `requires-python` in pyproject.toml and build the plugin again.".into(),
    })?;
    let found = search.first(
        |python, origin| examine(search, python, origin, &requirement),
        |notes| search_places(search, &requirement, notes),
    );
    found.map_err(|looked_for| NotFound {
        looked_for,
        fix: how_to_install(&requirement),
    })
}

fn how_to_install(requirement: &Requirement) -> String {
    let exact = requirement.exact();
    let version = exact
        .as_deref()
        .map_or(String::new(), |exact| format!(" {exact}"));
    let why = exact.map_or(
        "",
        |_| " (the plugin's packages hold native code for that version alone)",
    );
    format!(
        "Install {requirement}{why}, for example from python.org or with `uv python install{version}`, or set \
         {PYTHON_VARIABLE} to the path of an interpreter."
    )
}

/// The interpreter at a path, whatever its version. `origin` says who named it.
///
/// # Errors
/// Why it cannot run a plugin.
pub fn at(python: &Path, origin: &str) -> Result<Interpreter, String> {
    let search = Search::new(None, None, PYTHON_VARIABLE);
    examine(&search, python, origin, &Requirement::parse(None, None)?)
}

fn search_places(
    search: &Search<'_>,
    requirement: &Requirement,
    notes: &mut Vec<String>,
) -> Option<Interpreter> {
    let mut fallback = None;
    for place in places::well_known(&search.homes) {
        if let Some(why) = place.promised.and_then(|v| unfit(v, requirement)) {
            notes.push(format!("{}: {why}", place.python.display()));
            continue;
        }
        match examine(search, &place.python, "found", requirement) {
            Ok(found) if found.library.is_some() => return Some(found),
            Ok(found) => fallback = fallback.or(Some(found)),
            Err(why) => notes.push(format!("{}: {why}", place.python.display())),
        }
    }
    if fallback.is_none() {
        notes.push(format!("also searched: {}", places::described()));
    }
    fallback
}

fn examine(
    search: &Search<'_>,
    python: &Path,
    origin: &str,
    requirement: &Requirement,
) -> Result<Interpreter, String> {
    let python = inside(python, "bin/python");
    let venv = Venv::of(&python)?;
    let base = venv.as_ref().map_or(&python, |venv| &venv.base);
    let facts = probe::ask(base, &search.cache)?;
    if facts.implementation != "cpython" {
        return Err(format!("is {}, CPython is needed", facts.implementation));
    }
    let tag = Tag::of(facts.version, facts.free_threaded);
    let objection = requirement.objection(facts.version);
    if let Some(why) = objection.or_else(|| requirement.objection_to(tag)) {
        return Err(why);
    }
    if let Some(made_for) = venv.as_ref().and_then(|venv| venv.version)
        && !made_for.same_minor(facts.version)
    {
        return Err(format!(
            "the environment was made for Python {made_for}, but its base is {} now; make it again",
            facts.version
        ));
    }
    let library = library(&facts);
    Ok(Interpreter {
        executable: python.clone(),
        base: base.clone(),
        version: facts.version,
        is_venv: venv.is_some(),
        tag: tag.to_string(),
        not_embeddable: library.as_ref().err().cloned(),
        library: library.ok(),
        origin: origin.into(),
    })
}

/// A name such as `3.8.18` is enough to pass by; the patch level may be missing, so only minors count.
fn unfit(promised: Version, requirement: &Requirement) -> Option<String> {
    if promised.is_supported() {
        return requirement.objection_to_minor(promised);
    }
    requirement.objection(promised)
}

fn library(facts: &Facts) -> Result<PathBuf, String> {
    if facts.free_threaded {
        return Err(format!(
            "Python {} is a free-threaded build, which the embedded engine does not support",
            facts.version
        ));
    }
    if !facts.version.is_embeddable() {
        return Err(format!(
            "Python {} is newer than the embedded engine knows",
            facts.version
        ));
    }
    let found = facts.libraries.iter().find(|path| path.is_file()).cloned();
    found.ok_or_else(|| {
        let places: Vec<_> = facts
            .libraries
            .iter()
            .map(|p| p.display().to_string())
            .collect();
        let places = if places.is_empty() {
            "it was built without one".to_owned()
        } else {
            format!("looked at {}", places.join(", "))
        };
        format!("Python {} has no shared library ({places})", facts.version)
    })
}
