//! The records of a ZIP archive, read strictly: what two readers could understand in two ways is
//! refused.

use super::{MOST_BYTES, MOST_ENTRIES, MOST_EXPANDED, MOST_RATIO, RATIO_FROM, names};
use crate::package::problem::Problem;
use std::ops::Range;

const END: &[u8] = b"PK\x05\x06";
const END_LEN: usize = 22;
const ZIP64_LOCATOR: &[u8] = b"PK\x06\x07";
const CENTRAL: &[u8] = b"PK\x01\x02";
const CENTRAL_LEN: usize = 46;
const LOCAL: &[u8] = b"PK\x03\x04";
const LOCAL_LEN: usize = 30;

/// Bits of the general purpose flags that may be set: how hard was compressed, sizes after the
/// data, names in UTF-8.
const FLAGS: u16 = 0x080e;
const ENCRYPTED: u16 = 0x2041;
const SIZES_BEHIND: u16 = 0x0008;
const UTF8: u16 = 0x0800;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// One entry.
pub struct Entry {
    /// Its name, without the slash at the end of a folder's.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Its permissions, when it comes from Unix.
    pub mode: Option<u32>,
    /// Whether the data are compressed.
    pub deflated: bool,
    /// Where the data are.
    pub data: Range<usize>,
    /// Their size when they are unpacked.
    pub size: u64,
    /// Their checksum.
    pub crc: u32,
}

/// All entries, in the order of the central directory.
pub fn entries(bytes: &[u8]) -> Result<Vec<Entry>, Problem> {
    if bytes.len() as u64 > MOST_BYTES {
        let what = format!("{} bytes; at most {MOST_BYTES} are unpacked", bytes.len());
        return Err(Problem::new("archive-size", what));
    }
    let directory = directory(bytes)?;
    let mut entries = Vec::new();
    let mut ranges = Vec::new();
    let mut at = directory.records.start;
    for _ in 0..directory.count {
        let record = Record::read(bytes, at, directory.records.end)?;
        let (entry, local) = record.entry(bytes, directory.records.start)?;
        ranges.push((local, entry.name.clone()));
        entries.push(entry);
        at = record.end;
    }
    if at != directory.records.end {
        let what = "the central directory has more bytes than its entries take";
        return Err(Problem::new("central-directory", what));
    }
    overlaps(ranges)?;
    let names = entries
        .iter()
        .map(|entry| (entry.name.as_str(), entry.is_folder));
    names::collisions(&names.collect::<Vec<_>>())?;
    expanded(&entries)?;
    Ok(entries)
}

struct Directory {
    count: usize,
    records: Range<usize>,
}

fn directory(bytes: &[u8]) -> Result<Directory, Problem> {
    let end = end_record(bytes)?;
    let [disk, first_disk, here, count] = [4, 6, 8, 10].map(|at| u16_at(bytes, end + at));
    let [size, start] = [12, 16].map(|at| u32_at(bytes, end + at));
    let has_locator = end >= 20 && bytes[end - 20..].starts_with(ZIP64_LOCATOR);
    if has_locator || count == u16::MAX || size == u32::MAX || start == u32::MAX {
        return Err(Problem::new("zip64", "the archive is in the ZIP64 format"));
    }
    if disk != 0 || first_disk != 0 || here != count {
        return Err(Problem::new(
            "multi-disk",
            "the archive is one part of several",
        ));
    }
    if u64::from(count) > MOST_ENTRIES {
        let what = format!("{count} entries; at most {MOST_ENTRIES} are unpacked");
        return Err(Problem::new("entry-count", what));
    }
    if start as usize + size as usize != end {
        let what = "the central directory does not end where the end record begins";
        return Err(Problem::new("central-directory", what));
    }
    Ok(Directory {
        count: count.into(),
        records: start as usize..end,
    })
}

/// Where the end record is: its comment ends where the file does.
fn end_record(bytes: &[u8]) -> Result<usize, Problem> {
    let fits = |at: &usize| {
        bytes[*at..].starts_with(END)
            && *at + END_LEN + usize::from(u16_at(bytes, at + 20)) == bytes.len()
    };
    let last = bytes.len().checked_sub(END_LEN);
    let first = last.map_or(0, |last| last.saturating_sub(usize::from(u16::MAX)));
    let position = last.and_then(|last| (first..=last).rev().find(fits));
    position.ok_or_else(|| Problem::new("zip", "it is not a ZIP archive, or its end is missing"))
}

/// A record of the central directory.
struct Record<'a> {
    head: &'a [u8],
    name: &'a [u8],
    extra: &'a [u8],
    end: usize,
}

impl<'a> Record<'a> {
    fn read(bytes: &'a [u8], at: usize, limit: usize) -> Result<Record<'a>, Problem> {
        let broken = || {
            Problem::new(
                "central-directory",
                "an entry of the central directory is cut off",
            )
        };
        let head = bytes.get(at..at + CENTRAL_LEN).ok_or_else(broken)?;
        if !head.starts_with(CENTRAL) {
            return Err(broken());
        }
        let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(u16_at(head, at)));
        let names_end = at + CENTRAL_LEN + name;
        let end = names_end + extra + comment;
        if end > limit {
            return Err(broken());
        }
        Ok(Record {
            head,
            name: &bytes[at + CENTRAL_LEN..names_end],
            extra: &bytes[names_end..names_end + extra],
            end,
        })
    }

    fn flags(&self) -> u16 {
        u16_at(self.head, 8)
    }

    /// The entry, and the bytes that it takes with its local header.
    fn entry(&self, bytes: &[u8], limit: usize) -> Result<(Entry, Range<usize>), Problem> {
        let name = self.checked_name()?;
        self.check_flags(&name)?;
        extra_fields(self.extra, &name)?;
        let (is_folder, mode) = self.kind(&name)?;
        let local = self.local(bytes, &name, limit)?;
        let entry = Entry {
            is_folder,
            mode,
            deflated: self.method() == DEFLATED,
            data: local.data.clone(),
            size: u64::from(u32_at(self.head, 24)),
            crc: u32_at(self.head, 16),
            name: name.trim_end_matches('/').to_string(),
        };
        self.check_sizes(&entry)?;
        Ok((entry, local.start..local.data.end))
    }

    fn method(&self) -> u16 {
        u16_at(self.head, 10)
    }

    fn checked_name(&self) -> Result<String, Problem> {
        let name = || String::from_utf8_lossy(self.name).into_owned();
        let Ok(name) = std::str::from_utf8(self.name) else {
            let what = format!("{:?} is not UTF-8", name());
            return Err(Problem::new("name-encoding", what));
        };
        if !name.is_ascii() && self.flags() & UTF8 == 0 {
            let what = format!("{name:?} is not ASCII and not marked as UTF-8");
            return Err(Problem::new("name-encoding", what));
        }
        names::check(name)?;
        Ok(name.to_string())
    }

    fn check_flags(&self, name: &str) -> Result<(), Problem> {
        let (flags, method) = (self.flags(), self.method());
        if flags & ENCRYPTED != 0 {
            return Err(Problem::new("encryption", format!("{name:?} is encrypted")));
        }
        if flags & !FLAGS != 0 {
            let what = format!(
                "{name:?} has the flags {flags:#06x}; only those of {FLAGS:#06x} may be set"
            );
            return Err(Problem::new("flags", what));
        }
        if u16_at(self.head, 34) != 0 {
            return Err(Problem::new(
                "multi-disk",
                format!("{name:?} is in another part"),
            ));
        }
        if ![STORED, DEFLATED].contains(&method) {
            let what = format!(
                "{name:?} is compressed by method {method}; only deflate (8) and none (0) are read"
            );
            return Err(Problem::new("method", what));
        }
        Ok(())
    }

    /// Whether it is a folder, and its mode where Unix made the archive.
    fn kind(&self, name: &str) -> Result<(bool, Option<u32>), Problem> {
        let is_folder = name.ends_with('/');
        if self.head[5] != 3 {
            return Ok((is_folder, None));
        }
        let mode = u32_at(self.head, 38) >> 16;
        match (mode & 0o170_000, is_folder) {
            (0, _) | (0o100_000, false) | (0o040_000, true) => Ok((is_folder, Some(mode & 0o7777))),
            (0o120_000, _) => Err(Problem::new("link", format!("{name:?} is a symbolic link"))),
            _ => {
                let what = format!("{name:?} is neither a file nor a folder (mode {mode:o})");
                Err(Problem::new("special-file", what))
            }
        }
    }

    fn check_sizes(&self, entry: &Entry) -> Result<(), Problem> {
        let (name, packed) = (&entry.name, entry.data.len() as u64);
        if !entry.deflated && packed != entry.size {
            let what = format!(
                "{name:?} is stored, but has {packed} bytes for {}",
                entry.size
            );
            return Err(Problem::new("stored-size", what));
        }
        if entry.is_folder && entry.size != 0 {
            return Err(Problem::new(
                "folder-data",
                format!("the folder {name:?} has data"),
            ));
        }
        ratio(&format!("{name:?}"), packed, entry.size)
    }

    fn local(&self, bytes: &[u8], name: &str, limit: usize) -> Result<Local, Problem> {
        let broken = |why: &str| {
            let what = format!("the header before the data of {name:?} {why}");
            Problem::new("local-header", what)
        };
        let start = u32_at(self.head, 42) as usize;
        let head = bytes
            .get(start..start + LOCAL_LEN)
            .filter(|head| head.starts_with(LOCAL));
        let head = head.ok_or_else(|| broken("is missing"))?;
        let [name_len, extra_len] = [26, 28].map(|at| usize::from(u16_at(head, at)));
        let name_end = start + LOCAL_LEN + name_len;
        let at = name_end + extra_len;
        let end = at + u32_at(self.head, 20) as usize;
        if end > limit {
            return Err(broken("or the data reach into the central directory"));
        }
        if &bytes[start + LOCAL_LEN..name_end] != self.name {
            return Err(broken("has another name"));
        }
        if u16_at(head, 6) != self.flags() || u16_at(head, 8) != self.method() {
            return Err(broken("has other flags or another method"));
        }
        // Checksum, packed size, size.
        if self.flags() & SIZES_BEHIND == 0 && head[14..26] != self.head[16..28] {
            return Err(broken("has other sizes or another checksum"));
        }
        extra_fields(&bytes[name_end..at], name)?;
        Ok(Local {
            start,
            data: at..end,
        })
    }
}

struct Local {
    start: usize,
    data: Range<usize>,
}

fn extra_fields(mut extra: &[u8], name: &str) -> Result<(), Problem> {
    while !extra.is_empty() {
        let len = extra.get(..4).map(|head| usize::from(u16_at(head, 2)));
        let Some(rest) = len.and_then(|len| extra.get(4 + len..)) else {
            let what = format!("an extra field of {name:?} is cut off");
            return Err(Problem::new("extra-field", what));
        };
        match u16_at(extra, 0) {
            0x0001 => {
                return Err(Problem::new(
                    "zip64",
                    format!("{name:?} has sizes of ZIP64"),
                ));
            }
            0x7075 => {
                let what = format!("{name:?} has a second name in an extra field (Unicode path)");
                return Err(Problem::new("extra-field", what));
            }
            _ => extra = rest,
        }
    }
    Ok(())
}

fn overlaps(mut ranges: Vec<(Range<usize>, String)>) -> Result<(), Problem> {
    ranges.sort_by_key(|(range, _)| (range.start, range.end));
    let pair = ranges
        .windows(2)
        .find(|pair| pair[1].0.start < pair[0].0.end);
    match pair {
        None => Ok(()),
        Some(pair) => {
            let what = format!("{:?} and {:?} share bytes", pair[0].1, pair[1].1);
            Err(Problem::new("overlap", what))
        }
    }
}

fn expanded(entries: &[Entry]) -> Result<(), Problem> {
    let total: u64 = entries.iter().map(|entry| entry.size).sum();
    if total > MOST_EXPANDED {
        let what = format!("{total} bytes when it is unpacked; at most {MOST_EXPANDED} are");
        return Err(Problem::new("expanded-size", what));
    }
    let packed = entries.iter().map(|entry| entry.data.len() as u64).sum();
    ratio("the archive", packed, total)
}

fn ratio(what: &str, packed: u64, size: u64) -> Result<(), Problem> {
    if size < RATIO_FROM || size <= packed.saturating_mul(MOST_RATIO) {
        return Ok(());
    }
    let what = format!(
        "{what} grows from {packed} to {size} bytes; at most {MOST_RATIO} times is unpacked"
    );
    Err(Problem::new("compression-ratio", what))
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    let two = bytes.get(at..at + 2).and_then(|two| two.try_into().ok());
    two.map_or(0, u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    four.map_or(0, u32::from_le_bytes)
}
