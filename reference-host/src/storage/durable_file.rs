//! Files that are there whole or not at all, even when the machine stops, and that only this user
//! can read. The marker, the quarantine and the access keys are written so.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Replaces a file: temporary file, sync, rename, sync of the folder.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::write;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_write_is_private_and_leaves_no_file_when_it_fails() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        write(&file, b"one").unwrap();
        write(&file, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let folder_in_the_way = folder.path().join("taken");
        fs::create_dir_all(folder_in_the_way.join("full")).unwrap();
        assert!(
            write(&folder_in_the_way, b"x").is_err(),
            "a folder is in the way"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
