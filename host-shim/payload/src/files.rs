//! An archive inside a payload, by its place and hash: what the cache needs to know before anything
//! of it is read. Made by `format`, used by the shim, which reads an archive only when its files
//! are not unpacked yet.
use crate::error::PayloadError;
use sha2::{Digest, Sha256};

/// Where an archive is in a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Files {
    /// SHA-256 of the archive.
    pub digest: [u8; 32],
    /// Where it begins inside the payload.
    pub at: u64,
    /// Its length in bytes.
    pub len: u64,
    /// Whether several plugins may carry it.
    pub is_shared: bool,
}

impl Files {
    /// Whether these are the bytes.
    pub(crate) fn check(&self, archive: &[u8]) -> Result<(), PayloadError> {
        if (archive.len() as u64) < self.len {
            return Err(cut_files(self.len, archive.len() as u64));
        }
        if Sha256::digest(archive).as_slice() != self.digest {
            return Err(wrong_files());
        }
        Ok(())
    }
}

pub(crate) fn cut_files(expected: u64, found: u64) -> PayloadError {
    PayloadError::Damaged(format!("{expected} bytes of files expected, {found} found"))
}

pub(crate) fn wrong_files() -> PayloadError {
    PayloadError::Damaged("the hash of the plugin's files does not match".into())
}
