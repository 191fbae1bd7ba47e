//! What the cache holds, by kind, and its removal when the user asks for it. Used by the program's
//! `cache` and `doctor`. Plugins themselves remove only what is unused for long (`in_use`). Touches
//! nothing that it does not know.
use crate::bytes::is_hexadecimal;
use crate::in_use::{self, compiled_code, is_in_use};
use crate::index::SHARED;
use crate::own_folder;
use std::fs::{self, DirEntry, File, FileType};
use std::io;
use std::path::{Path, PathBuf};

/// Folder of what Pythons said about themselves, below the root of the cache.
pub const PYTHONS: &str = "pythons";
/// Folder of what Nodes said about themselves, below the root of the cache.
pub const NODES: &str = "nodes";

/// Folder of dependencies that a build has installed, below the root of the cache.
pub const DEPENDENCIES: &str = "dependencies";

/// What a part of the cache is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The unpacked files of a plugin.
    Plugin,
    /// An engine or an interpreter that plugins share.
    Shared,
    /// What a killed process did not finish, or a running one is just unpacking.
    Unfinished,
    /// Code that Node compiled.
    CompiledCode,
    /// What an interpreter said about itself.
    Answer,
    /// Dependencies that a build has installed.
    Dependencies,
}

/// One part of the cache.
#[derive(Debug, Clone)]
pub struct Part {
    /// What it is.
    pub kind: Kind,
    /// The file or folder.
    pub path: PathBuf,
    /// Size of its files.
    pub bytes: u64,
}

/// What `clean` did.
#[derive(Debug, Default)]
pub struct Cleaned {
    /// Parts that are gone.
    pub removed: Vec<Part>,
    /// Plugins and what they share that a process runs from, which stay.
    pub in_use: Vec<Part>,
    /// Parts that the system would not remove, with its answer.
    pub failed: Vec<(Part, io::Error)>,
}

/// What is in the cache, in order of kind and name. A cache that is not there yet is empty.
pub fn contents(root: &Path) -> Vec<Part> {
    let top = entries(root).filter_map(|entry| Some((top_kind(&entry)?, entry)));
    let below = |folder: &str, kind: Kind| {
        let folder = root.join(folder);
        let ours = own_folder::is_ours(&folder).then(|| entries(&folder));
        let entries = ours
            .into_iter()
            .flatten()
            .filter(move |entry| is_ours(kind, entry));
        entries.map(move |entry| (kind, entry))
    };
    let mut parts: Vec<Part> = top
        .chain(compiled_code(root).map(|entry| (Kind::CompiledCode, entry)))
        .chain(below(PYTHONS, Kind::Answer))
        .chain(below(NODES, Kind::Answer))
        .chain(below(DEPENDENCIES, Kind::Dependencies))
        .map(|(kind, entry)| Part {
            kind,
            bytes: size(&entry),
            path: entry.path(),
        })
        .collect();
    parts.sort_by(|a, b| (a.kind, &a.path).cmp(&(b.kind, &b.path)));
    parts
}

/// Removes it all, but for plugins that a process runs from. A plugin unpacks its files again when
/// it is called.
///
/// # Errors
/// When another process is unpacking or removing right now.
pub fn clean(root: &Path) -> io::Result<Cleaned> {
    let mut cleaned = Cleaned::default();
    let Ok(opened) = File::open(root) else {
        return Ok(cleaned);
    };
    opened
        .try_lock()
        .map_err(|_| io::Error::other("a plugin is being unpacked there right now"))?;
    for part in contents(root) {
        if matches!(part.kind, Kind::Plugin | Kind::Shared) && is_in_use(&part.path) {
            cleaned.in_use.push(part);
            continue;
        }
        match remove(&part) {
            Ok(()) => cleaned.removed.push(part),
            Err(error) => cleaned.failed.push((part, error)),
        }
    }
    Ok(cleaned)
}

fn remove(part: &Part) -> io::Result<()> {
    match part.kind {
        Kind::Plugin | Kind::Shared | Kind::Unfinished | Kind::Dependencies => {
            fs::remove_dir_all(&part.path)
        }
        Kind::CompiledCode | Kind::Answer => fs::remove_file(&part.path),
    }
}

fn entries(folder: &Path) -> impl Iterator<Item = DirEntry> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten()
}

fn is(entry: &DirEntry, kind: impl Fn(&FileType) -> bool) -> bool {
    entry.file_type().is_ok_and(|found| kind(&found))
}

/// What is at the root of the cache, if this crate made it.
fn top_kind(entry: &DirEntry) -> Option<Kind> {
    if in_use::is_unfinished(entry) {
        return Some(Kind::Unfinished);
    }
    let is_shared = entry.path().join(SHARED).is_file();
    let kind = if is_shared {
        Kind::Shared
    } else {
        Kind::Plugin
    };
    in_use::is_payload(entry).then_some(kind)
}

fn is_ours(kind: Kind, entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy().into_owned();
    if kind == Kind::Dependencies {
        return is(entry, FileType::is_dir) && is_hexadecimal(&name, 32);
    }
    let stem = name.split_once('.');
    is(entry, FileType::is_file) && stem.is_some_and(|(stem, _)| is_hexadecimal(stem, 16))
}

/// Without recursion: how deep the folders are is not ours to say.
fn size(entry: &DirEntry) -> u64 {
    let (mut bytes, mut folders) = (0, Vec::new());
    let mut add = |entry: &DirEntry, folders: &mut Vec<PathBuf>| {
        if is(entry, FileType::is_dir) {
            folders.push(entry.path());
        } else {
            bytes += entry.metadata().map_or(0, |data| data.len());
        }
    };
    add(entry, &mut folders);
    while let Some(folder) = folders.pop() {
        entries(&folder).for_each(|inner| add(&inner, &mut folders));
    }
    bytes
}
