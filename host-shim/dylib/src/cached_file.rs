//! Writes a file of the cache so that others see all of it or nothing: the shims of several
//! plugins, in this process and in others, may write the same one at the same moment. Used by
//! `probe` and `python::library`.
use osaurus_payload::{durable, own_folder};
use std::io::Error;
use std::path::{Path, PathBuf};

/// Writes `bytes` to the file `name` in `folder` of the cache `root`, making both folders where
/// they are missing.
///
/// # Errors
/// What the file system said, or that the cache is another user's.
pub fn write(root: &Path, folder: &str, name: &str, bytes: &[u8]) -> std::io::Result<PathBuf> {
    let folder = own_folder::private_below(root, folder).map_err(Error::other)?;
    let path = folder.join(name);
    durable::write(&path, bytes, 0o600)?;
    Ok(path)
}
