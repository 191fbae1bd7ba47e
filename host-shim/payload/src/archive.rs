//! Files of a plugin as one deterministic tar.gz, and back. Only plain files and folders travel:
//! no links, no absolute names, no `..`, bounded in number and size.
use crate::error::PayloadError;
use crate::gzip::Members;
use flate2::read::MultiGzDecoder;
use std::fs;
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};

/// The host's installer has the same limits for a package.
const MAX_FILES: usize = 20_000;
/// Bytes of all files together, unpacked.
const MAX_UNPACKED: u64 = 1 << 30;

/// A plain file that was unpacked: name relative to the folder, and length.
pub(crate) type Entry = (String, u64);

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
    collect(folder, Path::new(""), &mut files)?;
    files.sort();
    if files.len() > MAX_FILES {
        return Err(PayloadError::Pack {
            path: folder.into(),
            why: format!(
                "it holds {} files, at most {MAX_FILES} are allowed; leave out what the plugin does not need at run time",
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
    let done = tar.into_inner().and_then(Members::finish);
    let bytes = done.map_err(PayloadError::io("pack", folder))?;
    Ok(Packed { bytes, unpacked })
}

fn too_large(folder: &Path, unpacked: u64) -> PayloadError {
    PayloadError::Pack {
        path: folder.into(),
        why: format!(
            "its files take {unpacked} bytes, at most {MAX_UNPACKED} are allowed; leave out what the plugin does not need at run time"
        ),
    }
}

fn collect(base: &Path, below: &Path, out: &mut Vec<PathBuf>) -> Result<(), PayloadError> {
    let folder = base.join(below);
    for entry in fs::read_dir(&folder).map_err(PayloadError::io("read the folder", &folder))? {
        let entry = entry.map_err(PayloadError::io("read the folder", &folder))?;
        let name = below.join(entry.file_name());
        let path = entry.path();
        let kind = entry.file_type().map_err(PayloadError::io("read", &path))?;
        if kind.is_dir() {
            if entry.file_name() != "__pycache__" {
                collect(base, &name, out)?;
            }
        } else if fs::metadata(&path).is_ok_and(|m| m.is_file()) {
            // A link to a file travels as the file: some installers link instead of copying.
            out.push(name);
        } else {
            return Err(PayloadError::Pack {
                path,
                why: "only files, folders and links to files can be packed; replace it by a copy"
                    .into(),
            });
        }
    }
    Ok(())
}

fn append<W: Write>(
    tar: &mut tar::Builder<W>,
    base: &Path,
    name: &Path,
) -> Result<u64, PayloadError> {
    let path = base.join(name);
    if name.to_str().is_none() {
        return Err(PayloadError::Pack {
            path,
            why: "its name is not UTF-8; rename it".into(),
        });
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

/// Unpacks into an existing folder and tells what it wrote.
pub(crate) fn unpack(archive: &[u8], folder: &Path) -> Result<Vec<Entry>, PayloadError> {
    let mut tar = tar::Archive::new(MultiGzDecoder::new(archive));
    let mut written = Vec::new();
    let mut left = MAX_UNPACKED;
    for entry in tar.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        if written.len() >= MAX_FILES {
            return Err(PayloadError::Damaged(format!(
                "it holds more than {MAX_FILES} files"
            )));
        }
        if let Some(item) = unpack_one(&mut entry, folder, &mut left)? {
            written.push(item);
        }
    }
    Ok(written)
}

fn unpack_one<R: Read>(
    entry: &mut tar::Entry<'_, R>,
    folder: &Path,
    left: &mut u64,
) -> Result<Option<Entry>, PayloadError> {
    let name = safe_name(&entry.path_bytes())?;
    let target = folder.join(&name);
    let kind = entry.header().entry_type();
    if kind.is_dir() {
        fs::create_dir_all(&target).map_err(PayloadError::io("create the folder", &target))?;
        return Ok(None);
    }
    if !kind.is_file() {
        return Err(PayloadError::Unsafe {
            name,
            why: "only files and folders may be in a payload",
        });
    }
    let size = entry.size();
    *left = left.checked_sub(size).ok_or_else(|| {
        PayloadError::Damaged(format!("its files take more than {MAX_UNPACKED} bytes"))
    })?;
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent).map_err(PayloadError::io("create the folder", parent))?;
    }
    write_file(entry, &target)?;
    Ok(Some((name, size)))
}

fn write_file<R: Read>(entry: &mut tar::Entry<'_, R>, target: &Path) -> Result<(), PayloadError> {
    let executable = entry.header().mode().unwrap_or(0) & 0o111 != 0;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(if executable { 0o700 } else { 0o600 });
    }
    let _ = executable;
    let mut file = options
        .open(target)
        .map_err(PayloadError::io("create", target))?;
    std::io::copy(entry, &mut file).map_err(PayloadError::io("write", target))?;
    Ok(())
}

/// A relative name of plain components; anything else could leave the folder.
fn safe_name(raw: &[u8]) -> Result<String, PayloadError> {
    let refuse = |why| PayloadError::Unsafe {
        name: String::from_utf8_lossy(raw).into_owned(),
        why,
    };
    let text = std::str::from_utf8(raw).map_err(|_| refuse("its name is not UTF-8"))?;
    let path = Path::new(text);
    let plain = |c: Component<'_>| matches!(c, Component::Normal(_) | Component::CurDir);
    if text.is_empty() || text.contains('\0') || !path.components().all(plain) {
        return Err(refuse("its name leads out of the plugin's folder"));
    }
    Ok(text.to_owned())
}

fn damaged(error: std::io::Error) -> PayloadError {
    PayloadError::Damaged(format!("its archive of files cannot be read ({error})"))
}
