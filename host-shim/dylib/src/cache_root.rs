//! Where plugins are unpacked and answers of interpreters are kept. Used by everything that writes
//! there.
use crate::environment;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The folder for unpacked plugins: `OSAURUS_BRIDGE_CACHE`, else the user's cache folder, else a
/// private one in /tmp: where there is no home folder, or none that this user may write to. One
/// that was filled before is used where nothing at all can be written.
pub fn cache_root() -> PathBuf {
    if let Some(chosen) = environment::path("OSAURUS_BRIDGE_CACHE") {
        return chosen;
    }
    let home = environment::path("HOME").filter(|home| home.is_absolute());
    let (usual, fallback) = (user_caches(home), in_tmp());
    let writable = usual.clone().filter(|root| can_be_written(root));
    let filled = || usual.filter(|root| root.is_dir() && !can_be_written(&fallback));
    writable.or_else(filled).unwrap_or_else(|| fallback.clone())
}

fn in_tmp() -> PathBuf {
    // SAFETY: geteuid(2) has no arguments.
    let user = unsafe { libc::geteuid() };
    PathBuf::from(format!("/tmp/osaurus-bridge-{user}"))
}

#[cfg(target_os = "macos")]
fn user_caches(home: Option<PathBuf>) -> Option<PathBuf> {
    home.map(|home| home.join("Library/Caches/osaurus-bridge"))
}

#[cfg(not(target_os = "macos"))]
fn user_caches(home: Option<PathBuf>) -> Option<PathBuf> {
    let folder = environment::path("XDG_CACHE_HOME").filter(|path| path.is_absolute());
    folder
        .or_else(|| home.map(|home| home.join(".cache")))
        .map(|caches| caches.join("osaurus-bridge"))
}

/// Whether files can be made below a folder that may not be there yet. Makes nothing.
fn can_be_written(path: &Path) -> bool {
    let existing = path.ancestors().find(|folder| folder.exists());
    existing.is_some_and(|folder| folder.is_dir() && is_writable(folder))
}

fn is_writable(folder: &Path) -> bool {
    let Ok(name) = CString::new(folder.as_os_str().as_bytes()) else {
        return false;
    };
    // SAFETY: a NUL-terminated string that lives for the call.
    unsafe { libc::access(name.as_ptr(), libc::W_OK | libc::X_OK) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_judged_by_the_one_above_it() {
        let dir = tempfile::tempdir().unwrap();
        assert!(can_be_written(dir.path()));
        assert!(can_be_written(&dir.path().join("a/b")));
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(!can_be_written(&file.join("a")));
    }
}
