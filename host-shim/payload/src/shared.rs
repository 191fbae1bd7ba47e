//! Files that plugins share, packed: an engine or an interpreter. Made by a build, put into payloads by `format`.
use crate::archive;
use crate::config::{Role, Shared};
use crate::error::PayloadError;
use crate::format::hex;
use sha2::{Digest, Sha256};
use std::path::Path;

/// An archive of shared files, and what it says about itself.
#[derive(Debug, Clone)]
pub struct SharedArchive {
    /// What it is.
    pub shared: Shared,
    pub(crate) bytes: Vec<u8>,
}

impl SharedArchive {
    /// Packs all files below `folder`. The same input gives the same bytes, and so the same place in the cache.
    ///
    /// # Errors
    /// As for the files of a plugin.
    pub fn of_folder(
        role: Role,
        main: &str,
        version: &str,
        folder: &Path,
    ) -> Result<Self, PayloadError> {
        let packed = archive::pack(folder)?;
        let shared = Shared {
            role,
            main: main.into(),
            version: version.into(),
            digest: hex(&Sha256::digest(&packed.bytes)),
            len: packed.bytes.len() as u64,
            unpacked: packed.unpacked,
        };
        Ok(Self {
            shared,
            bytes: packed.bytes,
        })
    }
}
