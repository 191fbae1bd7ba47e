//! The list of an unpacked payload's files: hash, size and time of each, and a last line that says
//! that it is whole. Written by `cache` when a folder is finished, read at each start: sizes and
//! times are compared, and what differs is hashed.
use crate::bytes::hex;
use crate::error::PayloadError;
use crate::own_folder::is_this_users;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{self, File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The list's own name in a payload's folder; no file of a payload may have it.
pub(crate) const INDEX: &str = ".osaurus-files";
/// Marks a folder of files that plugins share; no file of a payload may have this name either.
pub(crate) const SHARED: &str = ".osaurus-shared";
const FIRST_LINE: &str = "osaurus-bridge files 2";
/// Longer than the list of as many files as a payload may have, with names as long as they may be.
const MAX_INDEX: u64 = 64 << 20;

/// One file of a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Relative to the folder.
    pub(crate) name: String,
    pub(crate) size: u64,
    /// SHA-256, in hexadecimal digits.
    pub(crate) hash: String,
}

/// How a folder compares with its list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// All files are there with the times that the list has.
    Same,
    /// All files are there; some have other times.
    Touched(Vec<Listed>),
    /// Files are missing, cut or changed, or there is no whole list.
    Damaged,
}

/// Compares the folder with its list. A file whose size and time are those of the list is not read.
pub(crate) fn examine(folder: &Path) -> State {
    let listed = plain(folder).is_some_and(|found| found.is_dir());
    let Some(lines) = listed.then(|| read(folder)).flatten() else {
        return State::Damaged;
    };
    let mut is_touched = false;
    for (file, time) in &lines {
        let path = folder.join(&file.name);
        let metadata =
            plain(&path).filter(|metadata| metadata.is_file() && metadata.size() == file.size);
        let Some(metadata) = metadata else {
            return State::Damaged;
        };
        if time_of(&metadata) == *time {
            continue;
        }
        is_touched = true;
        if !holds(&path, file) {
            return State::Damaged;
        }
    }
    let files = || lines.into_iter().map(|(file, _)| file).collect();
    if is_touched {
        State::Touched(files())
    } else {
        State::Same
    }
}

/// Whether a plain file has the contents that the list says.
pub(crate) fn holds(path: &Path, file: &Listed) -> bool {
    plain(path).is_some_and(|found| found.is_file() && found.size() == file.size)
        && hash_of(path).is_ok_and(|hash| hash == file.hash)
}

/// The list as text, with the times that the files have below `folder`.
pub(crate) fn text(folder: &Path, files: &[Listed]) -> Result<String, PayloadError> {
    let mut out = format!("{FIRST_LINE}\n");
    for file in files {
        let path = folder.join(&file.name);
        let metadata = fs::symlink_metadata(&path).map_err(PayloadError::io("open", &path))?;
        let name = serde_json::Value::from(file.name.as_str());
        let _ = writeln!(
            out,
            "{} {} {} {name}",
            file.hash,
            file.size,
            time_of(&metadata)
        );
    }
    let end = last_line(files.len(), &out);
    Ok(out + &end)
}

/// Bytes of all files, as the list says; 0 without a whole list.
pub(crate) fn size_of(folder: &Path) -> u64 {
    let lines = read(folder).unwrap_or_default();
    lines.iter().map(|(file, _)| file.size).sum()
}

/// `None` when it is not there, not whole, or not this user's.
fn read(folder: &Path) -> Option<Vec<(Listed, i128)>> {
    let path = folder.join(INDEX);
    let is_good =
        |found: &Metadata| found.is_file() && is_this_users(found) && found.size() <= MAX_INDEX;
    plain(&path).filter(is_good)?;
    let text = fs::read_to_string(path).ok()?;
    let (all, _) = text.strip_suffix('\n')?.rsplit_once('\n')?;
    let (above, end) = text.split_at(all.len() + 1);
    let mut lines = above.lines();
    let is_ours = lines.next() == Some(FIRST_LINE);
    let files: Option<Vec<_>> = lines.map(parse).collect();
    files.filter(|files| is_ours && end == last_line(files.len(), above))
}

fn parse(line: &str) -> Option<(Listed, i128)> {
    let mut parts = line.splitn(4, ' ');
    let file = Listed {
        hash: parts.next()?.to_owned(),
        size: parts.next()?.parse().ok()?,
        name: String::new(),
    };
    let time = parts.next()?.parse().ok()?;
    let name = serde_json::from_str(parts.next()?).ok()?;
    Some((Listed { name, ..file }, time))
}

fn last_line(count: usize, above: &str) -> String {
    format!("end {count} {}\n", hex(&Sha256::digest(above)))
}

/// Nanoseconds since 1970.
fn time_of(found: &Metadata) -> i128 {
    i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec())
}

fn hash_of(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hasher, mut piece) = (Sha256::new(), vec![0; 64 << 10]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex(&hasher.finalize())),
            count => hasher.update(&piece[..count]),
        }
    }
}

fn plain(path: &Path) -> Option<Metadata> {
    fs::symlink_metadata(path).ok()
}
