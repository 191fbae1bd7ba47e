//! Dependencies and interpreters that were fetched before, below the cache of this user: one folder
//! for each set. A store that cannot be used only costs time. Bounded: the sets that were not used
//! for longest go.

use crate::walk::{self, Links};
use osaurus_payload::{contents::DEPENDENCIES, own_folder};
use osaurus_shim::platform::cache_root;
use sha2::{Digest, Sha256};
use std::fs::{DirEntry, File};
use std::io::Result;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// So many sets are kept.
const MAX_SETS: usize = 12;
/// One that another build may be copying is not removed.
const IN_USE: Duration = Duration::from_secs(10 * 60);

/// Where one set is, or will be.
pub struct Folder {
    folder: PathBuf,
}

/// The place for a key.
pub fn place(key: &str) -> Option<Folder> {
    let root = own_folder::private_below(&cache_root(), DEPENDENCIES).ok()?;
    let digest = Sha256::digest(key.as_bytes());
    let name: String = digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Some(Folder {
        folder: root.join(name),
    })
}

impl Folder {
    /// Puts the set there; false when there is none.
    pub fn put_into(&self, target: &Path) -> bool {
        if !self.folder.is_dir() {
            return false;
        }
        if let Ok(opened) = File::open(&self.folder) {
            let _ = opened.set_modified(SystemTime::now());
        }
        bring_all(&self.folder, target, link).is_ok()
    }

    /// Keeps a set, unless another build has done so meanwhile.
    pub fn keep(&self, installed: &Path) {
        let Some(root) = self.folder.parent() else {
            return;
        };
        let folder = tempfile::Builder::new().prefix(".new-").tempdir_in(root);
        let Ok(aside) = folder else { return };
        // Copies: an installer may have linked its own cache.
        let stored = bring_all(installed, aside.path(), copy);
        if stored.and_then(|()| protect(aside.path())).is_err() {
            return;
        }
        let _ = std::fs::remove_dir_all(&self.folder);
        let _ = std::fs::rename(aside.path(), &self.folder);
        remove_oldest(root);
    }
}

/// How one file gets to another place.
type Bring = fn(&Path, &Path) -> Result<()>;

/// Of thousands of files that takes a tenth of the time that copies take.
fn link(from: &Path, to: &Path) -> Result<()> {
    if std::fs::symlink_metadata(from)?.is_file() && std::fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    copy(from, to)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::copy(from, to).map(drop)
}

fn bring_all(from: &Path, to: &Path, bring: Bring) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in walk::entries(from, Links::Followed)? {
        let target = to.join(&entry.below);
        match entry.kind.is_dir() {
            true => std::fs::create_dir_all(target)?,
            false => bring(&entry.path, &target)?,
        }
    }
    Ok(())
}

/// A plugin that is described cannot change what other builds take.
fn protect(folder: &Path) -> Result<()> {
    for entry in walk::entries(folder, Links::Followed)? {
        if entry.kind.is_dir() {
            continue;
        }
        let mut permissions = std::fs::metadata(&entry.path)?.permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&entry.path, permissions)?;
    }
    Ok(())
}

/// Nothing goes from a folder that this project did not make, nor what is named otherwise.
fn remove_oldest(root: &Path) {
    if !own_folder::is_ours(root) {
        return;
    }
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let mut sets: Vec<(SystemTime, PathBuf)> = entries
        .filter(is_set)
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    sets.sort();
    sets.reverse();
    let unused = |(used, _): &&(SystemTime, PathBuf)| used.elapsed().is_ok_and(|age| age > IN_USE);
    for (_, folder) in sets.iter().skip(MAX_SETS).filter(unused) {
        let _ = std::fs::remove_dir_all(folder);
    }
}

fn is_set(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let digits = name
        .to_string_lossy()
        .bytes()
        .filter(u8::is_ascii_hexdigit)
        .count();
    entry.file_type().is_ok_and(|kind| kind.is_dir()) && name.len() == 32 && digits == 32
}
