//! Hashes of files and folders: names, contents, and which files are programs. Used to tell whether
//! something was built or packed before.

use super::tree;
use crate::failure::{Failure, OrFail};
use sha2::{Digest, Sha256};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Of a file or a folder alone.
pub fn of(path: &Path) -> Result<String, Failure> {
    let mut hash = Sha256::new();
    add(path, &mut |part| {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    })?;
    let digest = hash.finalize();
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Gives what makes up a file or a folder to `add`.
pub fn add(path: &Path, add: &mut impl FnMut(&[u8])) -> Result<(), Failure> {
    match path.is_dir() {
        true => add_folder(path, add),
        false => add_file(path, add),
    }
}

fn add_folder(folder: &Path, add: &mut impl FnMut(&[u8])) -> Result<(), Failure> {
    for name in tree::names_in(folder)? {
        let path = folder.join(&name);
        add(name.as_encoded_bytes());
        if path.is_dir() {
            add_folder(&path, add)?;
            add(b"end of the folder");
            continue;
        }
        add_file(&path, add)?;
    }
    Ok(())
}

fn add_file(path: &Path, add: &mut impl FnMut(&[u8])) -> Result<(), Failure> {
    let what = format!("cannot read {}", path.display());
    let bytes = std::fs::read(path).or_fail(&what, "")?;
    let data = std::fs::metadata(path).or_fail(&what, "")?;
    add(&[u8::from(data.permissions().mode() & 0o111 != 0)]);
    add(&bytes);
    Ok(())
}
