//! Which folders of the cache are in use, and the removal of those that nobody has used for long. A process that runs
//! from a folder holds a shared lock on it, so that it keeps its files however long it runs. Used by `cache`.
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Where Node keeps compiled code, below the root of the cache.
pub const COMPILED_CODE: &str = "node-code";
/// What has not been used for this long is removed. It costs a plugin one unpacking when it is used again.
const UNUSED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A shared lock on `folder`, released when it is dropped; waits while somebody removes what is below. None where the
/// file system has no locks: then the folder's age alone protects it.
pub(crate) fn share(folder: &Path) -> Option<File> {
    let opened = File::open(folder).ok()?;
    opened.lock_shared().ok().map(|()| opened)
}

/// The same, and notes that `folder` is in use now.
pub(crate) fn mark(folder: &Path) -> Option<File> {
    let opened = share(folder)?;
    // Somebody else's clock or rights are no reason not to run.
    let _ = opened.set_modified(SystemTime::now());
    Some(opened)
}

/// Removes unpacked payloads and compiled code that nobody has used for long, unless somebody is unpacking now.
/// What cannot be removed stays: a cache that is too big is no reason not to run.
pub(crate) fn remove_unused(root: &Path) {
    let Ok(opened) = File::open(root) else { return };
    if opened.try_lock().is_err() {
        return;
    }
    let unpacked = entries(root).filter(|entry| is_unpacked(&entry.file_name()));
    for folder in unpacked.filter(is_old).map(|entry| entry.path()) {
        if !crate::contents::is_in_use(&folder) {
            let _ = fs::remove_dir_all(folder);
        }
    }
    let compiled = entries(&root.join(COMPILED_CODE)).flat_map(|version| entries(&version.path()));
    for file in compiled.filter(is_old) {
        let _ = fs::remove_file(file.path());
    }
}

fn entries(folder: &Path) -> impl Iterator<Item = fs::DirEntry> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten()
}

/// Whether the name is one of a payload's folder, or of one that a killed process did not finish.
fn is_unpacked(name: &std::ffi::OsStr) -> bool {
    let name = name.to_string_lossy();
    crate::contents::is_hexadecimal(&name, 32) || name.starts_with(crate::cache::UNFINISHED)
}

fn is_old(entry: &fs::DirEntry) -> bool {
    let used = entry.metadata().and_then(|data| data.modified()).ok();
    used.and_then(|used| used.elapsed().ok())
        .is_some_and(|age| age > UNUSED)
}
