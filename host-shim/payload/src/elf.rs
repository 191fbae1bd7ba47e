//! The payload in an ELF library: a section that no segment loads, after everything else, and a
//! new section table. The loader never looks at it; the shim reads it from its own file. Strip
//! first, inject last.
use crate::bytes::{u32_at, u64_at};
use crate::error::PayloadError;

/// Name of the section.
pub(crate) const SECTION: &[u8] = b".osrpay";
/// First bytes of an ELF file.
pub(crate) const MAGIC: &[u8; 4] = b"\x7fELF";
/// Length of the file header and of one section header (64-bit).
pub(crate) const HEADER: usize = 64;
const ENTRY: usize = 64;
const PROGRAM_ENTRY: usize = 56;
const SHT_PROGBITS: u32 = 1;
const SHT_NOBITS: u32 = 8;
const ET_DYN: u16 = 3;

/// Where the file header says the section table is.
pub(crate) struct Table {
    /// File offset of the table.
    pub at: u64,
    /// Number of entries.
    pub count: usize,
    /// Which entry holds the names.
    pub names: usize,
}

/// Reads the first 64 bytes of the file.
pub(crate) fn table(header: &[u8]) -> Result<Table, PayloadError> {
    if header.len() < HEADER || header[4] != 2 || header[5] != 1 {
        return Err(refuse("expected a 64-bit little-endian ELF file"));
    }
    let kind = u16_at(header, 16);
    if kind != ET_DYN {
        return Err(refuse(&format!(
            "expected a shared library (ELF type 3), found ELF type {kind}"
        )));
    }
    let table = Table {
        at: u64_at(header, 40),
        count: usize::from(u16_at(header, 60)),
        names: usize::from(u16_at(header, 62)),
    };
    if table.count == 0 || table.names >= table.count || usize::from(u16_at(header, 58)) != ENTRY {
        return Err(refuse(
            "it has no usable section table; take the library as the linker wrote it",
        ));
    }
    Ok(table)
}

/// File offset and length of a section, from its header.
pub(crate) fn range(entry: &[u8]) -> (u64, u64) {
    (u64_at(entry, 24), u64_at(entry, 32))
}

/// The payload's place, given the section table and the names.
pub(crate) fn find(entries: &[u8], names: &[u8]) -> Option<(u64, u64)> {
    let section = entries
        .chunks_exact(ENTRY)
        .find(|entry| is_named(names, u32_at(entry, 0), SECTION))?;
    Some(range(section))
}

fn is_named(names: &[u8], at: u32, name: &[u8]) -> bool {
    let rest = names.get(at as usize..).unwrap_or_default();
    rest.starts_with(name) && rest.get(name.len()) == Some(&0)
}

/// Returns the library with the payload in it; a payload that is already there is replaced.
pub(crate) fn inject(library: &[u8], payload: &[u8]) -> Result<Vec<u8>, PayloadError> {
    let table = table(library)?;
    let mut entries = slice(library, table.at, (table.count * ENTRY) as u64)?.to_vec();
    let (names_at, names_len) = range(&entries[table.names * ENTRY..]);
    let mut names = slice(library, names_at, names_len)?.to_vec();
    let old = entries
        .chunks_exact(ENTRY)
        .position(|entry| is_named(&names, u32_at(entry, 0), SECTION));

    let end = end_of_rest(library, &entries, table.names, old)?;
    let mut out = library[..end].to_vec();
    pad(&mut out, 16);
    let payload_at = out.len() as u64;
    out.extend_from_slice(payload);

    // Section numbers are links: an old section keeps its place, a new one goes last.
    let index = old.unwrap_or(table.count);
    if old.is_none() {
        entries.extend_from_slice(&[0; ENTRY]);
    }
    let name = name_offset(&mut names);
    let entry = &mut entries[index * ENTRY..(index + 1) * ENTRY];
    entry.fill(0);
    put(entry, 0, &name.to_le_bytes());
    put(entry, 4, &SHT_PROGBITS.to_le_bytes());
    put(entry, 24, &payload_at.to_le_bytes());
    put(entry, 32, &(payload.len() as u64).to_le_bytes());
    put(entry, 48, &16u64.to_le_bytes());

    let entry = &mut entries[table.names * ENTRY..];
    put(entry, 24, &(out.len() as u64).to_le_bytes());
    put(entry, 32, &(names.len() as u64).to_le_bytes());
    out.extend_from_slice(&names);
    pad(&mut out, 8);
    let table_at = out.len() as u64;
    out.extend_from_slice(&entries);
    put(&mut out, 40, &table_at.to_le_bytes());
    put(
        &mut out,
        60,
        &((entries.len() / ENTRY) as u16).to_le_bytes(),
    );
    Ok(out)
}

/// Where the library ends without the parts that are written anew: payload, names, section table.
fn end_of_rest(
    library: &[u8],
    entries: &[u8],
    names: usize,
    old: Option<usize>,
) -> Result<usize, PayloadError> {
    let mut end = HEADER as u64;
    for (index, entry) in entries.chunks_exact(ENTRY).enumerate() {
        if index != names && Some(index) != old && u32_at(entry, 4) != SHT_NOBITS {
            let (at, len) = range(entry);
            end = end.max(at.saturating_add(len));
        }
    }
    let programs = u64_at(library, 32);
    let count = u64::from(u16_at(library, 56));
    let program_table = slice(library, programs, count * PROGRAM_ENTRY as u64)?;
    end = end.max(programs + program_table.len() as u64);
    for program in program_table.chunks_exact(PROGRAM_ENTRY) {
        end = end.max(u64_at(program, 8).saturating_add(u64_at(program, 32)));
    }
    slice(library, 0, end).map(<[u8]>::len)
}

fn name_offset(names: &mut Vec<u8>) -> u32 {
    let place = names
        .windows(SECTION.len() + 1)
        .position(|w| w.starts_with(SECTION) && w.ends_with(&[0]));
    let at = place.unwrap_or(names.len());
    if place.is_none() {
        names.extend_from_slice(SECTION);
        names.push(0);
    }
    at as u32
}

fn slice(bytes: &[u8], at: u64, len: u64) -> Result<&[u8], PayloadError> {
    let range = usize::try_from(at)
        .ok()
        .zip(usize::try_from(at.saturating_add(len)).ok());
    range
        .and_then(|(from, to)| bytes.get(from..to))
        .ok_or_else(|| refuse("its tables point past its end; the file is cut or damaged"))
}

fn pad(out: &mut Vec<u8>, to: usize) {
    out.resize(out.len().next_multiple_of(to), 0);
}

fn put(into: &mut [u8], at: usize, bytes: &[u8]) {
    into[at..at + bytes.len()].copy_from_slice(bytes);
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn refuse(why: &str) -> PayloadError {
    PayloadError::Library(why.to_owned())
}
