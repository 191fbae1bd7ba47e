//! Which program serves as helper: the one that the host was given, else the environment's, else
//! `osaurus-plugin-host` in the application's `Helpers` folder or beside the running program.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const NAME: &str = "osaurus-plugin-host";

/// A program and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HelperProgram {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
}

impl HelperProgram {
    pub(super) fn find(given: Option<&HelperProgram>) -> Option<HelperProgram> {
        if let Some(given) = given {
            return Some(given.clone());
        }
        let named = std::env::var_os("OSAURUS_PLUGIN_HOST_PATH").map(PathBuf::from);
        let here = std::env::current_exe().ok();
        let places = named
            .into_iter()
            .chain(here.iter().flat_map(|exe| beside(exe)));
        let program = places.into_iter().find(|path| is_executable(path))?;
        Some(HelperProgram {
            program,
            arguments: Vec::new(),
        })
    }
}

fn beside(executable: &Path) -> Vec<PathBuf> {
    let Some(folder) = executable.parent() else {
        return Vec::new();
    };
    let bundle = folder.parent().map(|contents| contents.join("Helpers"));
    let folders = bundle.into_iter().chain([folder.to_path_buf()]);
    folders.map(|folder| folder.join(NAME)).collect()
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundle_comes_before_the_programs_own_folder() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("MacOS/osaurus");
        let places = beside(&program);
        assert_eq!(
            places,
            [
                folder.path().join("Helpers/osaurus-plugin-host"),
                folder.path().join("MacOS/osaurus-plugin-host")
            ]
        );
        std::fs::create_dir_all(folder.path().join("Helpers")).unwrap();
        std::fs::write(&places[0], "").unwrap();
        assert!(!is_executable(&places[0]), "it must be executable");
        std::fs::set_permissions(&places[0], PermissionsExt::from_mode(0o755)).unwrap();
        assert!(is_executable(&places[0]) && !is_executable(folder.path()));
    }
}
