//! A plugin project as its author wrote it, whichever the language. Reads and checks; knows nothing
//! of building.

pub mod documents;
pub mod lifecycle;
pub mod native;
pub mod node;
pub mod python;
pub mod skill;

use crate::failure::{Failure, OrFail};
use lifecycle::Lifecycle;
use osaurus_abi_spec::model::Since;
use osaurus_payload::Mode;
use std::path::{Path, PathBuf};

/// A checked project.
#[derive(Debug)]
pub struct Project {
    /// Folder of the project file, absolute.
    pub folder: PathBuf,
    /// Plugin id, for example `dev.example.notes`.
    pub id: String,
    /// SemVer version.
    pub version: String,
    /// How to run it.
    pub mode: Mode,
    /// When its worker starts and ends.
    pub lifecycle: Lifecycle,
    /// The oldest host that it is for, as in `2a` or `3`.
    pub oldest_host: Option<String>,
    /// The interpreter that the plugin brings, where it brings one.
    pub bundle: Option<Bundle>,
    /// What only projects in its language have.
    pub script: Script,
}

/// `runtime = "bundled"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The folder or archive that the author named, absolute.
    pub from: Option<PathBuf>,
}

impl Bundle {
    /// Of the two keys of a project file in `folder`, and whether a third names an interpreter of
    /// this machine.
    fn of(
        folder: &Path,
        runtime: Option<&str>,
        from: Option<&str>,
        names_another: bool,
    ) -> Result<Option<Self>, Failure> {
        match (runtime, from) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(Failure::new(
                "the project says where an interpreter is to be taken from, but not that it is to \
                 be bundled",
                "write runtime = \"bundled\" too, or leave both out to run on an interpreter of \
                 the user's machine",
            )),
            (Some("bundled"), _) if names_another => Err(Failure::new(
                "the project names an interpreter of this machine, and runtime = \"bundled\" \
                 brings another one",
                "leave one of them out",
            )),
            (Some("bundled"), from) => Ok(Some(Bundle {
                from: from.map(|path| folder.join(path)).map(plain),
            })),
            (Some(other), _) => Err(Failure::new(
                format!("runtime is {other:?}, expected \"bundled\""),
                "leave it out to run on an interpreter of the user's machine",
            )),
        }
    }
}

/// The language of a project, with what only that has.
#[derive(Debug)]
pub enum Script {
    /// `pyproject.toml`.
    Python(python::PythonProject),
    /// `package.json`.
    Node(node::NodeProject),
}

fn refusal(folder: &Path) -> Failure {
    let nothing = || {
        let place = folder.display();
        Failure::new(
            format!("no plugin project here: {place} has neither pyproject.toml nor package.json"),
            "run this in a plugin's folder, or start one with: osaurus-bridge new my-plugin \
             --lang python (or typescript)",
        )
    };
    native::Tool::of(folder).map_or_else(nothing, |tool| tool.refusal(folder))
}

impl Project {
    /// Reads `pyproject.toml` or `package.json` in `folder`.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let folder = folder.canonicalize().or_fail(
            format!("cannot open {}", folder.display()),
            "name the folder of a plugin project",
        )?;
        let has = |name: &str| folder.join(name).is_file();
        match (has("pyproject.toml"), has("package.json")) {
            (true, _) => python::read(&folder),
            (false, true) => node::read(&folder),
            (false, false) => Err(refusal(&folder)),
        }
    }

    /// What the author should know of the choices made here.
    pub fn warnings(&self) -> Vec<&'static str> {
        match (&self.script, self.mode) {
            (Script::Python(_), Mode::Embedded) => vec![EMBEDDED_PYTHON],
            _ => Vec::new(),
        }
    }
}

/// As a person would write it, where it is there.
fn plain(path: PathBuf) -> PathBuf {
    path.canonicalize().unwrap_or(path)
}

const EMBEDDED_PYTHON: &str = "mode is \"embedded\": a crash or os._exit ends the application; at its deadline a blocking \
     call (time.sleep, a socket, a lock) is not interrupted; and one plugin per process can have the interpreter, another \
     runs in a worker. Leave `mode` out unless the plugin needs host calls within microseconds";

/// Checks the oldest host that a project names, and writes it as the shim reads it: a revision for
/// version 2.
fn oldest_host(text: String) -> Result<String, Failure> {
    let fix = "name the oldest ABI version that your plugin runs on, for example \"2a\" or \"3\"; without one, hosts of \
               version 2 are taken for 2e";
    let level: Since = text.parse().or_fail("the oldest host is unknown", fix)?;
    Ok(match (level.version, level.revision) {
        (2, revision) => revision.unwrap_or_else(|| "2e".into()),
        (version, _) => version.to_string(),
    })
}

/// The registry's rule: lower case, at least two dotted parts (`[a-z0-9]+(\.[a-z0-9_-]+)+`).
pub fn check_id(id: &str) -> Result<(), Failure> {
    let mut parts = id.split('.');
    let first_ok = parts.next().is_some_and(|p| {
        !p.is_empty()
            && p.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    });
    let rest: Vec<&str> = parts.collect();
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    if first_ok && !rest.is_empty() && rest.iter().all(|p| !p.is_empty() && p.bytes().all(allowed))
    {
        return Ok(());
    }
    Err(Failure::new(
        format!(
            "{id:?} is not a plugin id: expected lower-case parts joined by dots, as in \
             dev.example.notes"
        ),
        "use a domain you own, reversed, and the plugin's name",
    ))
}

#[cfg(test)]
mod keys {
    //! docs/project-keys.md against what the readers accept.

    /// One section of the page.
    fn section(title: &str) -> String {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/project-keys.md");
        let page = std::fs::read_to_string(path).unwrap();
        let (_, after) = page.split_once(&format!("\n## {title}\n")).unwrap();
        after.split("\n## ").next().unwrap_or_default().to_owned()
    }

    /// The keys that have a heading in the section.
    pub fn on_the_page(title: &str) -> Vec<String> {
        let text = section(title);
        let headings = text.lines().filter_map(|line| line.strip_prefix("### `"));
        let mut keys: Vec<_> = headings.map(|rest| rest.replace('`', "")).collect();
        keys.sort();
        keys
    }

    /// The examples of the section.
    pub fn examples(title: &str, language: &str) -> Vec<String> {
        let text = section(title);
        let fence = format!("\n```{language}\n");
        text.split(&fence)
            .skip(1)
            .filter_map(|rest| rest.split("\n```").next())
            .map(str::to_owned)
            .collect()
    }

    /// The keys that serde names when it refuses one that it does not know.
    pub fn accepted(error: &str) -> Vec<String> {
        let (_, list) = error.split_once("expected one of ").unwrap();
        let list = list.split(['\n', '"', '\\']).next().unwrap_or_default();
        let names = list.split('`').skip(1).step_by(2);
        let mut keys: Vec<_> = names.map(str::to_owned).collect();
        keys.sort();
        keys
    }
}
