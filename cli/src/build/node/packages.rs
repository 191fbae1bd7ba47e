//! Installed packages: which of the bundled ones hold native code, and copies of those that stay outside the bundle.

use super::bundle::installed;
use super::make;
use crate::failure::{Failure, OrFail};
use crate::project::Project;
use crate::project::node::NodeProject;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Packages that find a native file when they run: whoever depends on one has such a file.
const LOADERS: [&str; 4] = [
    "bindings",
    "node-gyp-build",
    "prebuild-install",
    "node-pre-gyp",
];

/// The package's name at the start of a path below `node_modules`.
pub fn name_in(below: &str) -> String {
    let parts = if below.starts_with('@') { 2 } else { 1 };
    below.split('/').take(parts).collect::<Vec<_>>().join("/")
}

/// Refuses a bundle with a package in it that would look for its native code at run time and not find it.
pub fn refuse_native(
    project: &Project,
    script: &NodeProject,
    files: &[PathBuf],
) -> Result<(), Failure> {
    let names: BTreeSet<String> = files
        .iter()
        .filter_map(|file| Some(name_in(file.to_str()?.rsplit_once("node_modules/")?.1)))
        .filter(|name| !script.external.contains(name))
        .collect();
    let native = names.into_iter().find_map(|name| {
        let folder = installed(project, &name)?;
        Some((signs_of_native(&folder)?, name))
    });
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

/// Copies the author's external packages and what they depend on, in the layout that npm gave them.
pub fn copy_external(project: &Project, script: &NodeProject, to: &Path) -> Result<(), Failure> {
    let mut copied = BTreeSet::new();
    let mut wanted = Vec::new();
    for name in &script.external {
        let folder = installed(project, name).ok_or_else(|| {
            Failure::new(
                format!("the external package {name} is not installed"),
                format!("run: npm install {name}"),
            )
        })?;
        wanted.push(folder);
    }
    while let Some(folder) = wanted.pop() {
        if !copied.insert(folder.clone()) {
            continue;
        }
        copy_package(&folder, &to.join(below_root(&folder)))?;
        for (name, optional) in dependencies(&folder) {
            match resolve(&folder, &name) {
                Some(found) => wanted.push(found),
                None if optional => {}
                None => {
                    return Err(Failure::new(
                        format!("{name}, which {} needs, is not installed", folder.display()),
                        "run: npm install",
                    ));
                }
            }
        }
    }
    Ok(())
}

/// As Node looks a package up: in the nearest `node_modules` first.
fn resolve(from: &Path, name: &str) -> Option<PathBuf> {
    from.ancestors()
        .map(|folder| folder.join("node_modules").join(name))
        .find(|folder| folder.join("package.json").is_file())
}

/// The path below the outermost `node_modules`.
fn below_root(folder: &Path) -> PathBuf {
    let outside = |part: &std::path::Component<'_>| part.as_os_str() != "node_modules";
    folder.components().skip_while(outside).skip(1).collect()
}

fn copy_package(from: &Path, to: &Path) -> Result<(), Failure> {
    make(to.to_path_buf())?;
    let entries = std::fs::read_dir(from).or_fail(
        format!("cannot read {}", from.display()),
        "check its permissions",
    )?;
    for entry in entries.flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name() == "node_modules" {
            // What it needs of those comes by itself.
            continue;
        }
        if path.is_dir() {
            copy_package(&path, &target)?;
        } else {
            std::fs::copy(&path, &target)
                .or_fail(format!("cannot copy {}", path.display()), "check the disk")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_keep_their_place_below_the_outermost_node_modules() {
        let nested = Path::new("/p/node_modules/a/node_modules/@s/b");
        assert_eq!(below_root(nested), Path::new("a/node_modules/@s/b"));
        assert_eq!(name_in("@s/b/lib/x.js"), "@s/b");
        assert_eq!(name_in("a/index.js"), "a");
    }
}
