//! Writes a file of the cache so that others see all of it or nothing: the shims of several plugins, in this process
//! and in others, may write the same one at the same moment.
use std::io::{Error, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// Writes `bytes` to `path`, making its folder where it is missing.
///
/// # Errors
/// What the file system said.
pub fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path
        .parent()
        .ok_or_else(|| Error::other(format!("{} has no folder", path.display())))?;
    std::fs::create_dir_all(folder)?;
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}
