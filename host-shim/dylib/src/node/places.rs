//! Where Node usually is. Graphical applications have no useful PATH, so nothing here reads it.
//! Used by `discover`; looks at folders, runs nothing.
use semver::Version;
use std::path::{Path, PathBuf};

/// A place with a Node, and the version that its name promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The program.
    pub node: PathBuf,
    /// Read from the path; `None` when it says nothing.
    pub promised: Option<Version>,
}

/// Folders below home that hold one folder per version, with what leads to `node` in each.
const MANAGERS: &[(&str, &str)] = &[
    (".nvm/versions/node", "bin/node"),
    (".local/share/fnm/node-versions", "installation/bin/node"),
    (".fnm/node-versions", "installation/bin/node"),
    #[cfg(target_os = "macos")]
    (
        "Library/Application Support/fnm/node-versions",
        "installation/bin/node",
    ),
    (".volta/tools/image/node", "bin/node"),
    (".asdf/installs/nodejs", "bin/node"),
    (".local/share/mise/installs/node", "bin/node"),
    (".nodenv/versions", "bin/node"),
    ("n/n/versions/node", "bin/node"),
];

/// Environment variables that move a manager's folder.
const MOVED: [(&str, &str, &str); 6] = [
    ("NVM_DIR", "versions/node", "bin/node"),
    ("FNM_DIR", "node-versions", "installation/bin/node"),
    ("VOLTA_HOME", "tools/image/node", "bin/node"),
    ("ASDF_DATA_DIR", "installs/nodejs", "bin/node"),
    ("MISE_DATA_DIR", "installs/node", "bin/node"),
    ("N_PREFIX", "n/versions/node", "bin/node"),
];

/// Folders of all users that hold one folder per version; in Homebrew's those are named `node@22`.
const SHARED: &[(&str, &str)] = &[
    ("/usr/local/n/versions/node", "bin/node"),
    #[cfg(target_os = "macos")]
    ("/opt/homebrew/opt", "bin/node"),
    #[cfg(target_os = "macos")]
    ("/usr/local/opt", "bin/node"),
    // On macOS, looking below /home asks the automounter.
    #[cfg(target_os = "linux")]
    ("/home/linuxbrew/.linuxbrew/opt", "bin/node"),
];

/// Folders of all users with `node` in them.
const BINS: &[&str] = &[
    #[cfg(target_os = "macos")]
    "/opt/homebrew/bin",
    "/usr/local/bin",
    #[cfg(target_os = "macos")]
    "/opt/local/bin",
    #[cfg(target_os = "linux")]
    "/usr/bin",
    #[cfg(target_os = "linux")]
    "/home/linuxbrew/.linuxbrew/bin",
];

/// All of them, each file once.
pub fn well_known(homes: &[PathBuf]) -> Vec<Candidate> {
    let mut places = Vec::new();
    for (variable, below, node) in MOVED {
        if let Some(root) = std::env::var_os(variable).filter(|root| !root.is_empty()) {
            versions_in(&Path::new(&root).join(below), node, &mut places);
        }
    }
    for home in homes {
        for (below, node) in MANAGERS {
            versions_in(&home.join(below), node, &mut places);
        }
    }
    for (folder, node) in SHARED {
        versions_in(Path::new(folder), node, &mut places);
    }
    places.extend(BINS.iter().filter_map(|folder| {
        let node = Path::new(folder).join("node");
        node.is_file().then_some(Candidate {
            node,
            promised: None,
        })
    }));
    each_once(places)
}

/// The places searched, for a message.
pub fn described() -> String {
    let managers = MANAGERS.iter().map(|(folder, _)| format!("~/{folder}"));
    let shared = SHARED.iter().map(|(folder, _)| *folder);
    let shared = shared.chain(BINS.iter().copied()).map(str::to_owned);
    managers.chain(shared).collect::<Vec<_>>().join(", ")
}

fn versions_in(folder: &Path, node: &str, found: &mut Vec<Candidate>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path().join(node);
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_file() {
            found.push(Candidate {
                node: path,
                promised: promised(&name),
            });
        }
    }
}

/// `v22.3.0` and `22.3.0`; `node@22` promises a line, not a version.
fn promised(name: &str) -> Option<Version> {
    Version::parse(name.strip_prefix('v').unwrap_or(name)).ok()
}

fn each_once(mut found: Vec<Candidate>) -> Vec<Candidate> {
    let mut programs = std::collections::HashSet::new();
    found.retain(|place| {
        let real = std::fs::canonicalize(&place.node);
        programs.insert(real.unwrap_or_else(|_| place.node.clone()))
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_managers_are_searched_below_home() {
        let home = tempfile::tempdir().unwrap();
        let installed = [
            (".nvm/versions/node/v20.1.0/bin/node", Some("20.1.0")),
            (
                ".local/share/fnm/node-versions/v22.3.0/installation/bin/node",
                Some("22.3.0"),
            ),
            (".volta/tools/image/node/24.0.1/bin/node", Some("24.0.1")),
            (".asdf/installs/nodejs/lts/bin/node", None),
        ];
        for (path, _) in installed {
            let path = home.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let places = well_known(&[home.path().to_owned()]);
        for (path, version) in installed {
            let path = home.path().join(path);
            let place = places.iter().find(|place| place.node == path).unwrap();
            let promised = place.promised.as_ref().map(Version::to_string);
            assert_eq!(promised.as_deref(), version, "{}", path.display());
        }
    }
}
