//! Unpacks the files of a payload to a folder named by their content. Several processes may do so at once: each unpacks
//! aside and renames. A folder that lost files is mended in place, because another process may be running from it.
use crate::archive::{self, Entry};
use crate::error::PayloadError;
use crate::files::Files;
use crate::format::{Payload, hex};
use crate::in_use;
use std::borrow::Cow;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Lists the files of a finished folder: one `length<TAB>name` per line.
pub(crate) const INDEX: &str = ".osaurus-files";
/// Marks a folder of files that plugins share.
pub(crate) const SHARED: &str = ".osaurus-shared";
/// How the names of folders begin that are being unpacked.
pub(crate) const UNFINISHED: &str = ".new-";

/// A payload's files. While this lives, no process that unpacks another payload removes them as unused.
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

/// What [`Files::unpack_to_cache`] does, with an archive that was checked.
pub(crate) fn unpacked<'a>(
    files: &Files,
    cache_root: &Path,
    archive: impl FnOnce() -> Result<Cow<'a, [u8]>, PayloadError>,
) -> Result<Unpacked, PayloadError> {
    let root = private_folder(cache_root)?;
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

fn unpack(archive: &[u8], is_shared: bool, root: &Path, home: &Path) -> Result<(), PayloadError> {
    let aside = aside(root)?;
    let files = archive::unpack(archive, aside.path())?;
    write_index(aside.path(), &files)?;
    if is_shared {
        let mark = aside.path().join(SHARED);
        fs::write(&mark, "").map_err(PayloadError::io("write", &mark))?;
    }
    // A folder that is there and complete by now is another process's work, as good as ours.
    match fs::rename(aside.path(), home) {
        Ok(()) => Ok(()),
        Err(_) if is_complete(home) => Ok(()),
        Err(_) if home.is_dir() => mend(aside.path(), home, &files),
        Err(source) => Err(PayloadError::Io {
            action: "create the folder",
            path: home.into(),
            source,
        }),
    }
}

/// Whether payloads can be unpacked below `cache_root`, which is made when it is missing.
///
/// # Errors
/// When it belongs to another user, when others may write to it, or when the disk refuses.
pub fn check_cache(cache_root: &Path) -> Result<(), PayloadError> {
    private_folder(cache_root).map(drop)
}

/// A folder for one unpacking, removed when it was not renamed away. Its name is nobody else's: the shims of several
/// plugins in one process unpack at the same moment, too.
fn aside(root: &Path) -> Result<TempDir, PayloadError> {
    let made = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(root);
    made.map_err(PayloadError::io("create a folder in", root))
}

fn is_complete(home: &Path) -> bool {
    let Ok(index) = fs::read_to_string(home.join(INDEX)) else {
        return false;
    };
    index.lines().all(|line| {
        line.split_once('\t').is_some_and(|(size, name)| {
            fs::symlink_metadata(home.join(name))
                .is_ok_and(|m| m.is_file() && size == m.len().to_string())
        })
    })
}

fn write_index(folder: &Path, files: &[Entry]) -> Result<(), PayloadError> {
    let text: String = files
        .iter()
        .map(|(name, size)| format!("{size}\t{name}\n"))
        .collect();
    let path = folder.join(INDEX);
    fs::write(&path, text).map_err(PayloadError::io("write", &path))
}

/// Moves every file of `fresh` that `home` lacks or has in another length.
fn mend(fresh: &Path, home: &Path, files: &[Entry]) -> Result<(), PayloadError> {
    for (name, size) in files {
        let target = home.join(name);
        let good = fs::symlink_metadata(&target).is_ok_and(|m| m.is_file() && m.len() == *size);
        if !good {
            replace(&fresh.join(name), &target)?;
        }
    }
    replace(&fresh.join(INDEX), &home.join(INDEX))
}

fn replace(from: &Path, to: &Path) -> Result<(), PayloadError> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(PayloadError::io("create the folder", parent))?;
    }
    if to.is_dir() {
        fs::remove_dir_all(to).map_err(PayloadError::io("replace", to))?;
    }
    fs::rename(from, to).map_err(PayloadError::io("replace", to))
}

/// Makes `path` if it is missing and refuses it when another user could put files there.
fn private_folder(path: &Path) -> Result<PathBuf, PayloadError> {
    if !path.is_dir() {
        create_private(path)?;
    }
    let path = fs::canonicalize(path).map_err(PayloadError::io("open", path))?;
    check_owner(&path)?;
    Ok(path)
}

#[cfg(unix)]
fn create_private(path: &Path) -> Result<(), PayloadError> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(PayloadError::io("create the folder", path))
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> Result<(), PayloadError> {
    fs::create_dir_all(path).map_err(PayloadError::io("create the folder", path))
}

#[cfg(unix)]
fn check_owner(path: &Path) -> Result<(), PayloadError> {
    use std::os::unix::fs::MetadataExt;
    let probe = aside(path)?;
    let meta = |p: &Path| fs::metadata(p).map_err(PayloadError::io("open", p));
    let (ours, root) = (meta(probe.path())?, meta(path)?);
    let refuse = |why: String| PayloadError::Cache {
        path: path.into(),
        why,
    };
    if ours.uid() != root.uid() {
        return Err(refuse(format!(
            "belongs to user {}, this process is user {}",
            root.uid(),
            ours.uid()
        )));
    }
    if root.mode() & 0o022 != 0 {
        return Err(refuse(format!(
            "may be written by others (mode {:o}, expected 700)",
            root.mode() & 0o777
        )));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_owner(_path: &Path) -> Result<(), PayloadError> {
    Ok(())
}
