//! Installed packages: which of the bundled ones hold native code, and copies of those that stay
//! outside the bundle.

use super::bundle::{install, installed, name_in, not_installed};
use super::make;
use crate::failure::{Failure, OrFail};
use crate::project::Project;
use crate::project::node::NodeProject;
use crate::walk::{self, Links};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Packages that find a native file when they run: whoever depends on one has such a file.
const LOADERS: [&str; 4] = [
    "bindings",
    "node-gyp-build",
    "prebuild-install",
    "node-pre-gyp",
];

/// Refuses a bundle with a package in it that would look for its native code at run time and not
/// find it.
pub fn refuse_native(
    project: &Project,
    script: &NodeProject,
    files: &[PathBuf],
) -> Result<(), Failure> {
    let packages: BTreeMap<String, PathBuf> = files
        .iter()
        .filter_map(|file| {
            let (above, below) = file.to_str()?.rsplit_once("node_modules/")?;
            let name = name_in(below);
            let folder = project.folder.join(above).join("node_modules").join(&name);
            Some((name, folder))
        })
        .filter(|(name, _)| !script.external.contains(name))
        .collect();
    let native = packages
        .into_iter()
        .find_map(|(name, folder)| Some((signs_of_native(&folder)?, name)));
    let Some((sign, name)) = native else {
        return Ok(());
    };
    Err(Failure::new(
        format!("the package {name} holds native code ({sign}), which cannot be bundled"),
        format!(
            "pack it as it is with \"external\": [\"{name}\"] in package.json's \"osaurus\" section (the plugin then \
             works on this platform only), or use a package in JavaScript"
        ),
    ))
}

fn signs_of_native(folder: &Path) -> Option<String> {
    if folder.join("binding.gyp").is_file() {
        return Some("binding.gyp".into());
    }
    let dependencies = dependencies(folder);
    let loader = LOADERS.iter().find(|loader| {
        dependencies
            .iter()
            .any(|(name, _)| name == *loader || name.ends_with(&format!("/{loader}")))
    })?;
    Some(format!("it depends on {loader}"))
}

/// Names of a package's dependencies, with whether it works without them.
fn dependencies(folder: &Path) -> Vec<(String, bool)> {
    let text = std::fs::read(folder.join("package.json")).unwrap_or_default();
    let package: Value = serde_json::from_slice(&text).unwrap_or_default();
    let names = |key: &str, optional: bool| {
        let table = package[key].as_object().cloned().unwrap_or_default();
        table.into_iter().map(move |(name, _)| (name, optional))
    };
    names("dependencies", false)
        .chain(names("optionalDependencies", true))
        .collect()
}

/// Copies the author's external packages and what they depend on. Each gets a place where Node
/// finds the versions that it was installed with, whatever layout npm, pnpm or Yarn gave them.
pub fn copy_external(project: &Project, script: &NodeProject, to: &Path) -> Result<(), Failure> {
    let mut placed = Placed::default();
    let mut packages = Vec::new();
    for name in &script.external {
        let folder = installed(project, name).ok_or_else(|| not_installed(project, name))?;
        packages.extend(placed.put(Path::new(""), name, real(&folder)));
    }
    while let Some((folder, place)) = packages.pop() {
        copy_package(&folder, &to.join(&place))?;
        for (name, optional) in dependencies(&folder) {
            match resolve(&folder, &name) {
                Some(found) => packages.extend(placed.put(&place, &name, real(&found))),
                None if optional => {}
                None => {
                    return Err(Failure::new(
                        format!("{name}, which {} needs, is not installed", folder.display()),
                        format!("run: {}", install(project)),
                    ));
                }
            }
        }
    }
    Ok(())
}

/// Where packages are in the payload, below its `node_modules`.
#[derive(Default)]
struct Placed(BTreeMap<PathBuf, PathBuf>);

impl Placed {
    /// Finds a place from where the package at `user` gets `folder` as `name`; `None` when it does
    /// so already.
    fn put(&mut self, user: &Path, name: &str, folder: PathBuf) -> Option<(PathBuf, PathBuf)> {
        let visible = user
            .ancestors()
            .filter(|above| !above.ends_with("node_modules"))
            .map(|above| within(above, name))
            .find_map(|place| self.0.get(&place));
        let place = match visible {
            Some(same) if *same == folder => return None,
            Some(_) => within(user, name),
            None => PathBuf::from(name),
        };
        self.0.insert(place.clone(), folder.clone());
        Some((folder, place))
    }
}

fn within(package: &Path, name: &str) -> PathBuf {
    if package.as_os_str().is_empty() {
        return PathBuf::from(name);
    }
    package.join("node_modules").join(name)
}

/// pnpm and workspaces install links; what a package needs is beside the folder that they lead to.
fn real(folder: &Path) -> PathBuf {
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}

/// As Node looks a package up: in the nearest `node_modules` first.
fn resolve(from: &Path, name: &str) -> Option<PathBuf> {
    from.ancestors()
        .map(|folder| folder.join("node_modules").join(name))
        .find(|folder| folder.join("package.json").is_file())
}

/// Without the packages that it needs, which come by themselves.
fn copy_package(from: &Path, to: &Path) -> Result<(), Failure> {
    make(to.to_path_buf())?;
    let entries = walk::entries_but(from, Links::Followed, |name| name == "node_modules");
    let what = format!("cannot read {}", from.display());
    for entry in entries.or_fail(what, "check its permissions")? {
        let target = to.join(&entry.below);
        if entry.kind.is_dir() {
            make(target)?;
            continue;
        }
        let what = format!("cannot copy {}", entry.path.display());
        std::fs::copy(&entry.path, target).or_fail(what, "check the disk")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_found_by_the_one_that_needs_that_version() {
        let mut placed = Placed::default();
        let mut install = |user: &str, name: &str, folder: &str| {
            let place = placed.put(Path::new(user), name, PathBuf::from(folder));
            place.map(|(_, place)| place.display().to_string())
        };
        assert_eq!(install("", "a", "/s/a").as_deref(), Some("a"));
        assert_eq!(install("a", "@s/b", "/s/b1").as_deref(), Some("@s/b"));
        assert_eq!(install("@s/b", "c", "/s/c").as_deref(), Some("c"));
        assert_eq!(install("c", "@s/b", "/s/b1"), None);
        let nested = install("c", "@s/b", "/s/b2");
        assert_eq!(nested.as_deref(), Some("c/node_modules/@s/b"));
        assert_eq!(install("c/node_modules/@s/b", "c", "/s/c"), None);
        assert_eq!(name_in("@s/b/lib/x.js"), "@s/b");
        assert_eq!(name_in("a/index.js"), "a");
    }
}
