//! Finds the Node for a plugin: the author's setting, then the environment, then the well-known places.
//! Called by `runtime` and by the program that builds and inspects plugins. Starts nothing but the question.
use super::places;
use super::version::Requirement;
use crate::probe::Question;
use semver::Version;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};

/// Environment variable with a Node for all plugins.
pub const NODE_VARIABLE: &str = "OSAURUS_BRIDGE_NODE";

const QUESTION: Question = Question {
    language: "Node",
    folder: "nodes",
    revision: 1,
    args: &[
        "-p",
        "JSON.stringify({version: process.versions.node, lts: process.release.lts, name: process.release.name})",
    ],
    unwanted: "NODE_",
};

/// What a Node says about itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Facts {
    version: Version,
    /// Name of the release line, when that is under long-term support.
    lts: Option<String>,
    name: String,
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

/// No Node fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFound {
    /// What was looked at and why it did not do, one line each.
    pub looked_for: Vec<String>,
    /// What the user should do.
    pub fix: String,
}

/// What to look for, and where.
#[derive(Debug)]
pub struct Search<'a> {
    /// The author's Node, absolute or below `~`.
    pub setting: Option<&'a str>,
    /// `engines.node`.
    pub requires: Option<&'a str>,
    /// Nodes that somebody named, with who did.
    pub named: Vec<(PathBuf, &'static str)>,
    /// The user's home folder.
    pub home: Option<PathBuf>,
    /// Where answers are remembered.
    pub cache: &'a Path,
}

impl Search<'_> {
    /// What somebody chose if it fits, else the newest of the well-known places, long-term support first.
    ///
    /// # Errors
    /// [`NotFound`] with everything that was looked at.
    pub fn run(&self) -> Result<Node, NotFound> {
        let requirement = Requirement::parse(self.requires).map_err(|problem| NotFound {
            looked_for: vec![problem],
            fix: "Correct package.json and build the plugin again.".into(),
        })?;
        let mut notes = Vec::new();
        for (path, origin) in self.chosen() {
            match self.examine(&path, origin, &requirement) {
                Ok(found) => return Ok(found),
                Err(why) => notes.push(format!("{} ({origin}): {why}", path.display())),
            }
        }
        self.search_places(&requirement, &mut notes).ok_or_else(|| {
            notes.push(format!("also searched: {}", places::described()));
            NotFound {
                looked_for: notes,
                fix: format!(
                    "Install {requirement}, for example from nodejs.org or with `brew install node`, or set \
                     {NODE_VARIABLE} to the path of a `node`."
                ),
            }
        })
    }

    fn chosen(&self) -> impl Iterator<Item = (PathBuf, &'static str)> {
        let setting = self.setting.filter(|text| !text.is_empty());
        let setting = setting.map(|text| (self.expanded(text), "the plugin's setting"));
        setting.into_iter().chain(self.named.clone())
    }

    fn expanded(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/"), &self.home) {
            (Some(below), Some(home)) => home.join(below),
            _ => PathBuf::from(text),
        }
    }

    fn search_places(&self, requirement: &Requirement, notes: &mut Vec<String>) -> Option<Node> {
        let mut found = Vec::new();
        for place in places::well_known(self.home.as_deref()) {
            let promised = place.promised.as_ref();
            let objection = promised.and_then(|version| requirement.objection(version));
            let examined = match objection {
                Some(why) => Err(why),
                None => self.examine(&place.node, "found", requirement),
            };
            match examined {
                Ok(node) => found.push(node),
                Err(why) => notes.push(format!("{}: {why}", place.node.display())),
            }
        }
        best(found)
    }

    fn examine(
        &self,
        node: &Path,
        origin: &str,
        requirement: &Requirement,
    ) -> Result<Node, String> {
        let executable = inside(node);
        let facts: Facts = QUESTION.ask(&executable, self.cache)?;
        if facts.name != "node" {
            return Err(format!("is {}, Node is needed", facts.name));
        }
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

/// People name the folder of an installation as often as the program in it.
fn inside(path: &Path) -> PathBuf {
    if path.is_dir() {
        path.join("bin/node")
    } else {
        path.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A program that answers the question as a Node of that version would.
    fn fake(folder: &Path, version: &str, lts: &str) -> PathBuf {
        let path = folder.join(format!(".nvm/versions/node/v{version}/bin/node"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let answer = format!(r#"{{"version":"{version}","lts":{lts},"name":"node"}}"#);
        std::fs::write(&path, format!("#!/bin/sh\necho '{answer}'\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn search(home: &Path) -> Search<'_> {
        Search {
            setting: None,
            requires: None,
            named: Vec::new(),
            home: Some(home.to_owned()),
            cache: home,
        }
    }

    #[test]
    fn the_newest_with_long_term_support_is_taken_before_a_newer_one_without() {
        let home = tempfile::tempdir().unwrap();
        fake(home.path(), "96.1.0", "\"Argon\"");
        let wanted = fake(home.path(), "98.2.0", "\"Boron\"");
        fake(home.path(), "99.0.0", "null");
        let found = search(home.path()).run().unwrap();
        assert_eq!(found.executable, wanted);
        assert!(
            found.lts && found.to_string().ends_with("(found)"),
            "{found}"
        );
    }

    #[test]
    fn a_setting_wins_and_one_that_does_not_fit_is_named() {
        let home = tempfile::tempdir().unwrap();
        let old = fake(home.path(), "18.1.0", "\"Hydrogen\"");
        let good = fake(home.path(), "97.0.0", "null");
        let chosen = Search {
            setting: good.to_str(),
            named: vec![(old.clone(), NODE_VARIABLE)],
            ..search(home.path())
        };
        assert_eq!(chosen.run().unwrap().origin, "the plugin's setting");
        let none = Search {
            requires: Some(">=1000"),
            named: vec![(old, NODE_VARIABLE), ("/no/such/node".into(), "PATH")],
            ..search(home.path())
        };
        let error = none.run().unwrap_err();
        let text = error.looked_for.join("\n");
        assert!(text.contains("(OSAURUS_BRIDGE_NODE): is Node 18.1.0, 20 or later is needed"));
        assert!(text.contains("/no/such/node (PATH): not there"), "{text}");
        assert!(text.contains("97.0.0/bin/node: is Node 97.0.0, the plugin needs Node >=1000"));
        assert!(error.fix.contains("nodejs.org") && error.fix.contains(NODE_VARIABLE));
    }
}
