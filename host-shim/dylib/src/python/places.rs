//! Where interpreters usually are. Graphical applications have no useful PATH, so nothing here reads it.
//! Used by `discover`; looks at folders, runs nothing.
use super::version::Version;
use std::path::{Path, PathBuf};

/// A place with an interpreter, and the version that its name promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The interpreter.
    pub python: PathBuf,
    /// Read from the path; `None` when it says nothing.
    pub promised: Option<Version>,
}

/// Folders that hold one folder per version, relative to the home folder, with what leads to `python3` in each.
const MANAGERS: [(&str, &str); 5] = [
    (".pyenv/versions", "bin/python3"),
    (".asdf/installs/python", "bin/python3"),
    (".local/share/mise/installs/python", "bin/python3"),
    (".local/share/uv/python", "bin/python3"),
    ("Library/Application Support/uv/python", "bin/python3"),
];

/// Environment variables that move a manager's folder.
const MOVED: [(&str, &str, &str); 4] = [
    ("PYENV_ROOT", "versions", "bin/python3"),
    ("ASDF_DATA_DIR", "installs/python", "bin/python3"),
    ("MISE_DATA_DIR", "installs/python", "bin/python3"),
    ("UV_PYTHON_INSTALL_DIR", "", "bin/python3"),
];

/// Folders of all users that hold one folder per version.
const FRAMEWORKS: [&str; 2] = [
    "/Library/Frameworks/Python.framework/Versions",
    "/Library/Developer/CommandLineTools/Library/Frameworks/Python3.framework/Versions",
];

/// Folders of all users with `python3.X` in them. Not /usr/bin on macOS: its python3 opens a dialog.
#[cfg(target_os = "macos")]
const BINS: [&str; 3] = ["/opt/homebrew/bin", "/usr/local/bin", "/opt/local/bin"];
/// Folders of all users with `python3.X` in them.
#[cfg(not(target_os = "macos"))]
const BINS: [&str; 3] = [
    "/usr/local/bin",
    "/usr/bin",
    "/home/linuxbrew/.linuxbrew/bin",
];

/// All interpreters of the well-known places, the newest promise first.
pub fn well_known(homes: &[PathBuf]) -> Vec<Place> {
    let mut found = Vec::new();
    for (variable, below, python) in MOVED {
        if let Some(root) = std::env::var_os(variable).filter(|root| !root.is_empty()) {
            versions_in(&Path::new(&root).join(below), python, &mut found);
        }
    }
    for (below, python) in MANAGERS {
        for home in homes {
            versions_in(&home.join(below), python, &mut found);
        }
    }
    for folder in FRAMEWORKS {
        versions_in(Path::new(folder), "bin/python3", &mut found);
    }
    for folder in BINS {
        names_in(Path::new(folder), &mut found);
    }
    newest_first(found)
}

/// The places searched, for a message.
pub fn described() -> String {
    let managers = MANAGERS.iter().map(|(folder, _)| format!("~/{folder}"));
    let shared = FRAMEWORKS
        .iter()
        .chain(&BINS)
        .map(|folder| (*folder).to_owned());
    managers.chain(shared).collect::<Vec<_>>().join(", ")
}

fn versions_in(folder: &Path, python: &str, found: &mut Vec<Place>) {
    for name in entries(folder) {
        let path = folder.join(&name).join(python);
        if path.is_file() {
            found.push(Place {
                python: path,
                promised: version_in(&name),
            });
        }
    }
}

fn names_in(folder: &Path, found: &mut Vec<Place>) {
    for name in entries(folder) {
        let plain = name.strip_prefix("python3").filter(|rest| {
            rest.is_empty()
                || rest
                    .strip_prefix('.')
                    .is_some_and(|m| m.bytes().all(|b| b.is_ascii_digit()))
        });
        if plain.is_some() {
            found.push(Place {
                python: folder.join(&name),
                promised: version_in(&name),
            });
        }
    }
}

fn entries(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect()
}

/// `3.12.1`, `cpython-3.12.1-macos-aarch64-none` and `python3.12` all promise something.
fn version_in(name: &str) -> Option<Version> {
    let start = name.find(|c: char| c.is_ascii_digit())?;
    name[start..].parse().ok()
}

fn newest_first(mut found: Vec<Place>) -> Vec<Place> {
    // Stable: within one version the order of the places decides. Names that promise nothing come last.
    found.sort_by_key(|place| {
        std::cmp::Reverse(place.promised.map(|v| (v.major, v.minor, v.patch)))
    });
    let mut seen = std::collections::HashSet::new();
    found.retain(|place| {
        let real = std::fs::canonicalize(&place.python);
        seen.insert(real.unwrap_or_else(|_| place.python.clone()))
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn managers_are_searched_and_the_newest_comes_first() {
        let home = tempfile::tempdir().unwrap();
        for place in [
            ".pyenv/versions/3.9.18",
            ".pyenv/versions/3.13.0",
            ".local/share/uv/python/cpython-3.99.2-linux-x86_64-gnu",
            ".asdf/installs/python/3.98.1",
        ] {
            let bin = home.path().join(place).join("bin");
            std::fs::create_dir_all(&bin).unwrap();
            std::fs::write(bin.join("python3"), place).unwrap();
        }
        let found = well_known(&[home.path().to_owned()]);
        let versions: Vec<_> = found.iter().filter_map(|p| p.promised).take(2).collect();
        assert_eq!(versions[0].to_string(), "3.99.2");
        assert_eq!(versions[1].to_string(), "3.98.1");
        let ours = found.iter().filter(|p| p.python.starts_with(home.path()));
        assert_eq!(ours.count(), 4);
    }

    #[test]
    fn names_beside_python_are_not_taken_for_interpreters() {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            "python3",
            "python3.12",
            "python3-config",
            "python3.12-gdb",
            "python2",
        ] {
            std::fs::write(dir.path().join(name), name).unwrap();
        }
        let mut found = Vec::new();
        names_in(dir.path(), &mut found);
        let mut names: Vec<_> = found
            .iter()
            .map(|p| p.python.file_name().unwrap().to_str().unwrap())
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["python3", "python3.12"]);
    }
}
