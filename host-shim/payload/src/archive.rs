//! Files of a plugin as one deterministic tar.gz, and back. Only plain files and folders travel:
//! no links, no absolute names, no `..`, bounded in number and size.
use crate::error::PayloadError;
use crate::gzip::Members;
use crate::index::{INDEX, Listed, SHARED};
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};
use tar::EntryType;

/// The host's installer has the same limits for a package.
const MAX_FILES: usize = 20_000;
/// Bytes of all files together, unpacked.
const MAX_UNPACKED: u64 = 1 << 30;
/// Folders of all files together.
const MAX_FOLDERS: usize = 20_000;
/// Bytes of a name with its folders: no system takes longer ones.
const MAX_NAME: usize = 1024;
/// Folders in a name, one inside the other.
const MAX_DEPTH: usize = 64;

/// What [`pack`] made.
pub(crate) struct Packed {
    /// The archive.
    pub bytes: Vec<u8>,
    /// Length of all files together.
    pub unpacked: u64,
}

/// Packs everything below `folder`, sorted by name, without times or owners.
pub(crate) fn pack(folder: &Path) -> Result<Packed, PayloadError> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    if files.len() > MAX_FILES {
        return Err(PayloadError::Pack {
            path: folder.into(),
            why: format!(
                "it holds {} files, at most {MAX_FILES} are allowed; leave out what the plugin \
                 does not need at run time",
                files.len()
            ),
        });
    }
    let mut tar = tar::Builder::new(Members::new());
    let mut unpacked = 0;
    for name in &files {
        unpacked += append(&mut tar, folder, name)?;
    }
    if unpacked > MAX_UNPACKED {
        return Err(too_large(folder, unpacked));
    }
    let result = tar.into_inner().and_then(Members::finish);
    let bytes = result.map_err(PayloadError::io("pack", folder))?;
    Ok(Packed { bytes, unpacked })
}

fn too_large(folder: &Path, unpacked: u64) -> PayloadError {
    PayloadError::Pack {
        path: folder.into(),
        why: format!(
            "its files take {unpacked} bytes, at most {MAX_UNPACKED} are allowed; leave out what \
             the plugin does not need at run time"
        ),
    }
}

/// Without recursion: how deep the folders are is the author's, or a package's.
fn collect(base: &Path, out: &mut Vec<PathBuf>) -> Result<(), PayloadError> {
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        let folder = base.join(&below);
        for entry in fs::read_dir(&folder).map_err(PayloadError::io("read the folder", &folder))? {
            let entry = entry.map_err(PayloadError::io("read the folder", &folder))?;
            let name = below.join(entry.file_name());
            match kind_of(&entry)? {
                Member::File => out.push(name),
                Member::Folder if entry.file_name() != "__pycache__" => folders.push(name),
                Member::Folder => {}
            }
        }
    }
    Ok(())
}

enum Member {
    File,
    Folder,
}

/// A link to a file travels as the file: some installers link instead of copying.
fn kind_of(entry: &fs::DirEntry) -> Result<Member, PayloadError> {
    let path = entry.path();
    let kind = entry.file_type().map_err(PayloadError::io("read", &path))?;
    if kind.is_dir() {
        return Ok(Member::Folder);
    }
    if fs::metadata(&path).is_ok_and(|found| found.is_file()) {
        return Ok(Member::File);
    }
    Err(PayloadError::Pack {
        path,
        why: "only files, folders and links to files can be packed; replace it by a copy".into(),
    })
}

fn append<W: Write>(
    tar: &mut tar::Builder<W>,
    base: &Path,
    name: &Path,
) -> Result<u64, PayloadError> {
    let path = base.join(name);
    let Some(text) = name.to_str() else {
        return Err(PayloadError::Pack {
            path,
            why: "its name is not UTF-8; rename it".into(),
        });
    };
    if let Some(why) = objection(text) {
        let why = format!("{why}; rename it");
        return Err(PayloadError::Pack { path, why });
    }
    let data = fs::read(&path).map_err(PayloadError::io("read", &path))?;
    let mut header = tar::Header::new_gnu();
    header.set_size(data.len() as u64);
    header.set_mode(if is_executable(&path) { 0o755 } else { 0o644 });
    // Not zero: Python stores a source's time in its compiled files, and some tools dislike 1970.
    header.set_mtime(1_577_836_800);
    tar.append_data(&mut header, name, data.as_slice())
        .map_err(PayloadError::io("pack", &path))?;
    Ok(data.len() as u64)
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|m| m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_path: &Path) -> bool {
    false
}

/// Unpacks into an existing folder and lists what it wrote.
pub(crate) fn unpack(archive: &[u8], folder: &Path) -> Result<Vec<Listed>, PayloadError> {
    // Raw: the crate would read a long name whole, however long the archive says it is.
    let mut tar = tar::Archive::new(MultiGzDecoder::new(archive));
    let mut target = Target::new(folder);
    let mut long_name = None;
    for entry in tar.entries().map_err(damaged)?.raw(true) {
        let mut entry = entry.map_err(damaged)?;
        if entry.header().entry_type() == EntryType::GNULongName {
            long_name = Some(read_long_name(&mut entry)?);
            continue;
        }
        let raw = long_name.take();
        let raw = raw.unwrap_or_else(|| entry.path_bytes().into_owned());
        target.take(&mut entry, safe_name(&raw)?)?;
    }
    Ok(target.files)
}

/// Ends with a NUL in the archive.
fn read_long_name<R: Read>(entry: &mut tar::Entry<'_, R>) -> Result<Vec<u8>, PayloadError> {
    let size = entry.size();
    if size > MAX_NAME as u64 + 1 {
        return Err(PayloadError::Damaged(format!(
            "a name in it has {size} bytes, {MAX_NAME} are allowed"
        )));
    }
    let mut name = Vec::new();
    entry.read_to_end(&mut name).map_err(damaged)?;
    let end = name.iter().position(|byte| *byte == 0);
    name.truncate(end.unwrap_or(name.len()));
    Ok(name)
}

/// Where an archive goes, and how much may still come.
struct Target<'a> {
    folder: &'a Path,
    files: Vec<Listed>,
    folders: HashSet<PathBuf>,
    most_folders: usize,
    bytes_left: u64,
}

impl<'a> Target<'a> {
    fn new(folder: &'a Path) -> Self {
        Self {
            folder,
            files: Vec::new(),
            folders: HashSet::new(),
            most_folders: MAX_FOLDERS,
            bytes_left: MAX_UNPACKED,
        }
    }

    fn take<R: Read>(
        &mut self,
        entry: &mut tar::Entry<'_, R>,
        name: String,
    ) -> Result<(), PayloadError> {
        match entry.header().entry_type() {
            EntryType::Directory => self.make_folders(Path::new(&name)),
            EntryType::Regular | EntryType::Continuous => self.write(entry, name),
            _ => Err(PayloadError::Unsafe {
                name,
                why: "only files and folders may be in a payload",
            }),
        }
    }

    fn write<R: Read>(
        &mut self,
        entry: &mut tar::Entry<'_, R>,
        name: String,
    ) -> Result<(), PayloadError> {
        if self.files.len() >= MAX_FILES {
            return Err(too_many("files", MAX_FILES));
        }
        let size = entry.size();
        let remaining = self.bytes_left.checked_sub(size);
        self.bytes_left = remaining.ok_or_else(|| {
            PayloadError::Damaged(format!("its files take more than {MAX_UNPACKED} bytes"))
        })?;
        self.make_folders(Path::new(&name).parent().unwrap_or(Path::new("")))?;
        let hash = write_file(entry, &self.folder.join(&name))?;
        self.files.push(Listed { name, size, hash });
        Ok(())
    }

    /// Makes a folder with those above it.
    fn make_folders(&mut self, folder: &Path) -> Result<(), PayloadError> {
        let new = folder
            .ancestors()
            .take_while(|folder| !self.folders.contains(*folder));
        let new: Vec<PathBuf> = new.map(Path::to_owned).collect();
        if self.folders.len() + new.len() > self.most_folders {
            return Err(too_many("folders", self.most_folders));
        }
        let path = self.folder.join(folder);
        if !new.is_empty() {
            fs::create_dir_all(&path).map_err(PayloadError::io("create the folder", &path))?;
        }
        self.folders.extend(new);
        Ok(())
    }
}

fn too_many(what: &str, most: usize) -> PayloadError {
    PayloadError::Damaged(format!("it holds more than {most} {what}"))
}

/// Writes the entry's bytes and returns their hash.
fn write_file<R: Read>(
    entry: &mut tar::Entry<'_, R>,
    target: &Path,
) -> Result<String, PayloadError> {
    use std::os::unix::fs::OpenOptionsExt;
    let executable = entry.header().mode().unwrap_or(0) & 0o111 != 0;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    options.mode(if executable { 0o700 } else { 0o600 });
    let opened = options.open(target);
    let mut file = Hashed {
        file: opened.map_err(PayloadError::io("create", target))?,
        hasher: Sha256::new(),
    };
    std::io::copy(entry, &mut file).map_err(PayloadError::io("write", target))?;
    Ok(crate::bytes::hex(&file.hasher.finalize()))
}

/// A file that hashes what is written to it.
struct Hashed {
    file: File,
    hasher: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// A relative name of plain components; anything else could leave the folder.
fn safe_name(raw: &[u8]) -> Result<String, PayloadError> {
    let refuse = |why| PayloadError::Unsafe {
        name: String::from_utf8_lossy(raw).into_owned(),
        why,
    };
    let text = std::str::from_utf8(raw).map_err(|_| refuse("its name is not UTF-8"))?;
    let plain = |c: Component<'_>| matches!(c, Component::Normal(_) | Component::CurDir);
    if text.is_empty() || text.contains('\0') || !Path::new(text).components().all(plain) {
        return Err(refuse("its name leads out of the plugin's folder"));
    }
    objection(text).map_or_else(|| Ok(text.to_owned()), |why| Err(refuse(why)))
}

/// What no file of a payload may be called, though it stays in the folder.
fn objection(name: &str) -> Option<&'static str> {
    if name.len() > MAX_NAME {
        return Some("its name with its folders has more than 1024 bytes");
    }
    if Path::new(name).components().count() > MAX_DEPTH {
        return Some("it is more than 64 folders deep");
    }
    let last = Path::new(name).file_name();
    let own = last.is_some_and(|last| last == INDEX || last == SHARED);
    own.then_some("its name is the one of the cache's own list of files")
}

fn damaged(error: std::io::Error) -> PayloadError {
    PayloadError::Damaged(format!("its archive of files cannot be read ({error})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_counted_before_they_are_made_those_above_them_too() {
        let place = tempfile::tempdir().unwrap();
        let mut target = Target::new(place.path());
        target.most_folders = 5;
        target.make_folders(Path::new("a/b")).unwrap();
        target.make_folders(Path::new("a/b")).unwrap();
        target.make_folders(Path::new("a/c")).unwrap();
        let error = target.make_folders(Path::new("a/d/e")).unwrap_err();
        assert!(
            error.to_string().contains("it holds more than 5 folders"),
            "{error}"
        );
        assert!(!place.path().join("a/d").exists());
    }
}
