//! Files that are written whole or not at all, and that are on the disk before anything relies on
//! them. For everything that this project writes beside other processes: the cache, built
//! libraries, kept answers. Knows nothing of what is written.
use std::fs::{self, File, Permissions};
use std::io::{Error, Result, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// How the names of files begin that are being written.
const UNFINISHED: &str = ".osaurus-new-";
/// Of more files than that, the whole file system is written out at once: that is quicker than one
/// after the other.
#[cfg(target_os = "linux")]
const FEW: usize = 16;

/// Writes a file with this mode so that others see the old one or all of the new one. The
/// unfinished file has a name of its own, so that two writers do not meet; a link at `path` is
/// replaced, not followed.
///
/// # Errors
/// What the file system said.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let nowhere = || Error::other(format!("{} has no folder", path.display()));
    let folder = match path.parent().ok_or_else(nowhere)? {
        empty if empty.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    let mut file = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_data()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Writes out the files of a folder. A disk that refuses costs safety after a power cut alone: what
/// is damaged then is found.
pub(crate) fn sync<'a>(folder: &Path, names: impl ExactSizeIterator<Item = &'a str>) {
    #[cfg(target_os = "linux")]
    if names.len() > FEW
        && let Ok(opened) = File::open(folder)
        && rustix::fs::syncfs(&opened).is_ok()
    {
        return;
    }
    for name in names {
        sync_path(&folder.join(name));
    }
    sync_path(folder);
}

/// Makes a rename in this folder last.
pub(crate) fn sync_folder(folder: &Path) {
    sync_path(folder);
}

/// Not `File::sync_all`: on macOS that empties the disk's own cache, for each file.
fn sync_path(path: &Path) {
    if fs::symlink_metadata(path).is_ok_and(|found| found.is_file() || found.is_dir())
        && let Ok(opened) = File::open(path)
    {
        let _ = rustix::fs::fsync(&opened);
    }
}
