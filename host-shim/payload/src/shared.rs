//! Files that plugins share, packed: an engine or an interpreter. Made by a build, put into
//! payloads by `format`.
use crate::archive;
use crate::bytes::hex;
use crate::config::{Role, Shared};
use crate::error::PayloadError;
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
    /// Packs all files below `folder`. The same input gives the same bytes, and so the same place
    /// in the cache.
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

    /// One that [`SharedArchive::of_folder`] has made before.
    ///
    /// # Errors
    /// When the bytes are not those that it says.
    pub fn again(shared: Shared, bytes: Vec<u8>) -> Result<Self, PayloadError> {
        match hex(&Sha256::digest(&bytes)) == shared.digest {
            true => Ok(Self { shared, bytes }),
            false => Err(PayloadError::Damaged(
                "an archive of shared files is another one".into(),
            )),
        }
    }

    /// The archive.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
