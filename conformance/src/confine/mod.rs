//! What a process that loads a library to look at it can reach of the user's: nothing. It shuts itself in before it loads
//! anything, and what it starts inherits that. Used by the program's `inspect`. Knows nothing of plugins.

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod platform;
#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod platform;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
#[path = "none.rs"]
mod platform;

use std::io;
use std::path::{Path, PathBuf};

/// Where people keep interpreters below their home: these may be read.
const INTERPRETERS: &[&str] = &[
    ".asdf",
    ".fnm",
    ".local/bin",
    ".local/lib",
    ".local/share/fnm",
    ".local/share/mise",
    ".local/share/swiftly",
    ".local/share/uv",
    ".nodenv",
    ".nvm",
    ".pyenv",
    ".rustup",
    ".volta",
    "Library/Application Support/fnm",
    "Library/Application Support/uv",
    "Library/Developer/Toolchains",
    "Library/Python",
    "n",
    "node",
    "miniconda3",
    "anaconda3",
    "miniforge3",
];
/// Environments that a project may have beside its code.
const ENVIRONMENTS: &[&str] = &[".venv", "venv", "node_modules"];

/// What a process may reach beside the system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Folders in which it may write.
    pub writable: Vec<PathBuf>,
    /// Files and folders that it may read although they are in a hidden one.
    pub readable: Vec<PathBuf>,
    /// Folders in which it sees nothing.
    pub hidden: Vec<PathBuf>,
}

impl Reach {
    /// For trying a library: the user's homes and the current folder are hidden, the library and interpreters are not.
    pub fn for_library(library: &Path, homes: &[PathBuf]) -> Reach {
        let here = std::env::current_dir().ok();
        let hidden: Vec<PathBuf> = homes.iter().cloned().chain(here.clone()).collect();
        let hidden = hidden.iter().filter_map(|path| path.canonicalize().ok());
        let below = |folders: &[PathBuf], names: &[&str]| -> Vec<PathBuf> {
            let all = folders
                .iter()
                .flat_map(|folder| names.iter().map(move |name| folder.join(name)));
            all.collect()
        };
        let mut readable = below(homes, INTERPRETERS);
        readable.extend(below(here.as_slice(), ENVIRONMENTS));
        readable.extend(named_by_variables());
        let mut reach = Reach {
            // Hiding the root would hide the system.
            hidden: hidden.filter(|path| path.parent().is_some()).collect(),
            readable,
            ..Reach::default()
        };
        reach.also_read_library(library);
        reach
    }

    /// The library with what is beside it, or alone where its folder is a hidden one.
    fn also_read_library(&mut self, library: &Path) {
        let library = library
            .canonicalize()
            .unwrap_or_else(|_| library.to_owned());
        let folder = library.parent().unwrap_or(&library).to_owned();
        if !self.hidden.contains(&folder) {
            self.readable.push(folder);
            return;
        }
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        self.readable
            .extend(paths.filter(|path| is_part_of_a_plugin(path)));
        self.readable.push(library);
    }

    /// Adds a folder in which the process may write.
    #[must_use]
    pub fn writing(mut self, folder: &Path) -> Reach {
        self.writable.push(folder.to_owned());
        self
    }

    /// Adds a file or folder that it may read.
    #[must_use]
    pub fn reading(mut self, path: &Path) -> Reach {
        self.readable.push(path.to_owned());
        self
    }

    /// Shuts this process in, for good, with all that it starts from now on. To be called while it has one thread. False where the
    /// system cannot do that.
    ///
    /// # Errors
    /// What the system said.
    pub fn enforce(&self) -> io::Result<bool> {
        platform::enforce(self)
    }
}

/// Whether this system can shut a process in.
pub fn is_available() -> bool {
    platform::is_available()
}

fn is_part_of_a_plugin(path: &Path) -> bool {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let is_library = [".so", ".dylib", ".osrpay"]
        .iter()
        .any(|end| name.ends_with(end))
        || name.contains(".so.");
    is_library
        || [
            "web",
            "SKILL.md",
            "README.md",
            "CHANGELOG.md",
            "osaurus-check.toml",
        ]
        .contains(&&*name)
}

/// Interpreters and engines that the user named: with the installation that they are in.
fn named_by_variables() -> Vec<PathBuf> {
    let ours = std::env::vars_os()
        .filter(|(name, _)| name.to_string_lossy().starts_with("OSAURUS_BRIDGE_"));
    let paths = ours.map(|(_, value)| PathBuf::from(value));
    let existing = paths.filter(|path| path.is_absolute() && path.exists());
    existing.map(|path| installation(&path)).collect()
}

/// `…/prefix` of `…/prefix/bin/python`; else the file itself.
fn installation(path: &Path) -> PathBuf {
    let bin = path
        .parent()
        .filter(|folder| folder.file_name().is_some_and(|name| name == "bin"));
    bin.and_then(Path::parent).unwrap_or(path).to_owned()
}
