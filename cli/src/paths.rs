//! Where the files that come with the program are: beside it, or in `../lib/osaurus-bridge`.
//! `parts.rs` looks for the libraries of each target there.

use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// File ending of a plugin library on this platform, with the dot.
pub const LIBRARY_SUFFIX: &str = std::env::consts::DLL_SUFFIX;

/// Where programs are not taken from, if others are there: on macOS, `python3` in this folder is
/// Apple's 3.9 or opens a dialog that offers to install it.
pub const LAST_RESORT: Option<&str> = if cfg!(target_os = "macos") {
    Some("/usr/bin")
} else {
    None
};

/// How to install something with this platform's usual package manager.
pub fn how_to_install(brew: &str, apt: &str) -> String {
    if cfg!(target_os = "macos") {
        format!("brew install {brew}")
    } else {
        format!("on Debian: apt install {apt}")
    }
}

/// The Python SDK's file name as pip reads it: name, version, every Python, every platform.
pub const PYTHON_WHEEL: &str = concat!(
    "osaurus_plugin-",
    env!("CARGO_PKG_VERSION"),
    "-py3-none-any.whl"
);

/// The npm package that plugins in TypeScript depend on, packed.
pub fn node_package() -> Result<PathBuf, Failure> {
    find("osaurus-plugin.tgz", "script/pack-node-package")
}

/// The Python SDK that new projects carry, as a wheel.
pub fn python_package() -> Result<PathBuf, Failure> {
    find(PYTHON_WHEEL, "script/pack-python-package")
}

fn find(file: &str, command: &str) -> Result<PathBuf, Failure> {
    let folders = part_folders();
    folders
        .iter()
        .map(|folder| folder.join(file))
        .find(|path| path.is_file())
        .ok_or_else(|| missing_part(file, command, &folders))
}

/// The program's folder, and where installed programs have their other files.
pub fn part_folders() -> Vec<PathBuf> {
    let program = std::env::current_exe().and_then(|path| path.canonicalize());
    let Some(folder) = program.as_deref().ok().and_then(Path::parent) else {
        return Vec::new();
    };
    let mut folders = vec![folder.to_path_buf()];
    if let Some(prefix) = folder.parent() {
        folders.push(prefix.join("lib").join("osaurus-bridge"));
        folders.push(prefix.to_path_buf());
    }
    folders
}

fn missing_part(file: &str, command: &str, folders: &[PathBuf]) -> Failure {
    let looked: Vec<String> = folders.iter().map(|f| f.display().to_string()).collect();
    Failure::new(
        format!(
            "this installation lacks {file} (looked in {})",
            looked.join(", ")
        ),
        format!("reinstall osaurus-bridge, or in its source folder run: {command}"),
    )
}
