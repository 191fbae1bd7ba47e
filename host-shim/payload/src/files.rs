//! An archive inside a payload, by its place and hash: what the cache needs to know before anything of it is read.
//! Made by `format`, used by the shim, which reads an archive only when its files are not unpacked yet.
use crate::cache::{self, Unpacked};
use crate::error::PayloadError;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::path::Path;

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
    /// Unpacks below `cache_root` unless that was done before: only then `read` gets the archive. Any thread. What was
    /// unpacked there by plugins that nobody has started for 30 days is removed when something new comes.
    ///
    /// # Errors
    /// When the archive is damaged, when the cache belongs to someone else, or when the disk refuses.
    pub fn unpack_to_cache<'a>(
        &self,
        cache_root: &Path,
        read: impl FnOnce() -> Result<Cow<'a, [u8]>, PayloadError>,
    ) -> Result<Unpacked, PayloadError> {
        cache::unpacked(self, cache_root, || {
            let archive = read()?;
            self.check(&archive)?;
            Ok(archive)
        })
    }

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
