//! The CPythons 3.10 to 3.14 on this machine, one per minor version, that have a shared library.

use std::path::{Path, PathBuf};
use std::process::Command;

/// An interpreter that can be embedded.
#[derive(Debug, Clone)]
pub struct Python {
    /// `3.12`.
    pub version: String,
    /// Its executable.
    pub executable: PathBuf,
}

/// All of them, oldest first.
///
/// # Panics
/// When the machine has none: the tests would prove nothing.
pub fn all() -> Vec<Python> {
    let mut pythons: Vec<Python> = Vec::new();
    for candidate in candidates() {
        let Some(python) = examine(&candidate) else {
            continue;
        };
        if !pythons.iter().any(|known| known.version == python.version) {
            pythons.push(python);
        }
    }
    pythons.sort_by_key(|python| python.version[2..].parse::<u32>().unwrap_or(0));
    assert!(
        !pythons.is_empty(),
        "no CPython 3.10 to 3.14 with a shared library on this machine"
    );
    pythons
}

/// The newest one.
pub fn newest() -> Python {
    all()
        .pop()
        .unwrap_or_else(|| unreachable!("all() is never empty"))
}

fn candidates() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Some(home) = std::env::var_os("HOME") {
        let versions = Path::new(&home).join(".pyenv/versions");
        folders.extend(
            std::fs::read_dir(versions)
                .into_iter()
                .flatten()
                .flatten()
                .map(|e| e.path().join("bin")),
        );
    }
    folders.extend(["/opt/homebrew/bin", "/usr/local/bin", "/usr/bin"].map(PathBuf::from));
    folders.sort();
    let names = [
        "python3.10",
        "python3.11",
        "python3.12",
        "python3.13",
        "python3.14",
    ];
    folders
        .iter()
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .filter(|path| path.is_file())
        .collect()
}

fn examine(executable: &Path) -> Option<Python> {
    let script = "import sys, sysconfig as s, os\n\
        lib = os.path.join(s.get_config_var('LIBDIR') or '', s.get_config_var('INSTSONAME') or '')\n\
        multi = os.path.join(s.get_config_var('LIBDIR') or '', s.get_config_var('MULTIARCH') or '', s.get_config_var('INSTSONAME') or '')\n\
        shared = bool(s.get_config_var('PYTHONFRAMEWORK')) or any(os.path.isfile(l) and not l.endswith('.a') for l in (lib, multi))\n\
        print('%d.%d' % sys.version_info[:2], shared)";
    let output = Command::new(executable)
        .args(["-I", "-S", "-c", script])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (version, shared) = text.trim().split_once(' ')?;
    (shared == "True").then(|| Python {
        version: version.to_owned(),
        executable: executable.to_path_buf(),
    })
}
