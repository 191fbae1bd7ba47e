//! Folders of this project's own: made, marked and kept private here, for everyone who writes below
//! the cache. Another user's folder is refused; our own is repaired, whatever the umask was when it
//! was made. Knows nothing of what is in it.
use crate::error::PayloadError;
use rustix::process::geteuid;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io::{Error, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Says that this project made a folder, so that it may remove what is in it. The name is a
/// convention for caches: programs that make backups leave such folders out.
pub(crate) const MARK: &str = "CACHEDIR.TAG";
const MARK_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# made by osaurus-bridge\n";
const PRIVATE: u32 = 0o700;
/// What others may do with a folder: nothing.
const OF_OTHERS: u32 = 0o077;
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// Makes `path` if it is missing, with mode 0700 whatever the umask, and gives its absolute name.
/// One of this user's that others may enter is closed to them. Nothing is written where the folder
/// is as it should be.
///
/// # Errors
/// When it belongs to another user, is a link that another user made, or cannot be made.
pub fn private(path: &Path) -> Result<PathBuf, PayloadError> {
    let is_absent = |error: &Error| error.kind() == ErrorKind::NotFound;
    if fs::symlink_metadata(path).is_err_and(|error| is_absent(&error)) {
        make(path)?;
    }
    let metadata = fs::symlink_metadata(path).map_err(PayloadError::io("open", path))?;
    refuse_link_of_another(path, &metadata)?;
    let path = fs::canonicalize(path).map_err(PayloadError::io("open", path))?;
    let metadata = fs::metadata(&path).map_err(PayloadError::io("open", &path))?;
    refuse_folder_of_another(&path, &metadata)?;
    mark_if_empty(&path);
    close_to_others(&path, &metadata)?;
    Ok(path)
}

/// As [`private`], for the folder `name` below the cache's root, which is made private first.
///
/// # Errors
/// As [`private`].
pub fn private_below(root: &Path, name: impl AsRef<OsStr>) -> Result<PathBuf, PayloadError> {
    private(&private(root)?.join(name.as_ref()))
}

/// Whether the folder is this user's and was made by this project. Links are not followed.
pub fn is_ours(folder: &Path) -> bool {
    let plain = |path: &Path| fs::symlink_metadata(path).ok();
    let its = plain(folder).is_some_and(|found| found.is_dir() && is_this_users(&found));
    let mark = folder.join(MARK);
    its && plain(&mark).is_some_and(|found| found.is_file() && is_this_users(&found))
        && fs::read_to_string(mark).is_ok_and(|text| text == MARK_TEXT)
}

/// Whether this process' user owns it.
pub fn is_this_users(found: &Metadata) -> bool {
    found.uid() == geteuid().as_raw()
}

/// Says in a folder that this project made it.
pub(crate) fn mark(folder: &Path) -> std::io::Result<()> {
    let mut options = File::options();
    let options = options.write(true).create_new(true).mode(0o600);
    options
        .open(folder.join(MARK))?
        .write_all(MARK_TEXT.as_bytes())
}

/// The folders above get the umask's rights: they are not ours alone.
fn make(path: &Path) -> Result<(), PayloadError> {
    let failed = PayloadError::io("create the folder", path);
    let above = path.parent().map_or(Ok(()), fs::create_dir_all);
    match above.and_then(|()| create(path)) {
        // By another process at the same moment.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other.map_err(failed),
    }
}

/// A new folder with mode 0700, whatever the umask.
pub(crate) fn create(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().mode(PRIVATE).create(path)?;
    fs::set_permissions(path, Permissions::from_mode(PRIVATE))
}

/// In a place such as /tmp anyone can make a link to a folder of this user's.
fn refuse_link_of_another(path: &Path, found: &Metadata) -> Result<(), PayloadError> {
    if !found.is_symlink() || is_this_users(found) || found.uid() == 0 {
        return Ok(());
    }
    Err(refused(
        path,
        format!("is a link that user {} made", found.uid()),
    ))
}

fn refuse_folder_of_another(path: &Path, found: &Metadata) -> Result<(), PayloadError> {
    if !found.is_dir() {
        return Err(refused(path, "is not a folder".to_owned()));
    }
    if is_this_users(found) {
        return Ok(());
    }
    let (owner, user) = (found.uid(), geteuid().as_raw());
    Err(refused(
        path,
        format!("belongs to user {owner}, this process is user {user}"),
    ))
}

/// Others may look into a folder that the user chose and that is not of this project's making, but
/// never write there. On a file system that is read-only no one writes, whatever the mode says.
fn close_to_others(path: &Path, found: &Metadata) -> Result<(), PayloadError> {
    let writable = found.mode() & WRITABLE_BY_OTHERS != 0;
    let is_too_open = writable || (found.mode() & OF_OTHERS != 0 && is_ours(path));
    if !is_too_open {
        return Ok(());
    }
    match fs::set_permissions(path, Permissions::from_mode(PRIVATE)) {
        Err(error) if writable && error.kind() != ErrorKind::ReadOnlyFilesystem => {
            let mode = found.mode() & 0o777;
            Err(refused(
                path,
                format!(
                    "may be written by others (mode {mode:o}, expected 700), which cannot be \
                     changed: {error}"
                ),
            ))
        }
        _ => Ok(()),
    }
}

/// Also what an earlier process made and did not get to mark. A folder that holds something else is
/// not of our making: it is used, and nothing goes from there but what carries a mark of its own.
fn mark_if_empty(folder: &Path) {
    let is_empty = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    if is_empty {
        // Without the mark nothing is removed later: that costs room alone.
        let _ = mark(folder);
    }
}

fn refused(path: &Path, why: String) -> PayloadError {
    PayloadError::Cache {
        path: path.into(),
        why,
    }
}
