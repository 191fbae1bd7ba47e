//! The folder of installed plugins, `Tools/<plugin id>/<version>/…`: which plugins, which version
//! of each, which libraries in it. Reads names only; whether a library may be loaded is decided
//! elsewhere.

use semver::Version;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

/// A plugin's folder.
pub(crate) struct Installed {
    pub(crate) id: String,
    folder: PathBuf,
}

/// The plugins in it, by name. The folder is made when it is missing.
pub(crate) fn installed(tools: &Path) -> io::Result<Vec<Installed>> {
    fs::create_dir_all(tools)?;
    let folders = visible(tools).into_iter().filter(is_folder);
    let mut plugins: Vec<Installed> = folders
        .map(|folder| Installed {
            id: folder.file_name().to_string_lossy().into_owned(),
            folder: folder.path(),
        })
        .collect();
    plugins.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(plugins)
}

impl Installed {
    pub(crate) fn new(tools: &Path, id: &str) -> Installed {
        Installed {
            id: id.to_string(),
            folder: tools.join(id),
        }
    }

    /// Where the symlink `current` points, else the folder with the highest semantic version.
    pub(crate) fn version_folder(&self) -> Option<PathBuf> {
        match fs::read_link(self.folder.join("current")) {
            Ok(target) => Some(self.folder.join(target)),
            Err(_) => self.highest_version(),
        }
    }

    /// The name of the version folder.
    pub(crate) fn version(&self) -> Option<String> {
        let folder = self.version_folder()?;
        Some(folder.file_name()?.to_string_lossy().into_owned())
    }

    fn highest_version(&self) -> Option<PathBuf> {
        Some(self.folder.join(self.versions().pop()?))
    }

    /// The names of all version folders, oldest first.
    pub(crate) fn versions(&self) -> Vec<String> {
        let version = |entry: DirEntry| {
            let name = entry.file_name();
            Version::parse(name.to_str()?)
                .ok()
                .filter(|_| is_folder(&entry))
        };
        let mut versions: Vec<Version> = visible(&self.folder)
            .into_iter()
            .filter_map(version)
            .collect();
        versions.sort();
        versions.iter().map(Version::to_string).collect()
    }
}

/// All libraries at any depth, hidden files and folders aside, in path order.
pub(crate) fn libraries(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in visible(&folder) {
            let path = entry.path();
            if is_folder(&entry) {
                folders.push(path);
            } else if is_library(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Osaurus takes `.dylib` only, exactly so; where the platform's libraries are called otherwise,
/// these count too.
fn is_library(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        extension == "dylib" || extension == std::env::consts::DLL_EXTENSION
    })
}

fn visible(folder: &Path) -> Vec<DirEntry> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_hidden = |entry: &DirEntry| entry.file_name().as_encoded_bytes().starts_with(b".");
    entries.filter(|entry| !is_hidden(entry)).collect()
}

/// Symlinks to folders are not followed.
fn is_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin(files: &[&str]) -> (tempfile::TempDir, Installed) {
        let tools = tempfile::tempdir().unwrap();
        for file in files {
            let path = tools.path().join("dev.x").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let installed = Installed::new(tools.path(), "dev.x");
        (tools, installed)
    }

    #[test]
    fn the_highest_version_is_taken_by_precedence_not_by_name() {
        let files = [
            "1.9.0/f",
            "1.10.0/f",
            "1.11.0-beta.2/f",
            "data/f",
            "latest/f",
            "v2.0.0/f",
        ];
        let (_tools, installed) = plugin(&files);
        assert_eq!(installed.version().as_deref(), Some("1.11.0-beta.2"));
        let (_tools, installed) = plugin(&["2.0.0-rc.1/f", "2.0.0/f", ".3.0.0/f"]);
        assert_eq!(installed.version().as_deref(), Some("2.0.0"));
        assert_eq!(plugin(&["data/f"]).1.version(), None);
    }

    #[test]
    fn current_wins_when_it_is_a_symlink() {
        let (tools, installed) = plugin(&["1.0.0/f", "2.0.0/f"]);
        let current = tools.path().join("dev.x/current");
        std::os::unix::fs::symlink("1.0.0", &current).unwrap();
        assert_eq!(installed.version().as_deref(), Some("1.0.0"));
        fs::remove_file(&current).unwrap();
        fs::create_dir(&current).unwrap();
        assert_eq!(
            installed.version().as_deref(),
            Some("2.0.0"),
            "a folder is none"
        );
    }

    #[test]
    fn libraries_are_found_at_any_depth_but_not_hidden() {
        let files = [
            "1.0.0/b.dylib",
            "1.0.0/lib/deep/a.dylib",
            "1.0.0/.h.dylib",
            "1.0.0/.d/a.dylib",
            "1.0.0/c.DYLIB",
            "1.0.0/x.txt",
        ];
        let (tools, installed) = plugin(&files);
        let root = tools.path().join("dev.x/1.0.0");
        let libraries = libraries(&installed.version_folder().unwrap());
        assert_eq!(
            libraries,
            [root.join("b.dylib"), root.join("lib/deep/a.dylib")]
        );
    }

    #[test]
    fn hidden_folders_and_files_are_not_plugins_and_a_missing_folder_is_made() {
        let parent = tempfile::tempdir().unwrap();
        let tools = parent.path().join("Tools");
        assert!(installed(&tools).unwrap().is_empty() && tools.is_dir());
        for folder in ["b", "a", ".hidden"] {
            fs::create_dir(tools.join(folder)).unwrap();
        }
        fs::write(tools.join("file"), "").unwrap();
        let ids: Vec<String> = installed(&tools)
            .unwrap()
            .into_iter()
            .map(|p| p.id)
            .collect();
        assert_eq!(ids, ["a", "b"]);
    }
}
