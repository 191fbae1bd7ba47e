//! Which Python and which Node build, run in Osaurus and run isolated, and why. Osaurus is started
//! from the Dock, so a terminal's variables and PATH do not reach it, and its helper process has a
//! home of its own, too: both are asked of this program in a child process with such an
//! environment.

use super::{question, scratch};
use crate::build;
use crate::failure::{Failure, OrFail};
use crate::project::python::PythonProject;
use crate::project::{Bundle, Project, Script};
use osaurus_reference_host::dock;
use osaurus_shim::discovery::{NotFound, Search};
use osaurus_shim::{node, python};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Projects that ask for nothing.
const BLANK_PYTHON: &str = "[project]\nname = \"blank\"\nversion = \"1.0.0\"\n[tool.osaurus]\nid = \
                            \"a.blank\"\nentry = \"a:b\"\n";
const BLANK_NODE: &str = r#"{"name": "blank", "version": "1.0.0", "osaurus": {"id": "a.blank", "main": "package.json"}}"#;

/// Both languages.
pub struct Runtimes {
    /// Python.
    pub python: Uses,
    /// Node.
    pub node: Uses,
}

/// What one language is used with, and when.
pub struct Uses {
    /// By `build`.
    pub builds: Choice,
    /// By a plugin in Osaurus.
    pub runs: Choice,
    /// By a plugin in Osaurus' helper process.
    pub isolated: Choice,
}

/// An interpreter, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Choice {
    /// It will be used.
    Found {
        /// The program.
        path: PathBuf,
        /// Its version.
        version: String,
        /// Who named it, or how it was found.
        why: String,
    },
    /// The plugin brings one.
    Bundled {
        /// Where its build takes it from.
        from: String,
    },
    /// None fits.
    None {
        /// What was looked at and why it did not do.
        looked_for: Vec<String>,
        /// What to do.
        fix: String,
    },
}

impl Choice {
    fn none(NotFound { looked_for, fix }: NotFound) -> Choice {
        Choice::None { looked_for, fix }
    }

    fn failed(failure: Failure) -> Choice {
        let (what, fix) = failure.into_parts();
        Choice::None {
            looked_for: vec![what],
            fix,
        }
    }

    fn bundled(bundle: &Bundle, usual: &str) -> Choice {
        let named = bundle.from.as_ref();
        let from = named.map_or(usual.to_owned(), |path| path.display().to_string());
        Choice::Bundled { from }
    }

    fn of_node(node: node::Node) -> Choice {
        let detail = if node.lts {
            "long-term support"
        } else {
            "no long-term support"
        };
        Choice::Found {
            path: node.executable,
            version: node.version.to_string(),
            why: reason(&node.origin, detail),
        }
    }

    fn of_python(python: python::Interpreter) -> Choice {
        let detail = python.not_embeddable.unwrap_or("can be embedded".into());
        Choice::Found {
            path: python.executable,
            version: python.version.to_string(),
            why: reason(&python.origin, &detail),
        }
    }
}

/// `found` alone says little to an author.
fn reason(origin: &str, detail: &str) -> String {
    let origin = match origin {
        "found" => "the best in the well-known places",
        "PATH" => "on the PATH",
        named => named,
    };
    format!("{origin}; {detail}")
}

impl Uses {
    /// For `--json`.
    pub fn to_json(&self) -> Value {
        json!({"builds": self.builds, "runs": self.runs, "isolated": self.isolated})
    }
}

/// What would run a plugin in this very environment.
#[derive(Serialize, Deserialize)]
struct Here {
    python: Choice,
    node: Choice,
}

/// The same, as JSON: the answer of the child process.
pub fn here(project: Option<&Project>) -> Value {
    let (python, node) = match project.map(|project| &project.script) {
        Some(Script::Python(script)) => (Some(script), None),
        Some(Script::Node(script)) => (None, Some(script)),
        None => (None, None),
    };
    let bundle = project.and_then(|project| project.bundle.as_ref());
    let setting = |path: Option<&PathBuf>| path.map(|path| path.display().to_string());
    let [for_python, for_node] = [
        setting(python.and_then(|script| script.python.as_ref())),
        setting(node.and_then(|script| script.node.as_ref())),
    ];
    let requires = python.and_then(|script| script.requires_python.as_deref());
    let search = Search::new(for_python.as_deref(), requires, python::PYTHON_VARIABLE);
    let python = match bundle.filter(|_| python.is_some()) {
        Some(bundle) => Choice::bundled(bundle, "one of uv's Pythons"),
        None => python::find(&search).map_or_else(Choice::none, Choice::of_python),
    };
    let requires = node.and_then(|script| script.requires_node.as_deref());
    let search = Search::new(for_node.as_deref(), requires, node::NODE_VARIABLE);
    let node = match bundle.filter(|_| node.is_some()) {
        Some(bundle) => Choice::bundled(bundle, "npm"),
        None => node::find(&search).map_or_else(Choice::none, Choice::of_node),
    };
    json!({"python": python, "node": node})
}

impl Runtimes {
    /// Asks for all three uses.
    pub fn find(project: Option<&Project>, folder: &Path) -> Result<Runtimes, Failure> {
        let temporary = scratch()?;
        let home = std::env::var_os("HOME")
            .map(PathBuf::from)
            .unwrap_or_default();
        let runs = ask(folder, &home, temporary.path())?;
        let isolated = ask(folder, temporary.path(), temporary.path())?;
        Ok(Runtimes {
            python: Uses {
                builds: python_that_builds(project),
                runs: runs.python,
                isolated: isolated.python,
            },
            node: Uses {
                builds: node_that_builds(project),
                runs: runs.node,
                isolated: isolated.node,
            },
        })
    }
}

fn ask(folder: &Path, home: &Path, temporary: &Path) -> Result<Here, Failure> {
    let program = std::env::current_exe().or_fail("cannot find this program's own file", "")?;
    let output = Command::new(program)
        .args(["doctor", "--here"])
        .arg(folder)
        .env_clear()
        .env("PATH", dock::PATH)
        .env("HOME", home)
        .env("TMPDIR", temporary)
        .output()
        .or_fail(
            "cannot start this program again",
            "reinstall osaurus-bridge",
        )?;
    serde_json::from_slice(&output.stdout).or_fail(
        "this program answered itself badly",
        "reinstall osaurus-bridge",
    )
}

fn node_that_builds(project: Option<&Project>) -> Choice {
    let blank = blank("package.json", BLANK_NODE);
    let project = project.filter(|project| matches!(project.script, Script::Node(_)));
    match project.or(blank.as_ref()).map(|project| &project.script) {
        Some(Script::Node(script)) => {
            build::find_node(script).map_or_else(Choice::failed, Choice::of_node)
        }
        _ => Choice::None {
            looked_for: Vec::new(),
            fix: "free some disk space".into(),
        },
    }
}

fn python_that_builds(project: Option<&Project>) -> Choice {
    let blank = blank("pyproject.toml", BLANK_PYTHON);
    let project = project.filter(|project| matches!(project.script, Script::Python(_)));
    let Some((project, script)) = project.or(blank.as_ref()).and_then(python_of) else {
        return Choice::None {
            looked_for: Vec::new(),
            fix: "free some disk space".into(),
        };
    };
    match build::python_path(project, script) {
        Ok(path) => {
            let why = who_named(&path, project, script);
            version_of(path, why)
        }
        Err(failure) => Choice::failed(failure),
    }
}

fn python_of(project: &Project) -> Option<(&Project, &PythonProject)> {
    match &project.script {
        Script::Python(script) => Some((project, script)),
        Script::Node(_) => None,
    }
}

/// A project that asks for nothing, for a folder without one.
fn blank(file: &str, text: &str) -> Option<Project> {
    let folder = scratch().ok()?;
    std::fs::write(folder.path().join(file), text).ok()?;
    Project::read(folder.path()).ok()
}

fn who_named(path: &Path, project: &Project, script: &PythonProject) -> String {
    let variable = std::env::var_os(python::PYTHON_VARIABLE);
    if script.python.as_deref() == Some(path) {
        "`python` in [tool.osaurus]".into()
    } else if path.starts_with(&project.folder) {
        "the project's own environment".into()
    } else if variable.is_some_and(|named| Path::new(&named) == path) {
        python::PYTHON_VARIABLE.into()
    } else if path.parent().is_some_and(is_on_path) {
        "on the PATH".into()
    } else {
        "found; the python3 on the PATH does not fit".into()
    }
}

fn is_on_path(folder: &Path) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|one| one == folder)
}

fn version_of(path: PathBuf, why: String) -> Choice {
    let script = "import sys; print('%d.%d.%d' % sys.version_info[:3])";
    let version = question::answer(&path, &["-I", "-c", script]);
    let refused = |reason: &str| Choice::None {
        looked_for: vec![format!("{} ({why}): {reason}", path.display())],
        fix: "install Python 3.10 or later, or name one with `python` in [tool.osaurus]".into(),
    };
    match version {
        None => refused("does not start"),
        Some(version) if is_too_old(&version) => {
            refused(&format!("is Python {version}, 3.10 or later is needed"))
        }
        Some(version) => Choice::Found { path, version, why },
    }
}

fn is_too_old(version: &str) -> bool {
    version
        .parse()
        .is_ok_and(|version: python::Version| !version.is_supported())
}
