//! Where interpreters usually are. Graphical applications have no useful PATH, so nothing here
//! reads it. Used by `discover`; looks at folders, runs nothing.
use super::version::Version;
use std::path::{Path, PathBuf};

/// A place with an interpreter, and the version that its name promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The interpreter.
    pub python: PathBuf,
    /// Read from the path; `None` when it says nothing.
    pub promised: Option<Version>,
}

/// Folders that hold one folder per version, relative to the home folder, with what leads to
/// `python3` in each.
const MANAGERS: &[(&str, &str)] = &[
    (".pyenv/versions", "bin/python3"),
    (".asdf/installs/python", "bin/python3"),
    (".local/share/mise/installs/python", "bin/python3"),
    (".local/share/uv/python", "bin/python3"),
    #[cfg(target_os = "macos")]
    ("Library/Application Support/uv/python", "bin/python3"),
    (".rye/py", "bin/python3"),
    (".rye/py", "install/bin/python3"),
];

/// Installations of conda, relative to the home folder.
const CONDAS: &[&str] = &[
    "miniforge3/bin",
    "mambaforge/bin",
    "miniconda3/bin",
    "anaconda3/bin",
    "opt/miniconda3/bin",
    "opt/anaconda3/bin",
];

/// Environment variables that move a manager's folder.
const MOVED: [(&str, &str, &str); 4] = [
    ("PYENV_ROOT", "versions", "bin/python3"),
    ("ASDF_DATA_DIR", "installs/python", "bin/python3"),
    ("MISE_DATA_DIR", "installs/python", "bin/python3"),
    ("UV_PYTHON_INSTALL_DIR", "", "bin/python3"),
];

/// Folders of all users that hold one folder per version.
#[cfg(target_os = "macos")]
const FRAMEWORKS: &[&str] = &[
    "/Library/Frameworks/Python.framework/Versions",
    "/opt/local/Library/Frameworks/Python.framework/Versions",
    "/Library/Developer/CommandLineTools/Library/Frameworks/Python3.framework/Versions",
];
/// Folders of all users that hold one folder per version.
#[cfg(not(target_os = "macos"))]
const FRAMEWORKS: &[&str] = &[];

/// Folders of all users with `python3.X` in them. Not /usr/bin on macOS: its python3 opens a
/// dialog.
#[cfg(target_os = "macos")]
const BINS: &[&str] = &[
    "/opt/homebrew/bin",
    "/usr/local/bin",
    "/opt/local/bin",
    "/opt/homebrew/Caskroom/miniforge/base/bin",
    "/opt/homebrew/Caskroom/miniconda/base/bin",
    "/opt/miniconda3/bin",
    "/opt/anaconda3/bin",
];
/// Folders of all users with `python3.X` in them.
#[cfg(not(target_os = "macos"))]
const BINS: &[&str] = &[
    "/usr/local/bin",
    "/usr/bin",
    "/home/linuxbrew/.linuxbrew/bin",
    "/opt/conda/bin",
    "/opt/miniconda3/bin",
    "/opt/anaconda3/bin",
];

/// All interpreters of the well-known places, the newest promise first.
pub fn well_known(homes: &[PathBuf]) -> Vec<Candidate> {
    let mut places = Vec::new();
    for (variable, below, python) in MOVED {
        if let Some(root) = std::env::var_os(variable).filter(|root| !root.is_empty()) {
            versions_in(&Path::new(&root).join(below), python, &mut places);
        }
    }
    for (below, python) in MANAGERS {
        for home in homes {
            versions_in(&home.join(below), python, &mut places);
        }
    }
    for below in CONDAS {
        for home in homes {
            names_in(&home.join(below), &mut places);
        }
    }
    for folder in FRAMEWORKS {
        versions_in(Path::new(folder), "bin/python3", &mut places);
    }
    for folder in BINS {
        names_in(Path::new(folder), &mut places);
    }
    newest_first(places)
}

/// The places searched, for a message.
pub fn described() -> String {
    let managers = MANAGERS.iter().map(|(folder, _)| folder).chain(CONDAS);
    let mut all: Vec<_> = managers.map(|folder| format!("~/{folder}")).collect();
    all.extend(FRAMEWORKS.iter().chain(BINS).map(ToString::to_string));
    all.dedup();
    all.join(", ")
}

fn versions_in(folder: &Path, python: &str, found: &mut Vec<Candidate>) {
    for name in entries(folder) {
        let path = folder.join(&name).join(python);
        if path.is_file() {
            found.push(Candidate {
                python: path,
                promised: version_in(&name),
            });
        }
    }
}

fn names_in(folder: &Path, found: &mut Vec<Candidate>) {
    for name in entries(folder) {
        let plain = name.strip_prefix("python3").filter(|rest| {
            rest.is_empty()
                || rest
                    .strip_prefix('.')
                    .is_some_and(|m| m.bytes().all(|b| b.is_ascii_digit()))
        });
        if plain.is_some() {
            found.push(Candidate {
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

/// `3.12.1`, `cpython-3.12.1-macos-aarch64-none`, `cpython@3.12.1` and `python3.12` promise
/// something; the number in `miniforge3-24.1` or `pypy3.10` is of something else.
fn version_in(name: &str) -> Option<Version> {
    let start = name.find(|c: char| c.is_ascii_digit())?;
    let (of, version) = name.split_at(start);
    let is_python = matches!(of, "" | "python" | "cpython-" | "cpython@");
    is_python.then(|| version.parse().ok()).flatten()
}

fn newest_first(mut found: Vec<Candidate>) -> Vec<Candidate> {
    // Stable: within one version the order of the places decides. Names that promise nothing come
    // last.
    found.sort_by_key(|place| {
        std::cmp::Reverse(place.promised.map(|v| (v.major, v.minor, v.patch)))
    });
    let mut programs = std::collections::HashSet::new();
    found.retain(|place| {
        let real = std::fs::canonicalize(&place.python);
        programs.insert(real.unwrap_or_else(|_| place.python.clone()))
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
            ".rye/py/cpython@3.97.0",
            ".pyenv/versions/miniforge3-24.1",
        ] {
            let bin = home.path().join(place).join("bin");
            std::fs::create_dir_all(&bin).unwrap();
            std::fs::write(bin.join("python3"), place).unwrap();
        }
        let conda = home.path().join("miniforge3/bin");
        std::fs::create_dir_all(&conda).unwrap();
        std::fs::write(conda.join("python3.96"), "conda").unwrap();
        let places = well_known(&[home.path().to_owned()]);
        let versions: Vec<_> = places.iter().filter_map(|p| p.promised).take(4).collect();
        let versions: Vec<_> = versions.iter().map(Version::to_string).collect();
        assert_eq!(versions, ["3.99.2", "3.98.1", "3.97.0", "3.96.0"]);
        let ours: Vec<_> = places
            .iter()
            .filter(|p| p.python.starts_with(home.path()))
            .collect();
        assert_eq!(ours.len(), 7);
        assert_eq!(ours[6].promised, None, "24.1 is the version of miniforge");
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
        let mut places = Vec::new();
        names_in(dir.path(), &mut places);
        let mut names: Vec<_> = places
            .iter()
            .map(|p| p.python.file_name().unwrap().to_str().unwrap())
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["python3", "python3.12"]);
    }
}
