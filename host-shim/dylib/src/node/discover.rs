//! Finds the Node for a plugin: the author's setting, then the environment, then the well-known
//! places. Called by `runtime` and by the program that builds and inspects plugins. Starts nothing
//! but the question.
use super::places;
use super::version::Requirement;
use crate::discovery::{NotFound, Search, inside, note_places};
use crate::platform::how_to_set;
use crate::probe::{Question, same_machine};
use semver::Version;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};

/// Environment variable with a Node for all plugins.
pub const NODE_VARIABLE: &str = "OSAURUS_BRIDGE_NODE";

const QUESTION: Question = Question {
    language: "Node",
    folder: osaurus_payload::contents::NODES,
    revision: 2,
    args: &[
        "-p",
        "JSON.stringify({version: process.versions.node, lts: process.release.lts, name: process.release.name, arch: process.arch})",
    ],
};

/// What a Node says about itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Facts {
    version: Version,
    /// Name of the release line, when that is under long-term support.
    lts: Option<String>,
    name: String,
    arch: String,
}

/// A Node that fits a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The program.
    pub executable: PathBuf,
    /// Its version.
    pub version: Version,
    /// Whether its release line is under long-term support.
    pub lts: bool,
    /// Who named it, for the log: `OSAURUS_BRIDGE_NODE`.
    pub origin: String,
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            executable,
            version,
            origin,
            ..
        } = self;
        write!(f, "Node {version}, {} ({origin})", executable.display())
    }
}

/// What someone chose if it fits, else the newest of the well-known places, long-term support
/// first.
///
/// # Errors
/// [`NotFound`] with everything that was looked at.
pub fn find(search: &Search<'_>) -> Result<Node, NotFound> {
    let requirement = Requirement::parse(search.requires).map_err(|problem| NotFound {
        looked_for: vec![problem],
        fix: "Correct package.json and build the plugin again.".into(),
    })?;
    let node = search.first(
        |node, origin| examine(search, node, origin, &requirement),
        |notes| search_places(search, &requirement, notes),
    );
    node.map_err(|looked_for| NotFound {
        looked_for,
        fix: format!(
            "Install {requirement}, for example from nodejs.org or with `brew install node`, or \
             {}.",
            how_to_set(NODE_VARIABLE, "the path of a `node`")
        ),
    })
}

/// The Node at a path, whatever its version, so that it can run plugins. `origin` says who named
/// it.
///
/// # Errors
/// Why it cannot run a plugin.
pub fn at(node: &Path, origin: &str) -> Result<Node, String> {
    let search = Search::new(None, None, NODE_VARIABLE);
    examine(&search, node, origin, &Requirement::parse(None)?)
}

fn search_places(
    search: &Search<'_>,
    requirement: &Requirement,
    notes: &mut Vec<String>,
) -> Option<Node> {
    let mut nodes = Vec::new();
    for place in places::well_known(&search.homes) {
        let promised = place.promised.as_ref();
        let objection = promised.and_then(|version| requirement.objection(version));
        let examined = match objection {
            Some(why) => Err(why),
            None => examine(search, &place.node, "found", requirement),
        };
        match examined {
            Ok(node) => nodes.push(node),
            Err(why) => notes.push(format!("{}: {why}", place.node.display())),
        }
    }
    if nodes.is_empty() {
        note_places(notes, &places::described());
    }
    best(nodes)
}

fn examine(
    search: &Search<'_>,
    node: &Path,
    origin: &str,
    requirement: &Requirement,
) -> Result<Node, String> {
    let executable = inside(node, "bin/node");
    let facts: Facts = QUESTION.ask(&executable, &search.cache)?;
    if facts.name != "node" {
        return Err(format!("is {}, Node is needed", facts.name));
    }
    same_machine(&facts.arch)?;
    if let Some(why) = requirement.objection(&facts.version) {
        return Err(why);
    }
    Ok(Node {
        executable,
        version: facts.version,
        lts: facts.lts.is_some(),
        origin: origin.into(),
    })
}

/// The newest under long-term support, else the newest. The first of equals.
fn best(found: Vec<Node>) -> Option<Node> {
    let rank = |node: &Node| (node.lts, node.version.clone());
    found.into_iter().reduce(|best, next| {
        if rank(&next) > rank(&best) {
            next
        } else {
            best
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A program that answers the question as a Node of that version would.
    fn fake(folder: &Path, version: &str, lts: &str) -> PathBuf {
        let path = folder.join(format!(".nvm/versions/node/v{version}/bin/node"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let answer = format!(
            r#"{{"version":"{version}","lts":{lts},"name":"node","arch":"{}"}}"#,
            std::env::consts::ARCH
        );
        std::fs::write(&path, format!("#!/bin/sh\necho '{answer}'\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn search(home: &Path) -> Search<'_> {
        Search {
            setting: None,
            requires: None,
            named: Vec::new(),
            tag: None,
            homes: vec![home.to_owned()],
            cache: home.to_owned(),
        }
    }

    #[test]
    fn the_newest_with_long_term_support_is_taken_before_a_newer_one_without() {
        let home = tempfile::tempdir().unwrap();
        fake(home.path(), "96.1.0", "\"Argon\"");
        let expected = fake(home.path(), "98.2.0", "\"Boron\"");
        fake(home.path(), "99.0.0", "null");
        let node = find(&search(home.path())).unwrap();
        assert_eq!(node.executable, expected);
        assert!(node.lts && node.to_string().ends_with("(found)"), "{node}");
    }

    #[test]
    fn a_setting_wins_and_one_that_does_not_fit_is_named() {
        let home = tempfile::tempdir().unwrap();
        let old = fake(home.path(), "18.1.0", "\"Hydrogen\"");
        let good = fake(home.path(), "97.0.0", "null");
        let with_setting = Search {
            setting: good.to_str(),
            named: vec![(old.clone(), NODE_VARIABLE)],
            ..search(home.path())
        };
        assert_eq!(find(&with_setting).unwrap().origin, "the plugin's setting");
        let none = Search {
            requires: Some(">=1000"),
            named: vec![(old, NODE_VARIABLE), ("/no/such/node".into(), "PATH")],
            ..search(home.path())
        };
        let error = find(&none).unwrap_err();
        let text = error.looked_for.join("\n");
        assert!(text.contains("(OSAURUS_BRIDGE_NODE): is Node 18.1.0, 20 or later is needed"));
        assert!(text.contains("/no/such/node (PATH): not there"), "{text}");
        assert!(text.contains("97.0.0/bin/node: is Node 97.0.0, the plugin needs Node >=1000"));
        assert!(error.fix.contains("nodejs.org") && error.fix.contains(NODE_VARIABLE));
    }
}
