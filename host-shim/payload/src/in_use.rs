//! Which folders of the cache are in use, and the removal of those that no one has used for long. A
//! process that runs from a folder holds a shared lock on it, so that it keeps its files however
//! long it runs. Used by `cache`.
use crate::bytes::is_hexadecimal;
use crate::index::{self, INDEX};
use crate::own_folder;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How the names of folders begin that are being unpacked.
pub(crate) const UNFINISHED: &str = ".new-";
/// Where Node keeps compiled code, below the root of the cache.
pub const COMPILED_CODE: &str = "node-code";
/// What has not been used for this long is removed. It costs a plugin one unpacking when it is used
/// again.
const UNUSED: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Bytes that unpacked payloads may take together.
const MAX_UNPACKED: u64 = 2 << 30;

/// A shared lock on `folder`, released when it is dropped; waits while someone removes what is
/// below. None where the file system has no locks: then the folder's age alone protects it.
pub(crate) fn share(folder: &Path) -> Option<File> {
    let opened = File::open(folder).ok()?;
    opened.lock_shared().ok().map(|()| opened)
}

/// The same, and notes that `folder` is in use now.
pub(crate) fn mark(folder: &Path) -> Option<File> {
    let opened = share(folder)?;
    // Someone else's clock or rights do not keep it from running.
    let _ = opened.set_modified(SystemTime::now());
    Some(opened)
}

/// Removes unpacked payloads and compiled code that no one has used for long, unless someone is
/// unpacking now. What cannot be removed stays: a cache that is too big is not a reason not to run.
pub(crate) fn remove_unused(root: &Path) {
    let Ok(opened) = File::open(root) else { return };
    if opened.try_lock().is_err() {
        return;
    }
    let unpacked = entries(root).filter(is_unpacked);
    for folder in unpacked.filter(is_old).map(|entry| entry.path()) {
        remove_unless_in_use(&folder);
    }
    remove_beyond(root, MAX_UNPACKED);
    for file in compiled_code(root).filter(is_old) {
        let _ = fs::remove_file(file.path());
    }
}

/// Removes unpacked payloads until the others take no more than `limit` bytes, first what was not
/// used for longest.
fn remove_beyond(root: &Path, limit: u64) {
    let unpacked = entries(root).filter(is_unpacked);
    let mut newest_first: Vec<(Option<SystemTime>, PathBuf)> = unpacked
        .map(|entry| (last_use(&entry), entry.path()))
        .collect();
    newest_first.sort();
    newest_first.reverse();
    let mut bytes = 0;
    for (_, folder) in newest_first {
        bytes += index::size_of(&folder);
        if bytes > limit {
            remove_unless_in_use(&folder);
        }
    }
}

/// Whether a process runs from this folder.
pub(crate) fn is_in_use(folder: &Path) -> bool {
    !File::open(folder).is_ok_and(|opened| opened.try_lock().is_ok())
}

fn remove_unless_in_use(folder: &Path) {
    if !is_in_use(folder) {
        let _ = fs::remove_dir_all(folder);
    }
}

/// What Node has compiled, where the folder for it is one that this project made.
pub(crate) fn compiled_code(root: &Path) -> impl Iterator<Item = fs::DirEntry> + use<> {
    let folder = root.join(COMPILED_CODE);
    let ours = own_folder::is_ours(&folder).then(|| entries(&folder));
    let versions = ours.into_iter().flatten().filter(is_folder);
    let files = versions.flat_map(|version| entries(&version.path()));
    files.filter(|file| file.file_type().is_ok_and(|kind| kind.is_file()))
}

fn entries(folder: &Path) -> impl Iterator<Item = fs::DirEntry> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten()
}

/// Whether it is a payload's folder, or one that a killed process did not finish: by its name and
/// by what only this project writes into it. Everything else stays, whosever it is.
pub(crate) fn is_unpacked(entry: &fs::DirEntry) -> bool {
    is_payload(entry) || is_unfinished(entry)
}

pub(crate) fn is_payload(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name();
    let named = is_hexadecimal(&name.to_string_lossy(), 32);
    let index = || fs::symlink_metadata(entry.path().join(INDEX));
    named && is_folder(entry) && index().is_ok_and(|found| found.is_file())
}

pub(crate) fn is_unfinished(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name();
    let named = name.to_string_lossy().starts_with(UNFINISHED);
    named && own_folder::is_ours(&entry.path())
}

/// A link to a folder is none.
fn is_folder(entry: &fs::DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_dir())
}

fn is_old(entry: &fs::DirEntry) -> bool {
    let age = last_use(entry).and_then(|used| used.elapsed().ok());
    age.is_some_and(|age| age > UNUSED)
}

fn last_use(entry: &fs::DirEntry) -> Option<SystemTime> {
    entry.metadata().and_then(|data| data.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_makes_room_and_what_runs_stays() {
        let root = tempfile::tempdir().unwrap();
        let folder = |letter: &str, hours: u64| {
            let folder = root.path().join(letter.repeat(32));
            fs::create_dir(&folder).unwrap();
            let file = |name: &str, size: usize| {
                fs::write(folder.join(name), vec![0; size]).unwrap();
                let (name, size, hash) = (name.to_owned(), size as u64, String::new());
                index::Listed { name, size, hash }
            };
            let files = [file("a", 400), file("b", 100)];
            fs::write(folder.join(INDEX), index::text(&folder, &files).unwrap()).unwrap();
            let used = SystemTime::now() - Duration::from_secs(hours * 3600);
            File::open(&folder).unwrap().set_modified(used).unwrap();
            folder
        };
        let [new, older, oldest] = [folder("a", 1), folder("b", 2), folder("c", 3)];
        let running = share(&oldest);
        remove_beyond(root.path(), 600);
        assert!(new.is_dir() && oldest.is_dir() && !older.is_dir());
        drop(running);
        remove_beyond(root.path(), 600);
        assert!(new.is_dir() && !oldest.is_dir());
    }
}
