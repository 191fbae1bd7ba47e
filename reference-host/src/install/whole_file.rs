//! Whether a library's file is as long as its own tables say. The loader maps a file that was cut
//! and then dies of a signal at the first use of what is missing, so this is asked before. Used by
//! `loader` and by programs that look at files; runs nothing.

use crate::host::errors::LoadError;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

const ELF: &[u8; 4] = b"\x7fELF";
const MACHO: u32 = 0xfeed_facf;
/// Libraries for several processors in one file; written in the other byte order.
const FAT: u32 = 0xcafe_babe;
const HEADER: usize = 64;
const ELF_PROGRAM: usize = 56;
const ELF_SECTION: u64 = 64;
const ELF_LOAD: u32 = 1;
const MACHO_HEADER: usize = 32;
const MACHO_SEGMENT: u32 = 0x19;
const FAT_ENTRY: usize = 20;
/// No library has longer tables.
const MAX_TABLE: usize = 1 << 20;

/// Refuses a library that was cut. Anything else is left to the system's loader.
///
/// # Errors
/// When it is not a file, cannot be read, or is shorter than its tables say.
pub fn check_whole(path: &Path) -> Result<(), LoadError> {
    let failed = |why: String| LoadError::Library(format!("{}: {why}", path.display()));
    let length = match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => {
            return Err(failed(
                "expected a file, found a folder, pipe or device".into(),
            ));
        }
        Ok(found) => found.len(),
        // The loader says it better.
        Err(_) => return Ok(()),
    };
    let needed = File::open(path).and_then(|file| needed(&file));
    match needed.map_err(|error| failed(error.to_string()))? {
        needed if needed > length => Err(failed(format!(
            "the file is cut: its tables need {needed} bytes, it has {length}; build it or copy it \
             again"
        ))),
        _ => Ok(()),
    }
}

/// How long the file must be.
fn needed(file: &File) -> io::Result<u64> {
    let header = read(file, 0, HEADER)?;
    if header.starts_with(ELF) && header.len() == HEADER {
        return needed_by_elf(file, &header);
    }
    match u32_at(&header, 0) {
        Some(MACHO) => needed_by_macho(file, &header),
        Some(magic) if magic.swap_bytes() == FAT => needed_by_fat(file, &header),
        _ => Ok(0),
    }
}

fn needed_by_elf(file: &File, header: &[u8]) -> io::Result<u64> {
    let (table, count) = (u64_at(header, 32), u16_at(header, 56));
    let (Some(table), Some(count)) = (table, count) else {
        return Ok(0);
    };
    let size = usize::from(count) * ELF_PROGRAM;
    let entries = read(file, table, size)?;
    let ends = entries.chunks_exact(ELF_PROGRAM).filter_map(|entry| {
        let is_loaded = u32_at(entry, 0) == Some(ELF_LOAD);
        is_loaded.then(|| end(u64_at(entry, 8), u64_at(entry, 32)))
    });
    // Not read by the loader, but at the end of the file: what it lacks is the first sign.
    let sections = match (u64_at(header, 40), u16_at(header, 60)) {
        (Some(1..), Some(count)) => end(u64_at(header, 40), Some(u64::from(count) * ELF_SECTION)),
        _ => 0,
    };
    let programs = table.saturating_add(size as u64);
    Ok(ends.fold(programs.max(sections), u64::max))
}

fn needed_by_macho(file: &File, header: &[u8]) -> io::Result<u64> {
    let size = u32_at(header, 20).unwrap_or(0) as usize;
    let commands = read(file, MACHO_HEADER as u64, size)?;
    let (mut at, mut most) = (0, (MACHO_HEADER + size) as u64);
    while let (Some(kind), Some(len)) = (u32_at(&commands, at), u32_at(&commands, at + 4)) {
        if kind == MACHO_SEGMENT {
            most = most.max(end(u64_at(&commands, at + 40), u64_at(&commands, at + 48)));
        }
        // A command is never shorter than its own head.
        at = at.saturating_add((len as usize).max(8));
    }
    Ok(most)
}

fn needed_by_fat(file: &File, header: &[u8]) -> io::Result<u64> {
    let count = u32_at(header, 4).unwrap_or(0).swap_bytes() as usize;
    let entries = read(file, 8, count.saturating_mul(FAT_ENTRY))?;
    let big = |entry: &[u8], at: usize| u32_at(entry, at).map(|n| u64::from(n.swap_bytes()));
    let ends = entries.chunks_exact(FAT_ENTRY);
    Ok(ends
        .map(|entry| end(big(entry, 8), big(entry, 12)))
        .fold(8, u64::max))
}

fn end(at: Option<u64>, len: Option<u64>) -> u64 {
    at.unwrap_or(0).saturating_add(len.unwrap_or(0))
}

/// Fewer bytes at the end of the file.
fn read(file: &File, at: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut out = vec![0; len.min(MAX_TABLE)];
    let mut filled = 0;
    while filled < out.len() {
        match file.read_at(&mut out[filled..], at.saturating_add(filled as u64))? {
            0 => break,
            count => filled += count,
        }
    }
    out.truncate(filled);
    Ok(out)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(
        bytes.get(at..at.checked_add(2)?)?.try_into().ok()?,
    ))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(
        bytes.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(
        bytes.get(at..at.checked_add(8)?)?.try_into().ok()?,
    ))
}
