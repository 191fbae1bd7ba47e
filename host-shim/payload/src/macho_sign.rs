//! An ad-hoc code signature: one code directory with a SHA-256 per 4 KiB page, as Apple's linker
//! writes it. It proves nothing about the author; arm64 macOS refuses to run code without one.
use crate::bytes::{put_u64, u64_at};
use sha2::{Digest, Sha256};

const CODE_PAGE: usize = 4096;
const HASH: usize = 32;
/// Super blob header and its one index entry.
const SUPER: usize = 20;
/// Code directory of version 0x20400, without identifier and hashes.
const DIRECTORY: usize = 88;
/// Ad hoc, and signed by a linker: tools may replace it without asking.
const FLAGS: u32 = 0x2_0002;

/// Where the things are that a signature has to know, as file offsets.
pub(crate) struct Places {
    /// The `LC_CODE_SIGNATURE` command.
    pub signature_command: usize,
    /// The command of `__LINKEDIT`.
    pub linkedit_command: usize,
    /// File offset and size of `__TEXT`.
    pub text: (u64, u64),
}

/// Appends the signature to `out`, which ends where the signature begins, and enters its size.
pub(crate) fn sign(out: &mut Vec<u8>, places: &Places, identifier: &str) {
    let at = out.len();
    let pages = at.div_ceil(CODE_PAGE);
    let hashes_at = DIRECTORY + identifier.len() + 1;
    let directory_len = hashes_at + pages * HASH;
    let len = (SUPER + directory_len).next_multiple_of(16);

    // The header is part of the first page: sizes first, hashes after.
    let linkedit = places.linkedit_command;
    let filesize = (at + len) as u64 - u64_at(out, linkedit + 40);
    put_u64(out, linkedit + 48, filesize);
    put_u64(out, linkedit + 32, filesize.next_multiple_of(0x4000));
    let command = places.signature_command;
    out[command + 8..command + 12].copy_from_slice(&(at as u32).to_le_bytes());
    out[command + 12..command + 16].copy_from_slice(&(len as u32).to_le_bytes());

    let mut blob = Vec::with_capacity(len);
    for word in [
        0xfade_0cc0,
        (SUPER + directory_len) as u32,
        1,
        0,
        SUPER as u32,
    ] {
        blob.extend_from_slice(&u32::to_be_bytes(word));
    }
    directory(&mut blob, places, identifier, at, pages);
    for page in out.chunks(CODE_PAGE) {
        blob.extend_from_slice(&Sha256::digest(page));
    }
    blob.resize(len, 0);
    out.extend_from_slice(&blob);
}

fn directory(blob: &mut Vec<u8>, places: &Places, identifier: &str, limit: usize, pages: usize) {
    let hashes_at = DIRECTORY + identifier.len() + 1;
    let words = [
        0xfade_0c02,
        (hashes_at + pages * HASH) as u32,
        0x2_0400,
        FLAGS,
        hashes_at as u32,
        DIRECTORY as u32,
        0, // no special slots
        pages as u32,
        limit as u32,
    ];
    for word in words {
        blob.extend_from_slice(&u32::to_be_bytes(word));
    }
    // Hash size, SHA-256, platform, log2 of the page size.
    blob.extend_from_slice(&[HASH as u8, 2, 0, 12]);
    // spare2, scatterOffset, teamOffset, spare3.
    blob.extend_from_slice(&[0; 16]);
    // codeLimit64, execSegBase, execSegLimit, execSegFlags (not a main binary).
    for word in [0, places.text.0, places.text.1, 0] {
        blob.extend_from_slice(&u64::to_be_bytes(word));
    }
    blob.extend_from_slice(identifier.as_bytes());
    blob.push(0);
}
