//! What ties a payload to some Pythons: native code in it, and what its dependencies ask for. Reads
//! the metadata that an installer has left beside the packages.

use super::requirements::name_of;
use crate::build::tree;
use crate::failure::Failure;
use osaurus_shim::python::{Interpreter, Requirement, Version};
use std::path::{Path, PathBuf};

/// The oldest minor version of Python 3 that plugins run on.
const OLDEST: u8 = 10;

/// What the packed files need of a Python, beyond what the project says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tied {
    /// The one kind of interpreter that its native code was made for, such as `cp311`.
    pub tag: Option<String>,
    /// A specifier such as `>=3.11`.
    pub requires: Option<String>,
}

impl Tied {
    /// Of the files in a stage, whose dependencies were installed for `python`.
    pub fn of(stage: &Path, python: &Interpreter) -> Result<Self, Failure> {
        let packages = packages(&stage.join("deps"))?;
        let wheels = packages.iter().flat_map(|package| package.wheel_tags());
        let is_tied = |tag: &str| Some(tag) == tag_of_abi(tag);
        let mut exact = wheels.clone().any(|(_, abi)| is_tied(&abi));
        exact |= has_tied_file(&stage.join("src"));
        let stable = wheels.filter(|(_, abi)| abi == "abi3");
        let floors = stable.filter_map(|(python, _)| python.strip_prefix("cp3")?.parse().ok());
        let floor = floors.chain([floor(&packages, python.version)]).max();
        let floor = floor.filter(|minor| *minor > OLDEST);
        Ok(Self {
            tag: exact.then(|| python.tag.clone()),
            requires: floor.map(|minor| format!(">=3.{minor}")),
        })
    }
}

/// Refuses native code that the author has not accepted.
pub fn refuse_native(deps: &Path) -> Result<(), Failure> {
    let Some(file) = first_native_file(deps)? else {
        return Ok(());
    };
    let path = file
        .strip_prefix(deps)
        .unwrap_or(&file)
        .display()
        .to_string();
    let package = path.split('/').next().unwrap_or(&path).to_owned();
    Err(Failure::new(
        format!(
            "the dependency {package} holds native code ({path}), which works with one Python \
             version and platform only"
        ),
        "use a pure Python alternative, or accept the tie with allow-native = true in \
         [tool.osaurus]",
    ))
}

/// The first file of native code in a folder of dependencies, by its name.
pub fn first_native_file(folder: &Path) -> Result<Option<PathBuf>, Failure> {
    for name in tree::names_in(folder)? {
        let path = folder.join(name);
        if path.is_dir() {
            if let Some(found) = first_native_file(&path)? {
                return Ok(Some(found));
            }
        } else if is_native(&path) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn is_native(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    matches!(ending, Some("so" | "dylib" | "pyd"))
}

/// An extension module of the author's own, which says in its name what it was made for.
fn has_tied_file(folder: &Path) -> bool {
    let names = tree::names_in(folder).unwrap_or_default();
    names.into_iter().any(|name| {
        let path = folder.join(&name);
        let name = name.to_string_lossy();
        let is_tied = name.contains(".cpython-3") && !name.ends_with(".pyc");
        (is_tied && is_native(&path)) || (path.is_dir() && has_tied_file(&path))
    })
}

/// `cp311` of the ABI tags `cp311` and `cp313t`; nothing of `abi3` and `none`.
fn tag_of_abi(abi: &str) -> Option<&str> {
    let rest = abi.strip_prefix("cp3")?;
    let digits = rest.strip_suffix('t').unwrap_or(rest);
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(abi)
}

/// An installed package's metadata.
struct Package {
    name: String,
    wheel: String,
    metadata: String,
}

impl Package {
    /// Tags of the wheel, as (Python, ABI).
    fn wheel_tags(&self) -> impl Iterator<Item = (String, String)> + Clone {
        let tags: Vec<(String, String)> = values(&self.wheel, "Tag")
            .filter_map(|tag| {
                let mut parts = tag.split('-');
                Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
            })
            .collect();
        tags.into_iter()
    }
}

/// Values of a header that may come several times. The description, which is free text, comes after
/// an empty line.
fn values<'a>(text: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = text.lines().take_while(|line| !line.is_empty());
    lines.filter_map(move |line| line.strip_prefix(key)?.strip_prefix(':').map(str::trim))
}

fn packages(deps: &Path) -> Result<Vec<Package>, Failure> {
    if !deps.is_dir() {
        return Ok(Vec::new());
    }
    let names = tree::names_in(deps)?.into_iter();
    let folders = names.filter(|name| name.to_string_lossy().ends_with(".dist-info"));
    let text_of = |path: PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    let packages = folders.map(|folder| {
        let folder = deps.join(folder);
        let metadata = text_of(folder.join("METADATA"));
        let name = values(&metadata, "Name").next().map(name_of);
        Package {
            name: name.unwrap_or_default(),
            wheel: text_of(folder.join("WHEEL")),
            metadata,
        }
    });
    Ok(packages.collect())
}

/// The oldest minor version on which these packages work, as far as their metadata tells.
fn floor(packages: &[Package], built_with: Version) -> u8 {
    let demands: Vec<Requirement> = packages
        .iter()
        .filter_map(|package| values(&package.metadata, "Requires-Python").next())
        .filter_map(|text| Requirement::parse(Some(text), None).ok())
        .collect();
    let works = |minor: &u8| {
        let version = Version {
            major: 3,
            minor: *minor,
            patch: u8::MAX,
        };
        demands.iter().all(|one| one.objection(version).is_none())
    };
    let below = (OLDEST..built_with.minor).rev();
    let demanded = below.take_while(works).last();
    let backports = packages
        .iter()
        .filter_map(|one| missing_backport(one, packages, built_with));
    let demanded = demanded.unwrap_or(built_with.minor);
    backports.chain([demanded]).max().unwrap_or(demanded)
}

/// The first minor version that does without a package which was not installed, because older ones
/// alone need it. One that the version of the build would need, too, was left out for another
/// reason, such as its platform.
fn missing_backport(package: &Package, packages: &[Package], built_with: Version) -> Option<u8> {
    let requirements = values(&package.metadata, "Requires-Dist").filter_map(|line| {
        let (name, marker) = line.split_once(';')?;
        let is_there = packages.iter().any(|other| other.name == name_of(name));
        (!is_there && !marker.contains("extra")).then(|| first_without(marker))?
    });
    requirements
        .filter(|minor| *minor <= built_with.minor)
        .max()
}

/// 11 for `python_version < "3.11"`.
fn first_without(marker: &str) -> Option<u8> {
    let (_, rest) = marker
        .split_once("python_version")
        .or(marker.split_once("python_full_version"))?;
    let rest = rest.trim_start().strip_prefix('<')?;
    let and_equal = rest.starts_with('=');
    let version = rest
        .trim_start_matches('=')
        .trim_start()
        .strip_prefix(['"', '\''])?;
    let minor = version
        .strip_prefix("3.")?
        .bytes()
        .take_while(u8::is_ascii_digit);
    let minor = minor.fold(0u8, |sum, digit| {
        sum.saturating_mul(10).saturating_add(digit - b'0')
    });
    Some(minor.saturating_add(u8::from(and_equal)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, metadata: &str) -> Package {
        Package {
            name: name.into(),
            wheel: String::new(),
            metadata: metadata.into(),
        }
    }

    fn floor_of(packages: &[Package]) -> u8 {
        floor(packages, "3.13.0".parse().unwrap())
    }

    #[test]
    fn a_package_of_another_platform_is_not_a_backport() {
        let metadata = "Name: mcp\nRequires-Python: >=3.10\n\
             Requires-Dist: pywin32>=310; sys_platform == 'win32' and python_version < '3.14'";
        assert_eq!(floor_of(&[package("mcp", metadata)]), 10);
    }

    #[test]
    fn a_stable_or_pure_wheel_ties_to_no_version() {
        assert_eq!(tag_of_abi("cp311"), Some("cp311"));
        assert_eq!(tag_of_abi("cp313t"), Some("cp313t"));
        assert_eq!(tag_of_abi("abi3"), None);
        assert_eq!(tag_of_abi("none"), None);
    }

    #[test]
    fn the_oldest_python_is_what_all_packages_work_on() {
        assert_eq!(floor_of(&[]), 10);
        let modern = package(
            "a",
            "Name: a\nRequires-Python: >=3.12\n\nRequires-Python: >=3.13",
        );
        assert_eq!(floor_of(&[modern]), 12);
    }

    #[test]
    fn a_package_that_only_older_pythons_need_was_not_installed() {
        let needs = "Name: a\nRequires-Dist: tomli>=2; python_version < \"3.11\"\n";
        assert_eq!(floor_of(&[package("a", needs)]), 11);
        let with = [package("a", needs), package("tomli", "Name: tomli\n")];
        assert_eq!(floor_of(&with), 10);
        let long_ago = "Name: a\nRequires-Dist: importlib-metadata; python_version < \"3.8\"\n";
        assert_eq!(floor_of(&[package("a", long_ago)]), 10);
        assert_eq!(first_without(" python_version <= '3.10' and x"), Some(11));
        let extra = "Name: a\nRequires-Dist: x; python_version < \"3.11\" and extra == \"y\"\n";
        assert_eq!(floor_of(&[package("a", extra)]), 10);
    }
}
