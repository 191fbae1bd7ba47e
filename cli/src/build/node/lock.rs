//! Whether the installed packages are those of the lock: a bundle is made of what is in
//! `node_modules`, and another machine gets what the lock says. Reads the locks of npm, pnpm and
//! Yarn as far as names and versions go.

use super::bundle::install;
use super::bundle::name_in;
use crate::project::Project;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Versions by package name.
type Versions = BTreeMap<String, BTreeSet<String>>;
type Read = fn(&str) -> Versions;

const LOCKS: [(&str, Read); 4] = [
    ("package-lock.json", npm),
    ("npm-shrinkwrap.json", npm),
    ("pnpm-lock.yaml", pnpm),
    ("yarn.lock", yarn),
];

/// It comes with this program.
const SDK: &str = "osaurus-plugin";

/// A warning for each package whose files are in the plugin in another version than the lock's.
pub fn differences(project: &Project, files: &[PathBuf]) -> Vec<String> {
    let Some((lock, versions)) = lock_of(&project.folder) else {
        return Vec::new();
    };
    let packages: BTreeSet<PathBuf> = files
        .iter()
        .filter_map(|file| package_of(&project.folder.join(file)))
        .collect();
    let installed = packages.iter().filter_map(|folder| Installed::read(folder));
    installed
        .filter_map(|package| package.difference(&versions))
        .map(|what| format!("{what} {lock}: run {}", clean_install(&lock, project)))
        .collect()
}

/// The folder of the package that a file belongs to.
fn package_of(file: &Path) -> Option<PathBuf> {
    let (above, below) = file.to_str()?.rsplit_once("/node_modules/")?;
    Some(Path::new(above).join("node_modules").join(name_in(below)))
}

struct Installed {
    /// As others import it, and as it calls itself: another one for an alias.
    names: [String; 2],
    version: String,
}

impl Installed {
    fn read(folder: &Path) -> Option<Self> {
        let text = std::fs::read(folder.join("package.json")).ok()?;
        let package: Value = serde_json::from_slice(&text).ok()?;
        let (_, below) = folder.to_str()?.rsplit_once("/node_modules/")?;
        let own = package["name"].as_str().unwrap_or(below);
        Some(Self {
            names: [below.to_owned(), own.to_owned()],
            version: package["version"].as_str()?.to_owned(),
        })
    }

    /// The beginning of a sentence that ends in the lock's name.
    fn difference(&self, locked: &Versions) -> Option<String> {
        let [name, _] = &self.names;
        if self.names.iter().any(|name| name == SDK) {
            return None;
        }
        let names: BTreeSet<&String> = self
            .names
            .iter()
            .filter_map(|one| locked.get(one))
            .flatten()
            .collect();
        if names.contains(&self.version) || names.iter().any(|one| !is_version(one)) {
            return None;
        }
        let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
        Some(match &names[..] {
            [] => format!(
                "node_modules has {name} {}, of which nothing is in",
                self.version
            ),
            names => format!(
                "node_modules has {name} {}, not {} as in",
                self.version,
                names.join(" or ")
            ),
        })
    }
}

/// Not a path or an address, of which the lock does not say what is there.
fn is_version(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
}

/// The nearest lock: the project's, or that of the workspace it is in.
fn lock_of(folder: &Path) -> Option<(String, Versions)> {
    let workspaces = folder
        .ancestors()
        .skip(1)
        .filter(|above| is_workspace(above));
    std::iter::once(folder).chain(workspaces).find_map(|place| {
        LOCKS.iter().find_map(|(name, read)| {
            let text = std::fs::read_to_string(place.join(name)).ok()?;
            Some(((*name).to_owned(), read(&text)))
        })
    })
}

fn is_workspace(folder: &Path) -> bool {
    let package = std::fs::read_to_string(folder.join("package.json")).unwrap_or_default();
    package.contains("\"workspaces\"") || folder.join("pnpm-workspace.yaml").is_file()
}

fn clean_install(lock: &str, project: &Project) -> &'static str {
    match lock {
        "pnpm-lock.yaml" => "pnpm install --frozen-lockfile",
        "yarn.lock" => install(project),
        _ => "npm ci",
    }
}

fn add(versions: &mut Versions, name: &str, version: &str) {
    let versions_of_package = versions.entry(name.to_owned()).or_default();
    versions_of_package.insert(version.to_owned());
}

/// `packages` by their place; before npm 7, `dependencies` in each other.
fn npm(text: &str) -> Versions {
    let mut versions = Versions::new();
    let lock: Value = serde_json::from_str(text).unwrap_or_default();
    for (place, package) in lock["packages"].as_object().into_iter().flatten() {
        let name = place.rsplit_once("node_modules/").map(|(_, name)| name);
        if let (Some(name), Some(version)) = (name, package["version"].as_str()) {
            add(&mut versions, name, version);
        }
    }
    let mut open = vec![&lock["dependencies"]];
    while let Some(table) = open.pop() {
        for (name, package) in table.as_object().into_iter().flatten() {
            add(
                &mut versions,
                name,
                package["version"].as_str().unwrap_or("?"),
            );
            open.push(&package["dependencies"]);
        }
    }
    versions
}

/// The keys below `packages:`: `zod@4.6.7`, `/zod@4.6.7(peer@1)` or `/zod/4.6.7`.
fn pnpm(text: &str) -> Versions {
    let mut versions = Versions::new();
    let inside = text.lines().skip_while(|line| *line != "packages:").skip(1);
    for line in inside.take_while(|line| line.is_empty() || line.starts_with(' ')) {
        let key = line
            .strip_prefix("  ")
            .filter(|rest| !rest.starts_with(' '));
        let Some(key) = key.and_then(|key| key.trim_end().strip_suffix(':')) else {
            continue;
        };
        let key = key.trim_matches(['\'', '"']).trim_start_matches('/');
        let key = key.split('(').next().unwrap_or(key);
        let at = key
            .get(1..)
            .and_then(|rest| rest.find('@'))
            .map(|at| at + 1);
        let Some(at) = at.or_else(|| key.rfind('/')) else {
            continue;
        };
        add(
            &mut versions,
            &key[..at],
            key[at + 1..].split('_').next().unwrap_or_default(),
        );
    }
    versions
}

/// `zod@^4.0.0, zod@4.6.7:` and then `  version "4.6.7"` (Yarn 1), or `  version: 4.6.7`.
fn yarn(text: &str) -> Versions {
    let mut versions = Versions::new();
    let mut name = None;
    for line in text.lines() {
        if !line.starts_with([' ', '#']) {
            let key = line.trim_start_matches('"');
            let end = key.get(1..).and_then(|rest| rest.find('@'));
            name = end.map(|end| key[..=end].to_owned());
        } else if let Some(version) = line.strip_prefix("  version") {
            let version = version.trim_start_matches(':').trim().trim_matches('"');
            if let Some(name) = &name {
                add(&mut versions, name, version);
            }
        }
    }
    versions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions_of(found: &Versions, name: &str) -> Vec<String> {
        found.get(name).into_iter().flatten().cloned().collect()
    }

    #[test]
    fn every_kind_of_lock_gives_names_and_versions() {
        let new = r#"{"packages": {"": {"version": "1.0.0"}, "node_modules/zod": {"version": "4.6.7"},
            "node_modules/a/node_modules/@s/b": {"version": "2.0.0"}, "packages/own": {"version": "1.0.0"}}}"#;
        let old = r#"{"dependencies": {"zod": {"version": "4.6.7"},
            "a": {"version": "1.0.0", "dependencies": {"@s/b": {"version": "2.0.0"}}}}}"#;
        let pnpm_new = "lockfileVersion: '9.0'\nimporters:\n  .:\n    x: y\n\npackages:\n\n  zod@4.6.7:\n    \
                        resolution: {integrity: x}\n\n  '@s/b@2.0.0(zod@4.6.7)':\n    resolution: {}\n\nsnapshots:\n\n  \
                        zod@9.9.9:\n";
        let pnpm_old = "packages:\n\n  /zod/4.6.7:\n    resolution: {}\n  \
                        /@s/b/2.0.0_zod@4.6.7:\n    dev: true\n";
        let yarn_1 = "# yarn lockfile v1\n\n\nzod@^4.0.0, zod@4.6.7:\n  version \"4.6.7\"\n\n\"@s/b@^2\":\n  version \"2.0.0\"\n  \
                      dependencies:\n    zod \"^4\"\n";
        let yarn_4 = "__metadata:\n  version: 8\n\n\"zod@npm:^4.0.0\":\n  version: \
                      4.6.7\n\n\"@s/b@npm:^2\":\n  version: 2.0.0\n";
        for found in [
            npm(new),
            npm(old),
            pnpm(pnpm_new),
            yarn(yarn_1),
            yarn(yarn_4),
        ] {
            assert_eq!(versions_of(&found, "zod"), ["4.6.7"]);
            assert_eq!(versions_of(&found, "@s/b"), ["2.0.0"]);
        }
        assert_eq!(versions_of(&pnpm(pnpm_old), "zod"), ["4.6.7"]);
        assert!(!npm(new).contains_key("own"));
    }

    #[test]
    fn a_difference_names_both_versions() {
        let package = |name: &str, version: &str| Installed {
            names: [name.to_owned(), name.to_owned()],
            version: version.to_owned(),
        };
        let mut locked = Versions::new();
        add(&mut locked, "zod", "4.6.7");
        add(&mut locked, "linked", "link:../linked");
        assert_eq!(package("zod", "4.6.7").difference(&locked), None);
        assert_eq!(package("linked", "1.0.0").difference(&locked), None);
        assert_eq!(package(SDK, "9.0.0").difference(&locked), None);
        let other = package("zod", "4.0.0").difference(&locked).unwrap();
        assert_eq!(other, "node_modules has zod 4.0.0, not 4.6.7 as in");
        let unknown = package("left-pad", "1.3.0").difference(&locked).unwrap();
        assert_eq!(
            unknown,
            "node_modules has left-pad 1.3.0, of which nothing is in"
        );
    }
}
