//! Whether a Mach-O library carries a code signature that fits its bytes. macOS ends a process that
//! runs a page whose hash is wrong. Who signed is not asked: any signature will do for Osaurus, an
//! ad-hoc one too.

use sha2::{Digest, Sha256};

const CODE_SIGNATURE: u32 = 0x1d;
const SUPER_BLOB: u32 = 0xfade_0cc0;
const CODE_DIRECTORY: u32 = 0xfade_0c02;
const SIGNED_MESSAGE: u32 = 0xfade_0b01;
/// The kind of hash that is SHA-256.
const SHA256: u8 = 2;
/// More load commands than any library has.
const MOST_COMMANDS: u32 = 4096;

/// What signed a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// No one: only hashes.
    AdHoc,
    /// A certificate.
    Certificate,
}

/// Checks the hashes of a thin 64-bit Mach-O library. The error is a sentence.
pub fn check(library: &[u8]) -> Result<Signer, String> {
    let (at, len) = place(library).ok_or("it has no code signature, which macOS asks for")?;
    let blob = at.checked_add(len).and_then(|end| library.get(at..end));
    let blob = blob.ok_or("its code signature is cut off")?;
    let parts = parts(blob).ok_or("its code signature cannot be read")?;
    let mut checked = false;
    for part in parts
        .iter()
        .filter(|part| big(part, 0) == Some(CODE_DIRECTORY))
    {
        checked |= check_directory(library, part)?;
    }
    if !checked {
        return Err("its code signature has no SHA-256 hashes".into());
    }
    // An ad-hoc signature may have an empty message, which is its header alone.
    let signed = parts
        .iter()
        .any(|part| big(part, 0) == Some(SIGNED_MESSAGE) && big(part, 4) > Some(8));
    Ok(if signed {
        Signer::Certificate
    } else {
        Signer::AdHoc
    })
}

/// Offset and size of the signature, from the load commands.
fn place(library: &[u8]) -> Option<(usize, usize)> {
    let count = little(library, 16)?.min(MOST_COMMANDS);
    let mut at = 32;
    for _ in 0..count {
        if little(library, at)? == CODE_SIGNATURE {
            return Some((
                little(library, at + 8)? as usize,
                little(library, at + 12)? as usize,
            ));
        }
        at += little(library, at + 4)? as usize;
    }
    None
}

/// The blobs in the outer one.
fn parts(blob: &[u8]) -> Option<Vec<&[u8]>> {
    if big(blob, 0)? != SUPER_BLOB {
        return None;
    }
    let count = big(blob, 8)?.min(64) as usize;
    let part = |index: usize| {
        let at = big(blob, 12 + 8 * index + 4)? as usize;
        let len = big(blob, at.checked_add(4)?)? as usize;
        blob.get(at..at.checked_add(len)?)
    };
    (0..count).map(part).collect()
}

/// Compares each page with its hash. False for hashes of another kind than SHA-256.
fn check_directory(library: &[u8], directory: &[u8]) -> Result<bool, String> {
    let broken = || "its code signature cannot be read".to_string();
    let byte = |at: usize| directory.get(at).copied().ok_or_else(broken);
    let word = |at: usize| {
        big(directory, at)
            .map(|word| word as usize)
            .ok_or_else(broken)
    };
    if byte(37)? != SHA256 {
        return Ok(false);
    }
    let (hashes, slots, limit) = (word(16)?, word(28)?, word(32)?);
    let page = 1usize
        .checked_shl(byte(39)?.into())
        .filter(|page| *page >= 4096)
        .ok_or_else(broken)?;
    let code = library
        .get(..limit)
        .ok_or("its code signature is of a longer file")?;
    if code.len().div_ceil(page) != slots {
        return Err("its code signature is of another size than the file".into());
    }
    for (index, bytes) in code.chunks(page).enumerate() {
        let at = hashes + 32 * index;
        let expected = directory.get(at..at + 32).ok_or_else(broken)?;
        if Sha256::digest(bytes)[..] != *expected {
            let place = index * page;
            return Err(format!(
                "its code signature does not fit the bytes at {place:#x}: sign it again"
            ));
        }
    }
    Ok(true)
}

fn little(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

fn big(bytes: &[u8], at: usize) -> Option<u32> {
    little(bytes, at).map(u32::swap_bytes)
}
