//! Confinement: what a process that runs a plugin can reach of the user's files. The process
//! confines itself before it loads anything, and what it starts inherits that. Used by the sandbox
//! and by the program's `inspect`. Knows nothing of rules and hosts.

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod platform;
#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod platform;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
#[path = "none.rs"]
mod platform;

use serde::{Deserialize, Serialize};
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// Folders in which it may write.
    pub writable: Vec<PathBuf>,
    /// Files and folders that it may read although they are in a hidden one.
    pub readable: Vec<PathBuf>,
    /// Folders in which it sees nothing.
    pub hidden: Vec<PathBuf>,
}

impl Reach {
    /// For trying a library: the user's homes and the current folder are hidden, the library and
    /// interpreters are not.
    pub fn for_library(library: &Path, homes: &[PathBuf]) -> Reach {
        let here = std::env::current_dir().ok();
        let hidden: Vec<PathBuf> = homes.iter().cloned().chain(here.clone()).collect();
        let hidden = hidden.iter().filter_map(|path| path.canonicalize().ok());
        // Hiding the root would hide the system.
        let hidden: Vec<PathBuf> = hidden.filter(|path| path.parent().is_some()).collect();
        let opens_none = |path: &PathBuf| {
            let real = path.canonicalize().unwrap_or_else(|_| path.clone());
            !hidden.iter().any(|hidden| hidden.starts_with(&real))
        };
        let below = |folders: &[PathBuf], names: &[&str]| -> Vec<PathBuf> {
            let all = folders
                .iter()
                .flat_map(|folder| names.iter().map(move |name| folder.join(name)));
            all.collect()
        };
        let mut readable = below(homes, INTERPRETERS);
        readable.extend(below(here.as_slice(), ENVIRONMENTS));
        let named = named_by_variables().into_iter().chain(on_path());
        readable.extend(named.filter(opens_none));
        let mut reach = Reach {
            hidden,
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

    /// Confines this process, for good, with all that it starts from now on. To be called while it
    /// has one thread. False where the system cannot do that.
    ///
    /// # Errors
    /// What the system said.
    pub fn enforce(&self) -> io::Result<bool> {
        platform::enforce(self)
    }
}

/// What this system can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Support {
    /// It refuses all that it should.
    Full,
    /// It refuses most; what it lets through.
    Partial(&'static str),
    /// It cannot; why.
    Missing(&'static str),
}

/// What this system can do to confine a process.
pub fn support() -> Support {
    platform::support()
}

/// Whether this system can confine a process.
pub fn is_available() -> bool {
    !matches!(support(), Support::Missing(_))
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

/// Interpreters and engines that the user named.
fn named_by_variables() -> Vec<PathBuf> {
    let ours = std::env::vars_os()
        .filter(|(name, _)| name.to_string_lossy().starts_with("OSAURUS_BRIDGE_"));
    let paths = ours.map(|(_, value)| PathBuf::from(value));
    let existing = paths.filter(|path| path.is_absolute() && path.exists());
    existing.flat_map(|path| installation(&path)).collect()
}

/// Where programs are looked for, with the libraries that are installed beside them.
fn on_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    folders.flat_map(|bin| around_programs(&bin)).collect()
}

/// A program, by its name and by what that leads to, with the libraries of its installation. The
/// whole prefix is not among them: it may be `~/.local`, which has more in it than programs.
fn installation(program: &Path) -> Vec<PathBuf> {
    let real = program.canonicalize().ok();
    let both = [Some(program.to_owned()), real].into_iter().flatten();
    let parts = both.flat_map(|program| {
        let bin = program.parent().filter(|folder| folder.ends_with("bin"));
        let mut parts = bin.map(around_programs).unwrap_or_default();
        parts.push(program);
        parts
    });
    parts.collect()
}

/// A folder of programs and what belongs to it.
fn around_programs(bin: &Path) -> Vec<PathBuf> {
    let mut parts = vec![bin.to_owned()];
    if let Some(prefix) = bin.parent().filter(|_| bin.ends_with("bin")) {
        let names = ["lib", "lib64", "libexec", "include", "pyvenv.cfg"];
        parts.extend(names.iter().map(|name| prefix.join(name)));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_is_not_all_that_is_below_its_prefix() {
        let parts = installation(Path::new("/nowhere/.local/bin/python3"));
        assert!(parts.contains(&PathBuf::from("/nowhere/.local/bin")));
        assert!(parts.contains(&PathBuf::from("/nowhere/.local/lib")));
        assert!(
            !parts.contains(&PathBuf::from("/nowhere/.local")),
            "{parts:?}"
        );
    }
}
