//! Finds the interpreter for a plugin: the author's setting, then the environment, then the
//! well-known places. Called by `python::start` and by the worker engine. Loads nothing into the
//! process.
use super::places;
use super::probe::{self, Facts};
use super::venv::Venv;
use super::version::{Requirement, Tag, Version};
use crate::discovery::{NotFound, SETTING, Search, inside, note_places};
use crate::platform::how_to_set;
use std::fmt;
use std::path::{Path, PathBuf};

/// Environment variable with an interpreter for all plugins.
pub const PYTHON_VARIABLE: &str = "OSAURUS_BRIDGE_PYTHON";

/// Whether a shared library can be opened, or why not.
pub type Opens<'a> = dyn Fn(&Path) -> Result<(), String> + 'a;

/// What an interpreter is judged by.
struct Judge<'a> {
    requirement: Requirement,
    opens: &'a Opens<'a>,
    cache: &'a Path,
}

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

    /// Whether the plugin sees the packages that are installed there: those of an interpreter that
    /// its author named, or of a virtual environment. What a user has installed for the whole
    /// machine is nothing that a plugin may count on.
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

/// The best interpreter: what someone chose if it fits, else the newest of the well-known places,
/// those with a shared library first.
///
/// # Errors
/// [`NotFound`] with everything that was looked at.
pub fn find(search: &Search<'_>) -> Result<Interpreter, NotFound> {
    find_that(search, &|_| Ok(()))
}

/// As [`find`], but a shared library counts only if `opens` says that it can be opened: a library
/// may be for another processor, lack one of its own, or be kept from this process.
///
/// # Errors
/// As of [`find`].
pub fn find_that(search: &Search<'_>, opens: &Opens<'_>) -> Result<Interpreter, NotFound> {
    let requirement = Requirement::parse(search.requires, search.tag);
    let requirement = requirement.map_err(|problem| NotFound {
        looked_for: vec![problem],
        fix: "Correct `requires-python` in pyproject.toml and build the plugin again.".into(),
    })?;
    let judge = Judge {
        requirement,
        opens,
        cache: &search.cache,
    };
    let python = search.first(
        |python, origin| judge.examine(python, origin),
        |notes| judge.search_places(&search.homes, notes),
    );
    python.map_err(|looked_for| NotFound {
        looked_for,
        fix: how_to_install(&judge.requirement),
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
        "Install {requirement}{why}, for example from python.org or with `uv python \
         install{version}`, or {}.",
        how_to_set(PYTHON_VARIABLE, "the path of an interpreter")
    )
}

/// The interpreter at a path, whatever its version. `origin` says who named it.
///
/// # Errors
/// Why it cannot run a plugin.
pub fn at(python: &Path, origin: &str) -> Result<Interpreter, String> {
    let search = Search::new(None, None, PYTHON_VARIABLE);
    let judge = Judge {
        requirement: Requirement::parse(None, None)?,
        opens: &|_| Ok(()),
        cache: &search.cache,
    };
    judge.examine(python, origin)
}

impl Judge<'_> {
    fn search_places(&self, homes: &[PathBuf], notes: &mut Vec<String>) -> Option<Interpreter> {
        let mut fallback = None;
        for place in places::well_known(homes) {
            if let Some(why) = place.promised.and_then(|v| unfit(v, &self.requirement)) {
                notes.push(format!("{}: {why}", place.python.display()));
                continue;
            }
            match self.examine(&place.python, "found") {
                Ok(found) if found.library.is_some() => return Some(found),
                Ok(found) => fallback = fallback.or(Some(found)),
                Err(why) => notes.push(format!("{}: {why}", place.python.display())),
            }
        }
        if fallback.is_none() {
            note_places(notes, &places::described());
        }
        fallback
    }

    fn examine(&self, python: &Path, origin: &str) -> Result<Interpreter, String> {
        let python = inside(python, "bin/python");
        let venv = Venv::of(&python)?;
        let base = venv.as_ref().map_or(&python, |venv| &venv.base);
        let facts = probe::ask(base, self.cache)?;
        if facts.implementation != "cpython" {
            return Err(format!("is {}, CPython is needed", facts.implementation));
        }
        let tag = Tag::of(facts.version, facts.free_threaded);
        let objection = self.requirement.objection(facts.version);
        if let Some(why) = objection.or_else(|| self.requirement.objection_to(tag)) {
            return Err(why);
        }
        if let Some(made_for) = venv.as_ref().and_then(|venv| venv.version)
            && !made_for.same_minor(facts.version)
        {
            return Err(format!(
                "the environment was made for Python {made_for}, but its base is {} now; make it \
                 again",
                facts.version
            ));
        }
        let library = library(&facts);
        let library = library.and_then(|path| (self.opens)(&path).map(|()| path));
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
}

/// A name such as `3.8.18` is enough to pass by; the patch level may be missing, so only minors
/// count.
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
    if facts.version.cannot_be_told_of_stacks() {
        return Err(format!(
            "Python {} cannot run on a stack of the engine's own; 3.14.2 and later can",
            facts.version
        ));
    }
    let library = facts.libraries.iter().find(|path| path.is_file()).cloned();
    library.ok_or_else(|| {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A program that answers the question as a CPython of that version with a shared library
    /// would.
    fn fake(home: &Path, patch: u8) -> (PathBuf, PathBuf) {
        let folder = home.join(format!(".local/share/uv/python/cpython-3.13.{patch}-x"));
        let (python, library) = (folder.join("bin/python3"), folder.join("libpython"));
        std::fs::create_dir_all(folder.join("bin")).unwrap();
        std::fs::write(&library, "").unwrap();
        let answer = format!(
            r#"{{"version":{{"major":3,"minor":13,"patch":{patch}}},"implementation":"cpython","machine":"{}","free_threaded":false,"libraries":["{}"]}}"#,
            std::env::consts::ARCH,
            library.display()
        );
        std::fs::write(&python, format!("#!/bin/sh\necho '{answer}'\n")).unwrap();
        std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
        (python, library)
    }

    fn search(home: &Path) -> Search<'_> {
        Search {
            setting: None,
            requires: Some(">=3.13.200,<3.14"),
            named: Vec::new(),
            tag: None,
            homes: vec![home.to_owned()],
            cache: home.to_owned(),
        }
    }

    #[test]
    fn a_library_that_does_not_open_costs_its_interpreter_alone() {
        let home = tempfile::tempdir().unwrap();
        let (newer, broken) = fake(home.path(), 202);
        let (older, library) = fake(home.path(), 201);
        let search = search(home.path());
        assert_eq!(find(&search).unwrap().executable, newer);
        let opens = |path: &Path| match path == broken {
            true => Err("for another processor".to_owned()),
            false => Ok(()),
        };
        let python = find_that(&search, &opens).unwrap();
        assert_eq!((python.executable, python.library), (older, Some(library)));
        let none = find_that(&search, &|_| Err("no room".into())).unwrap();
        assert_eq!((none.executable, none.library), (newer, None));
        assert_eq!(none.not_embeddable.as_deref(), Some("no room"));
    }

    #[test]
    fn where_nothing_was_looked_at_the_places_are_all_that_is_told() {
        let mut notes = Vec::new();
        note_places(&mut notes, "here");
        note_places(&mut notes, "there");
        assert_eq!(notes, ["searched: here", "also searched: there"]);
    }
}
