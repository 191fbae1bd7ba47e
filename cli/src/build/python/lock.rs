//! Reads the locks of Python's package managers (`uv.lock`, and `pylock.toml` of PEP 751) into
//! lines that every installer understands. Conditions are passed on to the installer, which knows
//! the interpreter.

use super::requirement_lines::{Requirements, SDK, file_address, name_of};
use crate::failure::Failure;
use crate::project::Project;
use std::collections::{BTreeMap, BTreeSet};
use toml::Value;

fn parse(text: &str, name: &str) -> Result<Value, Failure> {
    text.parse::<toml::Table>()
        .map(Value::Table)
        .map_err(|error| {
            Failure::new(
                format!("{name} is not understood:\n{error}"),
                "write it again with the tool that made it",
            )
        })
}

fn string<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    let items = value.get(key).and_then(Value::as_array);
    items.map(Vec::as_slice).unwrap_or_default()
}

/// `pylock.toml`: its packages have all their conditions.
pub fn pylock(text: &str, project: &Project) -> Result<Option<Requirements>, Failure> {
    let file = parse(text, "pylock.toml")?;
    let mut requirements = Requirements::default();
    for package in list(&file, "packages") {
        let name = string(package, "name").unwrap_or_default();
        if name_of(name) == SDK {
            continue;
        }
        let condition = string(package, "marker").map(str::to_owned);
        let files = list(package, "wheels").iter().chain(package.get("sdist"));
        let hashes = files.filter_map(|file| {
            let hashes = file.get("hashes")?.as_table()?;
            let sha256 = hashes.iter().find(|(kind, _)| *kind == "sha256");
            let (kind, hash) = sha256.or(hashes.iter().next())?;
            Some(format!("{kind}:{}", hash.as_str()?))
        });
        let line = Line {
            name,
            version: string(package, "version"),
            condition,
            hashes: hashes.collect(),
            address: pylock_address(package, project),
        };
        line.add_to(&mut requirements);
    }
    Ok(Some(requirements))
}

fn pylock_address(package: &Value, project: &Project) -> Option<String> {
    if let Some(vcs) = package.get("vcs") {
        let (kind, url) = (string(vcs, "type")?, string(vcs, "url")?);
        return Some(format!("{kind}+{url}@{}", string(vcs, "commit-id")?));
    }
    let place = package.get("directory").or(package.get("archive"))?;
    let path = || Some(file_address(project, string(place, "path")?));
    string(place, "url").map(str::to_owned).or_else(path)
}

/// `uv.lock`: a graph, with conditions on its edges.
pub fn uv(text: &str, project: &Project) -> Result<Option<Requirements>, Failure> {
    let file = parse(text, "uv.lock")?;
    let graph = Graph {
        packages: list(&file, "package"),
    };
    let Some(root) = graph.root() else {
        return Err(Failure::new(
            "uv.lock names no package whose source is this folder",
            "run: uv lock",
        ));
    };
    let mut requirements = Requirements::default();
    for (index, conditions) in graph.reached_from(root) {
        let package = &graph.packages[index];
        let name = string(package, "name").unwrap_or_default();
        if index == root || name_of(name) == SDK {
            continue;
        }
        let files = list(package, "wheels").iter().chain(package.get("sdist"));
        let hashes = files.filter_map(|file| string(file, "hash").map(str::to_owned));
        let line = Line {
            name,
            version: string(package, "version"),
            condition: any_of(&conditions),
            hashes: hashes.collect(),
            address: uv_address(package, project),
        };
        line.add_to(&mut requirements);
    }
    Ok(Some(requirements))
}

fn uv_address(package: &Value, project: &Project) -> Option<String> {
    let source = package.get("source")?;
    if let Some(url) = string(source, "git") {
        // https://host/x?rev=main#<commit>
        let (url, commit) = url.split_once('#')?;
        let url = url.split('?').next().unwrap_or(url);
        return Some(format!("git+{url}@{commit}"));
    }
    if let Some(url) = string(source, "url") {
        return Some(url.to_owned());
    }
    let local = ["directory", "editable", "path"]
        .into_iter()
        .find_map(|key| string(source, key));
    local.map(|path| file_address(project, path))
}

/// What a package is installed under: every condition of one way to it. No condition: always.
type Conditions = BTreeSet<String>;

struct Graph<'a> {
    packages: &'a [Value],
}

impl Graph<'_> {
    fn root(&self) -> Option<usize> {
        let is_here = |package: &Value| {
            let source = package.get("source");
            let place =
                source.and_then(|source| string(source, "virtual").or(string(source, "editable")));
            place == Some(".")
        };
        self.packages.iter().position(is_here)
    }

    /// The packages that the root needs, with the ways to each.
    fn reached_from(&self, root: usize) -> BTreeMap<usize, Vec<Conditions>> {
        let mut ways: BTreeMap<(usize, String), Vec<Conditions>> = BTreeMap::new();
        let mut todo = vec![(root, String::new(), Conditions::new())];
        while let Some((index, extra, way)) = todo.pop() {
            let conditions = ways.entry((index, extra.clone())).or_default();
            if conditions.iter().any(|other| other.is_subset(&way)) {
                continue;
            }
            conditions.retain(|other| !way.is_subset(other));
            conditions.push(way.clone());
            for edge in self.edges(index, &extra) {
                let mut further = way.clone();
                further.extend(string(edge, "marker").map(str::to_owned));
                for target in self.targets(edge) {
                    let extras = list(edge, "extra").iter().filter_map(Value::as_str);
                    for extra in extras.chain([""]) {
                        todo.push((target, extra.to_owned(), further.clone()));
                    }
                }
            }
        }
        let mut packages: BTreeMap<usize, Vec<Conditions>> = BTreeMap::new();
        for ((index, _), found) in ways {
            packages.entry(index).or_default().extend(found);
        }
        packages
    }

    fn edges(&self, index: usize, extra: &str) -> &[Value] {
        let package = &self.packages[index];
        match package.get("optional-dependencies") {
            _ if extra.is_empty() => list(package, "dependencies"),
            Some(optional) => list(optional, extra),
            None => &[],
        }
    }

    /// More than one where the lock holds several versions and the edge does not say which.
    fn targets<'e>(&'e self, edge: &'e Value) -> impl Iterator<Item = usize> + 'e {
        let (name, version) = (string(edge, "name"), string(edge, "version"));
        let fits = move |package: &Value| {
            string(package, "name") == name
                && (version.is_none() || string(package, "version") == version)
        };
        let packages = self.packages.iter().enumerate();
        packages
            .filter(move |(_, package)| fits(package))
            .map(|(index, _)| index)
    }
}

/// `None` where one way has no condition.
fn any_of(ways: &[Conditions]) -> Option<String> {
    let ways: BTreeSet<&Conditions> = ways.iter().collect();
    if ways.iter().any(|way| way.is_empty()) {
        return None;
    }
    let all_of = |way: &&Conditions| {
        let parts: Vec<String> = way.iter().map(|part| format!("({part})")).collect();
        parts.join(" and ")
    };
    let ways: Vec<String> = ways.iter().map(all_of).collect();
    Some(match &ways[..] {
        [one] => one.clone(),
        several => several
            .iter()
            .map(|way| format!("({way})"))
            .collect::<Vec<_>>()
            .join(" or "),
    })
}

struct Line<'a> {
    name: &'a str,
    version: Option<&'a str>,
    condition: Option<String>,
    hashes: Vec<String>,
    address: Option<String>,
}

impl Line<'_> {
    fn add_to(self, found: &mut Requirements) {
        let condition = self
            .condition
            .map_or(String::new(), |condition| format!(" ; {condition}"));
        if let Some(address) = self.address {
            let line = format!("{} @ {address}{condition}", self.name);
            found.open.push(line);
            return;
        }
        let version = self
            .version
            .map_or(String::new(), |version| format!("=={version}"));
        let line = format!("{}{version}{condition}", self.name);
        if self.hashes.is_empty() {
            found.open.push(line);
            return;
        }
        let hashes = self.hashes.iter().map(|hash| format!(" --hash={hash}"));
        found.locked.push(line + &hashes.collect::<String>());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Script;
    use osaurus_payload::Mode;

    fn project() -> Project {
        Project {
            folder: "/p".into(),
            id: "dev.test".into(),
            version: "1.0.0".into(),
            mode: Mode::default(),
            lifecycle: Default::default(),
            oldest_host: None,
            bundle: None,
            script: Script::Node(crate::project::node::NodeProject::default()),
        }
    }

    const UV: &str = r#"
version = 1
[[package]]
name = "mine"
version = "1.0.0"
source = { virtual = "." }
dependencies = [{ name = "osaurus-plugin" }, { name = "a" }, { name = "b", extra = ["x"], marker = "sys_platform == 'darwin'" }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]
[[package]]
name = "osaurus-plugin"
version = "0.1.0"
source = { directory = "../sdk" }
[[package]]
name = "pytest"
version = "9.0.0"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "a"
version = "2.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "b", marker = "python_version < '3.12'" }]
sdist = { url = "https://x/a.tar.gz", hash = "sha256:01" }
wheels = [{ url = "https://x/a.whl", hash = "sha256:02" }]
[[package]]
name = "b"
version = "3.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "a" }]
wheels = [{ url = "https://x/b.whl", hash = "sha256:03" }]
[package.optional-dependencies]
x = [{ name = "c" }]
[[package]]
name = "c"
version = "4.0"
source = { git = "https://x/c?rev=main#0123" }
"#;

    #[test]
    fn a_lock_of_uv_gives_what_the_project_needs_with_its_conditions() {
        let requirements = uv(UV, &project()).unwrap().unwrap();
        let b =
            "b==3.0 ; ((python_version < '3.12')) or ((sys_platform == 'darwin')) --hash=sha256:03";
        let mut locked = requirements.locked.clone();
        locked.sort();
        assert_eq!(
            locked[0],
            "a==2.0 --hash=sha256:02 --hash=sha256:01".to_owned()
        );
        assert_eq!(locked[1], b);
        assert_eq!(
            requirements.open,
            ["c @ git+https://x/c@0123 ; (sys_platform == 'darwin')"]
        );
    }

    #[test]
    fn a_lock_that_is_of_another_project_is_refused() {
        let failure = uv(
            &UV.replace("virtual = \".\"", "virtual = \"x\""),
            &project(),
        );
        assert!(format!("{failure:?}").contains("no package whose source is this folder"));
    }

    #[test]
    fn a_standard_lock_gives_versions_hashes_and_conditions() {
        let text = r#"
lock-version = "1.0"
created-by = "x"
[[packages]]
name = "six"
version = "1.16.0"
marker = "python_version >= '3.10'"
wheels = [{ name = "six.whl", url = "https://x/six.whl", hashes = { sha256 = "aa" } }]
[[packages]]
name = "local"
directory = { path = "lib" }
"#;
        let requirements = pylock(text, &project()).unwrap().unwrap();
        assert_eq!(
            requirements.locked,
            ["six==1.16.0 ; python_version >= '3.10' --hash=sha256:aa"]
        );
        assert_eq!(requirements.open, ["local @ file:///p/lib"]);
    }
}
