//! Unpacks the files of a payload to a folder named by their content. Several processes may do so
//! at once: each unpacks aside, makes sure that the disk has it, and renames. A folder that lost or
//! changed files is repaired in place, because another process may be running from it. Used by the
//! shim; a folder that is complete is only read.
use crate::archive;
use crate::bytes::hex;
use crate::durable;
use crate::error::PayloadError;
use crate::files::Files;
use crate::format::Payload;
use crate::in_use::{self, UNFINISHED};
use crate::index::{self, INDEX, Listed, SHARED, State};
use crate::own_folder;
use std::borrow::Cow;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Where the files are in such a folder, beside the mark that says whose it is.
const FILES: &str = "files";

/// A payload's files. While this lives, no process that unpacks another payload removes them as
/// unused.
#[derive(Debug)]
pub struct Unpacked {
    folder: PathBuf,
    #[expect(dead_code, reason = "closing it releases the lock")]
    in_use: Option<File>,
}

impl Unpacked {
    /// Where they are, absolute.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Payload {
    /// Unpacks the plugin's own files: see [`Files::unpack_to_cache`].
    ///
    /// # Errors
    /// As there.
    pub fn unpack_to_cache(&self, cache_root: &Path) -> Result<Unpacked, PayloadError> {
        let archive = || Ok(Cow::Borrowed(self.archive()));
        unpacked(&self.files(), cache_root, archive)
    }
}

impl Files {
    /// Unpacks below `cache_root` unless that was done before: only then `read` gets the archive.
    /// Any thread. What was unpacked there by plugins that no one has started for 30 days is
    /// removed when something new comes.
    ///
    /// # Errors
    /// When the archive is damaged, when the cache belongs to someone else, or when the disk
    /// refuses.
    pub fn unpack_to_cache<'a>(
        &self,
        cache_root: &Path,
        read: impl FnOnce() -> Result<Cow<'a, [u8]>, PayloadError>,
    ) -> Result<Unpacked, PayloadError> {
        unpacked(self, cache_root, || {
            let archive = read()?;
            self.check(&archive)?;
            Ok(archive)
        })
    }
}

/// What [`Files::unpack_to_cache`] does, with an archive that was checked.
fn unpacked<'a>(
    files: &Files,
    cache_root: &Path,
    archive: impl FnOnce() -> Result<Cow<'a, [u8]>, PayloadError>,
) -> Result<Unpacked, PayloadError> {
    let root = own_folder::private(cache_root)?;
    let folder = root.join(&hex(&files.digest)[..32]);
    let shared = in_use::share(&root);
    let is_new = !is_complete(&folder);
    if is_new {
        unpack(&archive()?, files.is_shared, &root, &folder)?;
    }
    let in_use = in_use::mark(&folder);
    drop(shared);
    if is_new {
        in_use::remove_unused(&root);
    }
    Ok(Unpacked { folder, in_use })
}

/// Whether payloads can be unpacked below `cache_root`, which is made when it is missing.
///
/// # Errors
/// When it belongs to another user, or when the disk refuses.
pub fn check_cache(cache_root: &Path) -> Result<(), PayloadError> {
    let root = own_folder::private(cache_root)?;
    aside(&root).map(drop)
}

/// A folder that was copied or restored is complete: it gets a list with the new times, where that
/// can be written.
fn is_complete(home: &Path) -> bool {
    match index::examine(home) {
        State::Same => true,
        State::Touched(files) => {
            let _ = write_index(home, home, &files);
            true
        }
        State::Damaged => false,
    }
}

fn unpack(archive: &[u8], is_shared: bool, root: &Path, home: &Path) -> Result<(), PayloadError> {
    let aside = aside(root)?;
    let fresh = aside.path().join(FILES);
    own_folder::create(&fresh).map_err(PayloadError::io("create the folder", &fresh))?;
    let files = archive::unpack(archive, &fresh)?;
    write_index(&fresh, &fresh, &files)?;
    if is_shared {
        let mark = fresh.join(SHARED);
        fs::write(&mark, "").map_err(PayloadError::io("write", &mark))?;
    }
    durable::sync(&fresh, files.iter().map(|file| file.name.as_str()));
    // A folder that is there and complete by now is another process's work, as good as ours.
    match fs::rename(&fresh, home) {
        Ok(()) => durable::sync_folder(root),
        Err(_) if is_complete(home) => {}
        Err(_) if home.is_dir() => repair(&fresh, home, &files)?,
        Err(source) => return Err(PayloadError::io("create the folder", home)(source)),
    }
    Ok(())
}

/// A folder for one unpacking, removed when it was not renamed away. Nothing else has its name: the
/// shims of several plugins in one process unpack at the same moment, too.
fn aside(root: &Path) -> Result<TempDir, PayloadError> {
    let folder = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(root);
    let folder = folder.and_then(|folder| own_folder::mark(folder.path()).map(|()| folder));
    folder.map_err(PayloadError::io("create a folder in", root))
}

/// Writes the list of the files in `folder` to `place`, whole or not at all.
fn write_index(folder: &Path, place: &Path, files: &[Listed]) -> Result<(), PayloadError> {
    let text = index::text(folder, files)?;
    let path = place.join(INDEX);
    durable::write(&path, text.as_bytes(), 0o600).map_err(PayloadError::io("write", &path))
}

/// Moves every file of `fresh` that `home` lacks or has with other contents.
fn repair(fresh: &Path, home: &Path, files: &[Listed]) -> Result<(), PayloadError> {
    for file in files {
        let target = home.join(&file.name);
        if !index::holds(&target, file) {
            replace(&fresh.join(&file.name), &target)?;
        }
    }
    write_index(home, home, files)
}

fn replace(from: &Path, to: &Path) -> Result<(), PayloadError> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(PayloadError::io("create the folder", parent))?;
    }
    if fs::symlink_metadata(to).is_ok_and(|found| found.is_dir()) {
        fs::remove_dir_all(to).map_err(PayloadError::io("replace", to))?;
    }
    fs::rename(from, to).map_err(PayloadError::io("replace", to))
}
